"""Many variants in one notebook, one after the other, so that a kernel's start and a training serve them all.

In a copy of the assignment, each variant is a question of its own, with the test cases of the question that it answers.
Its code and its check stand in the student notebook where that question's answer stands, after everything above it; in
between, names and trained weights are put back to what they were.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.answers import fill, question_of
from autograder.assignment import Assignment
from fairness import plain
from fairness.variants import Variant

#: Which questions share notebooks, those that take longest first, and how many variants a notebook takes.
GROUPS: tuple[tuple[tuple[str, ...], int], ...] = (
    (("convnet_adam",), 5),
    (("convnet_results",), 5),
    (("mlp_norm",), 8),
    (("lenet_adam",), 20),
    (("lenet_results",), 20),
    (("mlp_results",), 20),
    (("mlp",), 100),
    (("convnet",), 100),
    (("lenet",), 100),
    (("sizes", "balance", "examples", "mlp_params", "kernel_shape", "edges"), 1000),
    (("conv_shapes", "max_pooling", "lenet_params"), 1000),
)

TOOLS = """
def _remember():
    import keras

    names = {name: value for name, value in globals().items() if not name.startswith("_")}
    models = [value for value in names.values() if isinstance(value, keras.Model) and value.built]
    return names, [(model, model.get_weights()) for model in models]


def _restore(kept):
    names, weights = kept
    for name in [name for name in globals() if not name.startswith("_") and name not in names]:
        del globals()[name]
    globals().update(names)
    for model, values in weights:
        model.set_weights(values)
"""


@dataclass(frozen=True)
class Series:
    """Variants by the id of the question that stands for each."""

    variants: Mapping[str, Variant]


def series(variants: Sequence[Variant]) -> list[Series]:
    """All variants in few series, those first that take longest."""
    made = []
    for questions, most in GROUPS:
        of_it = [variant for variant in variants if variant.question in questions]
        for start in range(0, len(of_it), most):
            chosen = of_it[start : start + most]
            made.append(Series({f"{one.question}_{start + number}": one for number, one in enumerate(chosen)}))
    return made


def write(one: Series, assignment: Assignment, folder: Path) -> tuple[Assignment, NotebookNode]:
    """The copy of the assignment, made in ``folder``, and the notebook."""
    ignore = shutil.ignore_patterns("samples", "tests", "questions.json")
    shutil.copytree(assignment.folder, folder, ignore=ignore, dirs_exist_ok=True)
    entries = {entry["id"]: entry for entry in json.loads((assignment.folder / "questions.json").read_text())}
    (folder / "tests").mkdir()
    for id, variant in one.variants.items():
        shutil.copy(assignment.test_file(variant.question), folder / "tests" / f"{id}.py")
    questions = [entries[variant.question] | {"id": id} for id, variant in one.variants.items()]
    (folder / "questions.json").write_text(json.dumps(questions), encoding="utf-8")
    student = nbformat.read(assignment.course.student, as_version=4)
    return Assignment.load(folder), _notebook(one, student)


def _notebook(one: Series, student: NotebookNode) -> NotebookNode:
    notebook = fill(student, plain.answers(one.variants.values()))
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    cells, left = [_cell(TOOLS)], dict(one.variants)
    for index, cell in enumerate(code):
        here = {id: variant for id, variant in left.items() if variant.question == question_of(cell)}
        if here:
            cells.append(_cell("_kept = _remember()"))
        for id, variant in here.items():
            cells += [_cell("_restore(_kept)"), _cell(variant.code), _cell(f"grader.check({id!r})")]
            if variant.right and variant.question in (
                "mlp",
                "lenet",
            ):  # one may learn only in training what its input is
                cells += [_cell(given.source) for given in _training(code[index + 1 :])]
            del left[id]
        if here:
            cells.append(_cell("_restore(_kept)"))
        if not left:
            break
        cells.append(cell)
    assert not left, f"{list(left.values())}: the student notebook has no answer cell for them"
    notebook.cells = cells
    return notebook


def _training(following: list[NotebookNode]) -> list[NotebookNode]:
    """The given cells that compile and train the model of a question, up to the first whose answer needs them."""
    found = []
    for cell in following:
        if ".compile(" in cell.source or ".fit(" in cell.source:
            found.append(cell)
        elif found and question_of(cell) is not None:
            break
    return found


def _cell(source: str) -> NotebookNode:
    cell: NotebookNode = nbformat.v4.new_code_cell(source)
    return cell
