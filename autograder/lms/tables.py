"""Tables that a person downloaded or wrote: CSV as Excel, LMSs and people save it."""

from __future__ import annotations

import codecs
import csv
import io
import re

from autograder.errors import ConfigError
from autograder.text import folded

MAX_ROWS = 100_000
#: Byte-order marks, each with its encoding.
MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
#: What Moodle calls the number that the institution gives a student: English, French, Spanish, Italian, Portuguese.
ID_NUMBER = "idnumber idnummer numérodidentification númerodeid codiceidentificativo númerodeidentificação"
#: Headings of columns in many languages, as ``heading`` compares them.
HEADINGS = {
    "name": "name fullname student studentname displayname vollständigername nomcomplet nombrecompleto nomecompleto "
    "volledigenaam",
    "first": "firstname givenname forename vorname prénom nombre nome voornaam",
    "last": "lastname surname familyname nachname nom nomdefamille apellido apellidos cognome sobrenome achternaam",
    "email": "email emailaddress mail emailadresse emailadres adressedecourriel direccióndecorreo correo "
    "indirizzoemail endereçodeemail",
    "identifier": f"identifier id studentid userid sid sisid sisuserid {ID_NUMBER} studentnumber matriculationnumber "
    "matrikelnummer matrikelnr identifiant identificador identificativo identificatie username sisloginid loginid "
    "login canvasuserid",
    "deadline": "deadline owndeadline extendeddeadline extension frist échéance",
    "extra_minutes": "extraminutes extratime zusatzminuten minutessupplémentaires",
    "excused": "excused excuse entschuldigt dispensé",
    "team": "team teamname group groupname gruppe groupe grupo gruppo groep",
    "status": "status statut estado stato",
    "submitted": "submitted submittedat submissiontime timesubmitted lastmodifiedsubmission zuletztgeändertabgabe "
    "dernièremodificationenvoi dernièremodificationtravailremis últimamodificaciónentrega ultimamodificaconsegna "
    "laatstgewijzigdinzending últimamodificaçãoenvio",
}


_SAVE = "save it as «CSV UTF-8»"
#: How tables for Excel write a text of digits, so that it keeps its zeros.
_TEXT_OF_DIGITS = re.compile(r'="(.*)"')


def encoding_of(content: bytes) -> tuple[bytes, str]:
    """The byte-order mark of a table, empty without one, and its encoding: UTF-8 or UTF-16, or else Windows-1252."""
    for mark, encoding in MARKS:
        if content.startswith(mark):
            return mark, encoding
    try:
        content.decode()
    except UnicodeDecodeError:
        return b"", "cp1252"
    return b"", "utf-8"


def decode(content: bytes, what: str, errors: str = "strict") -> tuple[str, bytes, str]:
    """The text of a table, its byte-order mark and its encoding. ``what`` names the table in messages.

    Raises:
        ConfigError: it is not text, such as an Excel workbook that is called .csv.
    """
    mark, encoding = encoding_of(content)
    bare = content[len(mark) :]
    if "\0" in bare.decode(encoding, "replace"):
        kind = (
            "an Excel workbook or a zip file"
            if content.startswith(b"PK")
            else "no text, or text of an unknown encoding"
        )
        raise ConfigError(f"{what} must be a CSV file (it is {kind}): {_SAVE}")
    try:
        return bare.decode(encoding, errors), mark, encoding
    except UnicodeDecodeError as error:
        if mark:
            raise ConfigError(f"{what} begins like {encoding.upper()} text but is not ({error.reason})") from None
        raise ConfigError(f"{what} must be UTF-8 or Windows-1252 text: {_SAVE}") from None


def named_separator(text: str) -> re.Match[str] | None:
    """The line above a header that tells Excel the separator, ``sep=;``."""
    return re.match(r"sep=(.)(?:\r\n|\r|\n)", text)


def separator(line: str) -> str:
    """The separator of cells in a header: the comma, semicolon or tab that is most frequent outside quotes."""
    bare = re.sub(r'"[^"]*"', "", line)
    return max(",;\t", key=bare.count)


def numbered_rows(content: bytes, what: str) -> list[tuple[int, list[str]]]:
    """The rows of a table, the header first, without empty ones, each with the line of the file in which it ends.

    ``="007"``, which keeps Excel from reading a number, is ``007``.

    ``what`` names the table in messages.

    Raises:
        ConfigError: it is not CSV, is empty or has too many rows.
    """
    (text, _, _), above = decode(content, what, "replace"), 0
    if named := named_separator(text):
        text, above = text[named.end() :], 1
    sign = named[1] if named else separator(text.partition("\n")[0])
    read = []
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True)
        for row in reader:
            if any(cell.strip() for cell in row):
                cells = [match[1] if (match := _TEXT_OF_DIGITS.fullmatch(cell)) else cell for cell in row]
                read.append((above + reader.line_num, cells))
            if len(read) > MAX_ROWS:
                raise ConfigError(f"{what} must have at most {MAX_ROWS:,} rows (got more)")
    except csv.Error as error:
        raise ConfigError(f"{what} is not CSV ({error})") from None
    if not read:
        raise ConfigError(f"{what} is empty")
    return read


def heading(cell: str) -> str:
    """A column's heading as it is compared: letters and digits, in lower case, accents included."""
    return "".join(c for c in folded(cell) if c.isalnum())
