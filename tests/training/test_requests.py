"""A run's requests are answered, bounded and never believed."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from training.examples import ARRAYS, MODEL, REQUEST, X, raw

from autograder.assignment.profile import Budget, Limits
from autograder.evidence import wire
from autograder.kernel.trainer_client import Client, Refused, RequestArray
from autograder.training.requests import RequestServer
from autograder.training.store import Store
from autograder.training.trainer import Trainer

Make = Callable[..., Trainer]
Connect = Callable[..., tuple[socket.socket, RequestServer]]


def test_a_kernel_is_told_that_it_took_too_long(make_trainer: Make, serve_requests: Connect) -> None:
    options = {**REQUEST["options"], "epochs": 1_000, "batch_size": 1}
    with pytest.raises(TimeoutError, match="training was stopped: it took longer than 3 s"):
        Client(serve_requests(make_trainer(seconds=3))[0]).ask(
            {**REQUEST, "options": options}, list(map(RequestArray.of, ARRAYS))
        )


def test_a_kernel_is_answered_and_known_arrays_are_not_sent_again(trainer: Trainer, serve_requests: Connect) -> None:
    connection, requests = serve_requests(trainer)
    first = Client(connection).ask(REQUEST, list(map(RequestArray.of, ARRAYS)))
    head = {**REQUEST, "digests": [wire.digest(array) for array in ARRAYS], "arrays": list(map(wire.describe, ARRAYS))}
    text = json.dumps(head).encode()
    connection.sendall(wire.LENGTH.pack(len(text)) + text)
    with connection.makefile("rb") as source:
        assert wire.read_head(source) == {"need": [], "arrays": []}
        assert raw(wire.read(source, 10**6)) == raw(first)
    assert requests.seconds > 0


def test_what_was_sent_is_not_converted_again(
    trainer: Trainer, serve_requests: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client(serve_requests(trainer)[0])
    pixels, rest = (100 * X).astype(">f8"), list(map(RequestArray.of, ARRAYS[1:]))
    first = client.ask(REQUEST, [RequestArray.of(pixels, "float32"), *rest])
    monkeypatch.delattr(RequestArray, "converted")

    assert raw(client.ask(REQUEST, [RequestArray.of(pixels.copy(), "float32"), *rest])) == raw(first)
    assert raw(client.ask(REQUEST, [RequestArray.of(pixels.astype("<f4")), *rest])) == raw(first)
    pixels[0] += 1
    with pytest.raises(AttributeError):
        client.ask(REQUEST, [RequestArray.of(pixels, "float32"), *rest])
    assert trainer.counts.computed == 1


def send(connection: socket.socket, head: Any) -> dict[str, Any] | None:
    text = json.dumps(head).encode()
    connection.sendall(wire.LENGTH.pack(len(text)) + text)
    connection.settimeout(60)
    with connection.makefile("rb") as source:
        try:
            return wire.read_head(source)
        except EOFError:
            return None


HEAD = {
    **REQUEST,
    "digests": [f"{number:064x}" for number in range(4)],
    "arrays": [wire.describe(array) for array in ARRAYS],
}


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        ({**HEAD, "digests": ["0" * 64]}, "name its arrays"),
        ({**HEAD, "digests": ["../../etc/passwd" + "0" * 48] * 4}, "64 hexadecimal digits"),
        ({**HEAD, "digests": [7] * 4}, "name its arrays"),
        ({**HEAD, "arrays": [["<f4", [2**28]], *HEAD["arrays"][1:]]}, "take more disk"),
        ({**HEAD, "arrays": [["<f4", [2**28]]] * 4}, "at most 25,000,000 parameters"),
        ({**HEAD, "arrays": [["|O", [1]]] * 4}, "must be of type"),
        ({**HEAD, "loss": "evil"}, "keras.losses"),
        ({**HEAD, "digests": ["0" * 64] * 4}, "announced with"),
        ({**HEAD, "do": "outputs"}, "to fit, evaluate or predict"),
        ({**HEAD, "do": "predict", "arrays": [["<f4", [2**26, 3]], *HEAD["arrays"][1:]]}, "times layers"),
        ({"arrays": []}, None),
        ({}, None),
        ([], None),
        ("x", None),
    ],
)
def test_it_refuses_or_hangs_up(trainer: Trainer, serve_requests: Connect, head: Any, reason: str | None) -> None:
    connection, requests = serve_requests(trainer, limits=Limits(disk_mb=100))
    said = send(connection, head)
    requests.finish()

    assert bool(requests.notes) == (reason is None), "that it hung up is said"
    assert said is None if reason is None else said is not None and reason in said["refused"]
    assert trainer.counts.computed == 0


def test_an_array_that_is_not_what_it_is_called_is_not_kept(
    trainer: Trainer, serve_requests: Connect, array_folder: Path
) -> None:
    connection, _ = serve_requests(trainer)
    before = set(array_folder.glob("*.npy"))
    false = [f"{number:064x}" for number in range(4)]
    assert send(connection, {**HEAD, "digests": false}) == {"need": [0, 1, 2, 3], "arrays": []}
    connection.sendall(wire.raw(X))

    assert connection.recv(1) == b"", "it hangs up"
    assert set(array_folder.glob("*.npy")) == before
    assert list(array_folder.glob(".*")) == []


@pytest.mark.parametrize(
    ("budget", "reason"),
    [(Budget(epochs=1), "at most 1 epochs"), (Budget(samples=10), "at most 10 samples")],
)
def test_a_request_beyond_the_budget_is_refused(
    trainer: Trainer, serve_requests: Connect, budget: Budget, reason: str
) -> None:
    with pytest.raises(Refused, match=reason):
        Client(serve_requests(trainer, budget)[0]).ask(REQUEST, list(map(RequestArray.of, ARRAYS)))


def test_the_reasons_why_notebooks_train_themselves_are_kept_and_bounded(
    trainer: Trainer, serve_requests: Connect
) -> None:
    connection, requests = serve_requests(trainer)
    client = Client(connection)
    for number in range(30):
        client.note(f"reason {number}" + "x" * 1_000)
    client.ask(REQUEST, list(map(RequestArray.of, ARRAYS)))

    assert len(requests.notes) == 20 and max(map(len, requests.notes)) == 200
    assert sum(trainer.counts.refused.values()) == 30


def test_a_known_array_has_its_own_layout_and_no_other(trainer: Trainer, serve_requests: Connect) -> None:
    connection, _ = serve_requests(trainer, Budget(samples=64))
    Client(connection).ask(REQUEST, list(map(RequestArray.of, ARRAYS)))
    known = {**REQUEST, "digests": [wire.digest(array) for array in ARRAYS]}
    for false in (["<f4", [1, 3]], ["<i4", [64, 3]]):
        reply = send(connection, {**known, "arrays": [false, *map(wire.describe, ARRAYS[1:])]})
        assert reply is not None and "announced with" in reply["refused"]
    assert trainer.counts.computed == 1


def layer(kind: str, **config: Any) -> dict[str, Any]:
    return {"module": "keras.layers", "class_name": kind, "config": config, "registered_name": None}


def predict(numbers: int) -> dict[str, Any]:
    """A request for predictions of so many numbers for each sample."""
    taken = layer("InputLayer", batch_shape=[None, 1], dtype="float32", name="layer_0")
    layers = [taken, layer("RepeatVector", n=numbers, dtype="float32", name="layer_1")]
    model = {**MODEL, "config": {"name": "model", "layers": layers}}
    return {"do": "predict", "model": model, "weights": [], "x": 0, "options": {"batch_size": 10}}


def test_predictions_are_bounded_and_large_ones_not_stored(
    make_trainer: Make, serve_requests: Connect, tmp_path: Path
) -> None:
    store = Store(tmp_path / "predictions")
    trainer = make_trainer(store)
    client = Client(serve_requests(trainer)[0])
    with pytest.raises(Refused, match=r"its predictions must take at most 256 MB \(got 915 MB\)"):
        client.ask(predict(4_000_000), [RequestArray.of(np.zeros((60, 1), np.float32))])
    ((large,), (small,)) = (
        client.ask(predict(10_000), [RequestArray.of(np.zeros((n, 1), np.float32))])[1] for n in (1_700, 10)
    )

    assert (large.shape, small.shape) == ((1_700, 10_000, 1), (10, 10_000, 1))
    stored = [path.stat().st_size for path in store.folder.glob("??/*")]
    assert sorted(stored)[:2] == [77, 77], "of the large ones, that they are large"
    assert sorted(stored)[2:] == [pytest.approx(400_000, rel=0.01)]
