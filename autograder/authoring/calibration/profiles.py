"""Calibration runs in a profile's file: kept there with the thresholds that follow from them.

For each kind of dataset the file has ``[calibration.KIND]`` with the ``basis`` of the runs, and below it, for each
model, a list of accuracies by variant. The text that an author wrote around them stays.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import tomlkit
from nbformat import NotebookNode

from autograder.assignment.profile import Profile, Runs
from autograder.authoring.calibration.spread import Spread, threshold, told_apart
from autograder.authoring.calibration.variants import Variant
from autograder.datasets.find import Dataset
from autograder.files import write_text

LINE = 100


@dataclass(frozen=True)
class Verdict:
    """What the runs say of one model: its spreads by variant, and the threshold they allow (None: none of use)."""

    model: str
    right: Mapping[str, Spread]
    wrong: Mapping[str, Spread]

    @property
    def threshold(self) -> float | None:
        return threshold(self.right.values(), list(self.wrong.values()))

    def told_apart(self) -> list[str]:
        """The wrong variants that the threshold tells from right ones."""
        asked = self.threshold
        return [] if asked is None else [name for name, spread in self.wrong.items() if told_apart(spread, asked)]

    def not_told_apart(self) -> list[str]:
        return [name for name in self.wrong if name not in self.told_apart()]


def basis(solution: NotebookNode, variants: Iterable[Variant], profile: Profile, dataset: Dataset) -> str:
    """A digest of what the runs depend on: other solution code, sheets, budget or data make them worthless."""
    sources = [cell.source for cell in solution.cells if cell.cell_type == "code"]
    sheets = [None if variant.sheet is None else variant.sheet.read_text(encoding="utf-8") for variant in variants]
    parts = [sources, sheets, asdict(profile.budget), dataset.digest]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def verdicts(runs: Runs, variants: Iterable[Variant]) -> list[Verdict]:
    """The verdict on each model of which the reference has run at least twice, in the order they were measured."""
    found = []
    for model, by_variant in runs.items():
        spreads = {
            side: {
                variant.name: Spread(tuple(by_variant[variant.name]))
                for variant in variants
                if variant.right == side and variant.concerns(model) and len(by_variant.get(variant.name, ())) > 1
            }
            for side in (True, False)
        }
        if spreads[True]:
            found.append(Verdict(model, spreads[True], spreads[False]))
    return found


def write(path: Path, kind: str, runs: Runs, runs_basis: str, variants: Iterable[Variant]) -> None:
    """Put the runs on a kind of dataset, and the thresholds that follow from them, into a profile's file."""
    document = tomlkit.parse(path.read_text(encoding="utf-8"))
    thresholds = tomlkit.table()
    for verdict in verdicts(runs, variants):
        asked = verdict.threshold
        if asked is None:
            thresholds.add(tomlkit.comment(f"{verdict.model}: none ({_words(verdict)})"))
        else:
            thresholds.add(verdict.model, asked)
            thresholds[verdict.model].comment(_words(verdict))
    kept = tomlkit.table()
    kept.add("basis", runs_basis)
    for model, by_variant in runs.items():
        table = tomlkit.table()
        for variant, accuracies in by_variant.items():
            table.add(variant, _array(accuracies))
        kept.add(model, table)
    _section(document, "thresholds")[kind] = thresholds
    _section(document, "calibration")[kind] = kept
    write_text(path, tomlkit.dumps(document))


def _words(verdict: Verdict) -> str:
    spread = next(iter(verdict.right.values()))
    words = f"{spread.count} runs: {spread.mean:.3f} ± {spread.deviation:.3f}, lowest {spread.minimum:.3f}"
    if passing := verdict.not_told_apart():
        words += f"; does not tell apart: {', '.join(passing)}"
    return words


def _array(accuracies: Iterable[float]) -> Any:
    array = tomlkit.array()
    for accuracy in accuracies:
        array.append(round(accuracy, 4))
    return array.multiline(len(array) * 8 > LINE)


def _section(document: Any, key: str) -> Any:
    if key not in document:
        document.add(key, tomlkit.table(is_super_table=True))
    return document[key]
