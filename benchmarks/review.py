"""How long the pages for people take: ``python -m benchmarks.review [--students 300] [--notebook 250]``.

The gradebook is as large as that of a class: each result has the messages of its test cases, and each executed notebook
a picture of ``--notebook`` kilobytes.
"""

from __future__ import annotations

import argparse
import base64
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import httpx
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output

from autograder.assignment import Assignment, Question
from autograder.gradebook import Gradebook
from autograder.intake import Submission
from autograder.reports.output import Reports
from autograder.results import CaseResult, CaseStatus, Graded, QuestionResult, QuestionStatus, Result, RunStatus
from autograder.review import Review
from autograder.similarity import find_similar, write_similar

_TEXT = (
    "the classes are nearly balanced because each digit makes up about same share of training set so accuracy is a "
    "fair measure here while one that is always guessed would be right only seldom network learns edges and shapes "
    "pooling keeps what matters deeper layers see more of picture normalized inputs train faster with smaller steps"
)
WORDS = _TEXT.split()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=300)
    parser.add_argument("--requests", type=int, default=50)
    parser.add_argument("--notebook", type=int, default=250)
    parser.add_argument("--assignment", type=Path, default=Path("assignment"))
    parser.add_argument(
        "--keep", type=Path, help="a folder for the gradebook and the reports, used again if it has them"
    )
    arguments = parser.parse_args()
    assignment = Assignment.load(arguments.assignment)
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        file = folder / "gradebook.sqlite"
        is_there = file.is_file()
        book = Gradebook(f"sqlite:///{file}", assignment.title)
        if not is_there:
            fill(book, assignment, arguments.students, arguments.notebook)
        print(f"{arguments.students} students, a gradebook of {file.stat().st_size / 1e6:.0f} MB")
        _start(folder, arguments.assignment)
        _pages(book, assignment, arguments.requests)
        _reports(book, assignment, folder)
        book.close()


def _start(folder: Path, assignment: Path) -> None:
    """The command itself, to the answer of its first page."""
    command = [sys.executable, "-m", "autograder", "review", str(folder), "--assignment", str(assignment), "--as", "x"]
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    address = next(line for line in process.stdout if "token=" in line).split()[-1]
    announced = time.perf_counter()
    with httpx.Client(follow_redirects=True, timeout=60) as client:
        client.get(address)
    answered = time.perf_counter()
    print(f"autograder review: address after {announced - began:.2f} s, first page after {answered - began:.2f} s")
    process.send_signal(signal.SIGINT)
    process.wait()


def _pages(book: Gradebook, assignment: Assignment, requests: int) -> None:
    review = Review(book, assignment, name="benchmark")
    thread = Thread(target=review.run)
    thread.start()
    try:
        _measure(review.address, assignment, requests)
    finally:
        review.stop()
        thread.join()


def _reports(book: Gradebook, assignment: Assignment, folder: Path) -> None:
    names = [submission.name for submission in book.submissions()]
    reports = Reports(folder, assignment, names)
    began = time.perf_counter()
    reports.read(book)
    print(f"entries of the class: {time.perf_counter() - began:.2f} s")
    began = time.perf_counter()
    reports.finish()
    size = (folder / "index.html").stat().st_size
    print(f"class report: {time.perf_counter() - began:.2f} s, {size / 1e6:.1f} MB")
    began = time.perf_counter()
    found = find_similar(assignment, book, reports.ordered())
    write_similar(folder / "similar.html", assignment, found, reports.folder_of)
    size = (folder / "similar.html").stat().st_size
    print(f"similar submissions: {time.perf_counter() - began:.2f} s, {size / 1e6:.1f} MB, {len(found.groups)} groups")


def fill(book: Gradebook, assignment: Assignment, students: int, notebook: int) -> None:
    """Enter a made-up class: a third write one of ten answers with typing errors, the others one of their own.

    The last six have copied from each other. ``notebook`` is the size of each executed notebook, in kilobytes.
    """
    chance = random.Random(1)
    common = [_prose(chance) for _ in range(10)]
    submissions = [Submission(f"Student {number:03}", f"student_{number:03}.ipynb", None) for number in range(students)]
    book.register(submissions)
    copied = {question.id: _prose(chance) for question in assignment.questions}
    for number, submission in enumerate(submissions):
        skill, questions = chance.random() ** 0.5, []
        for question in assignment.questions:
            if question.written:
                text = chance.choice(common) if chance.random() < 1 / 3 else _prose(chance)
                text = copied[question.id] if number >= students - 6 else text.replace("e", "", chance.randrange(3))
                status = QuestionStatus.TO_MARK
                questions.append(QuestionResult(question.id, status, None, question.points, written=True, answer=text))
            else:
                questions.append(_automatic(question, skill, chance))
        measured = {"mlp": 0.9 + skill / 10, "LeNet": 0.97 + skill / 40, "ConvNet": 0.95 + skill / 30}
        result = Result(
            submission.student, submission.name, RunStatus.OK, "", tuple(questions), accuracies=measured, isolated=True
        )
        book.save(submission, Graded(result, _notebook(notebook, chance)))


def _automatic(question: Question, skill: float, chance: random.Random) -> QuestionResult:
    cases = []
    for case in question.cases:
        passed = chance.random() < skill
        status = CaseStatus.PASSED if passed else CaseStatus.FAILED
        words = (
            "" if passed else f"`{question.id}` has the wrong value: expected {chance.random():.3f}. {_prose(chance)}"
        )
        cases.append(CaseResult(case.name, status, case.points * passed, case.points, case.hidden, words))
    score = sum(case.score for case in cases)
    failed = next((case.message for case in cases if case.message), "")
    outcome = QuestionStatus.FAILED if score == 0 else QuestionStatus.PARTLY
    outcome = outcome if failed else QuestionStatus.PASSED
    return QuestionResult(question.id, outcome, score, question.points, failed, tuple(cases))


def _notebook(kilobytes: int, chance: random.Random) -> NotebookNode:
    """Code, and a picture that cannot be compressed."""
    picture = base64.b64encode(b"\x89PNG\r\n\x1a\n" + chance.randbytes(1000 * kilobytes)).decode()
    code = "\n".join(f"value_{line} = {chance.choice(WORDS)}({chance.randrange(99)})" for line in range(80))
    outputs = [new_output("display_data", {"image/png": picture})]
    made: NotebookNode = new_notebook(cells=[new_code_cell(code, outputs=outputs)])
    return made


def _prose(chance: random.Random) -> str:
    return " ".join(chance.choice(WORDS) for _ in range(chance.randrange(20, 120)))


def _measure(address: str, assignment: Assignment, requests: int) -> None:
    base = address.split("/?")[0]
    written = [question for question in assignment.questions if question.written]
    with httpx.Client(base_url=base, headers={"Origin": base}, follow_redirects=True) as client:
        client.get(address)

        def page(number: int) -> httpx.Response:
            question = written[number % len(written)]
            return client.get(f"/question/{question.id}", params={"page_number": number % 20 + 1})

        def one(number: int) -> httpx.Response:
            question = written[number % len(written)]
            return client.get(f"/question/{question.id}", params={"page_number": number + 1, "view": "one"})

        def mark(number: int) -> httpx.Response:
            question, seen = cards[number]
            return client.post(f"/question/{question}/mark", data={"what": "give", "give": "0.25", "seen": seen})

        cards = [
            (question.id, seen)
            for question in written
            for seen in re.findall(r'name="seen" value="([^"]+)"', client.get(f"/question/{question.id}").text)
        ]
        _time("question page, 20 groups", page, requests)
        _time("question page, one answer", one, requests)
        _time("a mark", mark, min(requests, len(cards)))
        _time("overview", lambda number: client.get("/"), requests)


def _time(name: str, request: Callable[[int], httpx.Response], requests: int) -> None:
    spent = []
    for number in range(requests):
        began = time.perf_counter()
        response = request(number)
        spent.append(1000 * (time.perf_counter() - began))
        if response.status_code != 200:
            raise SystemExit(f"{name}: status {response.status_code}: {response.text[:200]}")
    print(f"{name}: median {statistics.median(spent):.0f} ms, worst {max(spent):.0f} ms of {requests}")


if __name__ == "__main__":
    main()
