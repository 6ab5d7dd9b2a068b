"""``keras.datasets`` takes the grader's arrays; Keras's own functions, and nothing else, decide what becomes of them."""

from __future__ import annotations

import os
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import keras_data
import numpy as np
import pytest

from autograder.datasets.arrays import load
from autograder.datasets.built_in import AXES
from autograder.datasets.convert import convert
from autograder.datasets.npz import stored
from autograder.errors import DataError
from autograder.networks import keras_datasets

pytestmark = pytest.mark.keras


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return keras_data.write(tmp_path_factory.mktemp("data"))


@pytest.fixture
def restored() -> Iterator[None]:
    """Keras's functions are afterwards what they were."""
    modules = [getattr(keras.datasets, name) for name in AXES]
    functions = [getattr(module, name, None) for module in modules for name in ("load_data", "get_word_index")]
    codes = [(one, one.__code__, one.__defaults__) for one in functions if one is not None]
    yield
    for function, code, defaults in codes:
        function.__code__, function.__defaults__ = code, defaults
        function.__dict__.pop("__wrapped__", None)


def provide(name: str, path: Path) -> None:
    keras_datasets.provide(name, lambda: {key: array.copy() for key, array in load(path).items()})


def test_all_of_keras_are_known() -> None:
    assert sorted(AXES) == sorted(module.name for module in pkgutil.iter_modules(keras.datasets.__path__))


@pytest.mark.parametrize("name", ["boston_housing", "california_housing"])
def test_whole_arrays_are_split_as_keras_splits_them(files: dict[str, Path], name: str) -> None:
    ours = load(files[name])
    (x_train, y_train), (x_test, y_test) = keras_datasets.loader(name, lambda: load(files[name]))()

    for part, array in {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}.items():
        assert np.array_equal(ours[part], array)


@pytest.mark.usefixtures("restored")
def test_what_keras_gives_is_kept_as_it_was_before_keras_shuffled_it(files: dict[str, Path], tmp_path: Path) -> None:
    for name, path in files.items():
        provide(name, path)
        convert(name, tmp_path / "kept.npz")

        expected, kept = stored(path), stored(tmp_path / "kept.npz")
        assert kept.keys() == expected.keys()
        assert all(np.array_equal(kept[key], expected[key]) for key in kept)


@pytest.mark.usefixtures("restored")
def test_a_dataset_that_the_course_does_not_name_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*arguments: Any, **keywords: Any) -> None:
        raise OSError("no network")

    monkeypatch.setitem(keras.datasets.cifar10.load_data.__globals__, "get_file", fails)
    for name in AXES:
        keras_datasets.explain(name, f"{name} is not here")

    with pytest.raises(OSError, match=r"^cifar10 is not here \(no network\)$"):
        keras.datasets.cifar10.load_data()
    with pytest.raises(DataError, match=r"^cifar10: Keras could not get it \(cifar10 is not here"):
        convert("cifar10", tmp_path / "none.npz")


@pytest.mark.long
def test_only_the_error_is_said_of_a_dataset_that_cannot_be_downloaded(tmp_path: Path) -> None:
    away = {"KERAS_HOME": str(tmp_path), "AUTOGRADER_CACHE": str(tmp_path), "https_proxy": "http://127.0.0.1:9"}
    command = [sys.executable, "-m", "autograder", "dataset", "mnist"]
    done = subprocess.run(command, env=os.environ | away, capture_output=True, text=True)

    assert done.returncode == 2, done.stderr
    [said] = done.stderr.splitlines()
    assert said.startswith("Error: mnist: Keras could not get it (")
