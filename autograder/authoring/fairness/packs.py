"""Variants whose code stands at the end of the notebook, long after their check: in notebooks with few others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import nbformat
from nbformat import NotebookNode

from autograder.assignment.answer_cells import fill
from autograder.authoring.fairness.variants import Variant


def is_late(variant: Variant) -> bool:
    """Whether a variant belongs in a pack: its values are taken only when all cells have run."""
    return variant.place == "end"


@dataclass(frozen=True)
class Pack:
    """Variants in one notebook, each of a different chain: so none changes what another builds on."""

    variants: tuple[Variant, ...]

    def has_room_for(self, variant: Variant) -> bool:
        return all(_chain(other) != _chain(variant) for other in self.variants)


def packs(variants: Iterable[Variant]) -> list[Pack]:
    """All variants in few packs."""
    filled: list[Pack] = []
    for variant in variants:
        for index, pack in enumerate(filled):
            if pack.has_room_for(variant):
                filled[index] = Pack((*pack.variants, variant))
                break
        else:
            filled.append(Pack((variant,)))
    return filled


def write(pack: Pack, student: NotebookNode) -> NotebookNode:
    """The student notebook with the variants of a pack at its end, and plain answers to what they build on."""
    answers = {id: answer for variant in pack.variants for id, answer in variant.plain.items()}
    for variant in pack.variants:
        answers.pop(variant.question, None)
    notebook = fill(student, answers)
    notebook.cells += [nbformat.v4.new_code_cell(variant.code) for variant in pack.variants]
    return notebook


def _chain(variant: Variant) -> tuple[str, ...]:
    return variant.chain or (variant.question,)
