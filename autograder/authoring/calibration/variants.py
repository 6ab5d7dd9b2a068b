"""The answers that calibrate a profile: the reference solution, and others that must pass or should fail.

``course.toml`` names the others::

    [calibration.right.normalized]      # must pass as well
    sheet = "calibration/normalized.py"   # the answers of this sheet, to some questions or all
    models = ["LeNet_adam"]               # the models whose accuracies count (default: all)

    [calibration.wrong.one_epoch]       # should fail
    epochs = 1                            # the reference solution, trained for at most one epoch
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from autograder.assignment import Course
from autograder.assignment.answer_cells import answers_in, fill, read_sheet
from autograder.errors import ConfigError

REFERENCE = "reference"


@dataclass(frozen=True)
class Variant:
    """Answers to run with several seeds; only the accuracies of ``models`` count (None: all)."""

    name: str
    right: bool
    sheet: Path | None = None
    epochs: int | None = None
    models: frozenset[str] | None = None

    def concerns(self, model: str) -> bool:
        return self.models is None or model in self.models


def load(course: Course) -> tuple[Variant, ...]:
    """The reference solution, then the variants that ``course.toml`` names.

    Raises:
        ConfigError: one of them breaks a rule.
    """
    variants = [Variant(REFERENCE, right=True)]
    place = f"{course.folder}/course.toml: 'calibration"
    for side, by_name in course.calibration.items():
        for name, entry in by_name.items():
            if any(variant.name == name for variant in variants):
                raise ConfigError(f"{place}.{side}': each variant must have a name of its own (got {name!r} again)")
            if entry.sheet is not None and not entry.sheet.is_file():
                raise ConfigError(f"{place}.{side}.{name}.sheet' must be a file that exists (got '{entry.sheet}')")
            variants.append(Variant(name, side == "right", entry.sheet, entry.epochs, entry.models))
    return tuple(variants)


def notebook(
    variant: Variant, student: NotebookNode, solution: NotebookNode, without: Collection[str] = ()
) -> NotebookNode:
    """The student notebook with a variant's answers, but for the questions ``without``."""
    answers = answers_in(solution) if variant.sheet is None else read_sheet(variant.sheet)
    return fill(student, {question: answer for question, answer in answers.items() if question not in without})
