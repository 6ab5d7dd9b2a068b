"""Variants whose code stands at the end of the notebook, long after their check: in notebooks with few others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import nbformat
from nbformat import NotebookNode

from autograder.assignment.answer_cells import fill
from autograder.authoring.fairness.variants import Variant


def is_late(variant: Variant) -> bool:
    """Whether a variant belongs in a pack: its values are taken only when all cells have run."""
    return variant.place == "end"


def packs(variants: Iterable[Variant]) -> list[list[Variant]]:
    """All variants in few notebooks, those in one each of a different chain: so none changes what another builds on."""
    filled: list[list[Variant]] = []
    for variant in variants:
        for pack in filled:
            if all(_chain(other) != _chain(variant) for other in pack):
                pack.append(variant)
                break
        else:
            filled.append([variant])
    return filled


def write(pack: Sequence[Variant], student: NotebookNode) -> NotebookNode:
    """The student notebook with the variants of a pack at its end, and plain answers to what they build on."""
    answers = {id: answer for variant in pack for id, answer in variant.plain.items()}
    for variant in pack:
        answers.pop(variant.question, None)
    notebook = fill(student, answers)
    notebook.cells += [nbformat.v4.new_code_cell(variant.code) for variant in pack]
    return notebook


def _chain(variant: Variant) -> tuple[str, ...]:
    return variant.chain or (variant.question,)
