"""What the trainer saw of a run is kept by digests, and only a run's own arrays are shown."""

from __future__ import annotations

import socket

import numpy as np
import pytest
from training.examples import ARRAYS, REQUEST

from autograder.assignment.profile import Budget, Limits
from autograder.errors import TrainingError
from autograder.evidence import wire
from autograder.kernel.trainer_client import Client
from autograder.training import history as module
from autograder.training.history import TrainingHistory
from autograder.training.requests import RequestServer
from autograder.training.trainer import Trainer


@pytest.fixture
def history(trainer: Trainer) -> TrainingHistory:
    return TrainingHistory(trainer.folder)


def test_a_fit_is_noted_with_its_data_and_its_weights_before_and_after(
    trainer: Trainer, history: TrainingHistory
) -> None:
    ours, theirs = socket.socketpair()
    requests = RequestServer(ours, trainer, Budget(), Limits(), history)
    client = Client(theirs, 1)
    _, outcome = client.ask(REQUEST, ARRAYS)
    client.ask(
        {"do": "predict", "options": {"batch_size": 8}, **{key: REQUEST[key] for key in ("model", "weights", "x")}},
        ARRAYS,
    )
    theirs.close()
    requests.finish()
    ours.close()

    before, after = ([wire.digest(array) for array in arrays] for arrays in (ARRAYS[2:4], outcome[:2]))
    assert history.fits() == [{"before": tuple(before), "after": tuple(after), "x": wire.digest(ARRAYS[0])}]
    assert [
        np.array_equal(history.array(digest, None), array) for digest, array in zip(after, outcome, strict=False)
    ] == [True] * 2


def test_rows_of_an_array_are_the_same_each_time(history: TrainingHistory, trainer: Trainer) -> None:
    x = np.arange(60, dtype=np.float32).reshape(20, 3)
    np.save(trainer.folder / f"{wire.digest(x)}.npy", x)
    history.add({"do": "fit", "weights": [1], "x": 0}, [wire.digest(x), "w"], [np.zeros(2, np.float32)])

    rows = history.array(wire.digest(x), 5)
    assert rows.shape == (5, 3) and set(rows[:, 0]) <= set(x[:, 0])
    assert np.array_equal(rows, history.array(wire.digest(x), 5))
    assert np.array_equal(history.array(wire.digest(x), 100), x)


@pytest.mark.parametrize("digest", ["0" * 64, "../../etc/passwd", ""])
def test_arrays_of_other_runs_are_not_shown(history: TrainingHistory, digest: str) -> None:
    with pytest.raises(TrainingError, match="no fit of this run"):
        history.array(digest, None)


def test_it_says_that_an_array_has_gone(history: TrainingHistory) -> None:
    history.add({"do": "fit", "weights": [], "x": 0}, ["1" * 64], [])
    with pytest.raises(TrainingError, match="no longer"):
        history.array("1" * 64, 5)


def test_it_is_bounded(history: TrainingHistory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_DIGESTS", 10)
    for _ in range(20):
        history.add({"do": "fit", "weights": [], "x": 0}, ["1" * 64], [])
    assert len(history.fits()) == 10
