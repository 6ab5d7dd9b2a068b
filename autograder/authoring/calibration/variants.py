"""Which answers are run to calibrate a profile: the reference solution, and others that must pass or should fail.

``course.toml`` names the others, each with what sets it apart::

    [calibration.right.normalized]      # must pass as well
    sheet = "calibration/normalized.py"   # answers only the questions that this sheet answers, in its way
    models = ["LeNet_adam"]               # whose accuracies it is about (all, where it is left out)

    [calibration.wrong.one_epoch]       # should fail
    epochs = 1                            # the reference solution, trained for so many epochs at most
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from autograder.assignment import Course
from autograder.assignment.answer_cells import fill, question_of, read_sheet
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
    place = f"{course.folder}/course.toml: calibration"
    for side, table in course.calibration.items():
        if side not in ("right", "wrong") or not isinstance(table, dict):
            raise ConfigError(f"{place} may have only the tables right and wrong (got {side!r})")
        for name, entry in table.items():
            if any(variant.name == name for variant in variants):
                raise ConfigError(f"{place}.{side}: each variant must have a name of its own (got {name!r} again)")
            variants.append(_variant(course, f"{place}.{side}.{name}", name, side == "right", entry))
    return tuple(variants)


def notebook(
    variant: Variant, student: NotebookNode, solution: NotebookNode, without: Collection[str] = ()
) -> NotebookNode:
    """The student notebook with a variant's answers, those to the questions ``without`` left out."""
    if variant.sheet is None:
        answers: dict[str, str] = {}
        for cell in solution.cells:
            question = question_of(cell)
            if question is not None and cell.cell_type == "code":
                answers[question] = "\n\n".join(filter(None, [answers.get(question), cell.source]))
    else:
        answers = read_sheet(variant.sheet)
    return fill(student, {question: answer for question, answer in answers.items() if question not in without})


def _variant(course: Course, place: str, name: str, right: bool, entry: Any) -> Variant:
    if not isinstance(entry, Mapping) or not entry.keys() <= {"sheet", "epochs", "models"}:
        raise ConfigError(f"{place} must be a table with the keys sheet, epochs, models (got {entry!r})")
    sheet, epochs, models = (entry.get(key) for key in ("sheet", "epochs", "models"))
    if sheet is not None and (not isinstance(sheet, str) or not (course.folder / sheet).is_file()):
        raise ConfigError(f"{place}.sheet must be the path of a file in {course.folder} (got {sheet!r})")
    if epochs is not None and (type(epochs) is not int or epochs < 0):
        raise ConfigError(f"{place}.epochs must be a whole number, at least 0 (got {epochs!r})")
    if models is not None and not (isinstance(models, list) and all(isinstance(model, str) for model in models)):
        raise ConfigError(f"{place}.models must be a list of names (got {models!r})")
    path = None if sheet is None else course.folder / sheet
    return Variant(name, right, path, epochs, None if models is None else frozenset(models))
