"""A real trainer: a fork server with Keras, a store, and a request server at the other end of a socket."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from autograder.assignment.profile import Budget, Limits
from autograder.datasets.find import Dataset
from autograder.kernel import fit_hook
from autograder.kernel.first_weights import FirstWeights
from autograder.kernel.trainer_client import Client
from autograder.sandbox import bubblewrap
from autograder.sandbox.environment import plain_environment
from autograder.sandbox.forkserver import ForkServer
from autograder.training.engines.tensorflow import TensorFlowEngine
from autograder.training.requests import RequestServer
from autograder.training.store import Store
from autograder.training.trainer import Trainer


@pytest.fixture(scope="session")
def array_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("trainer")


@pytest.fixture(scope="session")
def small_digits(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """A dataset of a few images of 28×28 pixels, in two classes."""
    rng = np.random.default_rng(0)
    path = tmp_path_factory.mktemp("digits") / "digits.npz"
    images, labels = rng.integers(0, 256, (800, 28, 28), np.uint8), np.arange(800, dtype=np.uint8) % 2
    np.savez(path, x_train=images, y_train=labels, x_test=images[:600], y_test=labels[:600])
    return Dataset("digits", path, "digits", "digits.npz", "abc")


@pytest.fixture(scope="session")
def trainer_server(array_folder: Path, small_digits: Dataset) -> Iterator[ForkServer]:
    isolated = bubblewrap.decide(bubblewrap.Isolation.AUTO)
    modules = ["autograder.checks.preload", "autograder.networks.preload"]
    visible = [small_digits.path]
    trainer_server = ForkServer(
        modules, plain_environment(threads=1), visible=visible, shared=array_folder, isolated=isolated
    )
    yield trainer_server
    trainer_server.close()


@pytest.fixture
def make_trainer(trainer_server: ForkServer, array_folder: Path, tmp_path: Path) -> Callable[..., Trainer]:
    """Make a trainer, with a store of its own unless one is given."""

    def make_trainer(
        store: Store | str | None = "own",
        seconds: float = 100,
        wall_factor: float = 1,
        datasets: tuple[Dataset, ...] = (),
        slots: int = 2,
        threads: int = 1,
        kind: type[Trainer] = Trainer,
    ) -> Trainer:
        used = Store(tmp_path / "store") if store == "own" else store
        assert not isinstance(used, str)
        engine = TensorFlowEngine(
            trainer_server, datasets, threads=threads, slots=slots, seconds=seconds, wall_factor=wall_factor
        )
        return kind(engine, array_folder, used, datasets=datasets)

    return make_trainer


@pytest.fixture
def trainer(make_trainer: Callable[..., Trainer]) -> Trainer:
    return make_trainer()


@pytest.fixture
def serve_requests() -> Iterator[Callable[..., tuple[socket.socket, RequestServer]]]:
    """Start a request server; gives the kernel's end of its socket, and the server."""
    opened: list[tuple[socket.socket, socket.socket, RequestServer]] = []

    def serve_requests(
        trainer: Trainer, budget: Budget | None = None, limits: Limits | None = None
    ) -> tuple[socket.socket, RequestServer]:
        ours, theirs = socket.socketpair()
        requests = RequestServer(ours, trainer, budget or Budget(), limits or Limits())
        opened.append((ours, theirs, requests))
        return theirs, requests

    yield serve_requests
    for ours, theirs, requests in opened:
        theirs.close()
        requests.finish()
        ours.close()


@pytest.fixture
def first_weights() -> FirstWeights:
    """Those of the notebook that this process is (see ``asking_trainer``)."""
    return FirstWeights(1)


@pytest.fixture
def asking_trainer(
    trainer: Trainer,
    first_weights: FirstWeights,
    serve_requests: Callable[..., tuple[socket.socket, RequestServer]],
    monkeypatch: pytest.MonkeyPatch,
) -> RequestServer:
    """Have Keras's models in this process ask a trainer, as they do in a kernel."""
    import keras

    connection, requests = serve_requests(trainer)
    for name in ("fit", "evaluate", "predict"):
        monkeypatch.setattr(keras.Model, name, getattr(keras.Model, name))  # put back afterwards
    fit_hook.install(Client(connection), first_weights)
    return requests
