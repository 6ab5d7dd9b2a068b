"""Checks: a question's test cases over its evidence, in a process that never ran student code.

Python's own fork server imports Keras once and forks a fresh checker for each submission; results come back as JSON.
"""

from __future__ import annotations

import json
import multiprocessing
from dataclasses import dataclass
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

from autograder.checks import worker
from autograder.errors import CheckError

CHECK_SECONDS = 900
_context: ForkServerContext | None = None


@dataclass(frozen=True)
class Job:
    """What a checker is told: where the assignment, the evidence and the dataset are, and the thresholds that hold."""

    assignment: Path
    evidence: Path
    dataset: Path | None
    thresholds: dict[str, float]
    threads: int = 1
    ended: str = ""


def warm_up(*, keras: bool = True) -> None:
    """Start the fork server, so that its imports go on while the first notebook runs; a second call does nothing.

    ``keras`` says whether checkers will need Keras. Must be called before ``check``, from the main thread.
    """
    global _context
    if _context is not None:
        return
    _context = multiprocessing.get_context("forkserver")
    _context.set_forkserver_preload([*worker.PRELOAD, *(["keras"] if keras else [])])
    _context.Process(target=_nothing, daemon=True).start()


def check(job: Job) -> dict[str, Any]:
    """The answer of a fresh checker: ``{"questions": […], "accuracies": {…}}``, see ``worker.check_all``.

    Raises:
        CheckError: the checker died or took longer than it may.
    """
    if _context is None:
        raise CheckError("the checker is not started: call warm_up first")
    receive, send = _context.Pipe(duplex=False)
    process = _context.Process(target=worker.main, args=(send, job), daemon=True)
    process.start()
    send.close()
    try:
        if not receive.poll(CHECK_SECONDS):
            raise CheckError(f"the checks took longer than {CHECK_SECONDS} s")
        answer: dict[str, Any] = json.loads(receive.recv_bytes())
    except EOFError:
        process.join(5)
        raise CheckError(f"the checker ended without an answer (exit code {process.exitcode})") from None
    finally:
        receive.close()
        process.kill()
        process.join()
    if "error" in answer:
        raise CheckError(answer["error"])
    return answer


def _nothing() -> None:
    pass
