"""The total of a student in a course: weights, excuses, the lowest dropped; and who is who across assignments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from graded import entry

from autograder.assignment import Assignment
from autograder.assignment.syllabus import Part, Syllabus
from autograder.gradebook import Entry, Gradebook
from autograder.gradebook.course import GradedPart, Ledger, ledger, totals
from autograder.intake import Extension, Origin, Student, Submission
from autograder.results import Graded, QuestionResult, QuestionStatus, RunStatus

EXCUSED = replace(entry(score=20), extension=Extension(excused=True))


def ledger_of(tiny: Assignment, weights: list[float], entries: list[Entry | None]) -> Ledger:
    """The ledger of one student who has these entries; each assignment is worth 20 points."""
    ledger = Ledger([Student("Ada Made")], days=0)
    for weight, one in zip(weights, entries, strict=True):
        ledger.parts.append(GradedPart(Part(Path("lab"), weight=weight), tiny, Path("grades"), ()))
        ledger.entries.append({} if one is None else {0: one})
    return ledger


@pytest.mark.parametrize(
    ("weights", "entries", "drop", "total", "dropped"),
    [
        ([1, 3], [entry(score=20), entry(score=10)], 0, 0.625, []),
        ([1, 1], [entry(score=20), None], 0, 0.5, []),
        ([1, 1], [entry(score=20), entry(score=0, status=RunStatus.NOT_HANDED_IN)], 0, 0.5, []),
        ([1, 1], [entry(score=16), EXCUSED], 0, 0.8, []),
        ([1, 1, 2], [entry(score=20), entry(score=5), entry(score=10)], 1, 2 / 3, [1]),
        ([1, 1], [EXCUSED, entry(score=10)], 1, 0.5, []),
        ([1, 1], [entry(score=10), entry(score=10)], 5, 0.5, [0]),
        ([1], [EXCUSED], 1, None, []),
        ([0], [entry(score=10)], 0, None, []),
    ],
)
def test_the_total_is_the_weighted_mean_of_what_counts(
    tiny: Assignment,
    weights: list[float],
    entries: list[Entry | None],
    drop: int,
    total: float | None,
    dropped: list[int],
) -> None:
    (row,) = totals(Syllabus(drop_lowest=drop), ledger_of(tiny, weights, entries))
    assert row.total == (None if total is None else pytest.approx(total))
    assert [number for number, mark in enumerate(row.marks) if mark.dropped] == dropped


def test_an_answer_of_an_excused_student_keeps_no_total_waiting(tiny: Assignment) -> None:
    unmarked = QuestionResult("why", QuestionStatus.TO_MARK, None, 2.0, written=True, answer="so")
    waiting = replace(entry(score=20), result=replace(entry(score=20).result, questions=(unmarked,)))
    excused = replace(waiting, extension=Extension(excused=True))
    found = [totals(Syllabus(), ledger_of(tiny, [1], [one]))[0].incomplete for one in (waiting, excused)]

    assert found == [True, False]


def test_an_assignment_s_gradebook_may_be_any_database(
    tiny: Assignment, open_book: Callable[..., Gradebook], url: str, tmp_path: Path
) -> None:
    parts = (Part(tiny.folder, tmp_path / "nothing", url), Part(tmp_path / "not graded"))
    syllabus = Syllabus(assignment=parts, file=tmp_path / "syllabus.toml")
    book, submission = open_book(tiny.title), Submission("Ada Made", "ada.ipynb", None)
    assert ledger(syllabus).parts == []  # nobody is in it yet
    book.register([submission])
    book.save(submission, Graded(entry(score=20).result, None))

    (row,) = totals(syllabus, ledger(syllabus))
    assert row.student.name == "Ada Made"
    assert [mark.share is not None for mark in row.marks] == [True]


def test_no_gradebook_is_made_for_an_assignment_that_is_not_graded(tiny: Assignment, tmp_path: Path) -> None:
    part = Part(tiny.folder, tmp_path / "grades", f"sqlite:///{tmp_path}/later.sqlite")

    assert ledger(Syllabus(assignment=(part,), file=tmp_path / "syllabus.toml")).parts == []
    assert not (tmp_path / "later.sqlite").exists()


def test_a_student_is_one_person_in_all_assignments_and_the_roster() -> None:
    ledger = Ledger([Student("Ada Made", ("s1",), "a@x.example"), Student("Bo Made", ("s2",))], days=2)
    first = [
        Submission("Ada Made", "m1", None, origin=Origin("moodle", "71", "A@x.example")),
        Submission("Cy Guest", "m2", None, origin=Origin("moodle", "72", "c@x.example")),
    ]
    second = [
        Submission("x", "g1", None, origin=Origin("gradescope", "s2")),
        Submission("Cy", "g2", None, origin=Origin("gradescope", "", "c@x.example")),
        Submission("Ada Made", "m3", None, origin=Origin("plain")),
    ]
    assert ledger.known(first) == {"m1": 0, "m2": 2}
    assert ledger.known(second) == {"g1": 1, "g2": 2, "m3": 0}
    assert ledger.grace(ledger.known(second)) == {"g1": 2, "g2": 2, "m3": 2}
