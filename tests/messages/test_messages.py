"""Every message is there, is used, and gets the values that its text has fields for."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import autograder
from autograder.messages import STAGES, fields, message
from autograder.results import CaseStatus, QuestionStatus, RunStatus

PACKAGE = Path(autograder.__file__).parent
ROOT = Path(__file__).parents[2]
KEYS = {f"{stage}.{name}" for stage, texts in STAGES.items() for name in texts}
#: ``message("key", name=…)`` in a template.
IN_TEMPLATE = re.compile(r"""\bmessage\(\s*["']([\w.]+)["']\s*((?:,[^()]*(?:\([^()]*\)[^()]*)*)?)\)""")


@dataclass(frozen=True)
class Use:
    """A call of ``message``: the keys that it may be about, the names of its values, and where it stands."""

    keys: frozenset[str]
    values: frozenset[str]
    place: str


def uses_in_code(path: Path) -> Iterator[Use]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "message":
            place = f"{path.relative_to(PACKAGE)}:{node.lineno}"
            values = frozenset(keyword.arg for keyword in node.keywords if keyword.arg is not None)
            assert len(values) == len(node.keywords), f"{place}: values must be named one by one, not by **"
            assert len(node.args) == 1, f"{place}: a message takes its key and named values"
            yield Use(frozenset(keys_of(node.args[0], place)), values, place)


def keys_of(key: ast.expr, place: str) -> Iterator[str]:
    """The keys that an expression may give: a text, one of two, or all that begin as an f-string does."""
    match key:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=body, orelse=orelse):
            yield from keys_of(body, place)
            yield from keys_of(orelse, place)
        case ast.JoinedStr(values=[ast.Constant(value=str(start)), ast.FormattedValue()]):
            family = [one for one in KEYS if one.startswith(start)]
            assert family, f"{place}: no message begins with '{start}'"
            yield from family
        case _:
            raise AssertionError(f"{place}: a key must be a text, one of two texts, or an f-string that ends in a name")


def uses_in_template(path: Path) -> Iterator[Use]:
    for found in IN_TEMPLATE.finditer(path.read_text(encoding="utf-8")):
        values = frozenset(re.findall(r"(\w+)\s*=(?!=)", found[2]))
        yield Use(frozenset([found[1]]), values, f"{path.relative_to(PACKAGE)}: {found[0]}")


@pytest.fixture(scope="module")
def uses() -> list[Use]:
    in_code = (use for path in sorted(PACKAGE.rglob("*.py")) for use in uses_in_code(path))
    return [*in_code, *(use for path in sorted(PACKAGE.rglob("*.html")) for use in uses_in_template(path))]


def test_every_key_that_code_uses_exists_and_gets_the_values_that_its_text_takes(uses: list[Use]) -> None:
    wrong = []
    for use in uses:
        for key in sorted(use.keys):
            if key not in KEYS:
                wrong.append(f"{use.place}: there is no message '{key}'")
            elif use.values != fields(key):
                wrong.append(f"{use.place}: '{key}' takes {sorted(fields(key))}, got {sorted(use.values)}")
    assert wrong == []


def test_every_message_is_used(uses: list[Use]) -> None:
    used = {key for use in uses for key in use.keys}
    assert sorted(KEYS - used) == []


def test_a_message_has_its_values_in_it() -> None:
    cell = message("reports.gradescope.cell_error", place="cell 3", error="ValueError", message="{place} is not {x}")
    assert cell == "In cell 3: ValueError: {place} is not {x}"


def test_an_unknown_key_is_an_error() -> None:
    with pytest.raises(KeyError, match=r"there is no message 'reports\.nothing'"):
        message("reports.nothing")


@pytest.mark.parametrize(
    ("values", "got"),
    [({}, "none"), ({"minute": 3}, "minute"), ({"minutes": 3, "seconds": 4}, "minutes, seconds")],
)
def test_a_value_that_is_missing_or_has_no_field_is_an_error(values: dict[str, int], got: str) -> None:
    with pytest.raises(TypeError, match=rf"message 'reports.gradescope.too_long' takes minutes \(got {got}\)"):
        message("reports.gradescope.too_long", **values)


@pytest.mark.parametrize("status", [*RunStatus, *QuestionStatus, *CaseStatus])
def test_every_status_has_words(status: RunStatus | QuestionStatus | CaseStatus) -> None:
    assert status.words.strip()


@pytest.mark.parametrize("kind", [RunStatus, QuestionStatus, CaseStatus])
def test_no_two_statuses_have_the_same_words(kind: type[RunStatus | QuestionStatus | CaseStatus]) -> None:
    words = [status.words for status in kind]
    assert len(set(words)) == len(words)


def rows(page: str, heading: str) -> set[str]:
    """What stands in the first column of the tables below a heading of a documentation page."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    _, found, below = text.partition(f"\n## {heading}\n")
    assert found, f"docs/{page} has no heading '{heading}'"
    cells = [line.split("|")[1] for line in below.partition("\n## ")[0].splitlines() if line.startswith("|")]
    return {word.strip().strip("`") for cell in cells for word in cell.split(",")}


@pytest.mark.parametrize("status", [*RunStatus, *QuestionStatus])
def test_every_status_has_its_row_for_teaching_assistants(status: RunStatus | QuestionStatus) -> None:
    assert status.words in rows("tas.md", "What happened to a submission")


@pytest.mark.parametrize("status", [*RunStatus, *QuestionStatus])
def test_every_status_has_its_row_for_students(status: RunStatus | QuestionStatus) -> None:
    assert status.words in rows("students.md", "What the statuses mean")


#: Where what is stored, or read by programs, is the value of a status.
STORED = {"gradebook/book.py", "gradebook/rows.py", "reports/csv.py"}
#: How a status comes to be shown as it is stored: by its value, or by itself in a text.
SHOWN = re.compile(r"\bstatus\.value\b|\{[\w.\[\]]*\bstatus\}|\bstr\([\w.]*\bstatus\)")


def test_nothing_but_records_shows_the_stored_value_of_a_status() -> None:
    shown = [
        f"{path.relative_to(PACKAGE)}:{number}: {line.strip()}"
        for path in sorted([*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.html")])
        if path.relative_to(PACKAGE).as_posix() not in STORED and "messages" not in path.relative_to(PACKAGE).parts
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if SHOWN.search(line)
    ]
    assert shown == []
