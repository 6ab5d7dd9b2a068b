"""Ten ordinary submissions, which must get in the company of hostile ones what they get alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.assignment.answer_cells import fill
from hostile.attacks import BASES, NETWORK

_RIGHT, _WRONG = BASES["right"], BASES["wrong"]
_TRAINED = """
(x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
network.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
network.fit(x_train[:2000] / 255, y_train[:2000], epochs=1, verbose=0)
score_network = network.evaluate(x_test / 255, y_test, batch_size=1000, verbose=0)
"""

#: By name: the score, and the answers. One that is left out stays as the student version has it.
ORDINARY: Mapping[str, tuple[float, Mapping[str, str]]] = {
    "ordinary-all-right": (7, {**_RIGHT, **NETWORK, "why": "Because it was never trained."}),
    "ordinary-trained": (7, {**_RIGHT, **NETWORK, "score_network": _TRAINED}),
    "ordinary-without-network": (4, _RIGHT),
    "ordinary-all-wrong": (0, _WRONG),
    "ordinary-untouched": (0, {}),
    "ordinary-one-error": (3, {**_RIGHT, "table": "table = missing"}),
    "ordinary-as-floats": (4, {**_RIGHT, "total": "total = 6.0", "table": "table = [[0.0, 1, 2], [3, 4, 5]]"}),
    "ordinary-wrong-words": (3, {**_RIGHT, "words": 'words = {"even": ["two"], "odd": ["one", "three"]}'}),
    "ordinary-numbers-only": (3.5, {**_RIGHT, "square": "def square(x):\n    return x**2"}),
    "ordinary-random": (4, {**_RIGHT, "total": "import random\n\ntotal = sum(random.sample([1, 2, 3], 3))"}),
}


def make(name: str, folder: Path, student: NotebookNode, canary: str) -> None:
    """Write an ordinary notebook; ``canary`` is a word in it that no other student may see."""
    notebook = fill(student, ORDINARY[name][1])
    notebook.cells.append(nbformat.v4.new_markdown_cell(f"A note to myself: {canary}"))
    nbformat.write(notebook, folder / "hostile.ipynb")
