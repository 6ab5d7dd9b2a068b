"""What is handed in now joins the class that was graded before: nobody is lost, doubled or taken for another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from autograder.errors import ConfigError
from autograder.intake import Origin, Submission, chosen, join


def plain(name: str, student: str = "", folder: str = "/class") -> Submission:
    return Submission(student or name.removesuffix(".ipynb"), name, Path(folder, name))


def from_moodle(number: str, student: str, file: str = "lab.ipynb") -> Submission:
    label = f"{student}_{number}_assignsubmission_file_"
    return Submission(
        student, f"{label}/{file}", Path("/zip", label, file), origin=Origin("moodle", number, file=label)
    )


def absent(student: str, identifier: str) -> Submission:
    return Submission(student, student, None, "nothing", Origin("roster", identifier, f"{identifier}@x", missing=True))


def stored(*submissions: Submission) -> list[Submission]:
    """Submissions as a gradebook gives them: without their files."""
    return [replace(submission, path=None, problem="") for submission in submissions]


ADA, BO = from_moodle("11", "Ada Made"), from_moodle("12", "Bo Made")


def test_who_is_not_handed_in_now_is_kept() -> None:
    cy = plain("cy.ipynb")
    joined = join([cy], stored(ADA, BO))

    assert (joined.submissions, joined.kept) == ([cy], stored(ADA, BO))
    assert (joined.continues, joined.notes) == ({}, ())


@pytest.mark.parametrize(
    ("earlier", "now"),
    [
        (plain("ada.ipynb"), plain("ada.ipynb", folder="/late")),
        (plain("ada/work.ipynb", "ada"), plain("work.ipynb", folder="/class/ada")),
        (plain("ada/lab.ipynb", "ada"), plain("ada.ipynb", folder="/late")),
        (ADA, from_moodle("11", "Ada Made", "second.ipynb")),
        (ADA, plain("ADA made.ipynb", folder="/mail")),
        (ADA, plain("lab.ipynb", folder=f"/zip/{ADA.name.removesuffix('/lab.ipynb')}")),
        (absent("Ada Made", "Participant 11"), ADA),
        (absent("Ada Made", "Participant 11"), plain("Ada Made.ipynb")),
        (absent("Ada Made", "11"), absent("Ada Made", "11")),
    ],
)
def test_a_student_has_one_submission_the_new_one(earlier: Submission, now: Submission) -> None:
    joined = join([now], stored(earlier, BO))

    assert [one.name for one in joined.submissions] == [now.name]
    assert joined.kept == stored(BO)
    assert joined.continues == {now.name: earlier.name}
    has_other_name = earlier.name != now.name and not (earlier.origin and earlier.origin.missing)
    assert [note.split(" takes")[0] for note in joined.notes] == ([now.name] if has_other_name else [])


def test_a_mailed_notebook_goes_back_to_the_lms_under_the_students_number_and_name() -> None:
    (one,) = join([plain("bo made.ipynb")], stored(ADA, BO)).submissions

    assert (one.student, one.origin) == ("Bo Made", Origin("moodle", "12", file="Bo Made_12_assignsubmission_file_"))
    assert one.path == Path("/class/bo made.ipynb")


@pytest.mark.parametrize("said", [None, True, False])
def test_whether_it_was_late_is_what_was_said_last(said: bool | None) -> None:
    late, other = (replace(one, origin=replace(one.origin or Origin("moodle"), late=True)) for one in (ADA, BO))
    now = replace(ADA, origin=replace(ADA.origin or Origin("moodle"), late=said))
    new = from_moodle("12", "Bo Made", "second.ipynb")
    again, second = join([now, new], stored(late, other)).submissions

    assert again.origin is not None and again.origin.late is (True if said is None else said)
    assert second.origin is not None and second.origin.late is None


@pytest.mark.parametrize(
    ("earlier", "now"),
    [
        (ADA, from_moodle("99", "Ada Made")),
        (ADA, absent("Ada Made", "Participant 99")),
        (absent("Ada Made", "Participant 99"), ADA),
    ],
)
def test_another_number_is_another_student_even_of_the_same_name(earlier: Submission, now: Submission) -> None:
    joined = join([now], stored(earlier))
    assert (joined.submissions, joined.kept) == ([now], stored(earlier))


def test_a_name_that_two_have_replaces_neither_and_is_told() -> None:
    twins = stored(from_moodle("1", "Twin Made"), from_moodle("2", "Twin Made"))
    joined = join([plain("twin made.ipynb")], twins)

    assert (len(joined.submissions), joined.kept) == (1, twins)
    assert joined.notes == ("'twin made' fits 2 students graded before and 1 submission: not matched",)


def test_the_roster_does_not_replace_what_was_handed_in() -> None:
    now = [absent("Ada Made", "Participant 11"), absent("Bo Made", "Participant 12"), plain("cy.ipynb")]
    joined = join(now, stored(ADA, BO))

    assert [one.name for one in joined.submissions] == ["cy.ipynb"]
    assert joined.kept == stored(ADA, BO)


def test_a_file_that_was_replaced_before_does_not_come_back_by_itself() -> None:
    mailed = replace(ADA, name="Ada Made.ipynb")
    same = join([ADA], stored(mailed), lambda submission: submission is ADA)
    changed = join([ADA], stored(mailed), lambda submission: False)

    assert (same.submissions, same.kept) == ([], stored(mailed))
    assert "was replaced before by Ada Made.ipynb, which counts for Ada Made" in same.notes[0]
    assert (changed.submissions, changed.kept) == ([ADA], [])


def test_a_name_that_a_different_student_has_is_not_taken_from_them() -> None:
    other = replace(from_moodle("12", "Bo Made"), name=ADA.name)
    joined = join([other], stored(ADA))

    assert ([one.name for one in joined.submissions], joined.kept) == ([f"{ADA.name} (2)"], stored(ADA))


@pytest.mark.parametrize("wanted", ["ada made", "Made, Ada", "11", "Participant 11", ADA.name])
def test_a_student_is_chosen_by_whatever_names_them(wanted: str) -> None:
    assert chosen([ADA, BO], [wanted]) == [ADA]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [("Twin Made", "(got 2: Twin Made (1), Twin Made (2))"), ("Eve", "(got 0: none)"), (" ", "(got 0")],
)
def test_a_name_that_does_not_choose_one_student_is_a_usage_error(wanted: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        chosen([from_moodle("1", "Twin Made"), from_moodle("2", "Twin Made")], [wanted])
    assert f"student '{wanted}' must be" in str(caught.value) and message in str(caught.value)
