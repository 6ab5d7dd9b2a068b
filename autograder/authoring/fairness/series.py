"""Many variants in one notebook, one after the other, so that they share the start of a kernel and a training.

In a copy of the assignment, each variant is a question of its own, with the test cases of the question that it answers.
Its code and its check stand in the student notebook in place of that question's answer, after everything above it.
Between two variants, names, trained weights and what models were compiled with are set back.
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
from autograder.authoring.fairness.variants import Variant
from autograder.errors import ConfigError

#: Two functions of the notebook: what they keep is names of the lab and its Keras models.
TOOLS = """
def _remember():
    import sys

    names = {name: value for name, value in globals().items() if not name.startswith("_")}
    keras = sys.modules.get("keras")
    models = [value for value in names.values() if keras and isinstance(value, keras.Model) and value.built]
    return names, [
        (model, model.get_weights(), model.get_compile_config(), getattr(model, "optimizer", None)) for model in models
    ]


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
    """All variants in few series, those first that take longest; variants with thresholds are a series of their own."""
    asking = [variant for variant in variants if variant.thresholds]
    thresholds = {model: accuracy for variant in asking for model, accuracy in variant.thresholds.items()}
    by_id = {f"{variant.question}_asking_{number}": variant for number, variant in enumerate(asking)}
    all_series = [Series(by_id, thresholds)] if asking else []
    notebooks: dict[str, list[Variant]] = {}
    for variant in variants:
        if not variant.thresholds:
            notebooks.setdefault(variant.notebook, []).append(variant)
    for group in sorted(notebooks.values(), key=_size):
        ids = [f"{variant.question}_{number}" for number, variant in enumerate(group)]
        for start in range(0, len(group), _size(group)):
            part = slice(start, start + _size(group))
            all_series.append(Series(dict(zip(ids[part], group[part], strict=True)), {}))
    return all_series


def _size(group: Sequence[Variant]) -> int:
    """How many variants of a group a notebook takes."""
    return min(variant.per_notebook for variant in group)


def write(series: Series, assignment: Assignment, folder: Path) -> tuple[Assignment, NotebookNode]:
    """The copy of the assignment for a series, made in ``folder``, and the notebook."""
    _copy_settings(assignment, folder)
    entries = {entry["id"]: entry for entry in json.loads((assignment.folder / "questions.json").read_text())}
    (folder / "tests").mkdir()
    if assignment.test_files.is_dir():
        shutil.copytree(assignment.test_files, folder / "tests" / "files")
    for id, variant in series.variants.items():
        shutil.copy(assignment.test_file(variant.question), folder / "tests" / f"{id}.py")
    questions = [entries[variant.question] | {"id": id} for id, variant in series.variants.items()]
    (folder / "questions.json").write_text(json.dumps(questions), encoding="utf-8")
    student = nbformat.read(assignment.course.student, as_version=4)
    return Assignment.load(folder), _notebook(series, student)


def _copy_settings(assignment: Assignment, folder: Path) -> None:
    """Copy all of an assignment but its questions and test files; without rubrics, which are of written questions."""
    ignore = shutil.ignore_patterns("samples", "tests", "variants", "questions.json")
    shutil.copytree(assignment.folder, folder, ignore=ignore, dirs_exist_ok=True)
    path = folder / "course.toml"
    if path.is_file():
        course = tomlkit.parse(path.read_text(encoding="utf-8-sig"))
        course.pop("rubric", None)
        path.write_text(tomlkit.dumps(course), encoding="utf-8")


def _notebook(series: Series, student: NotebookNode) -> NotebookNode:
    answers = {id: answer for variant in series.variants.values() for id, answer in variant.plain.items()}
    notebook = fill(student, answers)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    cells, missing = [_cell(TOOLS)], dict(series.variants)
    for index, cell in enumerate(code):
        here = {id: variant for id, variant in missing.items() if variant.question == question_of(cell)}
        if here:
            cells.append(_cell("_kept = _remember()"))
        for id, variant in here.items():
            cells.append(_cell("_restore(_kept)"))
            cells += [_cell(source) for source in _before(variant, code[:index])]
            cells += [_cell(variant.code), _cell(f"grader.check({id!r})")]
            if variant.trained:
                cells += [_cell(_edited(given, variant)) for given in _training(code[index + 1 :])]
            del missing[id]
        if here:
            cells.append(_cell("_restore(_kept)"))
        cells.append(cell)  # its names do not count as lost, whichever variants raised
        if not missing:
            break
    for variant in missing.values():
        raise ConfigError(f"the student notebook has no answer cell for question '{variant.question}'")
    notebook.cells = cells
    return notebook


def _before(variant: Variant, above: list[NotebookNode]) -> list[str]:
    """The cells to run again above a variant that changes given code, or earlier answers of its chain."""
    if not variant.edit and not variant.needs:
        return []
    chain = variant.chain
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
    for edit in variant.edit:
        source = source.replace(edit.find, edit.replace)
    return source


def _training(following: list[NotebookNode]) -> list[NotebookNode]:
    """The given cells up to the last that compiles or trains the model of a question, before an answer needs it."""
    cells: list[NotebookNode] = []
    between: list[NotebookNode] = []
    for cell in following:
        if question_of(cell) is not None:
            if cells:
                break
        elif ".compile(" in cell.source or ".fit(" in cell.source:
            cells += [*between, cell]
            between = []
        elif "grader.check" not in cell.source:
            between.append(cell)
    return cells


def _cell(source: str) -> NotebookNode:
    cell: NotebookNode = nbformat.v4.new_code_cell(source)
    return cell
