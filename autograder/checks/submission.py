"""Check one submission: the test cases of its questions, one after the other, and the notes on its networks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from autograder.assignment import Assignment, Question
from autograder.checks.evidence import Evidence
from autograder.checks.given_pixels import GivenPixels
from autograder.checks.job import Job
from autograder.checks.lineage import Lineage
from autograder.checks.provenance import Provenance
from autograder.checks.questions import check_question
from autograder.checks.references import GetOutputsOn, References
from autograder.checks.remote import Remote
from autograder.checks.trainings import Trainings
from autograder.errors import EvidenceError
from autograder.results import MarkerNote, NoteKind

GetHistory = Callable[..., tuple[dict[str, Any], list[np.ndarray]]]
"""Asks what the trainer saw of this run, or for an ``array`` of weights before or after a fit."""


def check_submission(
    job: Job, remote: Remote | None, outputs: GetOutputsOn | None, history: GetHistory | None
) -> dict[str, Any]:
    """The results of all questions in the assignment's order, the measurements by name, and the notes to the marker.

    Also the test case that ended the kernel, if one did (``Remote.lost``). All of it is plain data. ``remote`` is the
    kernel, None once it has ended. Without a ``history`` there are no notes.
    """
    checks = _Checks(job, remote, outputs, history)
    results = [checks.check(question) for question in checks.assignment.questions if not question.written]
    reference = checks.reference
    measured = {"accuracies": reference.accuracies, "confusions": reference.confusions}
    lost = None if remote is None else remote.lost
    return {"questions": results, **measured, "marker_notes": checks.notes(results), "lost": lost}


class _Checks:
    """The checks of a submission, and what later ones know of earlier ones."""

    def __init__(
        self, job: Job, remote: Remote | None, outputs: GetOutputsOn | None, history: GetHistory | None
    ) -> None:
        self.assignment = Assignment.load(job.assignment)
        self._job = job
        self._remote = remote
        given, lineage = (None, None) if history is None else _seen(history)
        self._trainings = Trainings(lineage, given, job.epochs, job.validation_samples, job.capped)
        self.reference = References(job.datasets, job.thresholds, outputs, self._trainings)
        self._provenance = None if lineage is None else Provenance(lineage, self.reference.by_dataset)
        self._names_in_use = self.assignment.names_in_use()
        self._definitions = self.assignment.received_definitions()
        #: The names that some test case can do without, and their values in the questions so far.
        self._optional = {name for one in self.assignment.questions for case in one.cases for name in case.optional}
        self._earlier: dict[str, Any] = {}
        #: The questions with networks that the kernel trained, by the network's name.
        self._in_kernel: dict[str, list[str]] = {}

    def check(self, question: Question) -> dict[str, Any]:
        """The result of a question, as ``check_question`` gives it."""
        job = self._job
        evidence, problem = self._evidence(question)
        if self._provenance is not None and evidence is not None:
            self._provenance.add(question.id, evidence.values)
        result = check_question(
            question.asking(job.asked),
            self.assignment.test_file(question.id),
            evidence,
            self.reference,
            self._remote,
            self._earlier,
            ended=problem or job.ended,
            lost=job.lost,
            definitions=self._definitions,
            may_use_kernel=self.assignment.course.unverified == "allow",
        )
        for name in self._trainings.in_kernel:
            self._in_kernel.setdefault(name, []).append(question.id)
        self._trainings.in_kernel.clear()
        for name, value in () if evidence is None else evidence.values.items():
            if name in self._optional:
                self._earlier[name] = value
                if hasattr(value, "get_weights"):
                    self._trainings.states.setdefault(name, []).append(value)
        return result

    def notes(self, results: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The notes on where the weights of networks come from, and on those that only the kernel trained."""
        notes = [MarkerNote(NoteKind.IN_KERNEL, name, questions=tuple(ids)) for name, ids in self._in_kernel.items()]
        try:
            failed = _failed_together(self.assignment, results)
            found = [] if self._provenance is None else self._provenance.notes(failed)
        except Exception:  # of Keras or NumPy, about what a student made: it costs no marks
            found = [asdict(MarkerNote(NoteKind.FAILED, ""))]
        return [*found, *map(asdict, notes)]

    def _evidence(self, question: Question) -> tuple[Evidence | None, str]:
        """The evidence of a question; or None, and why it cannot be used."""
        try:
            evidence = Evidence.read(self._job.evidence, question.id, question.names)
        except EvidenceError as error:
            return None, str(error)
        if evidence is not None:  # a name of the assignment is not a misspelling of another one
            others = {name: kind for name, kind in evidence.others.items() if name not in self._names_in_use}
            outlines = {name: node for name, node in evidence.outlines.items() if name not in self._names_in_use}
            evidence = replace(evidence, others=others, outlines=outlines)
        return evidence, ""


def _seen(history: GetHistory) -> tuple[GivenPixels, Lineage]:
    """What the trainer saw of the run: the pixels that networks were given, and the fits that led to them."""

    def array(digest: str) -> np.ndarray | None:
        head, arrays = history(array=digest)
        return None if "refused" in head else arrays[0]

    seen, _ = history()
    return GivenPixels(seen), Lineage(seen["fits"], array, complete=seen["complete"])


def _failed_together(assignment: Assignment, results: Sequence[Mapping[str, Any]]) -> list[frozenset[str]]:
    """The names that each failed test case looked at: what is wrong with them is said already."""
    entries = {result["id"]: result["cases"] for result in results}
    return [
        frozenset(case.names)
        for question in assignment.questions
        for case, outcome in zip(question.cases, entries.get(question.id, ()), strict=False)
        if outcome["status"] == "failed"
    ]
