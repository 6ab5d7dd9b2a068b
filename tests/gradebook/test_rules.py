"""Rules of a course that are applied to results afterwards: deadlines, lateness, extensions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from autograder.assignment.counting import Choice
from autograder.assignment.lateness import CourseExtension, Lateness, LateRules
from autograder.errors import ConfigError
from autograder.gradebook import Gradebook
from autograder.gradebook.entries import entries
from autograder.gradebook.overriding import override
from autograder.gradebook.rules import Rules
from autograder.intake import Extension, Origin, Submission
from autograder.results import Graded, QuestionResult, QuestionStatus, Result, RunStatus

DEADLINE = datetime(2026, 11, 30, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ADA = Submission("Ada", "ada.ipynb", None, origin=Origin("plain", "1", submitted=DEADLINE + DAY))
RULES = Rules(DEADLINE, LateRules(percent_per_day=10, accepted_hours=96))


def given(extension: Extension, submission: Submission = ADA) -> Submission:
    origin = submission.origin or Origin("plain")
    return replace(submission, origin=replace(origin, extension=extension))


@pytest.fixture
def book(tmp_path: Path) -> Gradebook:
    return Gradebook(f"sqlite:///{tmp_path / 'gradebook.sqlite'}", "Lab")


def saved(book: Gradebook, submission: Submission) -> None:
    book.register([submission])
    question = QuestionResult("q", QuestionStatus.PASSED, 4.0, 5.0)
    book.save(submission, Graded(Result("Ada", submission.name, RunStatus.OK, "", (question,)), None))


def test_the_gradebook_remembers_what_the_roster_says(book: Gradebook) -> None:
    extension = Extension(DEADLINE + 2 * DAY, 30.0)
    saved(book, given(extension))
    (entry,) = entries(book, RULES)
    assert (entry.extension, entry.lateness, entry.final) == (extension, None, 4.0)

    saved(book, given(Extension()))
    (entry,) = entries(book, RULES)
    assert (entry.extension, entry.lateness, entry.final) == (Extension(), Lateness(DAY, 10.0), 3.5)


def test_course_toml_counts_before_the_roster_key_by_key(book: Gradebook) -> None:
    saved(book, given(Extension(DEADLINE, 30.0, excused=True)))
    course = CourseExtension("1", DEADLINE + DAY, excused=False)
    (entry,) = entries(book, replace(RULES, extensions=(course, CourseExtension("Bo", excused=True))))

    assert entry.extension == Extension(DEADLINE + DAY, 30.0)
    assert (entry.lateness, entry.excused, entry.final) == (None, False, 4.0)


def test_for_a_student_who_is_excused_nothing_counts(book: Gradebook) -> None:
    saved(book, given(Extension(excused=True)))
    (entry,) = entries(book, RULES)
    assert (entry.lateness, entry.excused, entry.counts, entry.words) == (None, True, False, "excused")


def test_after_the_last_moment_nothing_is_left(book: Gradebook) -> None:
    saved(book, replace(ADA, origin=Origin("plain", "1", submitted=DEADLINE + 5 * DAY)))
    (entry,) = entries(book, RULES)
    assert entry.lateness is not None and entry.lateness.refused
    assert (entry.result.score, entry.final) == (4.0, 0.0)


def test_an_extension_of_nobody_is_told_and_one_of_several_is_refused() -> None:
    twins = [replace(ADA, name="a.ipynb"), replace(ADA, name="b.ipynb")]
    rules = replace(RULES, extensions=(CourseExtension("a.ipynb"), CourseExtension("Ida")))
    assert list(rules.notes(twins)) == ["extension 2 in course.toml is of nobody in the class: Ida"]

    rules = replace(RULES, extensions=(CourseExtension("Ada"),))
    with pytest.raises(
        ConfigError, match=r"extension, entry 1: 'student' must be of one student \(got 'Ada', which fits 2"
    ):
        list(rules.notes(twins))


def result_of(**scores: float | None) -> Result:
    questions = (QuestionResult(id, QuestionStatus.PASSED, score, 2.0, written=True) for id, score in scores.items())
    return Result("Ada", "ada.ipynb", RunStatus.OK, "", tuple(questions))


@pytest.mark.parametrize(
    ("scores", "left_out", "score"),
    [
        ({"a": 1.0, "b": 2.0, "c": 0.5, "extra": 2.0}, ["c"], 5.0),
        ({"a": 1.0, "b": 1.0, "c": 1.0, "extra": 0.0}, ["c"], 2.0),
        ({"a": None, "b": 2.0, "c": 0.5, "extra": 0.0}, ["a"], 2.5),
        ({"a": 0.0, "b": None, "c": None, "extra": None}, ["c"], 0.0),
    ],
)
def test_of_a_choice_the_best_count_and_a_bonus_is_on_top(
    scores: dict[str, float | None], left_out: list[str], score: float
) -> None:
    counted = Rules(bonus=("extra",), choices=(Choice(("a", "b", "c"), 2),)).count(result_of(**scores))

    assert [one.id for one in counted.questions if not one.counts] == left_out
    assert [one.id for one in counted.questions if one.bonus] == ["extra"]
    assert (counted.score, counted.max_score) == (score, 4.0)
    assert counted.to_mark == 2.0 * sum(value is None for value in scores.values())


def test_a_choice_is_made_again_with_the_marks_of_people_and_without_it_all_count(book: Gradebook) -> None:
    book.register([ADA])
    book.save(ADA, Graded(Rules(choices=(Choice(("a", "b"), 1),)).count(result_of(a=1.0, b=0.5)), None))
    override(book, 1, "b", points=2.0, reason="right after all", by="Tess", seen=0)
    (entry,) = entries(book, Rules(choices=(Choice(("a", "b"), 1),)))
    assert (entry.computed.score, entry.result.score, entry.result.max_score) == (1.0, 2.0, 2.0)
    (entry,) = entries(book)
    assert (entry.result.score, entry.result.max_score) == (3.0, 4.0)
