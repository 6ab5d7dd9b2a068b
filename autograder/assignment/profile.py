"""A profile: what a grading run may spend, and the accuracies that its questions ask for."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from autograder.errors import ConfigError

Runs = dict[str, dict[str, list[float]]]
"""Accuracies of calibration runs, in [0, 1]: by model, then by variant (``reference`` is the solution)."""

THRESHOLD_KINDS = ("mnist", "stand-in")
"""The kinds of dataset (``Dataset.kind``) that thresholds can be set for."""


@dataclass(frozen=True)
class Budget:
    """What one training may use at most, None being no cap; ``samples`` are training images."""

    epochs: int | None = None
    samples: int | None = None
    validation_samples: int | None = None


@dataclass(frozen=True)
class Limits:
    """What one run may use.

    Seconds of wall-clock time for a cell, the whole run and the start of the kernel; seconds of processor time of all
    its processes together; MiB of memory, of one file, and of all that it writes; processes and threads; MiB that the
    kernel sends, and the number of its outputs (what is printed counts by its length alone). What is too much for a
    notebook is left out of it long before, and the run goes on; past the limit itself the run is stopped.
    """

    cell_seconds: float = 600.0
    run_seconds: float = 7200.0
    start_seconds: float = 180.0
    training_seconds: float = 3600.0
    cpu_seconds: float = 28_800.0
    memory_mb: float = 6144.0
    file_mb: float = 1024.0
    disk_mb: float = 4096.0
    processes: float = 512.0
    output_mb: float = 256.0
    outputs: float = 20_000.0


@dataclass(frozen=True)
class Calibration:
    """The runs that a dataset's thresholds rest on; ``basis`` is a digest of what they depend on."""

    basis: str
    runs: Runs


@dataclass(frozen=True)
class Profile:
    """What a grading run uses; ``thresholds`` are accuracies in [0, 1] by kind of dataset, then name of the model."""

    name: str
    description: str = ""
    budget: Budget = Budget()
    limits: Limits = Limits()
    thresholds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    calibration: Mapping[str, Calibration] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> Profile:
        """Read a profile from a TOML file; it is named after the file.

        Raises ``ConfigError`` when the file is missing or not TOML, or has a key or a value that a profile cannot have.
        """
        document = _Table(path.name, "", _parse(path))
        document.allow("description", "budget", "limits", "thresholds", "calibration")
        budget, limits, kinds, runs = (document.table(key) for key in ("budget", "limits", "thresholds", "calibration"))
        budget.allow(*(key.name for key in fields(Budget)))
        limits.allow(*(key.name for key in fields(Limits)))
        kinds.allow(*THRESHOLD_KINDS)
        runs.allow(*THRESHOLD_KINDS)
        tables = {kind: kinds.table(kind) for kind in kinds.values}
        return cls(
            name=path.stem,
            description=document.text("description"),
            budget=Budget(**{key: budget.whole_number(key) for key in budget.values}),
            limits=Limits(**{key: limits.positive(key) for key in limits.values}),
            thresholds={kind: {key: table.accuracy(key) for key in table.values} for kind, table in tables.items()},
            calibration={kind: _calibration(runs.table(kind)) for kind in runs.values},
        )

def _calibration(table: _Table) -> Calibration:
    models = {model: table.table(model) for model in table.values if model != "basis"}
    runs = {model: {variant: lists.accuracies(variant) for variant in lists.values} for model, lists in models.items()}
    return Calibration(table.text("basis"), runs)


def _parse(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        others = sorted(file.stem for file in path.parent.glob("*.toml"))
        there = f"{path.parent} has {', '.join(others)}" if others else f"{path.parent} has no profile"
        raise ConfigError(f"{path.name}: a profile must be a file that exists ({there})") from None
    except OSError as error:
        raise ConfigError(f"{path.name}: a profile must be a file that can be read ({error})") from error
    except ValueError as error:  # what the errors of TOML and of UTF-8 have in common
        raise ConfigError(f"{path.name}: a profile must be valid TOML in UTF-8 ({error})") from error


@dataclass(frozen=True)
class _Table:
    """A table of the file, and what a message needs to name one of its keys; ``name`` is empty for the whole file."""

    file: str
    name: str
    values: dict[str, Any]

    def allow(self, *keys: str) -> None:
        for key in self.values:
            if key not in keys:
                table = self.name or "a profile"
                raise ConfigError(f"{self.file}: {table} may have only the keys {', '.join(keys)} (got {key!r})")

    def table(self, key: str) -> _Table:
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            raise self._broken(key, "a table")
        return _Table(self.file, self._full(key), value)

    def text(self, key: str) -> str:
        value = self.values.get(key, "")
        if not isinstance(value, str):
            raise self._broken(key, "a text")
        return value

    def accuracies(self, key: str) -> list[float]:
        value = self.values[key]
        if not isinstance(value, list) or not all(type(item) in (int, float) and 0 <= item <= 1 for item in value):
            raise self._broken(key, "a list of numbers from 0 to 1")
        return [float(item) for item in value]

    def whole_number(self, key: str) -> int:
        value = self.values[key]
        if type(value) is not int or value < 1:
            raise self._broken(key, "a whole number of at least 1")
        return value

    def positive(self, key: str) -> float:
        value = self.values[key]
        if type(value) not in (int, float) or not 0 < value < math.inf:
            raise self._broken(key, f"a number{' of seconds' if key.endswith('seconds') else ''} above 0")
        return float(value)

    def accuracy(self, key: str) -> float:
        value = self.values[key]
        if type(value) not in (int, float) or not 0 <= value <= 1:
            raise self._broken(key, "a number from 0 to 1")
        return float(value)

    def _broken(self, key: str, rule: str) -> ConfigError:
        return ConfigError(f"{self.file}: {self._full(key)} must be {rule} (got {self.values[key]!r})")

    def _full(self, key: str) -> str:
        return f"{self.name}.{key}" if self.name else key
