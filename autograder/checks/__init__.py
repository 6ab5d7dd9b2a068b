"""Checks: a question's test cases over its evidence, in a process that never ran student code.

A fork server imports Keras once and forks a fresh checker for each submission: in a sandbox of its own, in which it
sees the evidence of that submission and of no other, and under limits, so that not even a flaw in NumPy or Keras that
evidence could use reaches another submission or the marks of the class. Results come back as JSON and are believed as
far as ``checks.answer`` says.
"""

from __future__ import annotations

import atexit
import json
import socket
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autograder.assignment import Assignment
from autograder.checks import worker
from autograder.checks.remote import Ask
from autograder.datasets.arrays import VARIABLE
from autograder.errors import CheckError, EvidenceError
from autograder.evidence import wire
from autograder.sandbox.environment import plain_environment
from autograder.sandbox.folders import session_folder
from autograder.sandbox.server import Server, start
from autograder.training.trainer import Trainer

CHECK_SECONDS = 900
MAX_WEIGHTS = 512 * 1024**2
_servers: dict[tuple[Path, Path | None] | bool, Server] = {}


@dataclass(frozen=True)
class Job:
    """What a checker is told: where the assignment, the evidence and the dataset are, and the thresholds that hold.

    ``ended`` says how a run that did not end well ended, ``live`` whether the kernel is still there to be asked.
    """

    assignment: Path
    evidence: Path
    dataset: Path | None
    thresholds: dict[str, float]
    threads: int = 1
    ended: str = ""
    isolated: bool = False
    live: bool = False


def warm_up(assignment: Assignment, dataset: Path | None, *, isolated: bool) -> None:
    """Start the fork server of an assignment, so that its imports go on while the first notebook runs.

    A second call does nothing. Must be called before ``check``, from a thread that lives as long as checks are wanted.
    """
    keras = assignment.uses_keras()
    key = (assignment.folder, dataset) if isolated else keras
    if key in _servers:
        return
    modules = ["autograder.checks.preload", *(["keras"] if keras else [])]
    _servers[key] = start(
        modules,
        plain_environment(threads=1) | ({} if dataset is None else {VARIABLE: str(dataset)}),
        visible=[assignment.folder, assignment.course.student, *([] if dataset is None else [dataset])],
        shared=session_folder(),
        isolated=isolated,
    )
    if len(_servers) == 1:
        atexit.register(close)


def close() -> None:
    """End all fork servers."""
    while _servers:
        _servers.popitem()[1].close()


def check(job: Job, ask: Ask | None = None, trainer: Trainer | None = None) -> dict[str, Any]:
    """The answer of a fresh checker: ``{"questions": […], "accuracies": {…}}``, see ``worker.check_all``.

    ``ask`` passes what test cases do with a student's functions on to the kernel; ``trainer`` may remember what a model
    puts out.

    Raises:
        CheckError: the checker died or took longer than it may.
    """
    server = server_for(job.assignment, job.dataset, isolated=job.isolated)
    argument = {
        **asdict(job),
        "evidence": server.seen(job.evidence),
        "live": ask is not None,
        "trainer": trainer is not None,
    }
    told = json.loads(json.dumps(argument, default=str))
    with server.call("autograder.checks.worker:main", told, job.evidence) as connection:
        answer = _converse(connection, ask, trainer)
    if not isinstance(answer, dict) or "error" in answer:
        raise CheckError(str(answer["error"])[:1_000] if isinstance(answer, dict) else "the checker gave no answer")
    return answer


def server_for(assignment: Path, dataset: Path | None, *, isolated: bool) -> Server:
    """The fork server that ``warm_up`` started for an assignment.

    Raises:
        CheckError: there is none.
    """
    # Without isolation there is no view that differs, and one server does for all assignments.
    found = _servers.get((assignment, dataset)) if isolated else _servers.get(True) or _servers.get(False)
    if found is None:
        raise CheckError("the checker is not started: call warm_up first")
    return found


def _converse(connection: socket.socket, ask: Ask | None, trainer: Trainer | None) -> Any:
    """Pass on what the checker asks, until it answers."""
    deadline = time.monotonic() + CHECK_SECONDS
    try:
        while True:
            connection.settimeout(max(0.01, deadline - time.monotonic()))
            with connection.makefile("rb", buffering=0) as source:
                said = wire.read_head(source, worker.MAX_MESSAGE)
            if "answer" in said:
                return said["answer"]
            if "unknown" in said:
                if trainer is not None:
                    trainer.refuse(f"no test outputs: {str(said['unknown'])[:200]}")
                continue
            if "test_outputs" in said:
                _test_outputs(connection, trainer)
                continue
            try:
                reply = {"reply": ask(str(said["ask"]))} if ask is not None else {"gone": "there is no kernel to ask"}
            except EvidenceError as error:
                reply = {"gone": str(error)}
            wire.send(connection, reply)
    except TimeoutError:
        raise CheckError(f"the checks took longer than {CHECK_SECONDS} s") from None
    except (OSError, EOFError):
        raise CheckError("the checker ended without an answer: it passed a limit, or died") from None
    except (ValueError, RecursionError, KeyError, TypeError, EvidenceError) as error:
        raise CheckError(f"the checker's answer is malformed ({type(error).__name__})") from None


def _test_outputs(connection: socket.socket, trainer: Trainer | None) -> None:
    """Have the trainer say what a model puts out, or nothing."""
    with connection.makefile("rb", buffering=0) as source:
        head, weights = wire.read(source, MAX_WEIGHTS)
    try:
        if trainer is None:
            raise EvidenceError("there is no trainer")
        answer = trainer.test_outputs(head, weights)
    except EvidenceError as error:
        if trainer is not None:
            trainer.refuse(f"no test outputs: {str(error)[:200]}")
        answer = {"refused": str(error)}, []
    wire.send(connection, *answer)
