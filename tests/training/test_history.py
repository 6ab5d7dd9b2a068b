"""What the trainer saw of a run is kept by digests, and only a run's own arrays are shown."""

from __future__ import annotations

import json
import socket
from typing import Any

import numpy as np
import pytest
from training.examples import ARRAYS, REQUEST

from autograder.assignment.profile import Budget, Limits
from autograder.errors import TrainingError
from autograder.evidence import wire
from autograder.kernel.trainer_client import Client, RequestArray
from autograder.networks.pixels import MAX_COLUMNS
from autograder.training import history as module
from autograder.training.history import TrainingHistory
from autograder.training.requests import RequestServer
from autograder.training.trainer import Trainer

#: What a fit was asked for.
ASKED = {
    "options": {"epochs": 5, "initial_epoch": 2, "batch_size": 16},
    "optimizer": {"class_name": "Adam", "config": {"learning_rate": 0.01}},
    "state": None,
    "loss": "mse",
}
#: What the trainer answers to a fit of a network without weights.
FITTED: tuple[dict[str, Any], list[np.ndarray]] = ({"pixels": [], "test_images": {}, "labels": {}}, [])


@pytest.fixture
def history(trainer: Trainer) -> TrainingHistory:
    return TrainingHistory(trainer.folder)


def test_a_fit_is_noted_with_its_data_and_its_weights_before_and_after(
    trainer: Trainer, history: TrainingHistory
) -> None:
    ours, theirs = socket.socketpair()
    requests = RequestServer(ours, trainer, Budget(), Limits(), history)
    client = Client(theirs)
    _, outcome = client.ask(REQUEST, list(map(RequestArray.of, ARRAYS)))
    client.ask(
        {"do": "predict", "options": {"batch_size": 8}, **{key: REQUEST[key] for key in ("model", "weights", "x")}},
        list(map(RequestArray.of, ARRAYS)),
    )
    theirs.close()
    requests.finish()
    ours.close()

    before, after = ([wire.digest(array) for array in arrays] for arrays in (ARRAYS[2:4], outcome[:2]))
    asked = {"epochs": 2, "batch_size": 32, "optimizer": "SGD", "settings": {"learning_rate": 0.1}, "loss": "mse"}
    weights = {"before": tuple(before), "after": tuple(after)}
    assert history.fits() == [{**weights, **asked, "test_images": {}, "labels": {}}]
    assert [np.array_equal(history.array(digest), array) for digest, array in zip(after, outcome, strict=False)] == [
        True
    ] * 2


@pytest.mark.parametrize("digest", ["0" * 64, "../../etc/passwd", ""])
def test_arrays_of_other_runs_are_not_shown(history: TrainingHistory, digest: str) -> None:
    with pytest.raises(TrainingError, match="no fit of this run"):
        history.array(digest)


def test_it_says_that_an_array_has_gone(history: TrainingHistory) -> None:
    history.add({"do": "fit", "weights": [0], "x": 0, "validation": None, **ASKED}, ["1" * 64], FITTED)
    assert history.fits()[0]["epochs"] == 3
    with pytest.raises(TrainingError, match="no longer"):
        history.array("1" * 64)


def test_of_an_optimizer_that_goes_on_no_settings_are_noted(history: TrainingHistory) -> None:
    for state in (None, [1, 2]):
        request = {"do": "fit", "weights": [0], "x": 0, "validation": None, **ASKED, "state": state}
        history.add(request, ["1" * 64], FITTED)
    assert [fit["settings"] for fit in history.fits()] == [{"learning_rate": 0.01}, {}]


def test_it_is_bounded(history: TrainingHistory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_DIGESTS", 10)
    for count in range(20):
        assert history.complete == (count <= 10)
        history.add({"do": "fit", "weights": [0], "x": 0, "validation": None, **ASKED}, ["1" * 64], FITTED)
    assert len(history.fits()) == 10


INVERTED, DIVIDED = [[255.0], [-255.0]], [[0.0], [255.0]]


def test_each_network_has_the_pixels_that_it_was_given(history: TrainingHistory) -> None:
    trained = np.ones(2, np.float32)
    history.add(
        {"do": "fit", "weights": [1], "x": 0, "validation": [2, 3], **ASKED},
        ["x", "w"],
        ({"pixels": [INVERTED], "test_images": {}, "labels": {}}, [trained]),
    )
    for _ in range(2):
        history.add({"do": "predict", "weights": [0], "x": 1}, ["v", "x"], ({"pixels": [DIVIDED]}, []))
    history.add({"do": "evaluate", "weights": [0], "x": 1}, ["v", "y"], ({"pixels": []}, []))

    assert history.pixels() == [INVERTED, DIVIDED]
    assert history.uses() == [
        {"weights": (wire.digest(trained),), "pixels": 0, "tested": False, "validated": True},
        {"weights": ("w",), "pixels": 0, "tested": False, "validated": False},
        {"weights": ("v",), "pixels": 1, "tested": True, "validated": False},
    ]


def test_however_much_was_seen_a_checker_can_be_told(history: TrainingHistory, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3 * module.MAX_PIXELS):
        each = [[float(f"0.000{number:02}12345")] * MAX_COLUMNS] * 2
        history.add({"do": "predict", "weights": [0], "x": 0}, ["w"], ({"pixels": [each]}, []))
    monkeypatch.setattr(module, "MAX_DIGESTS", 1_000)
    for number in range(100):
        weights = [f"{number:064}"] * 100
        history.add({"do": "predict", "weights": list(range(100)), "x": 0}, weights, ({"pixels": [DIVIDED]}, []))
        history.add({"do": "fit", "weights": [0], "x": 0, "validation": None, **ASKED}, weights, FITTED)

    assert len(history.pixels()) == module.MAX_PIXELS
    seen = len(json.dumps({"fits": history.fits(), "uses": history.uses()}))
    assert len(json.dumps(history.pixels())) + 20 * seen < wire.MAX_HEAD
