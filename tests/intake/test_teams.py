"""Students who hand in one notebook together, as the roster or the LMS says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from classes import NOTEBOOK, write_folder

from autograder import lms
from autograder.intake import Origin, Submission, enrol, find, join, read_roster

ROSTER = """Identifier,Full name,Group,Excused
Participant 1,Ada Made,Team A,
Participant 2,Bo Made,Team A,yes
Participant 3,Cy Made,Lab 1,
Participant 4,Di Made,Lab 1,
Participant 5,Ed Made,lab 1,
Participant 6,Flo Made,,
"""
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def handed_in(student: str, hour: int | None = 0, identifier: str = "") -> Submission:
    submitted = None if hour is None else NOON + timedelta(hours=hour)
    return Submission(
        student, f"{student}.ipynb", Path(student), origin=Origin("plain", identifier, submitted=submitted)
    )


def enrolled(folder: Path, *submissions: Submission, team_size: int = 2) -> tuple[dict[str, Submission], list[str]]:
    (folder / "roster.csv").write_text(ROSTER)
    found, notes = enrol(submissions, read_roster(folder / "roster.csv"), team_size=team_size)
    assert len({one.name for one in found}) == len(found)
    return {one.student: one for one in found}, notes


def shown(submission: Submission) -> tuple[Path | None, str, str]:
    assert submission.origin is not None
    return submission.path, submission.origin.identifier, submission.origin.team


def test_what_one_member_hands_in_counts_for_all_each_under_the_own_name(tmp_path: Path) -> None:
    found, notes = enrolled(tmp_path, handed_in("Ada Made"))

    assert shown(found["Ada Made"]) == (Path("Ada Made"), "Participant 1", "Team A")
    assert shown(found["Bo Made"]) == (Path("Ada Made"), "Participant 2", "Team A")
    assert (found["Ada Made"].name, found["Bo Made"].name) == ("Ada Made.ipynb", "Ada Made.ipynb (Participant 2)")
    bo = found["Bo Made"].origin
    assert bo is not None and bo.extension is not None and bo.extension.excused  # the own line of the roster
    assert shown(found["Flo Made"]) == (None, "Participant 6", "")
    assert notes == ["team 'Lab 1' of the roster has 3 students, more than team_size (2): each hands in alone"]


def test_a_student_in_two_teams_is_in_none_and_named(tmp_path: Path) -> None:
    twice = ROSTER + "Participant 1,Ada Made,Team B,\nParticipant 1,Ada Made,Team A,\nParticipant 7,Gil Made,Team B,\n"
    (tmp_path / "roster.csv").write_text(twice)
    for team_size in (2, 1):
        found, notes = enrol([handed_in("Ada Made")], read_roster(tmp_path / "roster.csv"), team_size=team_size)
        told = "Ada Made is in several teams of the roster (Team A, Team B) and hands in alone: keep one of them"

        assert [one.student for one in found if one.path is not None] == ["Ada Made"]
        assert (told in notes) == (team_size == 2)


def test_without_team_size_the_groups_of_a_roster_are_classes(tmp_path: Path) -> None:
    found, notes = enrolled(tmp_path, handed_in("Ada Made"), team_size=1)
    assert (found["Bo Made"].path, notes) == (None, [])

    _, (told, stranger) = enrolled(tmp_path, handed_in("Team A"), team_size=1)
    assert told == "'Team A' is a team of the roster: set team_size in course.toml to let it hand in together"
    assert "of nobody on the roster" in stranger


def test_of_several_notebooks_of_a_team_the_latest_counts(tmp_path: Path) -> None:
    found, notes = enrolled(tmp_path, handed_in("Ada Made", 1), handed_in("Bo Made", 2))
    assert [shown(found[name])[0] for name in ("Ada Made", "Bo Made")] == [Path("Bo Made")] * 2
    assert "team 'Team A' handed in several notebooks (Ada Made.ipynb, Bo Made.ipynb): the latest counts" in notes[1]


def test_of_notebooks_without_times_none_is_taken_for_the_latest(tmp_path: Path) -> None:
    found, notes = enrolled(tmp_path, handed_in("Ada Made", 1), handed_in("Bo Made", None))
    assert shown(found["Ada Made"]) == (Path("Ada Made"), "Participant 1", "")
    assert shown(found["Bo Made"]) == (Path("Bo Made"), "Participant 2", "")
    assert notes[1].endswith("and not all have a time: each member's own counts")


def test_moodles_folder_of_a_team_becomes_one_for_each_member_with_feedback_for_each(tmp_path: Path) -> None:
    files = {"Team A_3_assignsubmission_file_/lab.ipynb": NOTEBOOK, "Cy Made_4_assignsubmission_file_/lab.ipynb": "x"}
    (tmp_path / "roster.csv").write_text(ROSTER.replace("Participant 4", "Participant 9"))
    found, _ = enrol(
        find([write_folder(tmp_path / "class", files)], "lab.ipynb"), read_roster(tmp_path / "roster.csv"), team_size=2
    )
    ada, bo = (one for one in found if one.student in ("Ada Made", "Bo Made"))

    assert ada.path == bo.path and ada.path is not None and ada.name != bo.name
    assert ada.origin is not None and (ada.origin.source, ada.origin.identifier) == ("moodle", "Participant 1")
    assert ada.origin.file == "Ada Made_1_assignsubmission_file_"
    assert "Team A" not in {one.student for one in found}


def test_gradescope_says_itself_who_handed_in_together(tmp_path: Path) -> None:
    metadata = """---
submission_7:
  :submitters:
  - :name: Ada
    :email: a@x.example
  - :name: Bo
    :email: b@x.example
submission_8:
  :submitters:
  - :name: Cy
"""
    files = {"submission_metadata.yml": metadata, **{f"submission_{n}/lab.ipynb": NOTEBOOK for n in (7, 8)}}
    found = find([write_folder(tmp_path / "class", files)], "lab.ipynb")
    assert {one.student: one.origin and one.origin.team for one in found} == {
        "Ada": "submission_7",
        "Bo": "submission_7",
        "Cy": "",
    }


def test_a_team_that_hands_in_again_without_the_roster_stays_a_team(tmp_path: Path) -> None:
    before, _ = enrolled(tmp_path, handed_in("Ada Made"))
    again = replace(handed_in("Ada Made", 5), path=Path("again"), origin=None)
    joined = join([again], list(before.values()))

    assert {one.student: shown(one) for one in joined.submissions} == {
        "Ada Made": (Path("again"), "Participant 1", "Team A"),
        "Bo Made": (Path("again"), "Participant 2", "Team A"),
    }
    assert {one.student for one in joined.kept} == set(before) - {"Ada Made", "Bo Made"}
    assert joined.continues["Ada Made.ipynb (Participant 2)"] == "Ada Made.ipynb (Participant 2)"


def test_members_who_hand_in_on_their_own_are_no_team_any_more(tmp_path: Path) -> None:
    before, _ = enrolled(tmp_path, handed_in("Ada Made"))
    new = [replace(handed_in(name), path=Path(f"new {name}"), origin=None) for name in ("Ada Made", "Bo Made")]
    assert {one.student: shown(one)[2] for one in join(new, list(before.values())).submissions} == {
        "Ada Made": "",
        "Bo Made": "",
    }


#: As Canvas exports the groups of a course.
GROUPS = """name,canvas_user_id,user_id,login_id,sections,group_name,canvas_group_id,group_id
"Made, Ada",1234,u1,ada,Lab 101,Project Group 1,77,
"Made, Bo",1235,u2,bo,Lab 101,Project Group 1,77,
"Made, Cy",1236,u3,cy,Lab 101,Ünïted: Two,78,
"Made, Di",1237,u4,di,Lab 101,Ünïted: Two,78,
"Made, Ed",1238,u5,ed,Lab 101,,,
"""
GROUP_FILES = dict.fromkeys(
    ("projectgroup1_1234_90001_lab.ipynb", "ünïtedtwo_LATE_1237_90002_lab.ipynb", "madeed_1238_90003_lab.ipynb"),
    NOTEBOOK,
)


@pytest.mark.parametrize("numbers", [True, False])
def test_canvas_shortens_the_names_of_groups_and_sends_feedback_by_the_number_of_one_member(
    tmp_path: Path, numbers: bool
) -> None:
    groups = GROUPS if numbers else GROUPS.replace("canvas_user_id", "other")
    (tmp_path / "groups.csv").write_text(groups)
    submissions = find([write_folder(tmp_path / "lab_submissions", GROUP_FILES)], "lab.ipynb")

    found, notes = enrol(submissions, read_roster(tmp_path / "groups.csv"), team_size=2)
    files = {one.student: one.path.name for one in found if one.path is not None}
    assert files == {
        "Made, Ada": "projectgroup1_1234_90001_lab.ipynb",
        "Made, Bo": "projectgroup1_1234_90001_lab.ipynb",
        "Made, Cy": "ünïtedtwo_LATE_1237_90002_lab.ipynb",
        "Made, Di": "ünïtedtwo_LATE_1237_90002_lab.ipynb",
        "Made, Ed": "madeed_1238_90003_lab.ipynb",
    }
    assert notes == []
    names = {one.student: lms.feedback_name(one.origin.source, one.origin.file) for one in found if one.origin}
    assert {student: name for student, name in names.items() if name} == {
        "Made, Ada": "projectgroup1_1234_90001_lab.html",
        "Made, Di" if numbers else "Made, Cy": "ünïtedtwo_LATE_1237_90002_lab.html",
        "Made, Ed": "madeed_1238_90003_lab.html",
    }


def test_groups_of_canvas_that_team_size_does_not_allow_are_named(tmp_path: Path) -> None:
    (tmp_path / "groups.csv").write_text(GROUPS)
    submissions = find([write_folder(tmp_path / "lab_submissions", GROUP_FILES)], "lab.ipynb")

    _, notes = enrol(submissions, read_roster(tmp_path / "groups.csv"), team_size=1)
    allow = "is a team of the roster: set team_size in course.toml to let it hand in together"
    assert notes == [f"'Project Group 1' {allow}", f"'Ünïted: Two' {allow}"]
