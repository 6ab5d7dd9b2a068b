"""What a run says at its end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from graded import entry

from autograder.assignment import Assignment
from autograder.cli.closing import MOST_NAMED, closing, other_questions
from autograder.gradebook import Entry
from autograder.gradebook.decisions import Override
from autograder.results import QuestionResult, QuestionStatus, RunStatus


def failed(name: str, status: RunStatus = RunStatus.UNREADABLE) -> Entry:
    one = entry(name, 0.0, status=status)
    return replace(one, result=replace(one.result, message="'x' is\nnot a notebook"))


def test_it_names_who_could_not_be_graded_and_says_what_comes_next() -> None:
    class_ = [
        entry("Ada", 10.0),
        entry("Bo", 17.0, waits=True),
        entry("Cy", 18.0),
        failed("Di"),
        failed("Ed", RunStatus.NOT_HANDED_IN),
    ]
    assert list(closing(class_, Path("my grades"), ["--assignment", "lab"])) == [
        "1 could not be graded:",
        "  Di: unreadable: 'x' is not a notebook",
        "1 handed nothing in: Ed",
        "points of 3 students: mean 15, median 17 of 20",
        "written answers of 1 student that wait for a mark: 1",
        "Next: autograder review 'my grades' --assignment lab\nthen: autograder report 'my grades' --assignment lab",
    ]


def test_where_nothing_waits_the_report_is_next() -> None:
    assert list(closing([entry("Ada", 10.0)], Path("out"), []))[-1] == "Next: autograder report out"


def test_a_class_that_could_not_be_graded_is_not_listed_without_end() -> None:
    lines = list(closing([failed(f"s{n}") for n in range(MOST_NAMED + 3)], Path("out"), []))
    assert lines[0] == "13 could not be graded:" and lines[11] == "  … and 3 others"
    assert not any(line.startswith("points") for line in lines)


def test_points_of_a_person_for_an_earlier_result_are_named() -> None:
    old = Override("sum", 1, 3.0, 2.0, "copied", "Tess", datetime.now(UTC), is_old=True)
    lines = list(closing([entry("Ada"), replace(entry("Bo"), overrides={"sum": old})], Path("out"), []))
    assert lines[1] == (
        "points that a person gave 1 student are for an earlier result or rubric: look whether they still hold: Bo"
    )


def test_who_was_graded_by_other_questions_than_there_are_now_is_named(tiny: Assignment) -> None:
    now = tuple(QuestionResult(one.id, QuestionStatus.PASSED, 0.5, one.points) for one in tiny.questions)

    def graded(name: str, questions: tuple[QuestionResult, ...], status: RunStatus = RunStatus.OK) -> Entry:
        return Entry.of(replace(entry(name).result, questions=questions, status=status))

    dearer = (replace(now[0], max_score=now[0].max_score + 1), *now[1:])
    class_ = [graded("Ada", now), graded("Bo", now[1:]), graded("Cy", dearer), graded("Di", (), RunStatus.UNREADABLE)]
    assert list(other_questions(class_, tiny)) == [
        "2 students were graded by other questions, or for other points, than the assignment has now (grade again): Bo, Cy"
    ]
    assert list(other_questions(class_[:1], tiny)) == []
