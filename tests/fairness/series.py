"""Many variants in one notebook, one after the other, so that a kernel's start and a training serve them all.

In a copy of the assignment, each variant is a question of its own, with the test cases of the question that it answers.
Its code and its check stand in the student notebook where that question's answer stands, after everything above it; in
between, names, trained weights and what models were compiled with are put back to what they were.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
import tomlkit
from nbformat import NotebookNode

from autograder.assignment import Assignment
from autograder.assignment.answer_cells import fill, question_of
from fairness import plain
from fairness.variants import Variant

#: Which questions share notebooks, those that take longest first, and how many variants a notebook takes.
GROUPS: tuple[tuple[tuple[str, ...], int], ...] = (
    (("convnet_adam",), 8),
    (("convnet_results",), 8),
    (("mlp_norm",), 12),
    (("lenet_adam",), 20),
    (("lenet_results",), 20),
    (("mlp_results",), 30),
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
    return names, [(one, one.get_weights(), one.get_compile_config(), getattr(one, 'optimizer', None)) for one in models]


def _restore(kept):
    names, models = kept
    for name in [name for name in globals() if not name.startswith("_") and name not in names]:
        del globals()[name]
    globals().update(names)
    for model, values, compiled, optimizer in models:
        model.set_weights(values)
        if optimizer is not None and model.optimizer is not optimizer:
            model.compile_from_config(compiled)
            model.optimizer = optimizer
"""


@dataclass(frozen=True)
class Series:
    """Variants by the id of the question that stands for each, and the accuracies that they ask for."""

    variants: Mapping[str, Variant]
    thresholds: Mapping[str, float]


def series(variants: Sequence[Variant]) -> list[Series]:
    """All variants in few series, those first that take longest; those that ask for accuracies are one of their own."""
    asking = [variant for variant in variants if variant.thresholds]
    asked = {model: value for variant in asking for model, value in variant.thresholds.items()}
    made = (
        [Series({f"{one.question}_asking_{number}": one for number, one in enumerate(asking)}, asked)] if asking else []
    )
    for questions, most in GROUPS:
        of_it = [one for one in variants if one.question in questions and not one.thresholds]
        for start in range(0, len(of_it), most):
            chosen = {f"{one.question}_{start + number}": one for number, one in enumerate(of_it[start : start + most])}
            made.append(Series(chosen, {}))
    return made


def write(one: Series, assignment: Assignment, folder: Path) -> tuple[Assignment, NotebookNode]:
    """The copy of the assignment, made in ``folder``, and the notebook."""
    ignore = shutil.ignore_patterns("samples", "tests", "questions.json")
    shutil.copytree(assignment.folder, folder, ignore=ignore, dirs_exist_ok=True)
    course = tomlkit.parse((folder / "course.toml").read_text(encoding="utf-8"))
    course.pop("rubric", None)  # of written questions, which are none of these
    (folder / "course.toml").write_text(tomlkit.dumps(course), encoding="utf-8")
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
            cells.append(_cell("_restore(_kept)"))
            cells += [_cell(source) for source in _before(variant, code[:index])]
            cells += [_cell(variant.code), _cell(f"grader.check({id!r})")]
            if variant.question in ("mlp", "lenet") and (variant.right or "class " in variant.code):
                # It may learn only in training what its input is.
                cells += [_cell(_edited(given, variant)) for given in _training(code[index + 1 :])]
            del left[id]
        if here:
            cells.append(_cell("_restore(_kept)"))
        if not left:
            break
        cells.append(cell)
    assert not left, f"{list(left.values())}: the student notebook has no answer cell for them"
    notebook.cells = cells
    return notebook


def _before(variant: Variant, above: list[NotebookNode]) -> list[str]:
    """What is to be run again above a variant that changes given code, or earlier answers of its chain."""
    if not variant.edits and not variant.needs:
        return []
    chain = plain.chain(variant)
    places = [index for index, cell in enumerate(above) if chain and question_of(cell) == chain[0]]
    training = _training(above[places[0] + 1 :]) if places else []
    sources = []
    for cell in above:
        question = question_of(cell)
        if question is None:
            source = _edited(cell, variant)
            if source != cell.source or any(cell is given for given in training):
                sources.append(source)
        elif question in chain:
            sources.append(variant.needs.get(question, cell.source))
    return sources


def _edited(cell: NotebookNode, variant: Variant) -> str:
    source = str(cell.source)
    for find, replace in variant.edits:
        source = source.replace(find, replace)
    return source


def _training(following: list[NotebookNode]) -> list[NotebookNode]:
    """The given cells up to the last that compiles or trains the model of a question, before an answer needs it."""
    found: list[NotebookNode] = []
    between: list[NotebookNode] = []
    for cell in following:
        if question_of(cell) is not None:
            if found:
                break
        elif ".compile(" in cell.source or ".fit(" in cell.source:
            found += [*between, cell]
            between = []
        elif "grader.check" not in cell.source:
            between.append(cell)
    return found


def _cell(source: str) -> NotebookNode:
    cell: NotebookNode = nbformat.v4.new_code_cell(source)
    return cell
