"""Variants that change more of the notebook than an answer cell, in notebooks with few others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import nbformat
from nbformat import NotebookNode

from autograder.answers import fill, question_of
from fairness import plain
from fairness.variants import Variant


def is_special(variant: Variant) -> bool:
    """Whether a variant changes given code or earlier answers, asks for an accuracy, or stands at the end."""
    return bool(variant.edits or variant.needs or variant.thresholds or variant.place)


@dataclass(frozen=True)
class Pack:
    """Variants that go into one notebook: of different chains, so that none changes what another builds on."""

    variants: tuple[Variant, ...]

    @property
    def thresholds(self) -> Mapping[str, float]:
        return {model: value for variant in self.variants for model, value in variant.thresholds.items()}

    def takes(self, variant: Variant) -> bool:
        own = plain.chain(variant) or (variant.question,)
        return all((plain.chain(other) or (other.question,)) != own for other in self.variants)


def packs(variants: Iterable[Variant]) -> list[Pack]:
    """All variants in few packs."""
    made: list[Pack] = []
    for variant in variants:
        for index, held in enumerate(made):
            if held.takes(variant):
                made[index] = Pack((*held.variants, variant))
                break
        else:
            made.append(Pack((variant,)))
    return made


def write(held: Pack, student: NotebookNode) -> NotebookNode:
    """The student notebook with the variants of a pack, and plain answers to what they build on."""
    answers = plain.answers(held.variants)
    for variant in held.variants:
        answers |= variant.needs
    for variant in held.variants:
        answers.pop(variant.question, None)
        if not variant.place:
            answers[variant.question] = variant.code
    notebook = fill(student, answers)
    for variant in held.variants:
        for find, replace in variant.edits:
            _edit(notebook, find, replace, variant)
        if variant.place:
            _insert(notebook, variant)
    return notebook


def _edit(notebook: NotebookNode, find: str, replace: str, variant: Variant) -> None:
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and question_of(cell) is None]
    given = [cell for cell in code if find in cell.source]
    assert len(given) == 1, f"{variant}: {find!r} must be in one given cell, it is in {len(given)}"
    given[0].source = given[0].source.replace(find, replace)


def _insert(notebook: NotebookNode, variant: Variant) -> None:
    cell = nbformat.v4.new_code_cell(variant.code)
    if variant.place == "end":
        notebook.cells.append(cell)
        return
    last = max(index for index, one in enumerate(notebook.cells) if question_of(one) == variant.question)
    notebook.cells.insert(last + 1, cell)
