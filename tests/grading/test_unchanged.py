"""A second run over a folder grades only what is new or changed, and says so."""

from __future__ import annotations

import csv
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import commands
import nbformat
import pytest
from nbformat import NotebookNode
from notebooks import RIGHT

from autograder.assignment import Assignment
from autograder.assignment.answer_cells import fill
from autograder.gradebook import Gradebook
from autograder.gradebook.entries import entries
from autograder.grading.basis import basis_of
from autograder.grading.setup import GradingSetup
from autograder.grading.unchanged import EarlierResults
from autograder.intake import Submission
from autograder.reports.output import Reports
from autograder.results import Graded, Result, RunStatus

GRADE = ["grade", "class", "--assignment", "course", "--out", "out"]
WRONG = RIGHT | {"total": "total = 7", "again": "value = 60"}
ALL = {"ada.ipynb": "4", "ben/tiny.ipynb": "3.25", "empty.ipynb": "0"}


class Site:
    """A class, its assignment and its reports in one folder, and a command line that works on them."""

    def __init__(self, folder: Path, template: NotebookNode) -> None:
        self.folder = folder
        self.template = template

    def write(self, name: str, answers: dict[str, str]) -> Path:
        path = self.folder / "class" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(fill(self.template, answers), path)
        return path

    def command(self, *more: str) -> list[str]:
        return [sys.executable, "-m", "autograder", *GRADE, *more]

    def grade(self, *more: str) -> commands.Completed:
        return commands.autograder(*GRADE, *more, folder=self.folder)

    def scores(self) -> dict[str, str]:
        with (self.folder / "out" / "grades.csv").open(encoding="utf-8", newline="") as file:
            return {row["submission"]: row["score"] for row in csv.DictReader(file)}

    def times(self) -> dict[str, int]:
        """When each file of the submissions' reports was written."""
        out = self.folder / "out"
        files = [path for path in out.rglob("*") if path.is_file() and path.parent != out]
        return {path.relative_to(out).as_posix(): path.stat().st_mtime_ns for path in files}

    def renewed(self, before: dict[str, int]) -> set[str]:
        """The folders of the submissions that were graded since."""
        return {str(Path(name).parent) for name, time in self.times().items() if before.get(name) != time}


@pytest.fixture(scope="module")
def graded(tiny: Assignment, template: NotebookNode, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Three submissions, graded once; not to be changed."""
    site = Site(tmp_path_factory.mktemp("graded"), template)
    shutil.copytree(tiny.folder, site.folder / "course")
    site.write("ada.ipynb", RIGHT)
    site.write("ben/tiny.ipynb", WRONG)
    (site.folder / "class" / "empty.ipynb").touch()
    done = site.grade()
    assert (done.returncode, site.scores()) == (1, ALL), done.stderr
    assert "3 of 3" in done.stderr and "unchanged" not in done.stderr
    return site


@pytest.fixture
def site(graded: Site, tmp_path: Path) -> Site:
    """A copy of what was graded, elsewhere."""
    shutil.copytree(graded.folder, tmp_path, dirs_exist_ok=True)
    return Site(tmp_path, graded.template)


def test_what_has_not_changed_is_not_graded_but_reported_in_full(site: Site) -> None:
    before = site.times()
    (site.folder / "out" / "grades.csv").unlink()
    done = site.grade()

    assert done.returncode == 1
    assert site.renewed(before) == set() and site.times().keys() == before.keys()
    assert "3 of 3 unchanged, skipped (use --again to regrade)" in done.stderr
    assert "of 3  " not in done.stderr and "regraded" not in done.stderr
    assert site.scores() == ALL
    assert all(word in done.stdout for word in ("ada", "3.25 / 6", "unreadable", "2 of 3 graded"))


def test_with_again_everything_is_graded(site: Site) -> None:
    before = site.times()
    done = site.grade("--again")

    assert site.renewed(before) == {"ada", "ben/tiny", "empty"}
    assert "3 of 3  " in done.stderr and "unchanged" not in done.stderr


def test_only_what_is_new_or_changed_is_graded_and_what_is_gone_can_be_left_out(site: Site) -> None:
    before = site.times()
    site.write("ada.ipynb", WRONG)
    site.write("cy.ipynb", RIGHT)
    (site.folder / "class" / "empty.ipynb").unlink()
    done = site.grade("--drop-others")

    assert done.returncode == 0
    assert site.renewed(before) == {"ada", "cy"}
    assert site.scores() == {"ada.ipynb": "3.25", "ben/tiny.ipynb": "3.25", "cy.ipynb": "4"}
    assert "1 of 3 unchanged, skipped" in done.stderr
    assert "regraded: notebook changed (1)\n" in done.stderr
    assert "note: out has reports of 1 that are not handed in now: empty\n" in done.stderr
    assert (site.folder / "out" / "empty" / "feedback.html").is_file()


def test_grading_one_notebook_keeps_the_class(site: Site) -> None:
    before = site.times()
    late = site.write("../late/cy.ipynb", WRONG)
    mended = site.write("../late/empty.ipynb", RIGHT)
    shutil.rmtree(site.folder / "class")
    done = commands.autograder("grade", "late", "--assignment", "course", "--out", "out", folder=site.folder)

    assert done.returncode == 0, done.stderr
    assert site.renewed(before) == {late.stem, mended.stem}
    assert site.scores() == ALL | {"cy.ipynb": "3.25", "empty.ipynb": "4"}
    assert (
        "2 students of earlier runs are not handed in now and stay (--drop-others leaves them out): ada, ben"
        in done.stderr
    )
    page = (site.folder / "out" / "index.html").read_text(encoding="utf-8")
    assert all(f'href="{folder}/feedback.html"' in page for folder in ("ada", "ben/tiny", "cy", "empty"))


def test_a_student_who_is_named_is_graded_again_alone(site: Site) -> None:
    before = site.times()
    done = site.grade("--student", "ben")
    unknown = site.grade("--student", "nobody")

    assert (done.returncode, site.renewed(before), site.scores()) == (0, {"ben/tiny"}, ALL)
    assert unknown.returncode == 2 and "student 'nobody' must be the name" in unknown.stderr


def test_a_changed_test_case_changes_marks(site: Site) -> None:
    tests = site.folder / "course" / "tests" / "total.py"
    tests.write_text(tests.read_text(encoding="utf-8").replace("expect.whole(total, 6,", "expect.whole(total, 7,"))
    done = site.grade()

    assert "regraded: assignment changed (3)" in done.stderr
    assert site.scores() == {"ada.ipynb": "3.25", "ben/tiny.ipynb": "4", "empty.ipynb": "0"}


def test_a_profile_with_other_limits_has_everything_graded(site: Site) -> None:
    before = site.times()
    (site.folder / "course" / "profiles").mkdir()
    (site.folder / "course" / "profiles" / "full.toml").write_text("[limits]\ncell_seconds = 500\n")
    done = site.grade()

    assert "regraded: profile changed (3)" in done.stderr
    assert site.renewed(before) == {"ada", "ben/tiny", "empty"}


def test_a_grader_whose_code_was_changed_grades_everything(site: Site) -> None:
    package = commands.copy_package(site.folder)
    changed_code = os.environ | {"PYTHONPATH": str(site.folder)}

    def grade() -> subprocess.CompletedProcess[str]:
        return subprocess.run(site.command(), capture_output=True, text=True, cwd=site.folder, env=changed_code)

    same = grade()
    before = site.times()
    with (package / "checks" / "expect.py").open("a") as file:
        file.write("# changed\n")
    changed = grade()

    assert "3 of 3 unchanged, skipped" in same.stderr
    assert "regraded: grader changed (3)" in changed.stderr
    assert site.renewed(before) == {"ada", "ben/tiny", "empty"}


def test_a_damaged_result_is_graded_again_and_missing_reports_are_only_written_again(site: Site) -> None:
    out = site.folder / "out"
    with closing(sqlite3.connect(out / "gradebook.sqlite")) as book, book:
        book.execute("update results set document = '{}' where status = 'unreadable'")
    (out / "ben" / "tiny" / "executed.ipynb").unlink()
    before = site.times()
    done = site.grade()

    assert (done.returncode, site.scores()) == (1, ALL)
    assert "2 of 3 unchanged, skipped" in done.stderr
    assert "1 of 1  empty" in done.stderr and "Traceback" not in done.stderr
    assert site.renewed(before) == {"ben/tiny", "empty"}
    assert (out / "ben" / "tiny" / "executed.ipynb").is_file()


@pytest.mark.parametrize("times", [1, 4])
def test_an_interrupted_run_is_gone_on_with(site: Site, times: int) -> None:
    """By Ctrl-C; of the other signals ``cli/test_faults.py`` tests that they interrupt a command in the same way."""
    shutil.rmtree(site.folder / "out")
    site.write("ben/tiny.ipynb", RIGHT | {"table": "import time\ntime.sleep(600)"})
    with subprocess.Popen(
        site.command("--jobs", "2"), cwd=site.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        assert run.stderr is not None
        while "2 of 3" not in run.stderr.readline():
            pass
        for _ in range(times):  # of an impatient person: the run is already ending
            run.send_signal(signal.SIGINT)
            time.sleep(0.2)
        try:
            _, said = run.communicate(timeout=60)
        finally:
            run.kill()
    assert run.returncode == 130
    assert "Traceback" not in said
    assert said.endswith("Interrupted: 2 of 3 submissions are graded. The same command goes on with the others.\n")
    assert not (site.folder / "out" / "ben").exists()
    assert site.scores().keys() == {"ada.ipynb", "empty.ipynb"}
    before = site.times()
    site.write("ben/tiny.ipynb", WRONG)
    done = site.grade("--jobs", "2")

    assert "2 of 3 unchanged, skipped" in done.stderr
    assert site.renewed(before) == {"ben/tiny"}
    assert site.scores() == ALL


def held(site: Site) -> list[tuple[object, ...]]:
    """What the gradebook holds of each submission, without times."""
    with closing(Gradebook(f"sqlite:///{site.folder}/out/gradebook.sqlite", "tiny")) as book:
        return [
            (
                entry.submission,
                replace(entry.computed, seconds=0.0),
                book.executed_notebook(entry.submission.name) is None,
            )
            for entry in entries(book)
        ]


@pytest.mark.long
def test_killed_at_any_moment_a_second_run_comes_to_the_same_gradebook(site: Site) -> None:
    for number in range(6):
        site.write(f"s{number}.ipynb", RIGHT if number % 2 else WRONG)
    shutil.rmtree(site.folder / "out")
    started = time.monotonic()
    site.grade()
    lasts = time.monotonic() - started
    expected, scores = held(site), site.scores()
    assert len(expected) == 9

    moments, begun = random.Random(6), 0
    for _ in range(20):
        shutil.rmtree(site.folder / "out")
        with subprocess.Popen(
            site.command(), cwd=site.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as run:
            time.sleep(moments.uniform(0.3, 1) * lasts)
            run.kill()
        begun += (site.folder / "out" / "grades.csv").exists()
        again = site.grade()

        assert again.returncode == 1, again.stderr
        assert (held(site), site.scores()) == (expected, scores)
        assert all(len(list(site.folder.glob(f"out/{name}/*"))) == 3 for name in ("ada", "ben/tiny", "s0", "s5"))
    assert begun > 0


def test_reports_are_written_anew_from_the_gradebook(site: Site) -> None:
    out = site.folder / "out"
    before = {name: (out / name).read_bytes() for name in site.times()}
    for name in before:
        if not name.startswith("."):
            (out / name).unlink()
    (out / "grades.csv").unlink()
    done = commands.autograder("report", "out", "--assignment", "course", folder=site.folder)

    assert done.returncode == 0, done.stderr
    assert {name: (out / name).read_bytes() for name in before} == before
    assert site.scores() == ALL and "2 of 3 graded" in done.stdout


def test_a_gradebook_may_be_elsewhere(site: Site) -> None:
    site.grade("--gradebook", "sqlite:///elsewhere/book.db")
    again = site.grade("--gradebook", "sqlite:///elsewhere/book.db", "--out", "out2")

    assert (site.folder / "elsewhere" / "book.db").is_file()
    assert "3 of 3 unchanged, skipped" in again.stderr
    assert (site.folder / "out2" / "ada" / "feedback.html").is_file()


def test_a_validation_takes_nothing_over(site: Site) -> None:
    shutil.copytree(site.folder / "out", site.folder / "grades")
    done = [commands.autograder("validate", "--assignment", "course", folder=site.folder) for _ in range(2)]

    assert [one.returncode for one in done] == [0, 0]
    assert all("2 of 2  " in one.stderr and "unchanged" not in one.stderr for one in done)


# Which results hold


@pytest.fixture
def earlier(setup: GradingSetup, one: Submission, tmp_path: Path) -> Callable[..., EarlierResults]:
    """A run that works on the gradebook of earlier ones, of one submission."""

    def start(setup: GradingSetup = setup, one: Submission = one) -> EarlierResults:
        book = Gradebook(f"sqlite:///{tmp_path}/gradebook.sqlite", setup.assignment.title)
        book.register([one])
        return EarlierResults(
            book, Reports(tmp_path / "out", setup.assignment, [one.name]), [one], partial(basis_of, setup=setup), fault
        )

    return start


def ended(one: Submission, status: RunStatus, *, executed: bool = True) -> Graded:
    """A result as grading gives it."""
    notebook = nbformat.v4.new_notebook() if executed else None
    return Graded(Result(one.student, one.name, status, "", ()), notebook)


def fault(submission: Submission, what: str) -> Graded:
    return replace(
        ended(submission, RunStatus.GRADER_ERROR, executed=False),
        result=Result(submission.student, submission.name, RunStatus.GRADER_ERROR, what, ()),
    )


Earlier = Callable[..., EarlierResults]
ONCE_MORE = {RunStatus.CELL_TIMEOUT, RunStatus.RUN_TIMEOUT, RunStatus.KERNEL_DIED}


@pytest.mark.parametrize("status", list(RunStatus))
def test_which_results_hold(earlier: Earlier, one: Submission, status: RunStatus) -> None:
    runs, changed = [], []
    for _ in range(3):
        run = earlier()
        reused, changes = run.reuse()
        runs.append(one.name in reused)
        changed.append(dict(changes))
        run.save(one, ended(one, status))

    first = status not in ONCE_MORE and status is not RunStatus.GRADER_ERROR
    assert runs == [False, first, status is not RunStatus.GRADER_ERROR]
    why = {f"{status.words}, perhaps because the machine was busy": 1} if status in ONCE_MORE else {}
    assert changed == [{}, why, {}]


def test_what_ends_otherwise_the_second_time_has_a_third(earlier: Earlier, one: Submission) -> None:
    for status in (RunStatus.CELL_TIMEOUT, RunStatus.KERNEL_DIED, RunStatus.CELL_TIMEOUT):
        earlier().save(one, ended(one, status))
    assert earlier().reuse()[0] == {}

    earlier().save(one, ended(one, RunStatus.OK))
    assert earlier().reuse()[0] == {one.name: ended(one, RunStatus.OK).result}


def test_a_fault_of_the_grader_leaves_nothing_of_an_earlier_result(earlier: Earlier, one: Submission) -> None:
    earlier().save(one, ended(one, RunStatus.OK))
    earlier().save(one, ended(one, RunStatus.GRADER_ERROR, executed=False))

    assert earlier().reuse()[0] == {}


@pytest.mark.parametrize("name", ["results.json", "feedback.html", "executed.ipynb"])
def test_reports_that_are_missing_are_written_anew(
    earlier: Earlier, one: Submission, tmp_path: Path, name: str
) -> None:
    graded = ended(one, RunStatus.OK)
    earlier().save(one, replace(graded, result=replace(graded.result, isolated=True)))
    path = tmp_path / "out" / "one" / name
    content = path.read_bytes()
    path.unlink()

    assert one.name in earlier().reuse()[0]
    assert path.read_bytes() == content


def test_what_changed_while_it_was_graded_does_not_hold(earlier: Earlier, setup: GradingSetup, one: Submission) -> None:
    tests = setup.assignment.test_file("total")
    before = tests.read_text(encoding="utf-8")
    run = earlier()
    tests.write_text(before + "# by mistake\n", encoding="utf-8")
    run.save(one, ended(one, RunStatus.OK))
    tests.write_text(before, encoding="utf-8")

    assert earlier().reuse()[0] == {}


def test_reports_that_an_interruption_left_unfinished_are_written_anew(
    earlier: Earlier, one: Submission, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    earlier().save(one, ended(one, RunStatus.OK))
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("autograder.reports.output.feedback_html", interrupted)
        earlier().save(one, ended(one, RunStatus.CELL_ERRORS))

    assert earlier().reuse()[0][one.name].status is RunStatus.CELL_ERRORS
    assert "cell errors" in (tmp_path / "out" / "one" / "results.json").read_text()


def test_a_result_is_not_anybody_elses(earlier: Earlier, one: Submission) -> None:
    earlier().save(one, ended(one, RunStatus.OK))

    assert earlier(one=replace(one, student="another")).reuse()[0] == {}


def test_a_result_that_cannot_be_stored_is_a_fault_of_the_grader_and_nobody_elses(
    earlier: Earlier, one: Submission
) -> None:
    deep: Any = []
    for _ in range(200_000):  # 5,000 are too many for Python 3.11, and not for 3.13
        deep = [deep]
    graded = ended(one, RunStatus.OK)
    assert graded.executed is not None
    graded.executed.metadata["deep"] = deep
    run = earlier()
    run.save(one, graded)

    result = run._reports.entries[one.name].result
    assert (result.status, "RecursionError" in result.message) == (RunStatus.GRADER_ERROR, True)
    assert earlier().reuse()[0] == {}


def test_an_executed_notebook_that_cannot_be_read_any_more_is_left_out(
    earlier: Earlier, one: Submission, tmp_path: Path
) -> None:
    graded = ended(one, RunStatus.OK)
    earlier().save(one, replace(graded, result=replace(graded.result, isolated=True)))
    with closing(sqlite3.connect(tmp_path / "gradebook.sqlite")) as book, book:
        book.execute("update results set executed = ?", (zlib.compress(b"[" * 100_000),))
    (tmp_path / "out" / "one" / "results.json").unlink()

    assert one.name in earlier().reuse()[0]
    assert (tmp_path / "out" / "one" / "feedback.html").is_file()


def test_reports_that_fail_for_one_submission_have_it_graded_again(
    earlier: Earlier, one: Submission, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("a page that cannot be made")

    earlier().save(one, ended(one, RunStatus.OK))
    (tmp_path / "out" / "one" / "results.json").unlink()
    with monkeypatch.context() as patch:
        patch.setattr(Reports, "add", broken)
        reused, changes = earlier().reuse()

    assert reused == {}
    assert dict(changes) == {"its reports could not be written": 1}
