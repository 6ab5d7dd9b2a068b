"""Who handed nothing in is summary by the roster; who did is found there by identifier, e-mail address or name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import classes
import pytest
from classes import PUPILS, write_folder, write_zip

from autograder.errors import ConfigError
from autograder.intake import Origin, Submission, find, lateness_notes, roster, summary
from autograder.intake.people import Student
from autograder.intake.roster import enrol, read
from autograder.intake.submission import Extension


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_class_is_read_from_what_people_save(tmp_path: Path, encoding: str, separator: str) -> None:
    path = written(tmp_path / "roster.csv", classes.roster(separator), encoding)
    assert read(path) == [Student(" ".join([pupil.name]), (pupil.sid,), pupil.email) for pupil in PUPILS]


@pytest.mark.parametrize(
    ("text", "students"),
    [
        ("First name,Last name,ID number,Email address\nAda,Made,7,a@x.example\n", [Student("Ada Made", ("7",), "a@x.example")]),
        ("Vorname;Nachname;Matrikelnummer\nÄda;Made;07\n", [Student("Äda Made", ("07",))]),
        ("sep=;\nStudent;SIS ID\n\"Made, Ada\";7\n;\n", [Student("Made, Ada", ("7",))]),
        ("Student,ID,SIS User ID,SIS Login ID,Section,Lab (9)\n\"    Points Possible\",,,,,20\n\"Made, Ada\",1,s1,ada,A,\n", [Student("Made, Ada", ("1", "s1", "ada"))]),
        ("Identifier,Full name,Grade\nParticipant 5,Ada Made,\n", [Student("Ada Made", ("Participant 5",))]),
        ("Prénom;Nom de famille;Numéro d'identification\nAda;Made;7\n", [Student("Ada Made", ("7",))]),
        ("Name,ID\nAda,\"=\"\"007\"\"\"\n", [Student("Ada", ("007",))]),
        ("Name,ID,Section\nAda,7,A\nAda,7,B\n", [Student("Ada", ("7",))]),
        ("Name,ID,Excused\nAda,7,\nAda,7,yes\n", [Student("Ada", ("7",), extension=Extension(excused=True))]),
        ("Name,ID,Extra minutes,Excused\nAda,7,5,\nAda,7,,yes\nAda,7,5,\n", [Student("Ada", ("7",), extension=Extension(None, 5.0, True))]),
        ("Name,ID,Team\nAda,7,\nAda,7,A\nBo,8,A\nBo,8,B\n", [Student("Ada", ("7",), teams=("A",)), Student("Bo", ("8",), teams=("A", "B"))]),
        ("Name\nAda\nAda\n", [Student("Ada"), Student("Ada")]),
        ("email\nada@x.example\n", [Student("ada@x.example", (), "ada@x.example")]),
        ("id,first_name,last_name,email\nada1,Ada,,\n", [Student("Ada", ("ada1",))]),
        ("Name,ID\nAda,1\nname,id\nBo,2\n", [Student("Ada", ("1",)), Student("Bo", ("2",))]),
        ("Name,ID,Group\n\"Made, Ada\",1,A\nAda Made,1,B\n", [Student("Made, Ada", ("1",), teams=("A",)), Student("Ada Made", ("1",), teams=("B",))]),
    ],
)  # fmt: skip
def test_columns_are_known_by_their_usual_names(tmp_path: Path, text: str, students: list[Student]) -> None:
    assert read(written(tmp_path / "roster.csv", text)) == students


def test_what_excel_saves_in_western_europe_is_read(tmp_path: Path) -> None:
    assert read(written(tmp_path / "r.csv", "Name;ID\r\nZoé Müller;1\r\n", "cp1252")) == [Student("Zoé Müller", ("1",))]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("colour,size\nred,1\n", "must have a column 'name', 'identifier' or 'email' (got colour, size)"),
        ("name\n", "must name at least one student (got none)"),
        ("", "is empty"),
        (
            "n\0a\0m\0e\0\n\0a\0",
            "must be a CSV file (it is no text, or text of an unknown encoding): save it as «CSV UTF-8»",
        ),
        ('name\n"Ada', "is not CSV (unexpected end of data)"),
        ("name,id\nAda,1\nBo,1\nCy,2\n", "identifier '1' must be of one student (got 2: Ada, Bo)"),
        (
            "name,id\nAda,1.2E+11\nBo,1.2E+11\n",
            "(got 2: Ada, Bo); Excel shortened it: download the list once more",
        ),
        (
            "name,id,deadline\nAda,1,2026-12-01 10:00\nAda,1,\nAda,1,2026-12-02 10:00\n",
            "'deadline' of 'Ada' must be the same in each row (got 2026-12-01 10:00:00 and 2026-12-02 10:00:00)",
        ),
        ("name\n" + "a\n" * 100_001, "must have at most 100,000 rows (got more)"),
    ],
)
def test_a_roster_that_breaks_a_rule_is_a_usage_error(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(written(tmp_path / "roster.csv", text))
    assert message in str(caught.value) and "roster.csv" in str(caught.value)


def test_a_roster_that_is_not_there_or_too_large_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"roster\.csv' cannot be read"):
        read(tmp_path / "roster.csv")
    with (tmp_path / "roster.csv").open("wb") as file:
        file.truncate(21 * 1024**2)
    with pytest.raises(ConfigError, match=r"must be at most 20 MB"):
        read(tmp_path / "roster.csv")


def one(student: str, origin: Origin | None = None) -> Submission:
    return Submission(student, f"{student}.ipynb", Path("x"), origin=origin)


def test_who_handed_nothing_in_has_a_submission_that_says_so() -> None:
    found, notes = enrol([one("Ada Made")], [Student("Ada Made", ("1",)), Student("Bo Made", ("2",), "b@x.example")])

    assert found == [
        one("Ada Made", Origin("plain", "1")),
        Submission(
            "Bo Made", "Bo Made", None, "nothing was handed in", Origin("roster", "2", "b@x.example", missing=True)
        ),
    ]
    assert notes == []
    assert summary(found) == "Files and folders, 1 student (1 handed nothing in)"


@pytest.mark.parametrize(
    ("submission", "student"),
    [
        (one("x", Origin("gradescope", "s7")), Student("Ada Made", ("1", "S7"))),
        (one("Ada Made", Origin("moodle", "12")), Student("Ada Made", ("Participant 12",))),
        (one("Ada Made", Origin("moodle", "12")), Student("Ada Made", ("Teilnehmer/in12",))),
        (one("x", Origin("gradescope", "", "ADA@x.example")), Student("Ada Made", ("1",), "ada@X.example")),
        (one("Ada OMade", Origin("moodle", "12")), Student("O'Made, Ada", ("1",))),
        (one("ZOE\u0301 Made"), Student("Zoé Made", ("1",))),
        (one("madeada", Origin("canvas", "12")), Student("Ada Made", ("1",))),
        (one("madeada", Origin("canvas", "12")), Student("Made, Ada", ("1",))),
        (one("a_b Made"), Student("a b Made", ("1",))),
        (one("ada1"), Student("Ada Made", ("1", "ada1"))),
        (one("ada"), Student("Ada Made", ("1",), "ada@x.example")),
    ],
)
def test_a_student_is_known_by_identifier_e_mail_or_name(submission: Submission, student: Student) -> None:
    (found,), notes = enrol([submission], [student])

    own = submission.origin or Origin("")
    expected = (own.identifier or student.identifier, own.email or student.email)
    assert found.origin is not None and (found.origin.identifier, found.origin.email) == expected
    assert notes == []


def test_canvas_gives_no_proper_name_so_the_rosters_counts() -> None:
    (found,), _ = enrol([one("madeada", Origin("canvas", "12"))], [Student("Made, Ada", ("12",))])
    assert found.student == "Made, Ada"


def test_identifiers_come_before_names() -> None:
    students = [Student("Ada Made", ("2",)), Student("Ada Made", ("1",))]
    found, notes = enrol([one("Ada Made", Origin("moodle", "1"))], students)

    assert [(x.origin.identifier, x.origin.missing) for x in found if x.origin] == [("2", True), ("1", False)]
    assert notes == []


def test_names_that_several_have_are_told_and_match_nobody() -> None:
    students = [Student("Twin Made", ("1",)), Student("Made, Twin", ("2",)), Student("Cy Made", ("3",))]
    found, notes = enrol([one("twin made"), one("Guest Made")], students)

    assert [(x.student, x.origin and x.origin.identifier) for x in found] == [
        ("Cy Made", "3"), ("Guest Made", None), ("twin made", None)
    ]  # fmt: skip
    assert notes == [
        "'twin made' fits 2 students on the roster and 1 submission: not matched",
        "2 submissions are of nobody on the roster: twin made.ipynb, Guest Made.ipynb",
    ]


def test_a_number_of_moodles_own_is_not_taken_for_another_students() -> None:
    found, notes = enrol([one("Bo Sample", Origin("moodle", "12"))], [Student("Ada Made", ("12",))])

    assert [(x.student, x.origin and x.origin.identifier) for x in found] == [("Bo Sample", "12")]
    assert notes[0] == "'Bo Sample' could be 'Ada Made', but the name differs: not matched"


def test_a_number_of_moodles_own_is_the_students_also_where_a_name_lost_its_accents() -> None:
    found, notes = enrol([one("Chloe Muller", Origin("moodle", "12"))], [Student("Chloé Müller", ("12",))])

    assert ([x.student for x in found], notes) == (["Chloé Müller"], [])


def test_a_name_is_not_enough_where_the_address_is_another() -> None:
    submission = one("Ada Made", Origin("gradescope", "", "other@x.example"))
    found, notes = enrol([submission], [Student("Ada Made", ("12",), "ada@x.example")])

    assert found == [submission]
    assert notes[0] == "'Ada Made' could be 'Ada Made', but the e-mail address differs: not matched"


@pytest.mark.parametrize("form", ["moodle", "canvas", "gradescope", "nbgrader", "plain"])
def test_no_one_of_a_class_is_lost_on_the_way_through_the_roster(tmp_path: Path, form: str) -> None:
    make = {
        "moodle": classes.moodle,
        "canvas": classes.canvas,
        "gradescope": classes.gradescope,
        "nbgrader": classes.nbgrader,
    }
    plain = {f"{pupil.sid}.ipynb": classes.NOTEBOOK for pupil in PUPILS}
    files = make[form]() if form in make else plain
    found = find([write_folder(tmp_path / "class", files)], "mnist.ipynb")
    students = read(written(tmp_path / "roster.csv", classes.roster()))
    enrolled, notes = enrol(found, students)

    twins = 3 if form in ("moodle", "canvas") else 0  # of one name, and known by other numbers
    matched = [x for x in enrolled if x.origin and x.origin.email]
    assert len(enrolled) == 200 and len(matched) == 200 - twins
    by_number = {str(pupil.number): pupil.email for pupil in PUPILS} | {pupil.sid: pupil.email for pupil in PUPILS}
    assert all(x.origin and by_number[x.origin.identifier] == x.origin.email for x in matched)
    assert len(notes) == (2 if twins else 0)


def test_the_same_names_of_absent_students_are_told_apart(tmp_path: Path) -> None:
    students = [Student("Twin Made", ("1",)), Student("Twin Made", ("2",)), Student("Twin Made"), Student("Twin Made")]
    path = write_zip(tmp_path / "c.zip", {"Ada_9_assignsubmission_file_/m.ipynb": classes.NOTEBOOK})
    found, _ = roster.enrol(find([path], "mnist.ipynb", tmp_path / "out"), students)

    absent = [x.name for x in found if x.origin and x.origin.missing]
    assert absent == ["Twin Made", "Twin Made (2)", "Twin Made (3)", "Twin Made (4)"]


WORKSHEET = """Identifier,Full name,Status,Grade,Maximum Grade,Last modified (submission)
Participant 11,Ada Made,Submitted for grading - 1 day 3 hours late,,20.00,"Monday, 2 November 2026, 10:00 AM"
Participant 12,Bo Made,Submitted for grading,,20.00,some time
"""


def test_times_are_taken_from_moodles_worksheet(tmp_path: Path) -> None:
    students = read(written(tmp_path / "worksheet.csv", WORKSHEET))
    (ada, bo), _ = enrol(
        [one("Ada Made", Origin("moodle", "11")), one("Bo Made", Origin("moodle", "12"))],
        students,
        timezone(timedelta(hours=1)),
    )

    assert ada.origin == Origin(
        "moodle", "11", submitted=datetime(2026, 11, 2, 9, tzinfo=UTC), late=True, late_by=timedelta(days=1, hours=3)
    )
    assert bo.origin is not None and (bo.origin.submitted, bo.origin.late) == (None, None)
    assert lateness_notes([ada, bo]) == ["the time of Bo Made cannot be read, so lateness is not known: some time"]


def test_a_time_that_cannot_be_read_is_not_named_where_the_lateness_is_known(tmp_path: Path) -> None:
    students = read(written(tmp_path / "worksheet.csv", WORKSHEET.replace("Monday, 2 November", "31 February")))
    (ada,), _ = enrol([one("Ada Made", Origin("moodle", "11"))], students[:1])

    assert ada.origin is not None and (ada.origin.unread_time[:11], ada.origin.late_by) == (
        "31 February",
        timedelta(days=1, hours=3),
    )
    assert lateness_notes([ada]) == []


def test_lateness_without_a_time_is_told_with_what_to_do() -> None:
    late = [one(f"s{n}", Origin("canvas", str(n), late=True)) for n in range(12)]
    (note,) = lateness_notes([*late, one("x", Origin("moodle", "99", late=True, late_by=timedelta(days=1)))])

    assert note.startswith("12 submissions are late without a time, which costs nothing: s0, s1,")
    assert "column 'submitted' of the roster" in note
