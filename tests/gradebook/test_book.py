"""The gradebook holds what was handed in and what grading came to, whoever writes at once and whenever one is killed."""

from __future__ import annotations

import gc
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from pathlib import Path
from typing import Any

import nbformat
import pytest
from sqlalchemy import create_engine, delete, func, select, text

from autograder.assignment.lateness import LateRules
from autograder.errors import ConfigError, GradebookError
from autograder.gradebook import Gradebook
from autograder.gradebook.entries import entries
from autograder.gradebook.rules import Rules
from autograder.gradebook.schema import About, ResultRow, ScoreRow, StudentRow, SubmissionRow
from autograder.intake import Origin, Submission
from autograder.results import Graded, QuestionResult, QuestionStatus, Result, RunStatus

OpenBook = Callable[..., Gradebook]

MOODLE = Origin(
    "moodle",
    identifier="12345",
    email="zoe@example.org",
    file="Zoë_12345_assignsubmission_file_",
    submitted=datetime(2026, 5, 2, 1, 30, tzinfo=timezone(timedelta(hours=2))),
    late=True,
    attempts=("first.ipynb",),
)
ZOE = Submission("Zoë", "zoe/mnist.ipynb", Path("zoe/mnist.ipynb"), origin=MOODLE)
BEN = Submission("ben", "ben.ipynb", Path("ben.ipynb"))
ODD = Submission("\ud800 half\x00", "odd \udcff.ipynb", None, "there is none")


def graded(submission: Submission, status: RunStatus = RunStatus.OK, points: float = 1.0) -> Graded:
    questions = (
        QuestionResult("size", QuestionStatus.PASSED, points, 2.0, "fine \x00 \ud800"),
        QuestionResult("why", QuestionStatus.TO_MARK, None, 3.0, written=True, answer="because \x00 \ud800"),
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x = 1", id="one")])
    return Graded(Result(submission.student, submission.name, status, "", questions), notebook)


def test_what_was_entered_comes_back(open_book: OpenBook) -> None:
    book = open_book()
    book.register([ZOE, BEN, ODD])
    for one in (ZOE, BEN, ODD):
        book.save(one, graded(one), {"notebook": one.name.encode("utf-8", "replace").decode()})
    again = open_book()

    # What UTF-8 has no form for is replaced in names; a result keeps it.
    assert [one.name for one in again.submissions()] == ["ben.ipynb", "odd \ufffd.ipynb", "zoe/mnist.ipynb"]
    zoe = again.submissions()[2]
    assert zoe == replace(ZOE, path=None)
    assert zoe.origin is not None and zoe.origin.submitted == MOODLE.submitted
    stored = zip((BEN, ODD, ZOE), again.submissions(), strict=True)
    expected = [replace(graded(one).result, student=known.student) for one, known in stored]
    assert [entry.result for entry in entries(again)] == expected
    assert again.stored_results()["ben.ipynb"].basis == {"notebook": "ben.ipynb"}
    assert again.executed_notebook("ben.ipynb") == graded(BEN).executed
    assert again.executed_notebook(ODD.name) == graded(BEN).executed
    assert again.executed_notebook("nobody.ipynb") is None


def test_a_gradebook_that_nobody_has_any_more_leaves_no_connection_open(tmp_path: Path) -> None:
    book = Gradebook(f"sqlite:///{tmp_path}/book.sqlite", "tiny")
    engine = book.engine
    assert engine.pool.status().startswith("Pool size: 5  Connections in pool: 1")
    del book
    gc.collect()

    assert engine.pool.status().startswith("Pool size: 5  Connections in pool: 0")


def test_a_new_result_counts_and_the_old_one_is_kept(open_book: OpenBook) -> None:
    book = open_book()
    book.register([BEN])
    book.save(BEN, graded(BEN, points=1.0))
    book.save(BEN, graded(BEN, points=2.0))

    assert [entry.result.score for entry in entries(book)] == [2.0]
    with book.transaction() as session:
        rows = session.execute(select(ResultRow.score, ResultRow.executed.is_(None)).order_by(ResultRow.id)).all()
    assert [tuple(row) for row in rows] == [(1.0, True), (2.0, False)]


def test_what_is_not_handed_in_any_more_stays_but_does_not_count(open_book: OpenBook) -> None:
    book = open_book()
    book.register([ZOE, BEN])
    for one in (ZOE, BEN):
        book.save(one, graded(one))
    book.register([BEN])

    assert [entry.submission.name for entry in entries(book)] == ["ben.ipynb"]
    book.register([ZOE, BEN])
    assert [entry.submission.name for entry in entries(book)] == ["ben.ipynb", "zoe/mnist.ipynb"]


def test_a_student_whom_the_lms_knows_is_the_same_with_another_file(open_book: OpenBook) -> None:
    book = open_book()
    book.register([ZOE])
    book.register([replace(ZOE, name="zoe/second.ipynb", student="Zoe B.")])

    with book.transaction() as session:
        assert session.scalars(select(StudentRow.name)).all() == ["Zoe B."]
        assert session.scalar(select(func.count()).select_from(SubmissionRow)) == 2


def test_two_who_have_one_identifier_stay_two_students(open_book: OpenBook) -> None:
    book = open_book()
    ada, bo, cy = (Submission(name, f"{name}.ipynb", None, origin=Origin("plain", "7")) for name in ("Ada", "Bo", "Cy"))
    for _ in range(2):
        book.register([ada, bo])
    book.register([cy], kept=[ada.name, bo.name])

    assert [one.student for one in book.submissions()] == ["Ada", "Bo", "Cy"]


def test_a_result_of_what_was_not_handed_in_is_refused(open_book: OpenBook) -> None:
    with pytest.raises(GradebookError, match=r"submission 'ben.ipynb' must be registered before its result is saved"):
        open_book().save(BEN, graded(BEN))


def test_lateness_is_apart_from_the_mark(open_book: OpenBook) -> None:
    book = open_book()
    book.register([ZOE])
    book.save(ZOE, graded(ZOE, points=2.0))
    deadline = datetime(2026, 5, 1, 22, 0, tzinfo=UTC)  # an hour and a half before
    (entry,) = entries(book, Rules(deadline, LateRules(percent_per_day=10)))

    assert entry.lateness is not None and entry.lateness.by == timedelta(hours=1, minutes=30)
    assert (entry.result.score, entry.final) == (2.0, 1.5)


def test_the_lateness_that_an_lms_knows_can_be_noted_later(open_book: OpenBook) -> None:
    book = open_book()
    book.register([ZOE])
    book.save(ZOE, graded(ZOE, points=2.0))
    book.set_times([replace(ZOE, origin=replace(MOODLE, submitted=None, late=True, late_by=timedelta(hours=27)))])
    (entry,) = entries(book, Rules(late=LateRules(percent_per_day=10)))

    assert entry.lateness is not None and entry.lateness.by == timedelta(hours=27)
    assert (entry.submission.origin and entry.submission.origin.late_by, entry.final) == (timedelta(hours=27), 1.0)


def test_the_gradebook_of_another_assignment_is_refused(open_book: OpenBook) -> None:
    open_book("Lab")
    with pytest.raises(ConfigError, match=r"is of «Lab», not of «Other»: .* earlier title again"):
        open_book("Other")


def test_an_assignment_is_known_under_another_title_by_its_notebook_and_questions(open_book: OpenBook) -> None:
    open_book("Lab")
    open_book("Lab", "lab.ipynb q1")
    assert [open_book(title, "lab.ipynb q1").renamed for title in ("TP", "TP", "Lab")] == ["Lab", "", "TP"]
    open_book("Lab", "lab.ipynb q1 q2")
    for other in ("lab.ipynb q1", "lab2.ipynb q1 q2", ""):
        with pytest.raises(ConfigError, match="is of «Lab», not of «TP»"):
            open_book("TP", other)
    assert open_book("TP", "lab.ipynb q1 q2").renamed == "Lab"


def test_a_gradebook_of_a_newer_version_is_refused(open_book: OpenBook, url: str) -> None:
    open_book()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    engine.dispose()

    with pytest.raises(ConfigError, match=r"belongs to a different version of this package \(.*\): use that version"):
        open_book()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("grades", "must be an SQLAlchemy URL that can be opened"),
        ("nosuch://x", "must be an SQLAlchemy URL that can be opened"),
        ("nosuch://me:secret@host/x", r"gradebook 'nosuch://me:\*\*\*@host/x' must be an SQLAlchemy URL"),
        ("sqlite:////dev/null/book.sqlite", r"cannot be opened \(.+\); change the rights"),
        ("postgresql+psycopg://me:secret@127.0.0.1:1/x", r"'postgresql\+psycopg://me:\*\*\*@127.0.0.1:1/x' cannot be"),
    ],
)
def test_a_gradebook_that_cannot_be_opened_says_why(url: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Gradebook(url, "Lab")


def test_a_gradebook_that_was_never_graded_into_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"typo.sqlite' must exist: grade into it first, or correct the path"):
        Gradebook(f"sqlite:///{tmp_path}/typo.sqlite", "Lab", may_be_new=False)

    assert [*tmp_path.iterdir()] == []


def test_a_pipe_is_no_gradebook(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigError, match=r"pipe' must be a file"):
        Gradebook(f"sqlite:///{tmp_path}/pipe", "Lab")


def test_a_database_that_fails_is_named_with_its_reason(tmp_path: Path) -> None:
    with closing(Gradebook(f"sqlite:///{tmp_path}/book.sqlite", "Lab")) as book:
        book.register([BEN])
        with book.transaction() as session:
            pages = session.execute(text("pragma page_count")).scalar()
            session.execute(text(f"pragma max_page_count = {pages}"))
        large = replace(graded(BEN).result, message="x" * 1_000_000)
        with pytest.raises(GradebookError, match=r"book.sqlite' cannot be used now \(database or disk is full\)"):
            book.save(BEN, Graded(large, None))
        assert entries(book) == []


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "book.sqlite"
    path.write_text("not a database, by any means; " * 100)
    with pytest.raises(ConfigError, match=r"cannot be opened .*not a database"):
        Gradebook(f"sqlite:///{path}", "Lab")


def test_many_may_write_at_once(open_book: OpenBook) -> None:
    many = [Submission(f"s{number}", f"s{number}.ipynb", None) for number in range(40)]
    open_book().register(many)
    books = [open_book() for _ in range(4)]

    def keep(number: int) -> None:
        books[number % 4].save(many[number], graded(many[number], points=number))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(keep, range(40)))

    assert {entry.submission.student: entry.result.score for entry in entries(books[0])} == {
        f"s{number}": number for number in range(40)
    }


def test_a_new_file_that_another_program_writes_to_is_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "gradebook.sqlite"
    with closing(sqlite3.connect(file, isolation_level=None)) as other, ThreadPoolExecutor() as pool:
        other.execute("BEGIN IMMEDIATE")
        opened = pool.submit(Gradebook, f"sqlite:///{file}", "Lab")
        wait([opened], timeout=1)
        waited = not opened.done()
        other.execute("ROLLBACK")
        opened.result(timeout=60).close()
    assert waited


def test_of_two_programs_that_begin_a_gradebook_at_once_one_waits_for_the_other(url: str) -> None:
    with closing(Gradebook(url, "Lab")) as book, ThreadPoolExecutor() as pool:
        with book.transaction() as session:
            session.execute(delete(About))
        with book.transaction() as session:
            session.add(About(id=1, assignment="Lab"))
            session.flush()
            second, third = pool.submit(Gradebook, url, "Lab"), pool.submit(Gradebook, url, "Another lab")
            wait([second, third], timeout=1)
            waited = not second.done() and not third.done()
        second.result(timeout=60).close()
        with pytest.raises(ConfigError, match="is of «Lab», not of «Another lab»"):
            third.result(timeout=60)
        with book.transaction() as session:
            assert session.scalars(select(About.assignment)).all() == ["Lab"]
    assert waited


def test_two_programs_may_register_the_same_class_at_once(open_book: OpenBook) -> None:
    many = [Submission(f"s{number}", f"s{number}.ipynb", None) for number in range(40)]
    books = [open_book() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda book: book.register(many), books))
    assert len(books[0].submissions()) == 40


@pytest.mark.slow
def test_programs_that_open_a_new_gradebook_at_once_make_it_once(url: str) -> None:
    script = "import sys; from autograder.gradebook import Gradebook; print(input()); Gradebook(sys.argv[1], 'Lab')"
    pipe, command = subprocess.PIPE, [sys.executable, "-c", script, url]
    running = [subprocess.Popen(command, text=True, stdin=pipe, stdout=pipe, stderr=pipe) for _ in range(4)]
    for one in running:  # when the last is told, all have imported what they need
        assert one.stdin is not None
        one.stdin.write("now\n")
    time.sleep(3)
    ended = []
    for one in running:
        assert one.stdin is not None
        one.stdin.flush()
    for one in running:
        _, error = one.communicate(timeout=60)
        ended.append((one.returncode, error))

    assert ended == [(0, "")] * 4
    with closing(Gradebook(url, "Lab")) as book, book.transaction() as session:
        assert session.execute(text("select count(*) from about")).scalar() == 1


# A process that writes a gradebook, again and again: it has imported everything, and forks one for each address.
WRITERS = """
import os, sys
from autograder.gradebook import Gradebook
sys.path.insert(0, {tests!r})
from gradebook.test_book import graded, MANY
for url in sys.stdin:
    writer = os.fork()
    if writer == 0:
        book = Gradebook(url.strip(), "Lab")
        book.register(MANY)
        stored = book.stored_results()
        print(os.getpid(), flush=True)
        for one in MANY:
            if one.name not in stored:
                book.save(one, graded(one), {{"notebook": one.name}})
                os.write(1, b"saved\\n")  # whole, or not at all
        os._exit(0)
    print("ended", os.waitpid(writer, 0)[1], flush=True)
"""
MANY = [Submission(f"s{number}", f"s{number:03}.ipynb", None) for number in range(30)]


def contents(url: str) -> dict[str, list[tuple[object, ...]]]:
    """All that a gradebook holds but when it was written, and in which order."""
    with closing(Gradebook(url, "Lab")) as book, book.transaction() as session:
        results = select(
            SubmissionRow.name,
            SubmissionRow.current,
            ResultRow.status,
            ResultRow.score,
            ResultRow.basis,
            ResultRow.times,
        ).join(ResultRow.submission)
        scores = (
            select(SubmissionRow.name, ScoreRow.question, ScoreRow.score, ScoreRow.answer_digest)
            .join(ScoreRow.result)
            .join(ResultRow.submission)
        )
        return {
            "results": sorted(tuple(map(str, row)) for row in session.execute(results)),
            "scores": sorted(tuple(map(str, row)) for row in session.execute(scores)),
        }


@pytest.mark.slow
def test_killed_at_any_moment_it_is_gone_on_with_as_if_nothing_had_been(tmp_path: Path) -> None:
    script = WRITERS.format(tests=str(Path(__file__).parents[1]))
    writers = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    assert writers.stdin is not None and writers.stdout is not None
    asked, answers = writers.stdin, writers.stdout

    def write(url: str, *, kill_after: int | None = None, seconds: float = 0) -> float:
        """The seconds from the first submission to the end; it is killed ``seconds`` after so many were saved."""
        asked.write(f"{url}\n")
        writer = int(answers.readline())
        started = time.monotonic()
        for saved in count():
            if saved == kill_after:
                time.sleep(seconds)
                with suppress(ProcessLookupError):  # it was faster
                    os.kill(writer, signal.SIGKILL)
            if (line := answers.readline()) != "saved\n":
                break
        assert line == "ended 0\n" or (kill_after is not None and line.startswith("ended "))
        return time.monotonic() - started

    with writers:
        undisturbed = f"sqlite:///{tmp_path}/undisturbed.sqlite"
        lasts = write(undisturbed)
        expected = contents(undisturbed)
        assert len(expected["results"]) == len(MANY) and len(expected["scores"]) == 2 * len(MANY)

        Gradebook(f"sqlite:///{tmp_path}/new.sqlite", "Lab").close()
        moments, counts = random.Random(6), []
        for number in range(20):
            url = f"sqlite:///{shutil.copy(tmp_path / 'new.sqlite', tmp_path / f'{number}.sqlite')}"
            write(url, kill_after=moments.randrange(len(MANY)), seconds=moments.uniform(0, 2 * lasts / len(MANY)))
            counts.append(len(contents(url)["results"]))
            write(url)
            assert contents(url) == expected
        assert any(0 < count < len(MANY) for count in counts)  # it was killed half way


def damaged(tmp_path: Path, *statements: str) -> str:
    """The URL of a gradebook in which somebody changed something by hand."""
    path = tmp_path / "book.sqlite"
    with closing(Gradebook(f"sqlite:///{path}", "Lab")) as book:
        book.register([ZOE, BEN])
        for one in (ZOE, BEN):
            book.save(one, graded(one), {"notebook": "x"})
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)
    return f"sqlite:///{path}"


def test_a_damaged_result_is_missing_and_the_others_stay(tmp_path: Path) -> None:
    url = damaged(tmp_path, "update results set document = '{broken', basis = '[' where submission_id = 1")
    with closing(Gradebook(url, "Lab")) as book:
        assert [entry.submission.name for entry in entries(book)] == [BEN.name]
        assert [*book.stored_results()] == [BEN.name]
        book.save(ZOE, graded(ZOE), {"notebook": "x"})
        assert len(entries(book)) == 2


@pytest.mark.parametrize(
    "statement",
    [
        "update submissions set submitted = 'never'",
        "update results set graded = 'x'",
        "drop table marks",
        "update results set document = cast(x'7bff' || zeroblob(9999) as text)",
    ],
)
def test_a_damaged_gradebook_is_named_with_the_way_out(tmp_path: Path, statement: str) -> None:
    way_out = (
        r"book.sqlite' cannot be used now \(.{1,200}\); restore it from a copy, or name another one with --gradebook"
    )
    with closing(Gradebook(damaged(tmp_path, statement), "Lab")) as book, pytest.raises(GradebookError, match=way_out):
        entries(book)


def test_pages_that_are_not_what_was_written_are_said(tmp_path: Path) -> None:
    url, path = damaged(tmp_path), tmp_path / "book.sqlite"
    content = path.read_bytes()
    start = content.index(b"Zo\xc3\xab")
    page = start - start % 4096
    path.write_bytes(content[:page] + b"\xff" * 4096 + content[page + 4096 :])
    with (
        closing(Gradebook(url, "Lab")) as book,
        pytest.raises(GradebookError, match=r"malformed.*restore it from a copy"),
    ):
        entries(book)


def test_a_schema_that_is_not_text_is_said(tmp_path: Path) -> None:
    url, path = damaged(tmp_path), tmp_path / "book.sqlite"
    path.write_bytes(path.read_bytes().replace(b"CREATE TABLE marks", b"CREATE TABLE m\xcc\xccks"))
    with pytest.raises(ConfigError, match=r"cannot be opened \(.*; restore it from a copy"):
        Gradebook(url, "Lab")


def test_a_value_that_no_database_holds_is_a_fault_of_its_own_submission(open_book: OpenBook) -> None:
    book = open_book()
    book.register([ZOE, BEN])
    notebook: Any = {}
    notebook["cells"] = notebook
    with pytest.raises(ValueError, match="Circular reference"):
        book.save(ZOE, Graded(graded(ZOE).result, notebook))
    book.save(BEN, graded(BEN))
    assert [entry.submission.name for entry in entries(book)] == [BEN.name]
