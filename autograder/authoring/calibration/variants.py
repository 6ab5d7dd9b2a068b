"""Which answers are run to calibrate a profile: the reference solution, and others that must pass or should fail.

``course.toml`` names the others, each with what sets it apart::

    [calibration.right.normalized]      # must pass as well
    sheet = "calibration/normalized.py"   # answers only the questions that this sheet answers, in its way
    models = ["LeNet_adam"]               # whose accuracies it is about (all, where it is left out)

    [calibration.wrong.one_epoch]       # should fail
    epochs = 1                            # the reference solution, trained for so many epochs at most
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
    """Answers that are run with several seeds; ``models`` are the accuracies that count, None being all."""

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
    """The student notebook with a variant's answers, those to the questions ``without`` left out."""
    answers = answers_in(solution) if variant.sheet is None else read_sheet(variant.sheet)
    return fill(student, {question: answer for question, answer in answers.items() if question not in without})
