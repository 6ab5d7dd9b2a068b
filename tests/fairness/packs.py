"""Variants whose code stands at the end of the notebook, long after their check: in notebooks with few others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import nbformat
from nbformat import NotebookNode

from autograder.assignment.answer_cells import fill
from fairness import plain
from fairness.variants import Variant


def is_late(variant: Variant) -> bool:
    """Whether a variant is for a pack: what a later cell defines is taken only when all has run."""
    return variant.place == "end"


@dataclass(frozen=True)
class Pack:
    """Variants that go into one notebook: of different chains, so that none changes what another builds on."""

    variants: tuple[Variant, ...]

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
    """The student notebook with the variants of a pack at its end, and plain answers to what they build on."""
    answers = plain.answers(held.variants)
    for variant in held.variants:
        answers.pop(variant.question, None)
    notebook = fill(student, answers)
    notebook.cells += [nbformat.v4.new_code_cell(variant.code) for variant in held.variants]
    return notebook
