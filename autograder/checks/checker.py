"""The grader's side of the checks: a fresh checker for each submission, and the conversation with it.

A fork server that has imported Keras forks a checker for each submission: in a sandbox of its own, in which it sees the
evidence of that submission and of no other, and under limits, so that not even a flaw in NumPy or Keras that evidence
could use reaches another submission or the marks of the class. Results come back as JSON and are believed as far as
``checks.answer`` says.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from autograder.assignment import Assignment
from autograder.assignment.libraries import modules
from autograder.checks.job import MAX_MESSAGE, Job
from autograder.checks.remote_channel import Ask
from autograder.datasets import arrays
from autograder.errors import CheckError, EvidenceError, KernelGone, TrainingError
from autograder.evidence import wire
from autograder.messages import message
from autograder.sandbox.environment import plain_environment
from autograder.sandbox.forkserver import ForkServer
from autograder.sandbox.processserver import ProcessServer
from autograder.sandbox.server import Server
from autograder.training.history import TrainingHistory
from autograder.training.trainer import Trainer

#: How long a checker may compute. The kernel's and the trainer's time, which it waits for, have limits of their own.
CHECK_SECONDS = 900
MAX_WEIGHTS = 512 * 1024**2


class Checkers:
    """The server of an assignment's checkers; it begins to import at once, while the first notebook runs.

    It is a branch of ``trunk``, which shows the assignment and the datasets; None where no process can be forked.
    ``datasets`` are files by name, ``session`` is the folder of the grader while it works.
    """

    def __init__(
        self,
        assignment: Assignment,
        datasets: Mapping[str, Path],
        trunk: ForkServer | None,
        *,
        session: Path,
        isolated: bool,
    ) -> None:
        used = modules(assignment.libraries_of_tests())
        guards = [f"autograder.checks.{library}_texts" for library in ("pandas", "sympy") if library in used]
        imported = ["autograder.checks.preload", *used, *guards]
        environment = plain_environment(threads=1) | arrays.environment(datasets.values())
        keras = ["autograder.networks.preload"] if assignment.uses_keras() else []
        self.server: Server
        if trunk is None:
            visible = [assignment.folder, assignment.course.student, *datasets.values()]
            self.server = ProcessServer(
                [*imported, *keras], environment, visible=visible, shared=session, isolated=isolated
            )
        else:
            if keras:
                keras.append("autograder.training.engines.preload")
            self.server = trunk.branch([*imported, *keras], environment)

    def check(
        self,
        job: Job,
        ask: Ask | None = None,
        trainer: Trainer | None = None,
        history: TrainingHistory | None = None,
    ) -> dict[str, Any]:
        """The answer of a fresh checker: ``{"questions": […], "accuracies": {…}}``, see ``submission``.

        ``ask`` passes what test cases do with a student's functions on to the kernel; ``trainer`` may remember a
        model's outputs, and ``history`` is what it saw of the run.

        Raises:
            CheckError: the checker died or took longer than it may.
        """
        seen = replace(job, evidence=self.server.seen(job.evidence), live=ask is not None)
        known = {"trainer": trainer is not None, "history": history is not None}
        request = json.loads(json.dumps({"job": asdict(seen), **known}, default=str))
        with self.server.call("autograder.checks.worker:main", request, job.evidence) as connection:
            answer = _converse(connection, ask, trainer, history)
        if not isinstance(answer, dict):
            raise CheckError(message("runs.checker_answer", error=type(answer).__name__))
        if "error" in answer:
            raise CheckError(str(answer["error"])[:1_000])
        return answer

    def close(self) -> None:
        """End the fork server and all its checkers."""
        self.server.close()


def _converse(
    connection: socket.socket, ask: Ask | None, trainer: Trainer | None, history: TrainingHistory | None
) -> Any:
    """Pass on what the checker asks, until it answers."""
    remaining = float(CHECK_SECONDS)
    try:
        while True:
            asked = time.monotonic()
            connection.settimeout(max(0.01, remaining))
            with connection.makefile("rb", buffering=0) as source:
                head = wire.read_head(source, MAX_MESSAGE)
            remaining -= time.monotonic() - asked
            if "answer" in head:
                return head["answer"]
            if "unknown" in head:
                if trainer is not None:
                    trainer.refuse(message("training.no_test_outputs", why=str(head["unknown"])[:200]))
                continue
            if "test_outputs" in head:
                _test_outputs(connection, trainer)
                continue
            if "history" in head:
                _history(connection, head["history"], history)
                continue
            try:
                reply = {"reply": ask(str(head["ask"]))} if ask is not None else {"gone": message("checks.no_kernel")}
            except EvidenceError as error:
                reply = {"gone" if isinstance(error, KernelGone) else "unusable": str(error)}
            wire.send(connection, reply)
    except TimeoutError:
        raise CheckError(message("runs.checks_seconds", seconds=CHECK_SECONDS)) from None
    except (OSError, EOFError):
        raise CheckError(message("runs.checker_died")) from None
    except (ValueError, RecursionError, KeyError, TypeError, EvidenceError) as error:
        raise CheckError(message("runs.checker_answer", error=type(error).__name__)) from None


def _test_outputs(connection: socket.socket, trainer: Trainer | None) -> None:
    """Have the trainer say what a model puts out, or nothing."""
    with connection.makefile("rb", buffering=0) as source:
        head, weights = wire.read(source, MAX_WEIGHTS)
    try:
        if trainer is None:
            raise TrainingError(message("training.no_trainer"))
        answer = trainer.test_outputs(head, weights)
    except (TrainingError, EvidenceError) as error:
        if trainer is not None:
            trainer.refuse(message("training.no_test_outputs", why=str(error)[:200]))
        answer = {"refused": str(error)}, []
    wire.send(connection, *answer)


def _history(connection: socket.socket, wanted: Mapping[str, Any], history: TrainingHistory | None) -> None:
    """Tell what the trainer saw of the run, or show weights before or after a fit."""
    try:
        if history is None:
            raise TrainingError("there is no trainer")
        if "array" not in wanted:
            seen = {"fits": history.fits(), "uses": history.uses(), "pixels": history.pixels()}
            wire.send(connection, {**seen, "complete": history.complete})
            return
        array = history.array(str(wanted["array"]))
    except TrainingError as error:
        wire.send(connection, {"refused": str(error)})
        return
    wire.send(connection, {}, [array])
