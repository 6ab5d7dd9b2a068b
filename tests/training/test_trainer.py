"""The trainer computes each distinct request once, with the same outcome always."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import psutil
import pytest
from blake3 import blake3
from training.examples import ARRAYS, IMAGES, ON_IMAGES, REQUEST, answer, raw, saved

from autograder.datasets.find import Dataset
from autograder.errors import KerasError, TrainingError, TrainingTimeout
from autograder.evidence.training_request import checked
from autograder.sandbox.forkserver import ForkServer
from autograder.training.computation import Asker, Computation
from autograder.training.store import Store
from autograder.training.trainer import Trainer

Make = Callable[..., Trainer]


def test_what_is_remembered_is_what_is_computed_bit_for_bit(make_trainer: Make, array_folder: Path) -> None:
    trainer, afresh = make_trainer(), make_trainer(store=None)
    computed, remembered, again = (
        answer(trainer, array_folder),
        answer(trainer, array_folder),
        answer(afresh, array_folder),
    )

    assert raw(computed) == raw(remembered) == raw(again)
    assert (trainer.counts.requests, trainer.counts.hits, trainer.counts.computed) == (2, 1, 1)
    assert len(computed[0]["logs"]) == 2 and set(computed[0]["logs"][0]) == {"accuracy", "loss"}
    assert not np.array_equal(computed[1][0], ARRAYS[2]), "it was trained"


def test_equal_requests_at_once_are_computed_once(make_trainer: Make, array_folder: Path) -> None:
    trainer = make_trainer()
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda _: raw(answer(trainer, array_folder)), range(4)))

    assert trainer.counts.computed == 1
    assert outcomes[1:] == outcomes[:-1]


def test_what_was_spent_is_counted_and_no_part_of_the_answer(trainer: Trainer, array_folder: Path) -> None:
    head, _ = answer(trainer, array_folder)

    assert trainer.counts.processor_seconds > 0 and "processor_seconds" not in head


def test_a_damaged_entry_is_computed_again(make_trainer: Make, array_folder: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "kept")
    first = answer(make_trainer(store), array_folder)
    for path in (tmp_path / "kept").glob("??/*"):
        path.write_bytes(path.read_bytes()[:-1] + b"?")
    trainer = make_trainer(store)

    assert raw(answer(trainer, array_folder)) == raw(first)
    assert (trainer.counts.hits, trainer.counts.computed) == (0, 1)


def test_what_keras_refuses_is_refused_with_its_reason(trainer: Trainer, array_folder: Path) -> None:
    with pytest.raises(KerasError, match="its weights do not fit its layers"):
        answer(trainer, array_folder, weights=[3, 2])
    assert trainer.counts.computed == 1


def test_a_training_that_takes_too_long_is_ended(make_trainer: Make, array_folder: Path) -> None:
    options = {**REQUEST["options"], "epochs": 1_000, "batch_size": 1}
    with pytest.raises(TrainingError, match=r"longer than 3 s|ended without an answer"):
        answer(make_trainer(seconds=3), array_folder, options=options)


def test_on_a_busy_machine_a_training_ends_by_its_processor_time(make_trainer: Make, array_folder: Path) -> None:
    options = {**REQUEST["options"], "epochs": 1_000, "batch_size": 1}
    with pytest.raises(TrainingTimeout, match=r"longer than 1 s"):
        answer(make_trainer(seconds=1, wall_factor=100), array_folder, options=options)


def test_a_training_that_does_not_get_the_processor_is_waited_for(
    make_trainer: Make, array_folder: Path, trainer_server: ForkServer
) -> None:
    answer(make_trainer(store=None), array_folder)  # the server is ready
    server = psutil.Process(trainer_server._process.pid)
    earlier = set(server.children(recursive=True))
    trainer = make_trainer(seconds=3, wall_factor=100)
    new: set[psutil.Process] = set()
    with ThreadPoolExecutor(1) as pool:
        for epochs in count(2):  # one that is over before it is seen shows nothing
            options = {**REQUEST["options"], "epochs": epochs}
            asked = pool.submit(answer, trainer, array_folder, options=options)
            while not new and not asked.done():
                new = set(server.children(recursive=True)) - earlier
            if new:
                break
        for process in new:
            process.suspend()
        time.sleep(4)
        for process in new:
            process.resume()
        assert asked.result(timeout=100)[1]


def test_an_answer_says_how_the_pixels_that_a_network_was_given_were_made(
    make_trainer: Make, array_folder: Path, small_digits: Dataset
) -> None:
    trainer = make_trainer(datasets=(small_digits,))
    images = np.load(small_digits.path)["x_train"].reshape(800, 784).astype(np.float32)  # 600 are to test with
    inverted, halved = 1 - images / 255, images / 2
    labels = np.eye(2, dtype=np.float32)[np.arange(800) % 2]

    def pixels(x: np.ndarray, validation: list[int] | None = None, do: str = "predict") -> Any:
        arrays = [x, labels[: len(x)], *IMAGES[2:], halved[:50], labels[:50]]
        keys = ("model", "weights", "x") if do == "predict" else REQUEST
        parts = {**REQUEST, "model": ON_IMAGES, "validation": validation}
        request = {**{key: parts[key] for key in keys}, "do": do, "options": REQUEST["options"]}
        return trainer.answer(checked(request, len(arrays)), saved(arrays, array_folder))[0]["pixels"]

    assert pixels(inverted[:600]) == [[[255.0], [-255.0]]]
    assert (
        pixels(inverted) == pixels(inverted[:600][::-1]) == pixels(labels[:600] @ np.ones((2, 784), np.float32)) == []
    )
    assert pixels(inverted, [4, 5], do="fit") == [[[255.0], [-255.0]], [[0.0], [2.0]]]


#: A stored outcome, as it crosses and as its file has it after the digest.
OUTCOME = b'\x00\x00\x003{"logs": [{"loss": 0.5}], "arrays": [["<f4", [2]]]}' + bytes(8)


def test_what_was_stored_by_an_earlier_version_is_still_found(
    make_trainer: Make, tmp_path: Path, small_digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "03512565725e04adf8cb76c369351de98981b66be129ca0ffbf0296b3c8c6b93"
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr("autograder.training.trainer.VERSION", 2)
    monkeypatch.setattr("autograder.training.trainer.TOLD", 3)
    monkeypatch.setattr("autograder.networks.pixels.VERSION", 2)
    versions = {"tensorflow": "2.20.0", "keras": "3.12.0", "numpy": "2.3.4"}
    monkeypatch.setattr("autograder.training.engines.tensorflow.versions", lambda: versions)
    store = Store(tmp_path / "earlier")
    file = store.folder / name[:2] / name
    file.parent.mkdir()
    file.write_bytes(blake3(OUTCOME).digest() + OUTCOME)
    trainer = make_trainer(store, datasets=(small_digits,))
    arrays = [(digest, tmp_path / "unread.npy") for digest in "abcd"]

    head, (array,) = trainer.answer(checked(REQUEST, len(arrays)), arrays)

    assert (head["logs"], array.tolist()) == ([{"loss": 0.5}], [0, 0])
    assert (trainer.counts.hits, trainer.counts.computed) == (1, 0)


def test_a_training_in_one_order_that_was_stored_is_computed_again(
    make_trainer: Make, array_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path / "kept")
    with monkeypatch.context() as earlier:
        earlier.setattr("autograder.training.trainer.VERSION", 1)
        answer(make_trainer(store), array_folder)
    trainer = make_trainer(store)

    answer(trainer, array_folder)

    assert (trainer.counts.hits, trainer.counts.computed) == (0, 1)


def test_a_server_that_is_gone_is_said(make_trainer: Make, array_folder: Path, trainer_server: ForkServer) -> None:
    class Gone:
        seen = staticmethod(trainer_server.seen)

        def call(self, *arguments: Any) -> socket.socket:
            ours, theirs = socket.socketpair()
            theirs.close()
            return ours

    trainer = make_trainer()
    engine: Any = trainer._engine
    engine._server = Gone()
    with pytest.raises(TrainingError, match="ended without an answer"):
        answer(trainer, array_folder)


def test_a_training_that_is_computed_elsewhere_ends_with_the_last_run_that_asked_for_it(
    make_trainer: Make, array_folder: Path
) -> None:
    begun, ended = Event(), Event()

    def elsewhere(name: str, request: Any, arrays: Any, computation: Computation) -> Any:
        with computation.when_cancelled(ended.set):
            begun.set()
            assert ended.wait(30)
        raise TrainingError("it was cancelled")

    trainer, asker = make_trainer(store=None), Asker()
    trainer._delegate = elsewhere
    with ThreadPoolExecutor(1) as pool:
        request, arrays = checked(REQUEST, len(ARRAYS)), saved(ARRAYS, array_folder)
        waiting = pool.submit(trainer.answer, request, arrays, asker)
        assert begun.wait(30)
        asker.end()
        with pytest.raises(TrainingError, match="the run that asked for it has ended"):
            waiting.result()
    assert ended.wait(30)


def test_two_graders_over_one_cache_at_once_compute_once(
    make_trainer: Make, array_folder: Path, tmp_path: Path
) -> None:
    trainers = [make_trainer(Store(tmp_path / "cache")) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda trainer: raw(answer(trainer, array_folder)), trainers)

    assert first == second
    assert sorted(trainer.counts.computed for trainer in trainers) == [0, 1]
    assert sorted(trainer.counts.hits for trainer in trainers) == [0, 1]


def test_a_cache_without_room_for_anything_changes_no_answer(
    make_trainer: Make, array_folder: Path, tmp_path: Path
) -> None:
    small, afresh = make_trainer(Store(tmp_path / "cache", limit_mb=0)), make_trainer(store=None)
    outcomes = [raw(answer(trainer, array_folder)) for trainer in (small, small, afresh)]

    assert outcomes[0] == outcomes[1] == outcomes[2]
    assert (small.counts.hits, small.counts.computed) == (0, 2)
