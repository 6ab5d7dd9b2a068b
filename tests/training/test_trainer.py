"""The trainer computes each distinct request once, with the same outcome always; and the desk believes nothing."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from evidence.test_training_request import FIT

from autograder.assignment.profile import Budget, Limits
from autograder.datasets.find import Dataset
from autograder.errors import EvidenceError
from autograder.evidence import wire
from autograder.evidence.training_request import checked
from autograder.kernel.trainer_client import Client, Refused
from autograder.sandbox.forkserver import ForkServer
from autograder.training import worker
from autograder.training.requests import Desk
from autograder.training.store import Store
from autograder.training.trainer import Trainer

Make = Callable[..., Trainer]
Connect = Callable[..., tuple[socket.socket, Desk]]
X = np.random.default_rng(0).random((64, 3), np.float32)
Y = np.eye(2, dtype=np.float32)[np.arange(64) % 2]
ARRAYS = [X, Y, np.full((3, 2), 0.1, np.float32), np.zeros(2, np.float32)]
MODEL = {
    "module": "keras",
    "class_name": "Sequential",
    "registered_name": None,
    "config": {
        "name": "model",
        "layers": [
            {
                "module": "keras.layers",
                "class_name": "InputLayer",
                "config": {"batch_shape": [None, 3], "dtype": "float32", "name": "layer_0"},
                "registered_name": None,
            },
            *FIT["model"]["config"]["layers"],
        ],
    },
}
REQUEST = {**FIT, "model": MODEL}


def answer(trainer: Trainer, folder: Path, **changes: Any) -> tuple[dict[str, Any], list[np.ndarray]]:
    files = []
    for array in ARRAYS:
        path = folder / f"{wire.digest(array)}.npy"
        np.save(path, array)
        files.append((wire.digest(array), path))
    return trainer.answer(checked({**REQUEST, **changes}, len(ARRAYS)), files)


def raw(outcome: tuple[dict[str, Any], list[np.ndarray]]) -> tuple[str, list[bytes]]:
    head = {key: value for key, value in outcome[0].items() if key != "arrays"}
    return json.dumps(head, sort_keys=True), [array.tobytes() for array in outcome[1]]


def test_what_is_remembered_is_what_is_computed_bit_for_bit(make: Make, folder: Path) -> None:
    trainer, afresh = make(), make(store=None)
    computed, remembered, again = answer(trainer, folder), answer(trainer, folder), answer(afresh, folder)

    assert raw(computed) == raw(remembered) == raw(again)
    assert (trainer.counts.requests, trainer.counts.hits, trainer.counts.computed) == (2, 1, 1)
    assert len(computed[0]["logs"]) == 2 and set(computed[0]["logs"][0]) == {"accuracy", "loss"}
    assert not np.array_equal(computed[1][0], ARRAYS[2]), "it was trained"


def test_equal_requests_at_once_are_computed_once(make: Make, folder: Path) -> None:
    trainer = make()
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda _: raw(answer(trainer, folder)), range(4)))

    assert trainer.counts.computed == 1
    assert outcomes[1:] == outcomes[:-1]


IMAGES = [np.random.default_rng(1).random((64, 784), np.float32), Y, np.full((784, 2), 0.01, np.float32), ARRAYS[3]]
ON_IMAGES = json.loads(json.dumps(MODEL).replace("[null, 3]", "[null, 784]"))


def trained(trainer: Trainer, folder: Path) -> list[np.ndarray]:
    """The weights of a model of images after training."""
    files = []
    for array in IMAGES:
        path = folder / f"{wire.digest(array)}.npy"
        np.save(path, array)
        files.append((wire.digest(array), path))
    return trainer.answer(checked({**REQUEST, "model": ON_IMAGES}, len(IMAGES)), files)[1][:2]


def await_computed(trainer: Trainer, count: int) -> None:
    """Wait until so many requests were computed; fail where they never will be."""
    give_up = time.monotonic() + 30
    while trainer.counts.computed < count:
        assert time.monotonic() < give_up, f"{trainer.counts.computed} of {count} requests were computed"
        time.sleep(0.05)


def outputs_of(trainer: Trainer, weights: list[np.ndarray]) -> tuple[str, list[bytes]]:
    return raw(trainer.test_outputs({"model": ON_IMAGES, "weights": [0, 1], "scale": None}, weights))


def test_on_an_idle_core_it_computes_ahead_what_a_checker_will_ask(make: Make, folder: Path, digits: Dataset) -> None:
    trainer = make(dataset=digits)
    weights = trained(trainer, folder)
    await_computed(trainer, 2)
    ahead, again = outputs_of(trainer, weights), outputs_of(trainer, weights)

    assert ahead == again == outputs_of(make(store=None, dataset=digits), weights)
    # What nobody had asked for before is no hit the first time.
    assert (trainer.counts.requests, trainer.counts.computed, trainer.counts.hits) == (3, 2, 1)


@pytest.mark.parametrize("changes", [{"dataset": None}, {"slots": 1}, {"store": None}])
def test_nothing_is_computed_ahead_without_a_dataset_a_store_or_an_idle_core(
    make: Make, folder: Path, digits: Dataset, changes: dict[str, Any]
) -> None:
    trainer = make(**{"dataset": digits, **changes})
    if "slots" in changes:
        with trainer._slots:  # another training is under way
            assert not trainer._is_idle()
        return
    trained(trainer, folder)
    assert not [thread for thread in threading.enumerate() if thread.name == "foresee"]
    assert trainer.counts.computed == 1


def test_where_all_cores_are_one_slot_it_computes_ahead_beside_that(make: Make, digits: Dataset) -> None:
    trainer = make(dataset=digits, slots=1, threads=2)
    request = {"model": ON_IMAGES, "weights": [0, 1], "scale": None}
    with ThreadPoolExecutor(1) as pool, trainer._slots:  # another training is under way
        assert trainer._is_idle()
        pool.submit(trainer.test_outputs, request, IMAGES[2:], ahead=True).result(timeout=30)

    assert trainer.counts.computed == 1


def test_what_was_spent_is_counted_and_no_part_of_the_answer(trainer: Trainer, folder: Path) -> None:
    head, _ = answer(trainer, folder)

    assert trainer.counts.processor_seconds > 0 and "processor_seconds" not in head


def test_a_damaged_entry_is_computed_again(make: Make, folder: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "kept")
    first = answer(make(store), folder)
    for path in (tmp_path / "kept").glob("??/*"):
        path.write_bytes(path.read_bytes()[:-1] + b"?")
    trainer = make(store)

    assert raw(answer(trainer, folder)) == raw(first)
    assert (trainer.counts.hits, trainer.counts.computed) == (0, 1)


def test_a_kernel_is_told_that_it_took_too_long(make: Make, connect: Connect) -> None:
    options = {**REQUEST["options"], "epochs": 1_000, "batch_size": 1}
    with pytest.raises(TimeoutError, match="training was stopped: it took longer than 3 s"):
        Client(connect(make(seconds=3))[0], 1).ask({**REQUEST, "options": options}, ARRAYS)


def test_what_keras_refuses_is_refused_with_its_reason(trainer: Trainer, folder: Path) -> None:
    with pytest.raises(EvidenceError, match="its weights do not fit its layers"):
        answer(trainer, folder, weights=[3, 2])
    assert trainer.counts.computed == 1


def test_a_training_that_takes_too_long_is_ended(make: Make, folder: Path) -> None:
    options = {**REQUEST["options"], "epochs": 1_000, "batch_size": 1}
    with pytest.raises(EvidenceError, match=r"longer than 3 s|ended without an answer"):
        answer(make(seconds=3), folder, options=options)


def test_a_kernel_is_answered_and_known_arrays_are_not_sent_again(trainer: Trainer, connect: Connect) -> None:
    connection, desk = connect(trainer)
    first = Client(connection, 1).ask(REQUEST, ARRAYS)
    head = {**REQUEST, "digests": [wire.digest(array) for array in ARRAYS], "arrays": list(map(wire.describe, ARRAYS))}
    text = json.dumps(head).encode()
    connection.sendall(wire.LENGTH.pack(len(text)) + text)
    with connection.makefile("rb") as source:
        assert wire.read_head(source) == {"need": [], "arrays": []}
        assert raw(wire.read(source, 10**6)) == raw(first)
    assert desk.seconds > 0


def send(connection: socket.socket, head: Any) -> dict[str, Any] | None:
    text = json.dumps(head).encode()
    connection.sendall(wire.LENGTH.pack(len(text)) + text)
    connection.settimeout(20)
    with connection.makefile("rb") as source:
        try:
            return wire.read_head(source)
        except EOFError:
            return None


HEAD = {**REQUEST, "digests": ["0" * 64] * 4, "arrays": [wire.describe(array) for array in ARRAYS]}


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
        ({"arrays": []}, None),
        ({}, None),
        ([], None),
        ("x", None),
    ],
)
def test_the_desk_refuses_or_hangs_up(trainer: Trainer, connect: Connect, head: Any, reason: str | None) -> None:
    connection, desk = connect(trainer, limits=Limits(disk_mb=100))
    said = send(connection, head)
    desk.finish()

    assert bool(desk.notes) == (reason is None), "that it hung up is said"
    assert said is None if reason is None else said is not None and reason in said["refused"]
    assert trainer.counts.computed == 0


def test_an_array_that_is_not_what_it_is_called_is_not_kept(trainer: Trainer, connect: Connect, folder: Path) -> None:
    connection, _ = connect(trainer)
    before = set(folder.glob("*.npy"))
    false = [f"{number:064x}" for number in range(4)]
    assert send(connection, {**HEAD, "digests": false}) == {"need": [0, 1, 2, 3], "arrays": []}
    connection.sendall(wire.raw(X))

    assert connection.recv(1) == b"", "it hangs up"
    assert set(folder.glob("*.npy")) == before
    assert list(folder.glob(".*")) == []


@pytest.mark.parametrize(
    ("budget", "reason"),
    [(Budget(epochs=1), "at most 1 epochs"), (Budget(samples=10), "at most 10 samples")],
)
def test_a_request_beyond_the_budget_is_refused(
    trainer: Trainer, connect: Connect, budget: Budget, reason: str
) -> None:
    with pytest.raises(Refused, match=reason):
        Client(connect(trainer, budget)[0], 1).ask(REQUEST, ARRAYS)


def test_the_reasons_why_notebooks_train_themselves_are_kept_and_bounded(trainer: Trainer, connect: Connect) -> None:
    connection, desk = connect(trainer)
    client = Client(connection, 1)
    for number in range(30):
        client.tell(f"reason {number}" + "x" * 1_000)
    client.ask(REQUEST, ARRAYS)

    assert len(desk.notes) == 20 and max(map(len, desk.notes)) == 200
    assert sum(trainer.counts.refused.values()) == 30


def test_a_server_that_is_gone_is_said(make: Make, folder: Path, server: ForkServer) -> None:
    class Gone:
        seen = staticmethod(server.seen)

        def call(self, *arguments: Any) -> socket.socket:
            ours, theirs = socket.socketpair()
            theirs.close()
            return ours

    trainer = make()
    trainer._server = Gone()  # type: ignore[assignment]
    with pytest.raises(EvidenceError, match="ended without an answer"):
        answer(trainer, folder)


def test_the_first_step_is_traced_once() -> None:
    import keras

    traced = []

    class Counting(keras.Sequential):  # type: ignore[misc]
        def train_step(self, data: Any) -> Any:
            traced.append(1)
            return super().train_step(data)

    model = Counting([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    labels = np.zeros(8, np.int32)
    worker._build(model, model.optimizer, labels)
    model.fit(np.zeros((8, 4), np.float32), labels, verbose=0)

    assert len(traced) == 1
