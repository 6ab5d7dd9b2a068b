"""The list of submissions to choose from, and the figures beside a written answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.gradebook import Gradebook
from autograder.gradebook.figures import AutomaticScore, Figures, figures_of
from autograder.gradebook.marking import answers
from autograder.gradebook.schema import ResultRow
from autograder.gradebook.submissions import ListedSubmission, find_submission, graded_submissions
from autograder.intake import Origin, Submission
from autograder.results import Graded, QuestionResult, QuestionStatus, Result, RunStatus

ZOE, ADA, BEN = (Submission(name.title(), f"{name}.ipynb", None) for name in ("zoe", "ada", "ben"))


def graded(one: Submission) -> Graded:
    questions = (
        QuestionResult("why", QuestionStatus.TO_MARK, None, 2.0, written=True, answer="so"),
        QuestionResult("later", QuestionStatus.FAILED, 0.5, 1.0, "wrong"),
        QuestionResult("first", QuestionStatus.PASSED, 1.0, 1.0),
    )
    return Graded(Result(one.student, one.name, RunStatus.OK, "", questions, accuracies={"mlp": 0.9}), None)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Gradebook]:
    """Zoe and Ada are graded, Ben is not."""
    with Gradebook(f"sqlite:///{tmp_path}/gradebook.sqlite", "Lab") as book:
        book.register([ZOE, ADA, BEN])
        for one in (ZOE, ADA):
            book.save(one, graded(one))
        yield book


def test_graded_submissions_are_listed_by_student_and_found_by_number(book: Gradebook) -> None:
    ada, zoe = graded_submissions(book)

    assert [(one.student, one.name) for one in (ada, zoe)] == [("Ada", "ada.ipynb"), ("Zoe", "zoe.ipynb")]
    assert find_submission(book, zoe.id) == zoe == ListedSubmission(zoe.id, "zoe.ipynb", zoe.student_id, "Zoe")
    assert find_submission(book, 99) is None


def test_students_of_one_name_are_told_apart_and_names_stand_as_people_sort_them(book: Gradebook) -> None:
    twins = [replace(ADA, name=f"{n}.ipynb", origin=Origin("moodle", str(n))) for n in (1, 2)]
    asa = replace(ZOE, student="Åsa", name="asa.ipynb")
    book.register([ZOE, asa, *twins])
    for one in (asa, *twins):
        book.save(one, graded(one))

    assert [one.student for one in graded_submissions(book)] == ["Ada (1)", "Ada (2)", "Åsa", "Zoe"]


def test_students_whose_names_look_alike_are_told_apart(book: Gradebook) -> None:
    names = ("Ada", "Ada\u200b", "A\u00adda")
    alike = [
        replace(ADA, name=f"{n}.ipynb", student=name, origin=Origin("moodle", str(n))) for n, name in enumerate(names)
    ]
    book.register(alike)
    for one in alike:
        book.save(one, graded(one))

    assert [one.student for one in graded_submissions(book)] == ["Ada (0)", "Ada\u200b (1)", "A\u00adda (2)"]


def test_students_of_whom_all_looks_alike_are_told_apart_by_what_python_writes(book: Gradebook) -> None:
    names = ("Zo\u00eb", "Zoe\u0308")
    alike = [replace(ADA, name=f"{name}/m.ipynb", student=name, origin=None) for name in names]
    book.register(alike)
    for one in alike:
        book.save(one, graded(one))

    assert {one.student for one in graded_submissions(book)} == {
        "Zo\u00eb ('Zo\\xeb/m.ipynb')",
        "Zoe\u0308 ('Zoe\\u0308/m.ipynb')",
    }


def test_what_is_no_longer_handed_in_is_not_listed_but_found(book: Gradebook) -> None:
    ada = graded_submissions(book)[0]
    book.register([ZOE, BEN])

    assert [one.student for one in graded_submissions(book)] == ["Zoe"]
    assert find_submission(book, ada.id) == ada


def test_figures_have_the_automatic_questions_in_the_assignments_order(book: Gradebook) -> None:
    result = answers(book, "why")[0].result
    figures = figures_of(book, [result], {"first": 0, "later": 1})[result]

    first = AutomaticScore("first", QuestionStatus.PASSED, 1.0, 1.0)
    later = AutomaticScore("later", QuestionStatus.FAILED, 0.5, 1.0)
    assert figures == Figures((first, later), {"mlp": 0.9})
    assert (figures.score, figures.max_score, figures.not_passed) == (1.5, 2.0, [later])


def test_a_damaged_result_has_no_accuracies(book: Gradebook) -> None:
    result = answers(book, "why")[0].result
    with book.transaction() as session:
        session.get_one(ResultRow, result).document = {"accuracies": ["high"]}

    assert figures_of(book, [result], {})[result].accuracies == {}
