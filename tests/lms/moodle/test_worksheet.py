"""Moodle's grading worksheet comes back with marks and comments in it, and nothing else is changed."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from classes import ENGLISH, worksheet
from graded import entry, graded, scores, student_marks

from autograder.assignment.lateness import Lateness
from autograder.errors import ConfigError
from autograder.gradebook import Entry, Mark, Override, RubricItem
from autograder.intake import Origin
from autograder.lms.filling import Filled, FillOptions
from autograder.lms.moodle.worksheet import fill_worksheet
from autograder.lms.numbers import rounded
from autograder.lms.sheet import Sheet
from autograder.results import RunStatus

GERMAN = (
    'ID,"Vollständiger Name",E-Mail-Adresse,Status,Bewertung,Bestwertung,"Bewertung kann geändert werden",'
    '"Zuletzt geändert (Abgabe)","Zuletzt geändert (Bewertung)","Feedback als Kommentar"'
)
FRENCH = (
    'Identifiant,"Nom complet","Adresse de courriel",Statut,Note,"Note maximale","La note peut être modifiée",'
    '"Dernière modification (envoi)","Dernière modification (évaluation)","Feedback par commentaires"'
)
SPANISH = (
    'Identificador,"Nombre completo","Dirección de correo",Estado,Calificación,"Calificación máxima",'
    '"La calificación puede ser cambiada","Última modificación (entrega)","Última modificación (calificación)",'
    '"Comentarios de retroalimentación"'
)
ITALIAN = (
    'Identificativo,"Nome completo","Indirizzo email",Stato,Valutazione,"Valutazione massima",'
    '"La valutazione può essere cambiata","Ultima modifica (consegna)","Ultima modifica (valutazione)","Commenti di feedback"'
)
DUTCH = (
    'Identificatie,"Volledige naam","E-mailadres",Status,Beoordeling,"Maximale beoordeling",'
    '"Beoordeling kan gewijzigd worden","Laatst gewijzigd (inzending)","Laatst gewijzigd (beoordeling)","Feedback opmerkingen"'
)
PORTUGUESE = (
    'Identificador,"Nome completo","Endereço de e-mail",Status,Nota,"Nota máxima","Nota pode ser alterada",'
    '"Última modificação (envio)","Última modificação (nota)","Comentários de feedback"'
)
BASQUE = "Identifikatzailea,Izena,Egoera,Kalifikazioa,Gehienezkoa,Alda daiteke,Aldatua"
ADA = Origin("moodle", "7")


def fill_moodle(content: bytes, entries: list[Entry], *, scale: bool = False) -> Filled:
    return fill_worksheet(content, student_marks(entries), FillOptions("grading worksheet", scale=scale))


def sheet(*rows: str, header: str = ENGLISH) -> bytes:
    return "".join(f"{line}\n" for line in (header, *rows)).encode()


def table(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_a_class_comes_back_with_every_identifier_and_its_own_mark() -> None:
    before = ("\ufeff" + worksheet()).encode()
    filled = fill_moodle(
        before, graded("moodle", lambda pupil: f"{pupil.file_name}_{pupil.number}_assignsubmission_file_")
    )

    assert filled.filled == 200
    assert [*filled.without_row, *filled.without_submission, *filled.locked, *filled.notes] == []
    marks = {row[0]: float(row[4]) for row in table(filled.content)[1:]}
    assert marks == {f"Participant {number}": rounded(score) for number, score in scores().items()}
    emptied = [[*row[:4], "", *row[5:9], ""] for row in table(filled.content)[1:]]
    assert emptied == table(before)[1:]
    assert filled.content.startswith(b"\xef\xbb\xbfIdentifier,Full name") and filled.content.count(b"\r\n") == 201


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("above", [[], ["sep=,"]])  # which tells Excel the separator
def test_every_other_byte_is_as_it_was(encoding: str, end: str, above: list[str]) -> None:
    rows = [
        'Participant 7 ,"Zoé ""Z"", Made" ,z@x.example,\'=1+1,{},20.00,Yes,"a\n b",-,{}',
        "Participant 8,,,,,20.00,Yes,-,-,",
    ]
    text = end.join([*above, ENGLISH, *rows, "", ""])
    filled = fill_moodle(text.format("", "").encode(encoding), [entry("x", origin=ADA)])

    assert filled.content == text.format("17.50", "<p>17.5 of 20 points</p>").encode(encoding)
    assert filled.without_submission == ("Participant 8",)


@pytest.mark.parametrize("header", [ENGLISH, GERMAN, FRENCH, SPANISH, ITALIAN, DUTCH, PORTUGUESE])
@pytest.mark.parametrize("word", ["Participant ", "Teilnehmer/in", "Participante", "Participante "])
def test_worksheets_in_other_languages_are_known(header: str, word: str) -> None:
    rows = [f'{word}{n},Ada Made,,x,,"20,00",{yes},-,-,' for n, yes in ((7, "Ja"), (8, "No"))]
    filled = fill_moodle(sheet(*rows, header=header), [entry(origin=ADA), entry("Bo", 3, Origin("moodle", "8"))])

    assert [row[4] for row in table(filled.content)[1:]] == ["17,50", ""]
    assert table(filled.content)[1][9] == "<p>17.5 of 20 points</p>"
    assert (filled.locked, filled.notes) == ((f"Ada Made, {word}8".strip(),), ())


def test_in_an_unknown_language_columns_are_known_by_their_places() -> None:
    rows = ["Parte-hartzailea 7,Ada,Bidalita,,20.00,Bai,-", "Parte-hartzailea 8,Bo,Bidalita,,20.00,Bai,-"]
    filled = fill_moodle(sheet(*rows, header=BASQUE), [entry(origin=ADA)])

    assert table(filled.content)[1] == ["Parte-hartzailea 7", "Ada", "Bidalita", "17.50", "20.00", "Bai", "-"]
    assert [note.partition(" found")[0] for note in filled.notes] == [
        "no column of comments", "no column 'Grade can be changed'"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (sheet("a,b", header="Name,Size"), "worksheet must have a column 'Grade' in a known language (got Name, Size)"),
        (sheet("Participant 1,,ok", header="Identifier,Grade,Scale"), "is graded by a scale of words: points cannot be"),
        (sheet("Participant 7,Ada,x,,20.00,Yes,-", header="Participant 6,Bo,x,,20.00,Yes,-"), "must begin with the row of headings (got Participant 6, Bo, x, , 20.00, Yes, -)"),
        (sheet(), "must have a header and at least one row (got 1 rows)"),
        (b"", "must have a header and at least one row (got 0 rows)"),
        (sheet("Participant 7,Ada,,,,x,Yes,-,-,"), "the maximum grade in row 2 must be a number (got 'x')"),
        (sheet("Participant 7,Ada,,,,100.00,Yes,-,-,"), "'Grade', row 2: the maximum must be the 20 points of the assignment, or marks must be scaled (--scale) (got 100)"),
        (sheet("Participant 7,Ada,,,,20.00,Yes"), "row 2 must have 10 cells (got 7)"),
        (sheet("", "Participant 7,Ada,,,,20.00,Yes,-,-,", 'Participant 8,"Bo ""B""",,,,20.00,Yes,-,-,"a'), "row 4: a cell begins with a quote, and no other ends it"),
        (sheet("Participant 7,Ada,,,,20.00,Yes,-,-,\"a\"\""), "row 2: a cell begins with a quote, and no other ends it"),
        (sheet("\r\n\r\n", "Participant 7,Ada,,,,20.00,Yes"), "row 5 must have 10 cells (got 7)"),
        (b"\xff\xfeI\x00d", "begins like UTF-16-LE text but is not (truncated data)"),
        (b"\xef\xbb\xbf\xff", "begins like UTF-8 text but is not"),
        (b"\x81\xff", "must be UTF-8 or Windows-1252 text"),
        (b"PK\x03\x04\x81\x00", "must be a CSV file (it is an Excel workbook or a zip file): save it as «CSV UTF-8»"),
        ("Grade,Maximum grade\n1,2\n".encode("utf-16-le"), "must be a CSV file (it is no text, or text of an unknown"),
        (b"a\n" * 100_002, "must have at most 100,000 rows (got more)"),
    ],
)  # fmt: skip
def test_a_worksheet_that_cannot_be_filled_in_is_a_usage_error(content: bytes, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        fill_moodle(content, [entry(origin=ADA)])
    assert message in str(caught.value) and "grading worksheet" in str(caught.value)


def test_marks_are_scaled_only_on_demand() -> None:
    filled = fill_moodle(sheet("Participant 7,Ada,,,,100.00,Yes,-,-,"), [entry(origin=ADA)], scale=True)
    assert table(filled.content)[1][4] == "87.50"


@pytest.mark.parametrize(
    ("score", "mark"), [(17.333333, "17.33"), (2 / 3, "0.67"), (0.125, "0.13"), (1.005, "1.01"), (0, "0.00")]
)
def test_marks_have_two_decimals(score: float, mark: str) -> None:
    row = table(fill_moodle(sheet("Participant 7,Ada,,,,20.00,Yes,-,-,"), [entry(score=score, origin=ADA)]).content)[1]
    assert (row[4], row[9].split()[0]) == (mark, f"<p>{float(mark):g}")


def test_the_mark_after_lateness_counts() -> None:
    late = entry(origin=ADA, lateness=Lateness(timedelta(hours=3), 10.0))
    row = table(fill_moodle(sheet("Participant 7,Ada,,,,20.00,Yes,-,-,"), [late]).content)[1]
    assert (row[4], row[9]) == ("15.50", "<p>15.5 of 20 points<br>late by 3 h 0 min: 2 of 17.5 points taken off</p>")


@pytest.mark.parametrize(
    ("origin", "student"),
    [
        (Origin("roster", "Participant 7"), "x"),
        (Origin("gradescope", "s7", "ADA@x.example"), "x"),
        (Origin("gradescope", "S7"), "x"),
        (None, "made, ADA"),
    ],
)
def test_who_does_not_come_from_moodle_is_matched_by_what_is_known(origin: Origin | None, student: str) -> None:
    header = ENGLISH.replace("Full name,", "Full name,ID number,")
    content = sheet("Participant 7,Ada Made,s7,ada@x.example,,,20.00,Yes,-,-,", header=header)
    assert fill_moodle(content, [entry(student, origin=origin)]).filled == 1


def test_the_number_of_another_system_is_no_participants() -> None:
    filled = fill_moodle(sheet("Participant 7,Ada,,,,20.00,Yes,-,-,"), [entry("Bo", origin=Origin("canvas", "7"))])
    assert (filled.filled, filled.without_row, filled.without_submission) == (
        0,
        ("Bo/mnist.ipynb",),
        ("Ada, Participant 7",),
    )


def test_a_name_is_not_enough_where_the_number_is_another() -> None:
    filled = fill_moodle(sheet("Participant 9,Ada Made,,,,20.00,Yes,-,-,"), [entry(origin=ADA)])
    assert (filled.filled, filled.without_row) == (0, ("Ada Made/mnist.ipynb",))


def test_a_name_is_not_enough_where_others_are_known_by_an_id_number() -> None:
    content = sheet(
        "Participant 7,Ada Made,999,,20.00,Yes,",
        "Participant 8,Bo Made,124,,20.00,Yes,",
        header="Identifier,Full name,ID number,Grade,Maximum grade,Grade can be changed,Feedback comments",
    )
    ada, bo = (entry(name, origin=Origin("roster", id)) for name, id in (("Ada Made", "123"), ("Bo Made", "124")))

    filled = fill_moodle(content, [ada, bo])
    assert [row[3] for row in table(filled.content)] == ["Grade", "", "17.50"]
    assert (filled.without_row, filled.without_submission) == (("Ada Made/mnist.ipynb",), ("Ada Made, Participant 7",))


def test_a_cell_that_was_quoted_stays_quoted() -> None:
    filled = fill_moodle(sheet('"Participant 7","Ada","","","","20.00","Yes","-","-",""'), [entry(origin=ADA)])
    line = '"Participant 7","Ada","","","17.50","20.00","Yes","-","-","<p>17.5 of 20 points</p>"'
    assert filled.content == sheet(line)


def test_names_that_several_have_match_nobody() -> None:
    rows = [f"Participant {n},Twin Made,,,,20.00,Yes,-,-," for n in (1, 2)]
    before = sheet(*rows)
    filled = fill_moodle(before, [entry("Twin Made")])
    assert (filled.content, filled.without_row, len(filled.without_submission)) == (
        before,
        ("Twin Made/mnist.ipynb",),
        2,
    )
    assert filled.doubts == ("'twin made' fits 1 submission (Twin Made) and 2 rows (2, 3): not matched",)


def test_a_row_that_is_there_twice_is_named_by_its_student_and_its_places() -> None:
    rows = [f"Participant {n},{name},,,,20.00,Yes,-,-," for n, name in ((7, "Ada"), (8, "Ben"), (7, "Ada"))]
    filled = fill_moodle(sheet(*rows), [entry(origin=ADA), entry("Ben", origin=Origin("moodle", "8"))])
    assert filled.doubts == ("'7' fits 1 submission (Ada Made) and 2 rows (2, 4): not matched",)


def test_a_row_of_empty_cells_is_no_row() -> None:
    ada = "Participant 7,Ada,,,,20.00,Yes,-,-,"
    filled = fill_moodle(sheet(ada, ",,,,,,,,,", "  ,,,,,,,,,"), [entry(origin=ADA)])
    assert filled.filled == 1 and filled.without_submission == ()
    assert filled.content.endswith(b"\n,,,,,,,,,\n  ,,,,,,,,,\n")


def test_who_has_no_mark_keeps_an_empty_cell_and_is_told() -> None:
    rows = [f"Participant {n},x,,,,20.00,Yes,-,-," for n in (1, 2, 3, 4)]
    states = (RunStatus.NOT_HANDED_IN, RunStatus.GRADER_ERROR, RunStatus.UNREADABLE, RunStatus.NO_NOTEBOOK)
    entries = [entry(str(n), 0.0, Origin("moodle", str(n)), status=s) for n, s in enumerate(states, start=1)]
    filled = fill_moodle(sheet(*rows), entries)

    assert filled.content == sheet(*rows)
    assert filled.not_graded == ("1/mnist.ipynb", "2/mnist.ipynb", "3/mnist.ipynb", "4/mnist.ipynb")


def test_written_answers_without_a_mark_are_told_or_held_back() -> None:
    rows = [f"Participant {n},x,,,,20.00,Yes,-,-," for n in (7, 8)]
    students = student_marks([entry(origin=ADA, waits=True), entry("Bo", 0.0, Origin("moodle", "8"))])
    sent = fill_worksheet(sheet(*rows), students, FillOptions())
    held = fill_worksheet(sheet(*rows), students, FillOptions(only_complete=True))

    assert sent.notes == (
        "1 student has unmarked written answers, which count 0 points so far (--only-complete: not sent)",
    )
    assert (sent.filled, sent.held_back, sent.zeros) == (2, (), ("Bo/mnist.ipynb",))
    assert (held.filled, held.held_back, held.notes) == (1, ("Ada Made/mnist.ipynb",), ())
    assert [row[4] for row in table(held.content)[1:]] == ["", "0.00"]


def test_grades_that_are_not_ours_are_replaced_only_in_a_column_that_is_named() -> None:
    content = sheet("Participant 7,Ada,,,12.00,20.00,Yes,-,-,")
    with pytest.raises(
        ConfigError, match=r"column 'Grade' holds marks .* \(1: Ada, Participant 7: 12.00\); .*--column 'Grade'"
    ):
        fill_moodle(content, [entry(origin=ADA)])

    filled = fill_worksheet(content, student_marks([entry(origin=ADA)]), FillOptions(column="grade"))
    assert table(filled.content)[1][4] == "17.50"


def test_filling_in_twice_changes_nothing_more_and_replaced_comments_are_told() -> None:
    once = fill_moodle(sheet("Participant 7,Ada,,,17.5,20.00,Yes,-,-,=Old"), [entry(origin=ADA)])
    assert b",17.5,20.00," in once.content and once.notes == ("replaced 1 earlier comment",)
    assert fill_moodle(once.content, [entry(origin=ADA)]).content == once.content


def test_letters_that_the_encoding_has_not_are_quoted_for_what_stands_for_them() -> None:
    table = Sheet.parse("Prénom;Note\nAda;\n".encode("cp1252"), "table")
    table.set(1, 1, "Łódź")
    assert table.content().decode("cp1252") == 'Prénom;Note\nAda;"&#321;ód&#378;"\n'


def test_a_comment_stays_in_its_cell_though_the_encoding_has_not_its_letters() -> None:
    at = datetime(2026, 11, 2, tzinfo=UTC)
    base = entry(origin=ADA)
    people = Entry(
        base.submission, base.result, base.result, overrides={"sum": Override("sum", 1, 17.0, 3.0, "Łódź", "ta", at)}
    )
    before = sheet("Participant 7,Zoé,,,,20.00,Yes,-,-,").decode().replace(",", ";").encode("cp1252")
    once = fill_moodle(before, [people])

    rows = list(csv.reader(io.StringIO(once.content.decode("cp1252"), newline=""), delimiter=";"))
    assert rows[1][9:] == ["<p>17.5 of 20 points<br>sum: 17 of 19: &#321;ód&#378;</p>"]
    assert fill_moodle(once.content, [people]).notes == ()


def test_comments_are_html_of_plain_text() -> None:
    at = datetime(2026, 11, 2, tzinfo=UTC)
    item = RubricItem(1, 1, "why", 0.5, "for markers", '=HYPERLINK("x") <b>&')
    base = entry(origin=ADA)
    people = Entry(
        base.submission, base.result, base.result,
        marks={"why": Mark("why", 1, 0.5, (item,), "Good,\nso far", "ta", at)},
        overrides={"sum": Override("sum", 1, 17.0, 3.0, "regraded", "ta", at)},
    )  # fmt: skip
    said = table(fill_moodle(sheet("Participant 7,Ada,,,,20.00,Yes,-,-,"), [people]).content)[1][9]
    assert said == (
        "<p>17.5 of 20 points<br>sum: 17 of 19: regraded"
        '<br>why: 0.5 of 1: =HYPERLINK("x") &lt;b&gt;&amp; Good, so far</p>'
    )


def test_no_quote_stands_behind_a_backslash_where_moodle_would_not_see_the_cell_end() -> None:
    at = datetime(2026, 11, 2, tzinfo=UTC)
    base = entry(origin=ADA)
    said = Entry(
        base.submission, base.result, base.result, overrides={"sum": Override("sum", 1, 17.0, 3.0, 'a\\"b\\', "ta", at)}
    )
    content = fill_moodle(sheet("Participant 7,Ada,,,,20.00,Yes,-,-,"), [said]).content

    assert b"\\" not in content
    assert table(content)[1][9] == '<p>17.5 of 20 points<br>sum: 17 of 19: a&#92;"b&#92;</p>'


def test_a_mark_above_the_maximum_becomes_the_maximum_for_moodle_would_skip_it() -> None:
    above = fill_moodle(sheet("Participant 7,Ada,,,,20.00,Yes,-,-,"), [entry(score=21.5, origin=ADA)])
    again = fill_moodle(above.content, [entry(score=21.5, origin=ADA)])

    assert table(above.content)[1][4] == "20.00"
    assert again.content == above.content  # it is known as ours
    (note,) = above.notes
    assert note.startswith("1 mark is above the maximum") and note.endswith("(Ada Made)")
