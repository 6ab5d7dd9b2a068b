"""A training ends with the runs that asked for it, and nobody is charged with waiting."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from training.examples import ARRAYS, REQUEST, answer, raw, saved

from autograder.errors import TrainingError
from autograder.evidence import wire
from autograder.evidence.training_request import checked
from autograder.kernel.trainer_client import Client, RequestArray
from autograder.training.computation import Asker, Computation
from autograder.training.engines.engine import Answer
from autograder.training.requests import RequestServer
from autograder.training.slots import Slots
from autograder.training.trainer import Trainer

Make = Callable[..., Trainer]
Connect = Callable[..., tuple[socket.socket, RequestServer]]

#: A training of minutes.
LONG = {**REQUEST, "options": {**REQUEST["options"], "epochs": 1_000, "batch_size": 1}}
#: A program that asks for a training on the socket that it inherits, and then ends as a notebook may end its kernel.
KERNEL = """
import os, socket, sys, threading, time, numpy as np
from autograder.kernel.trainer_client import Client, RequestArray
connection = socket.socket(fileno=int(sys.argv[1]))
request, arrays = eval(sys.argv[2]), [*map(RequestArray.of, np.load(sys.argv[3]).values())]
threading.Thread(target=lambda: Client(connection).ask(request, arrays), daemon=True).start()
sys.stdin.readline()
os._exit(0)
"""


def eventually(holds: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until something holds; fail where it never does."""
    give_up = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.02)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


@pytest.fixture(autouse=True)
def server_is_ready(make_trainer: Make, array_folder: Path) -> None:
    """Until it has imported Keras, it kills nothing."""
    answer(make_trainer(store=None), array_folder)


def ask(trainer: Trainer, array_folder: Path, request: Any, asker: Asker) -> Answer:
    return trainer.answer(checked(request, len(ARRAYS)), saved(ARRAYS, array_folder), asker)


def is_computing(trainer: Trainer, count: int = 1) -> bool:
    """Whether so many computations have their slots."""
    with trainer._lock:
        return sum(one.started is not None for one in trainer._computations.values()) == count


def test_a_training_ends_at_once_with_the_run_that_waits_for_it(
    make_trainer: Make, serve_requests: Connect, array_folder: Path, pool: ThreadPoolExecutor
) -> None:
    trainer = make_trainer(slots=1)
    connection, requests = serve_requests(trainer)
    pool.submit(Client(connection).ask, LONG, list(map(RequestArray.of, ARRAYS)))
    eventually(lambda: is_computing(trainer))
    requests.finish()

    eventually(lambda: trainer._slots.idle, seconds=30)
    assert answer(trainer, array_folder)[1], "the slot is free for others"


def test_a_training_ends_with_a_kernel_that_ends_itself(
    make_trainer: Make, serve_requests: Connect, array_folder: Path, tmp_path: Path
) -> None:
    import numpy as np

    trainer = make_trainer(slots=1)
    connection, _ = serve_requests(trainer)
    np.savez(tmp_path / "arrays.npz", *ARRAYS)
    arguments = [str(connection.fileno()), repr(LONG), str(tmp_path / "arrays.npz")]
    kernel = subprocess.Popen(
        [sys.executable, "-c", KERNEL, *arguments], pass_fds=[connection.fileno()], stdin=subprocess.PIPE
    )
    connection.close()
    eventually(lambda: is_computing(trainer))
    kernel.communicate(b"\n")

    eventually(lambda: trainer._slots.idle, seconds=30)


def test_other_runs_that_wait_for_the_same_keep_it_going(
    make_trainer: Make, array_folder: Path, pool: ThreadPoolExecutor
) -> None:
    trainer, first, second = make_trainer(slots=1), Asker(), Asker()
    request = {**REQUEST, "options": {**REQUEST["options"], "epochs": 20}}
    asked: list[Future[Answer]] = []
    for asker in (first, second):
        asked.append(pool.submit(ask, trainer, array_folder, request, asker))
        eventually(lambda: is_computing(trainer))
    eventually(lambda: len(next(iter(trainer._computations.values())).askers) == 2)
    first.end()

    with pytest.raises(TrainingError, match="has ended"):
        asked[0].result(timeout=60)
    assert len(asked[1].result(timeout=60)[0]["logs"]) == 20
    assert trainer.counts.computed == 1


def test_a_cancelled_training_can_be_asked_for_again(
    make_trainer: Make, array_folder: Path, pool: ThreadPoolExecutor
) -> None:
    trainer, ended = make_trainer(slots=1), Asker()
    request = {**REQUEST, "options": {**REQUEST["options"], "epochs": 20}}
    asked = pool.submit(ask, trainer, array_folder, request, ended)
    eventually(lambda: is_computing(trainer))
    ended.end()
    with pytest.raises(TrainingError, match="has ended"):
        asked.result(timeout=60)

    assert len(ask(trainer, array_folder, request, Asker())[0]["logs"]) == 20
    with pytest.raises(TrainingError, match="has ended"):
        ask(trainer, array_folder, request, ended)


def test_a_run_that_ends_in_the_queue_leaves_it(
    make_trainer: Make, array_folder: Path, pool: ThreadPoolExecutor
) -> None:
    trainer, waits = make_trainer(slots=1), Asker()
    with trainer._slots.taken(Computation()):
        asked = pool.submit(ask, trainer, array_folder, REQUEST, waits)
        eventually(lambda: len(trainer._slots._waiting) == 1)
        waits.end()
        with pytest.raises(TrainingError, match="has ended"):
            asked.result(timeout=60)
        eventually(lambda: not trainer._slots._waiting)
    assert trainer.counts.computed == 0


def test_waiting_for_a_slot_is_not_charged_however_long_and_computing_up_to_a_limit(
    make_trainer: Make, array_folder: Path, pool: ThreadPoolExecutor
) -> None:
    trainer, asker = make_trainer(slots=1), Asker(max_computing=0.1)
    started = time.monotonic()
    with trainer._slots.taken(Computation()):
        asked = pool.submit(ask, trainer, array_folder, REQUEST, asker)
        eventually(lambda: len(trainer._slots._waiting) == 1)
        (computation,) = trainer._slots._waiting
        eventually(lambda: asker.seconds > 1)
    raw(asked.result(timeout=60))

    assert computation.started is not None
    waited = computation.started - started
    assert 1 < asker.seconds < waited + 0.11, "computing takes longer than its limit, and is charged beyond it"
    total = asker.seconds
    time.sleep(0.1)
    assert asker.seconds == total, "nothing is going on"


def test_a_request_that_is_begun_and_never_finished_is_the_notebooks_own_time(
    trainer: Trainer, serve_requests: Connect
) -> None:
    connection, requests = serve_requests(trainer)
    digests = ["ab" * 32, *(wire.digest(array) for array in ARRAYS[1:])]
    text = json.dumps({**REQUEST, "digests": digests, "arrays": list(map(wire.describe, ARRAYS))}).encode()
    connection.sendall(wire.LENGTH.pack(len(text)) + text)
    with connection.makefile("rb") as source:
        assert 0 in wire.read_head(source)["need"]
    time.sleep(1)

    assert requests.seconds < 0.1


def queued(slots: Slots, asker: Asker, name: str, log: list[str], pool: ThreadPoolExecutor) -> Computation:
    """A computation that waits for a slot, notes its name when it gets one, and gives it back."""
    computation = Computation()
    assert computation.join(asker)

    def take() -> None:
        with slots.taken(computation):
            log.append(name)

    before = len(slots._waiting)
    pool.submit(take)
    eventually(lambda: len(slots._waiting) == before + 1)
    return computation


def test_many_requests_of_one_submission_do_not_hold_up_another(pool: ThreadPoolExecutor) -> None:
    slots, log = Slots(1), list[str]()
    many, one, holder = Asker(), Asker(), Computation()
    holder.join(many)
    with slots.taken(holder):
        for name in ("many 1", "many 2", "many 3"):
            queued(slots, many, name, log, pool)
        queued(slots, one, "one", log, pool)
    eventually(lambda: len(log) == 4)

    assert log == ["one", "many 1", "many 2", "many 3"]


def test_a_slot_goes_to_the_submission_that_holds_fewest(pool: ThreadPoolExecutor) -> None:
    slots, log = Slots(2), list[str]()
    many, one, first, second = Asker(), Asker(), Computation(), Computation()
    first.join(one)
    second.join(many)
    with slots.taken(second):
        with slots.taken(first):
            queued(slots, many, "many", log, pool)
            queued(slots, one, "one", log, pool)
        eventually(lambda: len(log) == 2)

    assert log == ["one", "many"]
