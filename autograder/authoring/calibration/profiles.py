"""Calibration runs in a profile's file, with the thresholds that follow from them.

For each kind of dataset the file has a table ``[calibration.KIND]`` with the ``basis`` of the runs, and in it a table
for each model with a list of accuracies for each variant. The author's own settings keep their order and comments.
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

from autograder.assignment.profile import Calibration, Profile, Runs
from autograder.authoring.calibration.spread import (
    TESTS,
    Spread,
    four_digits,
    is_different,
    is_distinguished,
    threshold,
)
from autograder.authoring.calibration.variants import Variant
from autograder.authoring.notebooks import code
from autograder.datasets.find import Dataset
from autograder.files import write_text
from autograder.training.engines.process import VERSION

IN_A_LINE = 12


@dataclass(frozen=True)
class Verdict:
    """The spreads of a model's accuracies, by variant, and the threshold that follows (None: none would be of use)."""

    model: str
    right: Mapping[str, Spread]
    wrong: Mapping[str, Spread]

    @property
    def threshold(self) -> float | None:
        return threshold(self.right.values(), list(self.wrong.values()))

    def distinguished(self) -> list[str]:
        """The wrong variants that miss the threshold often enough."""
        asked = self.threshold
        return [] if asked is None else [name for name, spread in self.wrong.items() if is_distinguished(spread, asked)]

    def undistinguished(self) -> list[str]:
        return [name for name in self.wrong if name not in self.distinguished()]


def basis(solution: NotebookNode, variants: Iterable[Variant], profile: Profile, datasets: Iterable[Dataset]) -> str:
    """A digest of what the runs depend on: solution, sheets, budget, data, and how ``fit`` trains."""
    sources = [*code(solution)]
    sheets = [None if variant.sheet is None else variant.sheet.read_text(encoding="utf-8") for variant in variants]
    parts = [sources, sheets, asdict(profile.budget), *(dataset.digest for dataset in datasets), VERSION]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def verdicts(runs: Runs, variants: Iterable[Variant], tests: int = TESTS) -> list[Verdict]:
    """The verdict on each model with at least two runs of a right answer, in the order of the runs."""
    all_verdicts = []
    for model, by_variant in runs.items():
        spreads = {
            side: {
                variant.name: Spread(tuple(by_variant[variant.name]), tests)
                for variant in variants
                if variant.right == side and variant.concerns(model) and len(by_variant.get(variant.name, ())) > 1
            }
            for side in (True, False)
        }
        if spreads[True]:
            all_verdicts.append(Verdict(model, spreads[True], spreads[False]))
    return all_verdicts


def counted(calibration: Calibration, elsewhere: Calibration | None) -> Runs:
    """The runs that thresholds rest on: those of ``autograder calibrate``, and those made elsewhere that fit them.

    They fit if they have the same basis and, for each model and variant of which there are two runs or more here, do
    not differ from these (``spread.is_different``).
    """
    runs = {model: dict(by_variant) for model, by_variant in calibration.runs.items()}
    if elsewhere is None or elsewhere.basis != calibration.basis:
        return runs
    for model, by_variant in elsewhere.runs.items():
        for variant, accuracies in by_variant.items():
            own = runs.setdefault(model, {}).setdefault(variant, [])
            if len(own) < 2 or not is_different(own, accuracies):
                runs[model][variant] = [*own, *accuracies]
    return runs


def write(path: Path, kind: str, runs: Runs, runs_basis: str, variants: Iterable[Variant], tests: int = TESTS) -> None:
    """Write the runs on a kind of dataset, and the thresholds that follow, into a profile's file.

    ``tests`` is the number of its test samples.
    """
    document = tomlkit.parse(path.read_text(encoding="utf-8-sig"))
    elsewhere = Profile.load(path).elsewhere.get(kind)
    all_runs = counted(Calibration(basis=runs_basis, runs=runs), elsewhere)
    thresholds = tomlkit.table()
    for verdict in verdicts(all_runs, variants, tests):
        asked = verdict.threshold
        if asked is None:
            thresholds.add(tomlkit.comment(f"{verdict.model}: none ({_words(verdict)})"))
        else:
            thresholds.add(verdict.model, asked)
            thresholds[verdict.model].comment(_words(verdict))
    calibration = tomlkit.table()
    calibration.add("basis", runs_basis)
    if tests != TESTS:
        calibration.add("tests", tests)
    for model, by_variant in runs.items():
        table = tomlkit.table()
        for variant, accuracies in by_variant.items():
            table.add(variant, _array(accuracies))
        calibration.add(model, table)
    _section(document, "thresholds")[kind] = thresholds
    _section(document, "calibration")[kind] = calibration
    write_text(path, tomlkit.dumps(document))


def _words(verdict: Verdict) -> str:
    spread = next(iter(verdict.right.values()))
    words = f"{spread.count} runs: {spread.mean:.4f} ± {spread.deviation:.4f}, lowest {spread.minimum:.4f}"
    if passing := verdict.undistinguished():
        words += f"; does not distinguish: {', '.join(passing)}"
    return words


def _array(accuracies: Iterable[float]) -> Any:
    array, numbers = tomlkit.array(), [four_digits(accuracy) for accuracy in accuracies]
    if len(numbers) <= IN_A_LINE:
        array.extend(numbers)
        return array
    for start in range(0, len(numbers), IN_A_LINE):
        array.add_line(*numbers[start : start + IN_A_LINE])
    array.add_line(indent="")
    return array


def _section(document: Any, key: str) -> Any:
    if key not in document:
        document.add(key, tomlkit.table(is_super_table=True))
    return document[key]
