"""How long the pages for marking take: ``python -m benchmarks.review [--students 500] [--requests 50]``."""

from __future__ import annotations

import argparse
import random
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import httpx

from autograder.assignment import Assignment
from autograder.gradebook import Gradebook
from autograder.intake import Submission
from autograder.results import CaseResult, CaseStatus, Graded, QuestionResult, QuestionStatus, Result, RunStatus
from autograder.review import Review

WORDS = [
    "the",
    "classes",
    "are",
    "nearly",
    "balanced",
    "because",
    "each",
    "digit",
    "makes",
    "up",
    "about",
    "same",
    "share",
    "of",
    "training",
    "set",
    "so",
    "accuracy",
    "is",
    "a",
    "fair",
    "measure",
    "here",
    "while",
    "one",
    "that",
    "is",
    "always",
    "guessed",
    "would",
    "be",
    "right",
    "only",
    "seldom",
    "network",
    "learns",
    "edges",
    "and",
    "shapes",
    "pooling",
    "keeps",
    "what",
    "matters",
    "deeper",
    "layers",
    "see",
    "more",
    "of",
    "picture",
    "normalized",
    "inputs",
    "train",
    "faster",
    "with",
    "smaller",
    "steps",
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=500)
    parser.add_argument("--requests", type=int, default=50)
    parser.add_argument("--assignment", type=Path, default=Path("assignment"))
    arguments = parser.parse_args()
    assignment = Assignment.load(arguments.assignment)
    with tempfile.TemporaryDirectory() as folder:
        book = Gradebook(f"sqlite:///{folder}/gradebook.sqlite", assignment.title)
        _fill(book, assignment, arguments.students)
        began = time.perf_counter()
        review = Review(book, assignment, name="benchmark")
        print(f"start, with all answers compared: {time.perf_counter() - began:.2f} s")
        thread = Thread(target=review.run)
        thread.start()
        try:
            _measure(review.address, assignment, arguments.requests)
        finally:
            review.stop()
            thread.join()
            book.close()


def _fill(book: Gradebook, assignment: Assignment, students: int) -> None:
    """A class of whom a third write one of ten answers, with typing errors, and the others one of their own."""
    chance = random.Random(1)
    common = [_prose(chance) for _ in range(10)]
    submissions = [Submission(f"student {number}", f"student_{number}.ipynb", None) for number in range(students)]
    book.register(submissions)
    for submission in submissions:
        questions = []
        for question in assignment.questions:
            if question.written:
                text = chance.choice(common) if chance.random() < 1 / 3 else _prose(chance)
                text = text.replace("e", "", chance.randrange(3))
                status = QuestionStatus.TO_MARK
                questions.append(QuestionResult(question.id, status, None, question.points, written=True, answer=text))
            else:
                cases = tuple(
                    CaseResult(case.name, CaseStatus.PASSED, case.points, case.points, case.hidden)
                    for case in question.cases
                )
                passed = QuestionStatus.PASSED
                questions.append(QuestionResult(question.id, passed, question.points, question.points, "", cases))
        measured = {"mlp": chance.random(), "LeNet": chance.random(), "ConvNet": chance.random()}
        result = Result(submission.student, submission.name, RunStatus.OK, "", tuple(questions), accuracies=measured)
        book.save(submission, Graded(result, None))


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
