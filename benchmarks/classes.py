"""A class of notebooks, generated: 60 % train what the lab asks, each written in a different way, 30 % change one
training (each training equally often), 10 % are broken. The same seed gives the same class,
a small one the start of a large one.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.assignment import Assignment
from autograder.assignment.answer_cells import fill, question_of
from benchmarks.answers import answers
from benchmarks.networks import GIVEN, STANDARD, Habits, Training, optimizer_code, own

SEED = 20_211


class Kind(StrEnum):
    """What sort of notebook a student hands in."""

    STANDARD = "standard"
    OWN = "own"
    BROKEN = "broken"


#: The share of each kind in a class.
SHARES = {Kind.STANDARD: 0.6, Kind.OWN: 0.3, Kind.BROKEN: 0.1}
BREAKS = ("raises", "half done", "wrong names")

_SCRATCH = (
    "x_train.shape, x_train.dtype",
    "print(y_train[:20])",
    'plt.imshow(x_train[7], cmap="gray")\nplt.show()',
    "# trying things out\nnp.unique(y_test)",
    "x_train.min(), x_train.max()",
)
_WRONG_NAMES = {
    "N_train": "n_train",
    "train_counts": "train_count",
    "example_index": "examples",
    "mlp": "model",
    "mlp_norm": "model_norm",
    "LeNet": "lenet",
    "ConvNet": "cnn",
    "pool_layer": "pooling",
}
_RAISES = {
    "mlp_norm": 'raise ValueError("still to do: why is this so slow?")',
    "lenet_adam": "LeNet_adam.fit(x_train_flatten, y_train, batch_size=128, epochs=1)",
    "convnet": "ConvNet.add(Dense(10, activation=softmax))",
    "convnet_results": "score_ConvNet = ConvNet.evaluate(x_test_conv, y_tests)",
}


@dataclass(frozen=True)
class Student:
    """One notebook of a class; ``name`` is its file's stem, ``detail`` what is its own, or how it is broken."""

    name: str
    kind: Kind
    detail: str
    notebook: NotebookNode


def kinds(size: int) -> list[Kind]:
    """The kinds of a class in order: at each place the one that is furthest behind its share, the larger one first."""
    order: list[Kind] = []
    for place in range(1, size + 1):
        order.append(max(SHARES, key=lambda kind: round(SHARES[kind] * place - order.count(kind), 6)))
    return order


def generate(assignment: Assignment, size: int, seed: int = SEED) -> list[Student]:
    """The first ``size`` students of the class of that seed."""
    blank: NotebookNode = nbformat.read(assignment.course.student, as_version=4)
    order = kinds(size)
    return [
        _student(assignment, blank, place, kind, order[:place].count(kind), seed) for place, kind in enumerate(order)
    ]


def varied(nth: int, seed: int = SEED) -> str:
    """The training that the ``nth`` student with one of their own varies: they take turns, each turn in another order.

    So no class has, by chance, nearly all its variants among the dearest networks or the cheapest.
    """
    turn, place = divmod(nth, len(STANDARD))
    return random.Random(f"{seed} turn {turn}").sample(sorted(STANDARD), len(STANDARD))[place]


def write(students: list[Student], folder: Path) -> list[Path]:
    """Write the notebooks of a class into a folder, one file each."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{student.name}.ipynb" for student in students]
    for path, student in zip(paths, students, strict=True):
        nbformat.write(student.notebook, path)
    return paths


def _student(assignment: Assignment, blank: NotebookNode, place: int, kind: Kind, nth: int, seed: int) -> Student:
    """``nth`` counts the students of the kind before this one, so that what is varied or broken takes turns."""
    rng = random.Random(f"{seed} {place}")
    habits = Habits.draw(rng)
    trainings = dict(STANDARD)
    detail = ""
    if kind is Kind.OWN:
        detail = varied(nth, seed)
        trainings |= {detail: own(detail, rng)}
    given = answers(assignment.folder / "sheets", habits, trainings, rng)
    if kind is Kind.BROKEN:
        detail = BREAKS[nth % len(BREAKS)]
        given = _broken(given, detail, [question.id for question in assignment.questions], rng)
    notebook = fill(blank, {question: cells[0] for question, cells in given.items()})
    _edit_given(notebook, trainings, habits)
    _lay_out(notebook, given, rng)
    name = f"{place + 1:03d}_{kind}"
    return Student(name, kind, detail, _identified(notebook))


def _broken(
    given: Mapping[str, tuple[str, ...]], way: str, order: list[str], rng: random.Random
) -> dict[str, tuple[str, ...]]:
    """Answers that a student has not finished, or not got right."""
    if way == "half done":
        last = rng.choice(["edges", "conv_shapes", "lenet", "lenet_params"])
        return {question: given[question] for question in order[: order.index(last)] if question in given}
    if way == "raises":
        question = rng.choice(sorted(_RAISES))
        return {**given, question: (*given[question][:-1], f"{_RAISES[question]}\n{given[question][-1]}")}
    names = rng.sample(sorted(_WRONG_NAMES), rng.choice([3, 4, 5]))
    pattern = re.compile(rf"\b({'|'.join(names)})\b")
    return {
        question: tuple(pattern.sub(lambda found: _WRONG_NAMES[found[0]], cell) for cell in cells)
        for question, cells in given.items()
    }


def _edit_given(notebook: NotebookNode, trainings: Mapping[str, Training], habits: Habits) -> None:
    """Change the numbers in the cells that compile and train two of the networks, as students do in place."""
    for name in GIVEN:
        training, standard = trainings[name], STANDARD[name]
        if training == standard:
            continue
        edits = {
            f"optimizer={standard.optimizer}()": f"optimizer={optimizer_code(training, habits)}",
            f"batch_size = {standard.batch_size}": f"batch_size = {training.batch_size}",
            f"epochs = {standard.epochs}": f"epochs = {training.epochs}",
        }
        for cell in notebook.cells:
            if (
                cell.cell_type == "code"
                and re.search(rf"\b{name}\.(compile|fit)\(", cell.source)
                and not question_of(cell)
            ):
                for old, new in edits.items():
                    cell.source = cell.source.replace(old, new)


def _lay_out(notebook: NotebookNode, given: Mapping[str, tuple[str, ...]], rng: random.Random) -> None:
    """Arrange the cells as students do: answers over several cells, cells of their own, some moved, some deleted."""
    if rng.random() < 0.3:
        notebook.cells = [cell for cell in notebook.cells if not cell.source.startswith("# %load")]
    for question, cells in given.items():
        if further := cells[1:]:
            place = _place(notebook, question) + 1
            notebook.cells[place:place] = [nbformat.v4.new_code_cell(source) for source in further]
    for question, network, before in (("mlp_params", "mlp.", "mlp"), ("lenet_params", "LeNet.", "lenet")):
        if question in given and network not in given[question][0] and rng.random() < 0.3:
            _move(notebook, question, before)
    for source in rng.sample(_SCRATCH, rng.choice([0, 1, 2, 3])):
        place = rng.choice([_place(notebook, question) for question in ("examples", "mlp", "kernel_shape", "lenet")])
        notebook.cells.insert(place, nbformat.v4.new_code_cell(source))


def _move(notebook: NotebookNode, question: str, before: str) -> None:
    """Move an answer and the check below it to before another answer."""
    start = _place(notebook, question)
    moved = notebook.cells[start : start + 2]
    del notebook.cells[start : start + 2]
    place = _place(notebook, before)
    notebook.cells[place:place] = moved


def _place(notebook: NotebookNode, question: str) -> int:
    return next(place for place, cell in enumerate(notebook.cells) if question_of(cell) == question)


def _identified(notebook: NotebookNode) -> NotebookNode:
    """The notebook with cell ids that depend on nothing but what it holds."""
    for place, cell in enumerate(notebook.cells):
        cell["id"] = hashlib.sha256(f"{place} {cell.cell_type} {cell.source}".encode()).hexdigest()[:12]
    return notebook
