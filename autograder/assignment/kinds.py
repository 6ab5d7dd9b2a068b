"""What a setting may be: texts, numbers, times, paths, lists, and tables of these."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from autograder.assignment.settings import Kind, Place, entries_of, read
from autograder.datasets.built_in import AXES, STAND_IN

_DATASET_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*", re.ASCII)


@dataclass(frozen=True)
class Value:
    """One value; ``convert`` returns it as the setting has it, and raises ``ValueError`` if it breaks the rule."""

    rule: str
    convert: Callable[[Any], Any]

    def read(self, value: Any, place: Place) -> Any:
        try:
            return self.convert(value)
        except ValueError:
            raise place.broken(self.rule, value) from None


@dataclass(frozen=True)
class PathKind:
    """A path, relative to the folder of the file that names it."""

    rule: str = "a path from this folder"

    def read(self, value: Any, place: Place) -> Path:
        if not isinstance(value, str) or not value or "\0" in value:
            raise place.broken(self.rule, value)
        return place.file.parent / value


@dataclass(frozen=True)
class DatasetKind:
    """One of Keras's datasets, by its name, or the path of a file; the name is the key."""

    rule: str = '"keras" or a path from this folder'

    def read(self, value: Any, place: Place) -> Path | None:
        name = place.key.rpartition(".")[2]
        if not _DATASET_NAME.fullmatch(name) or name == STAND_IN:
            raise place.error(f"'{place.key}': a dataset must be named with letters, digits, _ and - (not {STAND_IN})")
        if value != "keras":
            return PathKind(self.rule).read(value, place)
        if name not in AXES:
            raise place.error(f"'{place.key}': Keras must have a dataset of that name; it has {', '.join(AXES)}")
        return None


@dataclass(frozen=True)
class TableOf:
    """A table whose keys the author chooses, all of one kind, such as ``example``; the reference calls them ``key``.

    With ``keys``, only these are allowed.
    """

    kind: Kind
    key: str
    example: str
    keys: tuple[str, ...] = ()
    rule: str = "a table"

    def read(self, value: Any, place: Place) -> dict[str, Any]:
        entries = entries_of(value, place, self.keys)
        return {key: self.kind.read(entry, place.at(key)) for key, entry in entries.items()}


@dataclass(frozen=True)
class Section:
    """A table with the settings of a class."""

    cls: type
    rule: str = "a table"

    def read(self, value: Any, place: Place) -> Any:
        return read(self.cls, value, place)


@dataclass(frozen=True)
class Sections:
    """A list of tables, ``[[…]]``, each with the settings of a class."""

    cls: type
    rule: str = "a list of tables"

    def read(self, value: Any, place: Place) -> tuple[Any, ...]:
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            raise place.broken(f"tables, [[{place.key}]]", value)
        return tuple(read(self.cls, entry, place.numbered(number)) for number, entry in enumerate(value, start=1))


def number(
    unit: str = "", *, at_least: float | None = None, above: float | None = None, at_most: float | None = None
) -> Value:
    """A finite number within bounds, as a float."""
    bounds = [bound for bound in (at_least, above) if bound is not None]
    lowest = bounds[0] if bounds else -sys.float_info.max
    highest = sys.float_info.max if at_most is None else at_most

    def convert(value: Any) -> float:
        if type(value) not in (int, float) or not lowest <= value <= highest or value == above:
            raise ValueError
        return float(value)

    return Value(f"a number{' of ' + unit if unit else ''}{_bounds(at_least, above, at_most)}", convert)


def whole_number(*, at_least: int) -> Value:
    def convert(value: Any) -> int:
        if type(value) is not int or value < at_least:
            raise ValueError
        return value

    return Value(f"a whole number{_bounds(at_least, None, None)}", convert)


def choice(*options: str) -> Value:
    def convert(value: Any) -> str:
        if value not in options:
            raise ValueError
        return str(value)

    return Value(" or ".join(f"'{option}'" for option in options), convert)


def list_of(kind: Value, rule: str, into: Callable[[Iterable[Any]], Any] = tuple) -> Value:
    """A list with entries of a kind; ``rule`` names it (``a list of texts``)."""

    def convert(value: Any) -> Any:
        if not isinstance(value, list):
            raise ValueError
        return into([kind.convert(entry) for entry in value])

    return Value(rule, convert)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError
    return value.strip()


def _some_text(value: Any) -> str:
    if not _text(value):
        raise ValueError
    return _text(value)


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _time(value: Any) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError
    return value


def _zone(value: Any) -> ZoneInfo:
    try:
        return ZoneInfo(_some_text(value))
    except (ZoneInfoNotFoundError, OSError):
        raise ValueError from None


def _bounds(at_least: float | None, above: float | None, at_most: float | None) -> str:
    if above is not None:
        return f" above {above:g}"
    if at_least is None:
        return ""
    return f", at least {at_least:g}" if at_most is None else f" from {at_least:g} to {at_most:g}"


TEXT = Value("a text", _text)
SOME_TEXT = Value("a text that is not blank", _some_text)
NAMES = list_of(TEXT, "a list of names")
PATH = PathKind()
DATASET = DatasetKind()
BOOLEAN = Value("`true` or `false`", _boolean)
FRACTION = number(at_least=0, at_most=1)
ZONE = Value("the name of a time zone, such as 'Europe/Zurich'", _zone)
TIME = Value("a time with its offset from UTC, such as 2026-11-30T23:59:00+01:00", _time)
