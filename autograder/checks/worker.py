"""The checker's process: it has one submission checked, asks the grader for what it lacks, answers and ends.

It is forked from the fork server, which has imported Keras but never run an operation of TensorFlow: a fork after one
is not safe.
"""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from autograder.assignment import Assignment
from autograder.checks.job import MAX_MESSAGE, Job
from autograder.checks.remote import Remote
from autograder.checks.remote_objects import know_remote_objects
from autograder.errors import EvidenceError, KernelGone
from autograder.evidence import wire
from autograder.evidence.kinds_plain import MAX_INT_DIGITS
from autograder.sandbox.inside import limits
from autograder.training.history import MAX_BYTES

if TYPE_CHECKING:
    from autograder.networks.pixels import Pixels

#: Limits of one checker: MiB that it may allocate, and seconds of processor time.
MEMORY_MB = 8192
CPU_SECONDS = 3600
#: Bytes of a model's outputs for the dataset, at most.
MAX_OUTPUTS = 64 * 1024**2


def main(answer_to: socket.socket, request: Mapping[str, Any]) -> None:
    """Answer with the results as JSON, or with ``{"error": …}``.

    ``request`` has the ``job`` (a ``Job`` as JSON can hold it) and whether there is a ``trainer`` to ask.
    """
    limits.apply(memory_mb=MEMORY_MB, cpu_seconds=CPU_SECONDS, file_mb=1)
    try:
        job = _job(request["job"])
        know_remote_objects()
        _limit_threads(job.threads)
        show_numbers()
        outputs = partial(_outputs, answer_to) if request["trainer"] else None
        history = partial(_history, answer_to) if request["history"] else None
        remote = Remote(partial(_ask, answer_to), job.stopped) if job.live else None
        with _working_folder(Assignment.load(job.assignment)):
            from autograder.checks.submission import check_submission

            answer = check_submission(job, remote, outputs, history)
    except Exception as error:  # the grader reports it in the row of the submission
        answer = {"error": f"the checker failed: {type(error).__name__}: {error}"}
    wire.send(answer_to, {"answer": answer})
    answer_to.close()


def show_numbers() -> None:
    """Have messages show numbers as people write them, whatever evidence may have, in this process for good."""
    np.set_printoptions(legacy="1.25")  # 0.8, not np.float64(0.8)
    sys.set_int_max_str_digits(MAX_INT_DIGITS)


@contextmanager
def _working_folder(assignment: Assignment) -> Iterator[None]:
    """Work in the folder that students receive: test cases may read its files, and import its modules.

    If there are files for test cases alone, it is a folder with links to all of them.
    """
    received, alone = assignment.course.student.parent, assignment.test_files
    links = tempfile.TemporaryDirectory(prefix="autograder-checks-") if alone.is_dir() else nullcontext(str(received))
    with links as folder:
        if alone.is_dir():
            _link([received, alone], Path(folder))
        os.chdir(folder)
        sys.path.append(folder)
        yield
        os.chdir("/")


def _link(folders: Sequence[Path], target: Path) -> None:
    """Link what is in some folders into one; of two files of a name, the one of the last folder."""
    found: dict[str, list[Path]] = {}
    for path in (path for folder in folders for path in folder.iterdir()):
        found.setdefault(path.name, []).append(path)
    for name, paths in found.items():
        if len(paths) > 1 and all(path.is_dir() for path in paths):
            (target / name).mkdir()
            _link(paths, target / name)
        else:
            (target / name).symlink_to(paths[-1])


def _job(fields: Mapping[str, Any]) -> Job:
    paths: dict[str, Any] = {key: Path(fields[key]) for key in ("assignment", "evidence")}
    return Job(**{**fields, **paths, "datasets": {name: Path(path) for name, path in fields["datasets"].items()}})


def _ask(grader: socket.socket, request: str) -> str:
    """The kernel's answer to a remote procedure call (see ``remote``), by way of the grader."""
    wire.send(grader, {"ask": request})
    with grader.makefile("rb", buffering=0) as source:
        reply = wire.read_head(source, MAX_MESSAGE)
    if "gone" in reply:
        raise KernelGone(reply["gone"])
    if "unusable" in reply:
        raise EvidenceError(reply["unusable"])
    return str(reply["reply"])


def _outputs(grader: socket.socket, dataset: str, model: Any, pixels: Pixels) -> np.ndarray | None:
    """A model's test outputs on a dataset from the trainer; none, if the trainer does not know the model."""
    from autograder.networks import canonical

    try:
        config = canonical.config(model)
        weights = [np.asarray(weight.numpy(), order="C") for weight in model.weights]
        head = {"model": config, "weights": list(range(len(weights))), "pixels": pixels.plain, "dataset": dataset}
        head["input_shape"] = list(model.input_shape[1:])
        wire.layouts(weights)
    except Exception as error:  # of Keras or of a layer that no trainer takes
        wire.send(grader, {"unknown": f"{type(error).__name__}: {error}"[:200]})
        return None
    wire.send(grader, {"test_outputs": True})
    wire.send(grader, head, weights)
    with grader.makefile("rb", buffering=0) as source:
        answer, arrays = wire.read(source, MAX_OUTPUTS)
    return None if "refused" in answer else arrays[0]


def _history(grader: socket.socket, **wanted: Any) -> tuple[dict[str, Any], list[np.ndarray]]:
    """What the trainer saw of this run, or an ``array`` of weights before or after a fit."""
    wire.send(grader, {"history": wanted})
    with grader.makefile("rb", buffering=0) as source:
        return wire.read(source, MAX_BYTES)


def _limit_threads(threads: int) -> None:
    """Limit TensorFlow's threads, which is possible until its first operation."""
    if tensorflow := sys.modules.get("tensorflow"):
        tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
        tensorflow.config.threading.set_inter_op_parallelism_threads(threads)
