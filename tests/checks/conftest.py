"""The fixtures of evidence, objects of a kernel without the kernel, and networks on datasets to be measured."""

from __future__ import annotations

import builtins
import inspect
import random
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from evidence.conftest import absent, carried, carry, read, rejected

from autograder.checks.reference import Reference
from autograder.checks.remote import Remote
from autograder.checks.remote_objects import know_remote_objects
from autograder.kernel.rpc_server import RpcServer
from autograder.networks.pixels import Pixels

__all__ = ["absent", "carried", "carry", "read", "rejected"]
Distant = Callable[..., Any]


@pytest.fixture
def remotely() -> Distant:
    """A remote object for a value, over everything between checker and kernel but the kernel.

    It is used by a test case that names ``classes``.
    """

    def remote_object(value: Any, *classes: str) -> Any:
        remote = Remote(with_its_own_random_numbers(RpcServer({"q": {"f": value}}, lambda: None, {}, {}).answer))
        remote.begin(classes)
        return remote.object("q", "f")

    return remote_object


def with_its_own_random_numbers(answer: Callable[[str], str]) -> Callable[[str], str]:
    """Answers as another process gives them."""
    theirs: list[Any] = [np.random.get_state(), random.getstate()]

    def apart(request: str) -> str:
        mine = np.random.get_state(), random.getstate()
        np.random.set_state(theirs[0])
        random.setstate(theirs[1])
        try:
            return answer(request)
        finally:
            theirs[:] = np.random.get_state(), random.getstate()
            np.random.set_state(mine[0])
            random.setstate(mine[1])

    return apart


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's functions know remote objects, as in a checker's process."""
    changed = (
        (inspect, "getsource"),
        (inspect, "getsourcelines"),
        (inspect, "isabstract"),
        (inspect, "get_annotations"),
        (typing, "get_type_hints"),
    )
    for module, name in (*changed, (builtins, "issubclass")):
        monkeypatch.setattr(module, name, getattr(module, name))  # and takes it back
    know_remote_objects()


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten classes of 28×28 images: class k has a bright band in rows 2k to 2k + 4; one label in ten is random."""
    rng = np.random.default_rng(0)

    def make(count: int) -> tuple[np.ndarray, np.ndarray]:
        labels = rng.integers(0, 10, count).astype(np.uint8)
        images = rng.integers(0, 120, (count, 28, 28))
        for image, label in zip(images, labels, strict=True):
            image[2 * label : 2 * label + 4] += 100
        wrong = rng.random(count) < 0.1
        return images.astype(np.uint8), np.where(wrong, rng.integers(0, 10, count), labels).astype(np.uint8)

    (x_train, y_train), (x_test, y_test) = make(2000), make(1000)
    path = tmp_path_factory.mktemp("data") / "bands.npz"
    np.savez(path, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    return path


@pytest.fixture(scope="module")
def trained(dataset: Path) -> Any:
    """A classifier trained on pixels scaled to [0, 1]."""
    import keras

    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(10, activation="softmax")])
    model.compile(optimizer=keras.optimizers.Adam(0.02), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    data = np.load(dataset)
    model.fit(data["x_train"].reshape(-1, 784) / 255, data["y_train"], epochs=8, verbose=0)
    return model


@pytest.fixture
def inputs(dataset: Path) -> tuple[np.ndarray, np.ndarray]:
    data = np.load(dataset)
    return data["x_test"].reshape(-1, 784) / 255, data["y_test"]


@pytest.fixture
def reference(dataset: Path) -> Reference:
    return Reference(dataset, {"low": 0.1, "high": 0.999})


@pytest.fixture(scope="module")
def regression(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path, np.ndarray, np.ndarray]:
    """A network that gives three times the sum of two numbers, its dataset, and the test samples and labels in it."""
    import keras

    rng = np.random.default_rng(0)
    x = rng.random((100, 2))
    y = 3 * x.sum(axis=1) + rng.normal(0, 0.2, 100)
    path = tmp_path_factory.mktemp("data") / "sums.npz"
    np.savez(path, x_train=x, y_train=y, x_test=x[:50], y_test=y[:50])
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(loss="mse", metrics=["mae"])
    model.set_weights([np.full((2, 1), 3.0), np.zeros(1)])
    return model, path, x[:50], y[:50]


class Given:
    """What the trainer saw: every network was given pixels that were made so, and ``trained`` with these (None: all)."""

    def __init__(self, *seen: Pixels, trained: list[Pixels] | None = None, validated: bool = False) -> None:
        self.seen = list(seen)
        self._trained = self.seen if trained is None else trained
        self._validated = validated

    def of(self, model: Any) -> list[Pixels]:
        return self.seen

    def trained_with(self, model: Any) -> list[Pixels]:
        return self._trained

    def validated(self, model: Any) -> bool:
        return self._validated


INVERTED = Pixels((255.0,), (-255.0,))
