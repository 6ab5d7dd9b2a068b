"""Canvas' gradebook comes back with one column filled in."""

from __future__ import annotations

import csv
import io
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from classes import PUPILS
from graded import entry, graded, scores, student_marks

from autograder.errors import ConfigError
from autograder.gradebook import Entry
from autograder.intake import Extension, Origin, read_roster
from autograder.lms.canvas.gradebook import fill_gradebook
from autograder.lms.filling import Filled, FillOptions
from autograder.lms.numbers import rounded
from autograder.results import RunStatus

HEADER = "Student,ID,SIS User ID,SIS Login ID,Section,Lab (123456),Other (99),Current Score,Final Score"
POLICY = ",,,,,Manual Posting,,,"
POSSIBLE = "    Points Possible,,,,,20.00,10.00,(read only),(read only)"
ADA = Origin("canvas", "7")


def fill_canvas(
    content: bytes, entries: list[Entry], *, title: str = "", column: str | None = None, scale: bool = False
) -> Filled:
    return fill_gradebook(content, student_marks(entries), FillOptions("gradebook", title, column, scale))


def sheet(*rows: str, header: str = HEADER, possible: str = POSSIBLE) -> bytes:
    return "".join(f"{line}\n" for line in (header, POLICY, possible, *rows)).encode()


def table(content: bytes, separator: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=separator))


def cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_class_comes_back_with_every_identifier_and_its_own_mark(separator: str, mark: str) -> None:
    comma = separator == ";"
    head = [line.replace(",", separator) for line in (HEADER, POLICY, POSSIBLE)]
    head[2] = head[2].replace("20.00", "20,00") if comma else head[2]
    rows = [separator.join((cell(p.name), str(p.number), p.sid, p.email, "A", "", "3", "1", "2")) for p in PUPILS]
    before = (mark + "\r\n".join([*head, *rows, ""])).encode()
    filled = fill_canvas(before, graded("canvas", lambda p: f"{p.squeezed}_{p.number}_9_mnist.ipynb"), title="Lab")

    assert filled.filled == 200
    assert [*filled.without_row, *filled.without_submission, *filled.locked, *filled.notes] == []
    after = table(filled.content, separator)
    assert {row[1]: float(row[5].replace(",", ".")) for row in after[3:]} == {
        str(number): rounded(score) for number, score in scores().items()
    }
    assert [[*row[:5], "", *row[6:]] for row in after[3:]] == table(before, separator)[3:]
    assert filled.content.startswith(f"{mark}{head[0]}\r\n{head[1]}\r\n{head[2]}\r\n".encode())
    assert all("," in row[5] for row in after[3:]) == comma


def test_every_other_byte_is_as_it_was() -> None:
    rows = '"Made, ""A"" Ada" , 7,s7,ada,"A and B",{},,85.0,=1+1', "Made' Bo,8,,,,,,,", '"Student, Test",9,,,,,,,'
    filled = fill_canvas(sheet(rows[0].format(""), *rows[1:]), [entry("x", origin=ADA)], title="lab")

    assert filled.content == sheet(rows[0].format("17.50"), *rows[1:])
    assert filled.without_submission == ("Made' Bo",)


@pytest.mark.parametrize(("column", "title"), [(None, "LAB"), ("Lab", ""), ("lab (123456)", ""), ("123456", "Other")])
def test_the_column_is_named_or_has_the_assignments_title(column: str | None, title: str) -> None:
    filled = fill_canvas(sheet("Ada,7,,,A,,,,"), [entry(origin=ADA)], column=column, title=title)
    assert filled.column == "Lab (123456)"
    assert table(filled.content)[3] == ["Ada", "7", "", "", "A", "17.50", "", "", ""]


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (sheet("Ada,7,,,A,,,,"), {"column": "No"}, "one column must be called 'No' (got 0 of 'Lab (123456)' (20), 'Other (99)' (10))"),
        (sheet("Ada,7,,,A,,,,"), {"column": "Final Score"}, "one column must be called 'Final Score' (got 0 of"),
        (sheet("Ada,7,,,A,,,,"), {"column": "Other"}, "'Other (99)', row 4: the maximum must be the 20 points of the assignment, or marks must be scaled (--scale) (got 10)"),
        (sheet("Ada,7,,,A,,,,"), {"title": "X"}, "one column must be called 'X', or be named (--column) (got 0 of 'Lab (123456)' (20), 'Other (99)' (10))"),
        (sheet("Ada,7,,,A,,,,", header=HEADER.replace("Other", "Lab")), {"title": "Lab"}, "(got 2 of 'Lab (123456)' (20), 'Lab (99)' (10))"),
        (sheet("Ada,7,,,A,,,,", possible=POSSIBLE.replace("20.00", "(read only)")), {"column": "Lab"}, "column 'Lab (123456)' must be one that takes points (got '(read only)')"),
        (sheet("Ada,7,,,A,,,,", possible=POSSIBLE.replace("20.00", "")), {"title": "Lab"}, "column 'Lab (123456)' must be one that takes points (got '')"),
        (b"Name,Size\na,1\n", {}, "must begin with the columns Student and ID (got Name, Size)"),
        (b"Student,ID,Lab (1)\nAda,7,\n", {}, "must have a row 'Points Possible' (got none)"),
        (b"Student,ID,Lab (1)\nAda,7,\n    Points Possible,,20\nBo,8,\n", {"title": "Lab"}, "the row 'Points Possible' must be above all students (it is below 1, as after sorting)"),
    ],
)  # fmt: skip
def test_a_gradebook_that_cannot_be_filled_in_is_a_usage_error(
    content: bytes, options: dict[str, str], message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        fill_canvas(content, [entry(origin=ADA)], column=options.get("column"), title=options.get("title", ""))
    assert message in str(caught.value) and "gradebook" in str(caught.value)


@pytest.mark.parametrize("title", ["Final Score of the lab", "Unposted Current Points", "Lab: Override Status"])
@pytest.mark.parametrize("is_named", [True, False], ids=["named", "by its title"])
def test_a_column_that_canvas_would_drop_is_refused(title: str, is_named: bool) -> None:
    content = sheet("Ada,7,,,A,,,,", header=HEADER.replace("Lab (", f"{title} ("))
    with pytest.raises(
        ConfigError, match=r"column '.* \(123456\)' must not have '\w+ \w+' in its title: Canvas .* drops it"
    ):
        fill_canvas(content, [entry(origin=ADA)], column=title if is_named else None, title=title)


def test_another_column_that_canvas_would_drop_is_no_matter() -> None:
    content = sheet("Ada,7,,,A,,,,", header=HEADER.replace("Other", "Final Grade"))
    assert fill_canvas(content, [entry(origin=ADA)], title="Lab").filled == 1


def test_an_accent_has_one_form_or_the_other_and_the_table_keeps_its_own() -> None:
    stored, typed = unicodedata.normalize("NFD", "Été"), unicodedata.normalize("NFC", "été")
    content = sheet(f"{stored},,,,A,,,,", header=HEADER.replace("Lab", stored))
    for column in (None, typed, f"{typed} (123456)"):
        filled = fill_canvas(content, [entry(typed)], title=typed, column=column)
        assert filled.filled == 1
        assert filled.content == content.replace(b",A,,", b",A,17.50,")


def test_marks_are_not_scaled_to_nothing() -> None:
    content = sheet("Ada,7,,,A,,,,", possible=POSSIBLE.replace("20.00", "0"))
    with pytest.raises(ConfigError, match=r"the maximum must be above 0, for marks to be scaled to it \(got 0\)"):
        fill_canvas(content, [entry(origin=ADA)], title="Lab", scale=True)


def test_marks_are_scaled_only_on_demand() -> None:
    filled = fill_canvas(sheet("Ada,7,,,A,,,,"), [entry(origin=ADA)], column="Other", scale=True)
    assert table(filled.content)[3][6] == "8.75"


@pytest.mark.parametrize(
    ("origin", "student"),
    [
        (ADA, "x"),
        (Origin("gradescope", "S7"), "x"),
        (Origin("nbgrader", "ada@x.example"), "x"),
        (Origin("moodle", "99", "ADA@x.example"), "x"),
        (Origin("roster", "7"), "x"),
        (None, "Ada Made"),
    ],
)
def test_students_are_matched_by_what_is_known(origin: Origin | None, student: str) -> None:
    content = sheet('"Made, Ada",7,s7,ada@x.example,A,,,,')
    assert fill_canvas(content, [entry(student, origin=origin)], title="Lab").filled == 1


def test_the_number_of_another_system_is_not_canvas() -> None:
    filled = fill_canvas(sheet("Ada,7,,,A,,,,"), [entry("Bo", origin=Origin("moodle", "7"))], title="Lab")
    assert (filled.filled, filled.without_row, filled.without_submission) == (0, ("Bo/mnist.ipynb",), ("Ada",))


def test_a_name_is_not_enough_where_the_number_is_another() -> None:
    assert fill_canvas(sheet('"Made, Ada",9,,,A,,,,'), [entry(origin=ADA)], title="Lab").filled == 0


def test_a_name_is_not_enough_where_others_are_known_by_a_sis_number() -> None:
    content = sheet('"Made, Ada",7,s999,,A,,,,', '"Made, Bo",8,s124,,A,,,,')
    ada, bo = (entry(name, origin=Origin("roster", id)) for name, id in (("Ada Made", "s123"), ("Bo Made", "s124")))

    filled = fill_canvas(content, [ada, bo], title="Lab")
    assert [row[5] for row in table(filled.content)[3:]] == ["", "17.50"]
    assert (filled.without_row, filled.without_submission) == (("Ada Made/mnist.ipynb",), ("Made, Ada",))


def test_last_and_first_names_may_have_columns_of_their_own() -> None:
    header = HEADER.replace("Student", "LastName,FirstName")
    content = sheet(
        "Made,Ada,9,,,A,,,,",
        header=header,
        possible=f"    Points Possible,{POSSIBLE.partition(',')[2]}".replace(",,,,,", ",,,,,,"),
    )
    assert fill_canvas(content, [entry("Ada Made")], title="Lab").filled == 1


OTHERS = ("Ada,7,,,A,12,,,", "Bo,8,,,A,17.5,,,", "Cy,9,,,A,,,,")


def test_marks_that_are_not_ours_are_replaced_only_in_a_column_that_is_named() -> None:
    entries = [entry(name, origin=Origin("canvas", str(n))) for n, name in enumerate(("Ada", "Bo", "Cy"), start=7)]
    with pytest.raises(ConfigError) as caught:
        fill_canvas(sheet(*OTHERS), entries, title="Lab")
    named = fill_canvas(sheet(*OTHERS), entries, column="Lab (123456)")

    assert (
        "column 'Lab (123456)' holds marks that are not from these reports (1: Ada: 12); "
        "to replace them, name it: --column 'Lab (123456)'"
    ) in str(caught.value)
    assert [row[5] for row in table(named.content)[3:]] == ["17.50", "17.5", "17.50"]


def test_marks_of_an_earlier_report_are_ours() -> None:
    (ada,) = student_marks([entry(origin=ADA)])
    filled = fill_gradebook(sheet(OTHERS[0]), [replace(ada, earlier=(3.0, 12.004))], FillOptions(title="Lab"))
    assert table(filled.content)[3][5] == "17.50"


@pytest.mark.parametrize("name", ['"Student, Test"', "Test Student", '"Test, Student"', "student test"])
def test_the_test_student_is_no_student(name: str, tmp_path: Path) -> None:
    content = sheet("Ada,7,,,A,,,,", f"{name},9,,,A,3,,,")
    (tmp_path / "roster.csv").write_bytes(content)

    assert fill_canvas(content, [entry(origin=ADA)], title="Lab").without_submission == ()
    assert [student.name for student in read_roster(tmp_path / "roster.csv")] == ["Ada"]


def test_the_test_student_is_known_by_two_columns_too() -> None:
    header, possible = HEADER.replace("Student", "LastName,FirstName"), POSSIBLE.replace("Possible,", "Possible,,")
    content = sheet("Made,Ada,7,,,A,,,,", "Student,Test,9,,,A,,,,", header=header, possible=possible)
    assert fill_canvas(content, [entry(origin=ADA)], title="Lab").without_submission == ()


@pytest.mark.parametrize("there", ["EX", "N/A"])
def test_who_is_excused_or_has_not_the_assignment_is_told_and_left(there: str) -> None:
    before = sheet(f"Ada,7,,,A,{there},,,")
    filled = fill_canvas(before, [entry(origin=ADA)], title="Lab")
    assert (filled.content, filled.filled, filled.locked) == (before, 0, (f"Ada ({there})",))


def test_who_has_no_mark_keeps_the_cell_and_is_told() -> None:
    before = sheet("Ada,7,,,A,,,,")
    filled = fill_canvas(before, [entry(origin=ADA, status=RunStatus.NOT_HANDED_IN)], title="Lab")
    assert (filled.content, filled.not_graded) == (before, ("Ada Made/mnist.ipynb",))


def test_a_mark_that_is_there_already_is_not_written_anew() -> None:
    before = sheet("Ada,7,,,A,17.5,,,")
    assert fill_canvas(before, [entry(origin=ADA)], title="Lab").content == before


def test_who_is_excused_here_becomes_so_in_canvas_and_never_gets_a_zero() -> None:
    excused = replace(entry(origin=ADA, status=RunStatus.NOT_HANDED_IN), extension=Extension(excused=True))
    filled = fill_canvas(sheet("Ada,7,,,A,,,,"), [excused], title="Lab")
    again = fill_canvas(filled.content, [excused], title="Lab")

    assert table(filled.content)[3][5] == "EX"
    assert (filled.filled, filled.excused, filled.not_graded) == (0, ("Ada Made/mnist.ipynb",), ())
    assert (again.content, again.excused) == (filled.content, filled.excused)


def test_a_mark_of_somebody_elses_is_not_replaced_by_an_excuse() -> None:
    excused = replace(entry(origin=ADA), extension=Extension(excused=True))
    with pytest.raises(ConfigError, match=r"holds marks that are not from these reports \(1: Ada: 3\)"):
        fill_canvas(sheet("Ada,7,,,A,3,,,"), [excused], title="Lab")
    named = fill_canvas(sheet("Ada,7,,,A,3,,,"), [excused], title="Lab", column="Lab")
    assert table(named.content)[3][5] == "EX"
