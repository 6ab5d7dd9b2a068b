"""Settings in TOML files: each is declared once, with its kind, its default and a help text.

A table of a file is a class, a key of it a field::

    @table
    class Budget:
        epochs: int | None = setting(whole_number(at_least=1), "Epochs of one training.", default=None, example="2")

    read(Budget, {"epochs": 0}, Place(path))  # quick.toml: 'epochs' must be a whole number, at least 1 (got 0)

Messages, and the tables of ``docs/reference.md``, are made from these declarations.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from dataclasses import MISSING, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar, dataclass_transform

from autograder.errors import ConfigError

_T = TypeVar("_T")


@dataclass(frozen=True)
class Place:
    """A key of a settings file, as messages name it; ``entry`` is the entry of a list of tables that it belongs to."""

    file: Path
    key: str = ""
    entry: str = ""

    def at(self, key: str) -> Place:
        """A key of the table here."""
        return replace(self, key=f"{self.key}.{key}" if self.key else key)

    def numbered(self, number: int) -> Place:
        """An entry of the list of tables here."""
        return replace(self, key="", entry=f"{self.key}, entry {number}: ")

    def error(self, message: str) -> ConfigError:
        return ConfigError(f"{self.file}: {self.entry}{message}")

    def missing(self, key: str, rule: str) -> ConfigError:
        """The error of a table here without a key that it must have."""
        return self.error(f"'{self.at(key).key}' is missing; it must be {rule}")

    def broken(self, rule: str, value: object) -> ConfigError:
        """The error of a value that breaks a rule: ``'late.grace_minutes' must be … (got …)``."""
        shown = value.isoformat() if hasattr(value, "isoformat") else repr(value)
        return self.error(f"'{self.key}' must be {rule} (got {shown})")


class Kind(Protocol):
    """What a setting may be: ``rule`` says it in messages and in the reference (``a number above 0``)."""

    @property
    def rule(self) -> str: ...

    def read(self, value: Any, place: Place) -> Any:
        """The setting that a value of the file stands for.

        Raises:
            ConfigError: the value breaks the rule.
        """


@dataclass(frozen=True)
class Setting:
    """The declaration of a key; ``default`` is in words, ``example`` is a value in TOML.

    A setting with ``rest`` has all keys of its table that are not declared.
    """

    kind: Kind
    help: str
    default: str = ""
    example: str = ""
    rest: bool = False


def setting(
    kind: Kind,
    help: str,
    *,
    default: Any = MISSING,
    default_factory: Any = MISSING,
    shown: str = "",
    example: str = "",
    rest: bool = False,
) -> Any:
    """Declare a key of a table, as a field of its class; ``shown`` says its default where the value does not."""
    words = shown or _in_words(default if default_factory is MISSING else None)
    metadata = {"setting": Setting(kind, help, words, example, rest)}
    if default_factory is not MISSING:
        return field(default_factory=default_factory, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass_transform(frozen_default=True, field_specifiers=(setting, field))
def table(cls: type[_T]) -> type[_T]:
    """Make a class a frozen dataclass; each field made by ``setting`` is a key of the table."""
    return dataclass(frozen=True)(cls)


def declared(cls: type) -> dict[str, Setting]:
    """The settings of a table, by key, in their order."""
    return {item.name: item.metadata["setting"] for item in fields(cls) if "setting" in item.metadata}


def values(cls: type, value: Any, place: Place) -> dict[str, Any]:
    """The settings in a table of a file, by key.

    Raises:
        ConfigError: it is not a table, has an unknown key, or a value breaks its rule.
    """
    settings = declared(cls)
    rest = next((key for key, item in settings.items() if item.rest), None)
    named = {key: item for key, item in settings.items() if not item.rest}
    entries = entries_of(value, place, named if rest is None else ())
    entered = {key: named[key].kind.read(entry, place.at(key)) for key, entry in entries.items() if key in named}
    if rest is not None:
        others = {key: entry for key, entry in entries.items() if key not in named}
        entered[rest] = settings[rest].kind.read(others, place)
    return entered


def read(cls: type[_T], value: Any, place: Place) -> _T:
    """A table of a file as an object of its class.

    Raises:
        ConfigError: as for ``values``, or a key without a default is missing.
    """
    entered = values(cls, value, place)
    for item in fields(cls):  # type: ignore[arg-type]
        if item.name not in entered and item.default is MISSING and item.default_factory is MISSING:
            raise place.missing(item.name, item.metadata["setting"].kind.rule)
    return cls(**entered)


def parse(path: Path) -> dict[str, Any]:
    """The content of a TOML file.

    Raises:
        ConfigError: it cannot be read, or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))  # Windows begins a text with a mark
    except OSError as error:
        raise ConfigError(f"{path}: must be a file that can be read ({error.strerror})") from None
    except (ValueError, RecursionError) as error:  # of TOML and of UTF-8; tables in tables, a thousand deep
        raise ConfigError(f"{path}: must be valid TOML in UTF-8 ({error})") from None


def entries_of(value: Any, place: Place, keys: Collection[str]) -> dict[str, Any]:
    """The entries of a table of a file, whose keys must be among ``keys``, if there are any.

    Raises:
        ConfigError: it is not a table, or has an unknown key.
    """
    if not isinstance(value, dict):
        raise place.broken("a table", value)
    for key in sorted(value.keys() - set(keys)) if keys else ():
        of = f" of {place.key}" if place.key else ""
        raise place.error(f"unknown key '{place.at(key).key}'; the keys{of} are {', '.join(keys)}")
    return value


def _in_words(default: Any) -> str:
    if default is MISSING:
        return "required"
    if isinstance(default, str):
        return f'"{default}"' if default else "empty"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"{default:g}" if isinstance(default, int | float) else ""
