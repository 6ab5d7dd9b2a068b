"""Run a notebook in a kernel, cell by cell, under limits, and say how it went.

nbclient does the running. What is added: a limit for the whole run beside the one for a cell, outputs cut while they
arrive, progress, and a clear end for every way in which a kernel can go away.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import copy
import json
import math
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from autograder.execution.launch import Folders, Settings, kernel_manager
from autograder.execution.outputs import OutputBudget
from autograder.profile import Limits
from autograder.result import CellError, RunStatus

OnCell = Callable[[int, int], None]


@dataclass(frozen=True)
class Run:
    """One headless execution: how it ended, what each cell showed, and the cells that raised."""

    status: RunStatus
    message: str
    executed: NotebookNode
    cell_errors: tuple[CellError, ...] = ()
    notes: tuple[str, ...] = ()


def run(
    notebook: NotebookNode,
    folders: Folders,
    settings: Settings,
    limits: Limits,
    *,
    threads: int = 1,
    on_cell: OnCell | None = None,
    after: Callable[[], Path | None] | None = None,
    stop: Event | None = None,
) -> Run:
    """Execute a notebook in a kernel of its own; evidence lands in ``folders.evidence``.

    Cells that raise do not stop the run; a limit or a dead kernel does, and what was recorded before stays. ``on_cell``
    is told (cell, cells) as each begins, both from 1. ``after`` is called when the notebook is done and names a file of
    test cases to run in the kernel, or nothing. Setting ``stop`` from another thread ends the kernel.
    """
    executed = copy.deepcopy(notebook)
    for cell in executed.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    manager, start = kernel_manager(folders, settings, threads)
    client = _Client(executed, manager, limits, on_cell)
    status, message = asyncio.run(client.run_all(start, after, stop or Event()))
    errors = tuple(_errors(executed))
    if status is RunStatus.OK and errors:
        status = RunStatus.CELL_ERRORS
        first = errors[0]
        message = f"{_count(len(errors), 'cell')} raised an error, the first is cell {first.cell} ({first.error})"
    notes = []
    if client.budget.cut_from is not None:
        notes.append(f"outputs were cut from cell {client.budget.cut_from} on: the notebook shows too much")
    return Run(status, message, executed, errors, tuple(notes))


class _Client(NotebookClient):
    """nbclient's client under the limits of a run; it knows the cell it is at."""

    def __init__(self, notebook: NotebookNode, manager: Any, limits: Limits, on_cell: OnCell | None) -> None:
        super().__init__(
            notebook,
            km=manager,
            allow_errors=True,
            store_widget_state=False,
            startup_timeout=math.ceil(limits.start_seconds),
            iopub_timeout=30,
            raise_on_iopub_timeout=False,
            record_timing=False,
            coalesce_streams=False,
            shutdown_kernel="immediate",
            timeout_func=self._seconds_left,
        )
        self.log.setLevel("CRITICAL")
        self.limits = limits
        self.on_cell = on_cell
        self.current = 0
        self.deadline = math.inf
        self.budget = OutputBudget()

    async def run_all(
        self, start: dict[str, Any], after: Callable[[], Path | None] | None, stop: Event
    ) -> tuple[RunStatus, str]:
        """Start the kernel, run every cell, record what is left, end the kernel and all that it started."""
        manager: Any = self.km
        group: int | None = None
        watch = asyncio.create_task(_kill_when(stop, manager))
        try:
            async with self.async_setup_kernel(cleanup_kc=True, **start):
                group = getattr(manager.provisioner, "pgid", None)
                try:
                    await self._run_cells()
                    await self._call("record_rest")
                    if after is not None and (cases := after()) is not None:
                        await self._call("run_cases", str(cases))
                except (CellTimeoutError, DeadKernelError):
                    return self._end(alive=await manager.is_alive())
        except RuntimeError as error:
            if self.current:
                raise
            reason = str(error).splitlines()[0][:300]
            return RunStatus.GRADER_ERROR, f"the kernel did not start: {reason}"  # no student code has run yet
        finally:
            watch.cancel()
            atexit.unregister(self._cleanup_kernel)  # nbclient leaves it there when the kernel does not start
            _end_group(group)
        return RunStatus.OK, ""

    async def _run_cells(self) -> None:
        self.deadline = time.monotonic() + self.limits.run_seconds
        cells = len(self.nb.cells)
        for index, cell in enumerate(self.nb.cells):
            self.current = index + 1
            if cell.cell_type == "code" and cell.source.strip():
                if self.on_cell is not None:
                    self.on_cell(self.current, cells)
                await self.async_execute_cell(cell, index)
            for question in cell.metadata.get("otter", {}).get("tests", ()):
                await self._call("record", question)
        self.current = cells + 1

    async def _call(self, function: str, *arguments: str) -> None:
        """Call a function of the kernel's ``otter`` stand-in; what a student did to it costs only this run."""
        module = "__import__('autograder.execution.inside.otter', fromlist=['otter'])"
        code = f"{module}.{function}(*{json.dumps(arguments)})"
        client: Any = self.kc
        request = client.execute(code, silent=True, store_history=False)
        await self.async_wait_for_reply(request, NotebookNode(source=code))

    def _end(self, *, alive: bool) -> tuple[RunStatus, str]:
        """How a run that did not come to its end ended."""
        where = f"cell {self.current}" if self.current <= len(self.nb.cells) else "the recording after the last cell"
        if not alive:
            how = "it was ended or ended itself; later cells did not run"
            return RunStatus.KERNEL_DIED, f"the kernel died in {where}: {how}"
        if time.monotonic() >= self.deadline:
            seconds = self.limits.run_seconds
            return RunStatus.RUN_TIMEOUT, f"the notebook ran longer than {seconds:g} s and was stopped in {where}"
        seconds = self.limits.cell_seconds
        return RunStatus.CELL_TIMEOUT, f"{where} ran longer than {seconds:g} s and was stopped; later cells did not run"

    def _seconds_left(self, cell: NotebookNode) -> int:
        return max(1, math.ceil(min(self.limits.cell_seconds, self.deadline - time.monotonic())))

    def output(
        self, outs: list[NotebookNode], msg: dict[str, Any], display_id: str | None, cell_index: int
    ) -> NotebookNode | None:
        """Take an output in as far as the budget goes."""
        if not self.budget.takes(msg["content"], outs, cell_index + 1):
            return None
        return super().output(outs, msg, display_id, cell_index)


async def _kill_when(stop: Event, manager: Any) -> None:
    """End the kernel once ``stop`` is set; the run then finds it dead."""
    while not (stop.is_set() and manager.has_kernel):
        await asyncio.sleep(0.5)
    await manager.shutdown_kernel(now=True)


def _end_group(group: int | None) -> None:
    """End whatever the kernel started and left running in its process group."""
    if group is not None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


def _errors(notebook: NotebookNode) -> list[CellError]:
    errors = []
    for index, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", ()) if cell.cell_type == "code" else ():
            if output.output_type == "error":
                text = "\n".join(output.get("traceback", ()))[:20_000]
                errors.append(CellError(index + 1, str(output.ename)[:200], str(output.evalue)[:2_000], text))
    return errors


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
