"""One run: execute a notebook in a kernel, cell by cell, under limits, and report how it ended."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event
from types import MappingProxyType

from nbformat import NotebookNode

from autograder.assignment.profile import Budget
from autograder.execution.client import Ask, Client, OnCell
from autograder.execution.clock import Clock
from autograder.execution.launch import KernelStart, Launch, prepared
from autograder.execution.pool import EvidencePool
from autograder.execution.receive import Receiver
from autograder.execution.watch import Watch
from autograder.messages import message
from autograder.results import CellError, RunStatus
from autograder.training.history import TrainingHistory
from autograder.training.requests import RequestServer
from autograder.training.trainer import Trainer


@dataclass(frozen=True)
class Run:
    """The outcome of a run: its status, the executed notebook, the cells that raised errors, the seconds it took.

    ``not_cached`` are sentences on the trainings that ran in the notebook's own kernel, with the reasons.
    """

    status: RunStatus
    message: str
    executed: NotebookNode
    cell_errors: tuple[CellError, ...] = ()
    notes: tuple[str, ...] = ()
    not_cached: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)


def run(
    notebook: NotebookNode,
    start: KernelStart,
    *,
    trainer: Trainer | None = None,
    history: TrainingHistory | None = None,
    pool: EvidencePool | None = None,
    on_cell: OnCell | None = None,
    after: Callable[[Ask, NotebookNode], None] | None = None,
    files: Mapping[str, bytes] = MappingProxyType({}),
    stop: Event | None = None,
) -> Run:
    """Execute a notebook in a kernel that is started for it; write its evidence to a folder.

    The folder is ``start.folders.evidence``; ``pool`` has what need not be sent again (None: the run has its own).
    ``trainer`` trains the networks, as far as it can, and its time is not charged to the run; ``history`` takes what it
    saw.

    Cells that raise errors do not stop the run; a limit or a dead kernel does, and the evidence recorded before stays.
    ``on_cell`` is called with (cell, cells) as each cell begins, both from 1. ``after`` is called at the end of the
    notebook, when all evidence has arrived and the kernel is still running, if test cases need it, with a function that
    passes requests to the kernel (see ``kernel.rpc_server``), and with the notebook as it ran. ``files`` are the
    contents of files that the student handed in, by their names beside the notebook. Setting ``stop`` in a
    different thread ends the kernel.
    """
    executed = _without_outputs(notebook)
    with prepared(start, training=trainer is not None) as launch:
        listeners = _Listeners.on(launch, start, trainer, history, pool)
        evidence = listeners.evidence
        watch = Watch(start.folders, start.limits, launch.group, isolated=start.isolated, refused=listeners.refused)
        clock = Clock(uncharged=listeners.training_seconds, processor=lambda: watch.processor_seconds)

        def checked(ask: Ask) -> None:
            evidence.finish()
            if after is not None and evidence.live:
                after(ask, executed)

        client = Client(executed, launch, start.limits, on_cell, clock, files)
        try:
            status, words = asyncio.run(client.run_all(watch.look, stop or Event(), checked if after else None))
        finally:
            listeners.finish()
    if (error := listeners.failed()) is not None:
        raise error
    errors = tuple(cell_errors(executed))
    if status is RunStatus.OK:
        status, words = _outcome(evidence, errors)
    cut = client.budget.cut_from
    notes = () if cut is None else (message("runs.outputs_cut", cell=cut),)
    return Run(status, words, executed, errors, notes, listeners.not_cached(), clock.split())


def _outcome(evidence: Receiver, errors: Sequence[CellError]) -> tuple[RunStatus, str]:
    """How a run ended that nothing stopped."""
    if evidence.breach is not None:  # the run came to its end before the watch saw it
        return RunStatus.DISK_LIMIT, evidence.breach
    if not errors:
        return RunStatus.OK, ""
    first = errors[0]
    return RunStatus.CELL_ERRORS, message("runs.cell_errors", count=len(errors), place=first.place, error=first.error)


@dataclass(frozen=True)
class _Listeners:
    """What listens to a kernel beside Jupyter's client: to its evidence and, with a trainer, to its requests."""

    evidence: Receiver
    requests: RequestServer | None

    @classmethod
    def on(
        cls,
        launch: Launch,
        start: KernelStart,
        trainer: Trainer | None,
        history: TrainingHistory | None,
        pool: EvidencePool | None,
    ) -> _Listeners:
        """What listens to a kernel that is launched."""
        folders, settings, limits = start.folders, start.settings, start.limits
        shared = pool or EvidencePool(folders.root / "pool")
        evidence = Receiver(launch.evidence, folders.evidence, settings.names, limits.disk_mb, shared)
        if trainer is None:
            return cls(evidence, None)
        return cls(evidence, RequestServer(launch.training, trainer, Budget(**settings.budget), limits, history))

    def failed(self) -> OSError | None:
        """The error of the grader's own disk, if it failed."""
        return self.evidence.failed or (None if self.requests is None else self.requests.failed)

    def refused(self) -> str | None:
        """Why the run must end now: what it sent was refused, or could not be stored."""
        error = self.failed()
        return self.evidence.breach or (None if error is None else str(error))

    def training_seconds(self) -> float:
        return 0.0 if self.requests is None else self.requests.seconds

    def not_cached(self) -> tuple[str, ...]:
        return () if self.requests is None else tuple(self.requests.notes)

    def finish(self) -> None:
        self.evidence.finish()
        if self.requests is not None:
            self.requests.finish()


def _without_outputs(notebook: NotebookNode) -> NotebookNode:
    """A copy of a notebook as if it had never run."""
    cleared = copy.deepcopy(notebook)
    for cell in cleared.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return cleared


def cell_errors(notebook: NotebookNode) -> list[CellError]:
    """The cells of an executed notebook that raised an error, in order."""
    errors = []
    for index, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", ()) if cell.cell_type == "code" else ():
            if output.output_type == "error":
                text = "\n".join(output.get("traceback", ()))[:20_000]
                count = cell.execution_count if type(cell.execution_count) is int else None
                errors.append(CellError(index + 1, str(output.ename)[:200], str(output.evalue)[:2_000], text, count))
    return errors
