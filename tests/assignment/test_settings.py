"""Settings that are declared once: read from TOML, refused with a message that names file, key, rule and value."""

from __future__ import annotations

import codecs
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from autograder.assignment.kinds import (
    FRACTION,
    NAMES,
    PATH,
    SOME_TEXT,
    TEXT,
    TIME,
    ZONE,
    Section,
    Sections,
    TableOf,
    choice,
    number,
    whole_number,
)
from autograder.assignment.settings import Kind, Place, declared, parse, read, setting, table
from autograder.errors import ConfigError

PLACE = Place(Path("lab/file.toml"))


@table
class Item:
    points: float = setting(number(), "Points.")
    text: str = setting(TEXT, "Text.", default="")


@table
class Lab:
    title: str = setting(SOME_TEXT, "Title.", default="Lab")
    items: dict[str, tuple[Item, ...]] = setting(
        TableOf(Sections(Item), key="NAME", example="a"), "Items.", default_factory=dict
    )
    others: dict[str, float] = setting(
        TableOf(FRACTION, key="NAME", example="a"), "All else.", default_factory=dict, rest=True
    )


def test_a_table_is_read_into_an_object_of_its_class() -> None:
    text = "title = ' My lab '\nmlp = 0.5\n[[items.a]]\npoints = 1\n[[items.a]]\npoints = -2\ntext = 'x'\n"
    assert read(Lab, tomllib.loads(text), PLACE) == Lab("My lab", {"a": (Item(1.0), Item(-2.0, "x"))}, {"mlp": 0.5})
    assert read(Lab, {}, PLACE) == Lab()


def test_declarations_have_kind_and_help() -> None:
    assert [(key, item.kind.rule, item.help) for key, item in declared(Item).items()] == [
        ("points", "a number", "Points."),
        ("text", "a text", "Text."),
    ]


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (TEXT, " a ", "a"),
        (number(at_least=0), 0, 0.0),
        (number(above=0), 0.1, 0.1),
        (whole_number(at_least=1), 1, 1),
        (FRACTION, 1, 1.0),
        (choice("a", "b"), "b", "b"),
        (NAMES, ["x", "y"], ("x", "y")),
        (PATH, "out/a.py", Path("lab/out/a.py")),
        (TIME, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)),
        (ZONE, "Europe/Zurich", ZoneInfo("Europe/Zurich")),
        (Section(Item), {"points": 1}, Item(1.0)),
        (TableOf(TEXT, key="NAME", example="a"), {"x": "y"}, {"x": "y"}),
    ],
)
def test_a_value_is_read_as_its_kind(kind: Kind, value: Any, expected: Any) -> None:
    actual = kind.read(value, PLACE.at("key"))
    assert (actual, type(actual)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        (TEXT, 3, "'key' must be a text (got 3)"),
        (SOME_TEXT, " ", "'key' must be a text that is not blank (got ' ')"),
        (number(), True, "'key' must be a number (got True)"),
        (number(), float("nan"), "'key' must be a number (got nan)"),
        (number(), float("inf"), "'key' must be a number (got inf)"),
        (number(above=0), 0, "'key' must be a number above 0 (got 0)"),
        (number("minutes", at_least=0), -1, "'key' must be a number of minutes, at least 0 (got -1)"),
        (number(at_least=0, at_most=9), 9.1, "'key' must be a number from 0 to 9 (got 9.1)"),
        (number(at_least=0), 10**400, f"'key' must be a number, at least 0 (got {10**400})"),
        (whole_number(at_least=1), 1.0, "'key' must be a whole number, at least 1 (got 1.0)"),
        (whole_number(at_least=1), True, "'key' must be a whole number, at least 1 (got True)"),
        (choice("a", "b"), ["a"], "'key' must be 'a' or 'b' (got ['a'])"),
        (NAMES, "x", "'key' must be a list of names (got 'x')"),
        (NAMES, [1], "'key' must be a list of names (got [1])"),
        (PATH, 3, "'key' must be a path from this folder (got 3)"),
        (PATH, "", "'key' must be a path from this folder (got '')"),
        (TIME, datetime(2026, 1, 1), f"'key' must be {TIME.rule} (got 2026-01-01T00:00:00)"),
        (ZONE, "Zürich", f"'key' must be {ZONE.rule} (got 'Zürich')"),
        (ZONE, "../etc", f"'key' must be {ZONE.rule} (got '../etc')"),
        (Section(Item), [], "'key' must be a table (got [])"),
        (Section(Item), {}, "'key.points' is missing; it must be a number"),
        (Section(Item), {"points": 1, "worth": 1}, "unknown key 'key.worth'; the keys of key are points, text"),
        (Sections(Item), [1], "'key' must be tables, [[key]] (got [1])"),
        (Sections(Item), [{"points": 1}, {}], "key, entry 2: 'points' is missing; it must be a number"),
        (TableOf(TEXT, key="NAME", example="a"), {"x": 1}, "'key.x' must be a text (got 1)"),
        (
            TableOf(TEXT, key="NAME", example="a", keys=("a", "b")),
            {"x": ""},
            "unknown key 'key.x'; the keys of key are a, b",
        ),
    ],
)
def test_a_broken_rule_names_file_key_rule_and_value(kind: Kind, value: Any, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        kind.read(value, PLACE.at("key"))
    assert str(caught.value) == f"lab/file.toml: {message}"


def test_a_file_may_begin_with_the_mark_that_windows_writes(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(codecs.BOM_UTF8 + b'title = "Lab"\r\n')
    assert parse(tmp_path / "a.toml") == {"title": "Lab"}


@pytest.mark.parametrize("content", [b"[[", b"a = ", b"a = '\xff'", b"a = " + b"[" * 9_000])
def test_a_file_must_be_toml(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=r"a\.toml: must be valid TOML in UTF-8 \(.+\)"):
        parse(tmp_path / "a.toml")
