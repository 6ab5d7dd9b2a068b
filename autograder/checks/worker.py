"""The checker's process: it reads the evidence of one submission, runs every test case over it, answers and ends.

It is forked from the fork server, which has imported Keras but never run an operation of TensorFlow: a fork after one
is not safe.
"""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from autograder.assignment import Assignment, Question
from autograder.checks.job import MAX_MESSAGE, Job
from autograder.checks.remote import Remote
from autograder.checks.remote_objects import know_remote_objects
from autograder.errors import EvidenceError
from autograder.evidence import wire
from autograder.evidence.definitions import digest_of_source
from autograder.results import MarkerNote, NoteKind
from autograder.sandbox.inside import limits
from autograder.training.history import MAX_BYTES

if TYPE_CHECKING:
    from autograder.checks.evidence import Evidence
    from autograder.checks.given import GivenPixels
    from autograder.checks.lineage import Lineage
    from autograder.checks.provenance import Provenance
    from autograder.checks.references import GetOutputsOn
    from autograder.networks.pixels import Pixels

#: Limits of one checker: MiB that it may allocate, and seconds of processor time.
MEMORY_MB = 8192
CPU_SECONDS = 3600
#: Bytes of a model's outputs for the dataset, at most.
MAX_OUTPUTS = 64 * 1024**2

GetHistory = Callable[..., tuple[dict[str, Any], list[np.ndarray]]]
"""Asks for the history of a run (see ``_history``)."""


def main(answer_to: socket.socket, request: Mapping[str, Any]) -> None:
    """Answer with the results as JSON, or with ``{"error": …}``.

    ``request`` has the ``job`` (a ``Job`` as JSON can hold it) and whether there is a ``trainer`` to ask.
    """
    limits.apply(memory_mb=MEMORY_MB, cpu_seconds=CPU_SECONDS, file_mb=1)
    try:
        job = _job(request["job"])
        know_remote_objects()
        _limit_threads(job.threads)
        np.set_printoptions(legacy="1.25")  # a message shows 0.8, not np.float64(0.8)
        outputs = partial(_outputs, answer_to) if request["trainer"] else None
        history = partial(_history, answer_to) if request["history"] else None
        with _working_folder(Assignment.load(job.assignment)):
            answer = check_all(job, Remote(partial(_ask, answer_to)) if job.live else None, outputs, history)
    except Exception as error:  # the grader reports it in the row of the submission
        answer = {"error": f"the checker failed: {type(error).__name__}: {error}"}
    wire.send(answer_to, {"answer": answer})
    answer_to.close()


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
        raise EvidenceError(reply["gone"])
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


def check_all(
    job: Job, remote: Remote | None, outputs: GetOutputsOn | None = None, history: GetHistory | None = None
) -> dict[str, Any]:
    """The results of all questions in the assignment's order, the measurements by name, and the notes to the marker.

    All of it is plain data. Without a ``history`` there are no notes.
    """
    from autograder.checks.provenance import Provenance
    from autograder.checks.questions import check_question
    from autograder.checks.references import References
    from autograder.checks.trainings import Trainings

    assignment = Assignment.load(job.assignment)
    given, lineage = (None, None) if history is None else _seen(history)
    trainings = Trainings(lineage, given, job.epochs, job.validation_samples, job.capped)
    reference = References(job.datasets, job.thresholds, outputs, trainings)
    names_in_use = assignment.names_in_use()
    definitions = assignment.received_definitions()
    codes = {name: digest_of_source(node) for name, node in definitions.items()}
    provenance = None if lineage is None else Provenance(lineage, reference.by_dataset)
    in_kernel: dict[str, list[str]] = {}
    results: list[dict[str, Any]] = []
    earlier: dict[str, Any] = {}
    optional = {name for question in assignment.questions for case in question.cases for name in case.optional}
    may_use_kernel = assignment.course.unverified == "allow"
    for question in assignment.questions:
        if question.written:
            continue
        evidence, problem = _evidence(job, question, names_in_use)
        values = {} if evidence is None else evidence.values
        if provenance is not None and evidence is not None:
            provenance.add(question.id, values)
        results.append(
            check_question(
                question.asking(job.asked),
                assignment.test_file(question.id),
                evidence,
                reference,
                remote,
                earlier,
                ended=problem or job.ended,
                lost=job.lost,
                received={name: codes[name] for name in question.unfinished if codes.get(name)},
                given={name: definitions[name] for name in question.given if name in definitions},
                may_use_kernel=may_use_kernel,
            )
        )
        for name in trainings.in_kernel:
            in_kernel.setdefault(name, []).append(question.id)
        trainings.in_kernel.clear()
        kept = {name: value for name, value in values.items() if name in optional}
        earlier |= kept
        for name, value in kept.items():
            if hasattr(value, "get_weights"):
                trainings.states.setdefault(name, []).append(value)
    measured = {"accuracies": reference.accuracies, "confusions": reference.confusions}
    notes = _notes(provenance, assignment, results)
    notes += [asdict(MarkerNote(NoteKind.IN_KERNEL, name, questions=tuple(ids))) for name, ids in in_kernel.items()]
    return {"questions": results, **measured, "marker_notes": notes}


def _evidence(job: Job, question: Question, names_in_use: Collection[str]) -> tuple[Evidence | None, str]:
    """The evidence of a question; or None, and why it cannot be used."""
    from autograder.checks.evidence import Evidence

    try:
        evidence = Evidence.read(job.evidence, question.id, question.names)
    except EvidenceError as error:
        return None, str(error)
    if evidence is not None:  # a name of the assignment is not a misspelling of another one
        others = {name: kind for name, kind in evidence.others.items() if name not in names_in_use}
        outlines = {name: node for name, node in evidence.outlines.items() if name not in names_in_use}
        evidence = replace(evidence, others=others, outlines=outlines)
    return evidence, ""


def _notes(
    provenance: Provenance | None, assignment: Assignment, results: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The notes on where the weights of networks come from."""
    try:
        return [] if provenance is None else provenance.notes(_told(assignment, results))
    except Exception:  # of Keras or NumPy, about what a student made: it costs no marks
        return [asdict(MarkerNote(NoteKind.FAILED, ""))]


def _seen(history: GetHistory) -> tuple[GivenPixels, Lineage]:
    """What the trainer saw of the run: the pixels that networks were given, and the fits that led to them."""
    from autograder.checks.given import GivenPixels
    from autograder.checks.lineage import Lineage

    def array(digest: str) -> np.ndarray | None:
        head, arrays = history(array=digest)
        return None if "refused" in head else arrays[0]

    seen, _ = history()
    return GivenPixels(seen), Lineage(seen["fits"], array, complete=seen["complete"])


def _told(assignment: Assignment, results: Sequence[Mapping[str, Any]]) -> list[frozenset[str]]:
    """The names that each failed test case looked at together: what is wrong with them is told already."""
    entries = {result["id"]: result["cases"] for result in results}
    return [
        frozenset(case.names)
        for question in assignment.questions
        for case, outcome in zip(question.cases, entries.get(question.id, ()), strict=False)
        if outcome["status"] == "failed"
    ]
