"""Dataset files hold plain arrays of any shape, also sequences; nothing in them is unpickled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.datasets import npz
from autograder.datasets.arrays import load
from autograder.datasets.built_in import loaded_in
from autograder.errors import DataError


def test_sequences_are_lists_as_keras_has_them(tmp_path: Path) -> None:
    path = tmp_path / "texts.npz"
    x = {"x_train": [1, 2, 3], "x_train_lengths": [2, 0, 1], "x_test": [4], "x_test_lengths": [1]}
    np.savez(path, y_train=[0, 1, 0], y_test=[1], **x)  # type: ignore[arg-type]

    npz.read(path, "imdb")
    assert [array.tolist() for name, array in sorted(load(path).items()) if name[0] == "x"] == [
        [[4]],
        [[1, 2], [], [3]],
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x_train_lengths": [2, 2]}, "x_train_lengths must hold whole numbers that add up to the 3 of x_train"),
        ({"x_train_lengths": [4, -1]}, "x_train_lengths must hold whole numbers that add up"),
        ({"x_train_lengths": [1.5, 1.5]}, "x_train_lengths must hold whole numbers that add up"),
        ({"x_train_lengths": [2**63 - 1, 2**63 - 1, 5]}, "x_train_lengths must hold whole numbers that add up"),
        ({"x_train_lengths": [3]}, "y_train must hold a label for each of 1 samples"),
        (
            {"x_train": np.zeros((2, 4)), "x_train_lengths": None},
            "x_train must hold samples as sequences, with x_train_l",
        ),
    ],
)
def test_sequences_that_break_a_rule_are_errors(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    given = {"x_train": [1, 2, 3], "x_train_lengths": [2, 1], "y_train": [0, 1], **TEST} | changes
    path = tmp_path / "imdb.npz"
    np.savez(path, **{name: value for name, value in given.items() if value is not None})

    with pytest.raises(DataError, match=message):
        npz.read(path, "imdb")


TEST = {"x_test": [4], "x_test_lengths": [1], "y_test": [1]}


def test_the_datasets_that_code_loads_are_found() -> None:
    sources = [
        "mnist.load_data()",
        "from keras.datasets.imdb import load_data",
        "keras.datasets.cifar10",
        "x.reuters()",
    ]
    assert loaded_in(sources) == ["cifar10", "imdb", "mnist"]
