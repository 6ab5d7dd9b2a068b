"""Jupyter's client for a kernel that nobody trusts: nbclient's, under the limits of a run.

nbclient does the running. What is added: a limit for the whole run beside the one for a cell, limits watched from
outside, outputs cut while they arrive, and a clear end for every way in which a kernel can go away or lie.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import json
import math
import os
import signal
import time
from collections.abc import Callable
from threading import Event
from typing import Any

from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from autograder.assignment.profile import Limits
from autograder.errors import EvidenceError
from autograder.execution import protocol, watch
from autograder.execution.launch import Launch
from autograder.execution.outputs import OutputBudget
from autograder.execution.watch import Breach
from autograder.messages import message
from autograder.results import RunStatus
from autograder.sandbox import processes

OnCell = Callable[[int, int], None]
Ask = Callable[[str], str]


class Clock:
    """The seconds that a run, and its present lap, have taken; ``uncharged`` says how many of all do not count."""

    def __init__(self, uncharged: Callable[[], float]) -> None:
        self._uncharged = uncharged
        self._made = self._begun = time.monotonic()
        self._start = self._lap = math.inf

    def start(self) -> None:
        self._begun = time.monotonic()
        self._start = self._lap = self._now()

    def lap(self) -> None:
        self._lap = self._now()

    def seconds(self) -> float:
        return self._now() - self._start

    def lap_seconds(self) -> float:
        return self._now() - self._lap

    def split(self) -> dict[str, float]:
        """Seconds until the start, since then, and of these those that do not count."""
        parts = (self._begun - self._made, time.monotonic() - self._begun, self._uncharged())
        names = ("start_seconds", "run_seconds", "training_seconds")
        return {name: round(part, 2) for name, part in zip(names, parts, strict=True)}

    def _now(self) -> float:
        return time.monotonic() - self._uncharged()


class Client(NotebookClient):
    """nbclient's client under the limits of a run; it knows the cell it is at."""

    def __init__(
        self,
        notebook: NotebookNode,
        launch: Launch,
        limits: Limits,
        on_cell: OnCell | None,
        uncharged: Callable[[], float] = lambda: 0.0,
    ) -> None:
        super().__init__(
            notebook,
            km=launch.manager,
            allow_errors=True,
            store_widget_state=False,
            startup_timeout=math.ceil(limits.start_seconds),
            iopub_timeout=10,
            raise_on_iopub_timeout=False,
            record_timing=False,
            coalesce_streams=False,
            shutdown_kernel="immediate",
            timeout=None,  # time is watched here, for some of it is not charged
        )
        self.log.setLevel("CRITICAL")
        self.launch = launch
        self.limits = limits
        self.on_cell = on_cell
        self.current = 0
        self.clock = Clock(uncharged)
        self.called = False
        self.budget = OutputBudget(limits.outputs)
        self.breach: Breach | None = None

    def seconds(self) -> dict[str, float]:
        """Where the time of a run that is over went."""
        return self.clock.split()

    async def run_all(
        self, look: Callable[[int], Breach | None], stop: Event, after: Callable[[Ask], None] | None
    ) -> tuple[RunStatus, str]:
        """Start the kernel, run every cell, record what is left, end the kernel and all that it started.

        ``look`` is asked a few times a second whether the processes that came of a process passed a limit. ``after`` is
        called, in another thread, when all is recorded, with a function that passes requests to the kernel.
        """
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)  # each is dealt with here
        manager: Any = self.km
        group: int | None = None
        started: list[Any] = []
        relay = self.launch.relay
        await relay.open()
        watching = asyncio.create_task(self._watch(look, stop))
        try:
            async with self.async_setup_kernel(cleanup_kc=True, **self.launch.keywords):
                self.launch.started()
                group = getattr(manager.provisioner, "pgid", None)
                try:
                    await self._run_cells()
                    await self._call("record_rest")
                    if after is not None:
                        await asyncio.to_thread(after, self._asker())
                except (CellTimeoutError, DeadKernelError):
                    self.breach = self.breach or look(manager.provisioner.pid)  # what ended it may have been a limit
                    return self._end(alive=await manager.is_alive())
                finally:
                    started = processes.tree(manager.provisioner.pid)
        except Exception as error:  # the kernel decides what comes over its sockets, and so what goes wrong here
            if self.breach:
                return self._end(alive=False)
            if self.current:
                return RunStatus.KERNEL_DIED, self._stopped(message("runs.protocol", error=type(error).__name__))
            reason = (str(error).splitlines() or [type(error).__name__])[0][:300]
            return RunStatus.GRADER_ERROR, message("runs.not_started", why=reason)  # no student code has run yet
        finally:
            watching.cancel()
            await relay.close()
            atexit.unregister(self._cleanup_kernel)  # nbclient leaves it there when the kernel does not start
            _end_group(group)
            processes.end(started)
            self.budget.finish()
        return self._end(alive=False) if self.breach else (RunStatus.OK, "")

    async def _watch(self, look: Callable[[int], Breach | None], stop: Event) -> None:
        """End the kernel once ``stop`` is set or a limit is passed; the run then finds it dead."""
        manager: Any = self.km
        while True:
            await asyncio.sleep(watch.INTERVAL)
            if not manager.has_kernel:
                continue
            if self.launch.relay.exceeded:
                self.breach = RunStatus.OUTPUT_LIMIT, message("runs.output", limit=self.limits.output_mb)
            elif self.budget.exceeded:
                self.breach = RunStatus.OUTPUT_LIMIT, message("runs.outputs", limit=self.limits.outputs)
            elif self.current:
                self.breach = self._overtime() or await asyncio.to_thread(look, manager.provisioner.pid)
            if self.breach or stop.is_set():
                processes.end(processes.tree(manager.provisioner.pid))
                return

    async def _run_cells(self) -> None:
        self.clock.start()
        cells = len(self.nb.cells)
        for index, cell in enumerate(self.nb.cells):
            self.current = index + 1
            if cell.cell_type == "code" and cell.source.strip():
                if self.on_cell is not None:
                    self.on_cell(self.current, cells)
                self.clock.lap()
                await self.async_execute_cell(cell, index)
            for question in cell.metadata.get("otter", {}).get("tests", ()):
                await self._call("record", question)
        self.current = cells + 1

    async def _call(self, function: str, *arguments: str) -> Any:
        """Call a function of the kernel's ``otter`` stand-in; what a student did to it costs only this run."""
        module = "__import__('autograder.kernel.otter', fromlist=['otter'])"
        code = f"{module}.{function}(*{json.dumps(arguments)})"
        client: Any = self.kc
        self.clock.lap()
        # A silent cell has no result, an expression has.
        request = client.execute("", silent=True, store_history=False, user_expressions={"value": code})
        return await self.async_wait_for_reply(request, NotebookNode(source=code))

    def _asker(self) -> Ask:
        """A function that other threads can call to have the kernel answer a request."""
        loop = asyncio.get_running_loop()

        async def answer(request: str) -> str:
            self.called = True
            try:
                reply = await self._call("answer", request)
                text = protocol.call_answer(reply)
            except Exception as error:  # as above: what comes back is the kernel's to say
                if self.breach is not None and self.breach[0] is RunStatus.CELL_TIMEOUT:
                    raise EvidenceError(message("runs.call_seconds", seconds=self.limits.cell_seconds)) from None
                raise EvidenceError(message("runs.call_without_answer", error=type(error).__name__)) from None
            return text

        return lambda request: asyncio.run_coroutine_threadsafe(answer(request), loop).result()

    def _end(self, *, alive: bool) -> tuple[RunStatus, str]:
        """How a run that did not come to its end ended."""
        if self.breach:
            status, why = self.breach
            if status is RunStatus.CELL_TIMEOUT and not self.called:
                return status, message("runs.cell_stopped", why=why)
            return status, self._stopped(why)
        how = message("runs.no_answer" if alive else "runs.ended")
        return RunStatus.KERNEL_DIED, message("runs.died", place=self._where(), how=how)

    def _overtime(self) -> Breach | None:
        """The limit of time that is passed now; what the trainer took is not counted."""
        if self.clock.lap_seconds() > (seconds := self.limits.cell_seconds):
            what = message("runs.call") if self.called else self._where()
            return RunStatus.CELL_TIMEOUT, message("runs.cell_seconds", what=what, seconds=seconds)
        if self.clock.seconds() > (seconds := self.limits.run_seconds):
            return RunStatus.RUN_TIMEOUT, message("runs.run_seconds", seconds=seconds)
        return None

    def _stopped(self, why: str) -> str:
        return message("runs.stopped", why=why, place=self._where())

    def _where(self) -> str:
        if self.current > len(self.nb.cells):
            return message("runs.after_last_cell")
        return message("runs.cell", number=self.current)

    def process_message(self, msg: dict[str, Any], cell: NotebookNode, cell_index: int) -> NotebookNode | None:
        """Take a message into the notebook, with the fields that its kind has.

        Raises:
            Malformed: a field is not of its type.
        """
        kind = msg["msg_type"]
        if not isinstance(kind, str):
            raise protocol.Malformed("a message must have a type")
        content = protocol.sanitized(kind, msg["content"])
        clean = {**msg, "header": {**msg["header"], "msg_type": kind}, "metadata": {}, "content": content}
        return super().process_message(clean, cell, cell_index)

    def output(
        self, outs: list[NotebookNode], msg: dict[str, Any], display_id: str | None, cell_index: int
    ) -> NotebookNode | None:
        """Take an output in as far as the budget goes."""
        before = len(outs)
        if not self.budget.takes(msg["content"], outs, cell_index + 1, msg["bytes"]):
            return None
        if len(outs) < before:
            self.clear_display_id_mapping(cell_index)  # it goes by position
        return super().output(outs, msg, display_id, cell_index)

    def _update_display_id(self, display_id: str, msg: dict[str, Any]) -> None:
        if self.budget.takes_update(self.current, msg["bytes"]):
            super()._update_display_id(display_id, msg)

    def handle_comm_msg(self, outs: list[NotebookNode], msg: dict[str, Any], cell_index: int) -> None:
        """Nothing: what widgets say is shown nowhere, and would only pile up."""


def _end_group(group: int | None) -> None:
    """End whatever the kernel started and left running in its process group."""
    if group is not None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
