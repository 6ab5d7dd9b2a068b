"""A client for an untrusted kernel: nbclient's, under the limits of a run.

nbclient runs the cells. Added are a time limit for the whole run beside that of a cell, limits that are watched from
outside, a bound on outputs, and a status for each way in which a kernel can die or break the protocol.
"""

from __future__ import annotations

import asyncio
import atexit
import base64
import contextlib
import json
import math
import os
import signal
from collections.abc import Callable, Mapping
from threading import Event
from types import MappingProxyType
from typing import Any

import psutil
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from autograder.assignment.profile import Limits
from autograder.errors import EvidenceError, KernelGone
from autograder.execution import protocol, watch
from autograder.execution.clock import Clock
from autograder.execution.launch import Launch
from autograder.execution.outputs import OutputBudget
from autograder.execution.watch import Breach
from autograder.messages import message
from autograder.results import RunStatus, cell_name
from autograder.sandbox import processes

OnCell = Callable[[int, int], None]
Ask = Callable[[str], str]
#: Seconds; nbclient would go on without the outputs of a cell that come later than this after its end.
FOR_EVER = 10**9
#: A call that does not stop at the time of a test case, as a loop in C does not, is ended with its kernel at so many
#: times as much.
UNSTOPPED = 2


class Client(NotebookClient):
    """nbclient's client under the limits of a run.

    ``current`` is the number of the cell that runs, from 1. ``on_cell`` is called with it, and with the number of
    cells, as each cell begins. ``files`` are written to the kernel's working folder before the first one.
    """

    def __init__(
        self,
        notebook: NotebookNode,
        launch: Launch,
        limits: Limits,
        on_cell: OnCell | None,
        clock: Clock,
        files: Mapping[str, bytes] = MappingProxyType({}),
    ) -> None:
        super().__init__(
            notebook,
            km=launch.manager,
            allow_errors=True,
            store_widget_state=False,
            startup_timeout=math.ceil(limits.start_seconds),
            iopub_timeout=FOR_EVER,
            record_timing=False,
            coalesce_streams=False,
            shutdown_kernel="immediate",
            timeout=None,  # ``Clock`` counts the time of a cell until its last output, without the trainer's
        )
        self.log.setLevel("CRITICAL")
        self.launch = launch
        self.limits = limits
        self.on_cell = on_cell
        self.current = 0
        self.clock = clock
        self.files = files
        self.called = False
        self.budget = OutputBudget(limits.outputs)
        self.breach: Breach | None = None
        self._group: int | None = None
        self._processes: list[psutil.Process] = []

    async def run_all(
        self, look: Callable[[int], Breach | None], stop: Event, after: Callable[[Ask], None] | None
    ) -> tuple[RunStatus, str]:
        """Start the kernel, run each cell, record the remaining questions, end the kernel and all that it started.

        ``look`` gives the limit, if any, that a process and its descendants exceed; it is called a few times a second.
        ``after`` is called when all is recorded, in a different thread, with a function that passes requests to the
        kernel.
        """
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)  # each is dealt with here
        await self.launch.relay.open()
        watching = asyncio.create_task(self._watch(look, stop))
        try:
            return await self._run(look, after)
        except Exception as error:  # student code controls what comes over the kernel's sockets, and so the error
            return self._failed(error)
        finally:
            watching.cancel()
            await self.launch.relay.close()
            atexit.unregister(self._cleanup_kernel)  # nbclient leaves it registered when the kernel does not start
            _end_group(self._group)
            processes.end(self._processes)
            self.budget.finish()
            self.nb = NotebookNode()  # this client is part of a circle, which Python may leave in memory for long

    async def _run(
        self, look: Callable[[int], Breach | None], after: Callable[[Ask], None] | None
    ) -> tuple[RunStatus, str]:
        manager: Any = self.km
        async with self.async_setup_kernel(cleanup_kc=True, **self.launch.keywords):
            self.launch.started()
            self._group = getattr(manager.provisioner, "pgid", None)
            try:
                await self._run_cells()
                await self._call("record_rest")
                if after is not None:
                    await asyncio.to_thread(after, self._asker())
            except (CellTimeoutError, DeadKernelError):
                self.breach = self.breach or look(manager.provisioner.pid)  # a limit may have been the cause
                return self._end(alive=await manager.is_alive())
            finally:
                self._processes = processes.tree(manager.provisioner.pid)
        self.breach = self.breach or self._flooded()  # the run came to its end before the watch saw it
        return self._end(alive=False) if self.breach else (RunStatus.OK, "")

    async def _watch(self, look: Callable[[int], Breach | None], stop: Event) -> None:
        """End the kernel once ``stop`` is set or a limit is exceeded; the run then finds it dead."""
        manager: Any = self.km
        while True:
            await asyncio.sleep(watch.INTERVAL)
            self.clock.look()
            if not manager.has_kernel:
                continue
            self.breach = self._flooded()
            if not self.breach and self.current:
                passed = await asyncio.to_thread(look, manager.provisioner.pid)  # with it the processor time is new
                self.clock.look()  # it may have stood still in the meantime, too
                self.breach = self._overtime() or passed
            if self.breach or stop.is_set():
                processes.end(processes.tree(manager.provisioner.pid))
                return

    async def _run_cells(self) -> None:
        for name, content in self.files.items():
            await self._call("receive_file", name, base64.b64encode(content).decode())
        cells = len(self.nb.cells)
        for index, cell in enumerate(self.nb.cells):
            self.current = index + 1
            if cell.cell_type == "code" and cell.source.strip():
                if self.on_cell is not None:
                    self.on_cell(self.current, cells)
                cell.execution_count = self.code_cells_executed + 1
                self.clock.begin()
                await self.async_execute_cell(cell, index)
                self.clock.end()
            for question in cell.metadata.get("otter", {}).get("tests", ()):
                await self._call("record", question)
        self.current = cells + 1

    async def _call(self, function: str, *arguments: str) -> Any:
        """Call a function of ``kernel.otter`` in the kernel. Student code may have changed it, at its own cost."""
        module = "__import__('autograder.kernel.otter', fromlist=['otter'])"
        code = f"{module}.{function}(*{json.dumps(arguments)})"
        client: Any = self.kc
        self.clock.begin()
        # A silent cell has no result, an expression has.
        request = client.execute("", silent=True, store_history=False, user_expressions={"value": code})
        reply = await self.async_wait_for_reply(request, NotebookNode(source=code))
        self.clock.end()
        return reply

    def _asker(self) -> Ask:
        """A function that other threads can call to have the kernel answer a request."""
        loop = asyncio.get_running_loop()

        async def answer(request: str) -> str:
            self.called = True
            try:
                reply = await self._call("answer", request)
                text = protocol.call_answer(reply)
            except Exception as error:  # student code controls the reply
                words = message("runs.call_without_answer", error=type(error).__name__)
                if isinstance(error, protocol.Malformed):
                    raise EvidenceError(words) from None
                raise KernelGone(words if self.breach is None else self.breach[1]) from None
            return text

        return lambda request: asyncio.run_coroutine_threadsafe(answer(request), loop).result()

    def _end(self, *, alive: bool) -> tuple[RunStatus, str]:
        """How a run ended that was stopped, or whose kernel died."""
        if self.breach:
            status, why = self.breach
            if status is RunStatus.CELL_TIMEOUT and not self.called:
                return status, message("runs.cell_stopped", why=why)
            return status, self._stopped(why)
        how = message("runs.no_answer" if alive else "runs.ended")
        return RunStatus.KERNEL_DIED, message("runs.died", place=self._where(), how=how)

    def _failed(self, error: Exception) -> tuple[RunStatus, str]:
        """How a run ended that raised an error."""
        if self.breach:
            return self._end(alive=False)
        if self.current:
            return RunStatus.KERNEL_DIED, self._stopped(message("runs.protocol", error=type(error).__name__))
        reason = (str(error).splitlines() or [type(error).__name__])[0][:300]
        if said := self.launch.last_error():
            reason = message("runs.wrote", why=reason, line=said)
        return RunStatus.GRADER_ERROR, message("runs.not_started", why=reason)  # no student code has run yet

    def _flooded(self) -> Breach | None:
        """The limit of outputs that is passed now."""
        if self.launch.relay.exceeded:
            return RunStatus.OUTPUT_LIMIT, message("runs.output", limit=self.limits.output_mb)
        if self.budget.exceeded:
            return RunStatus.OUTPUT_LIMIT, message("runs.outputs", limit=self.limits.outputs)
        return None

    def _overtime(self) -> Breach | None:
        """The limit of time that is passed now."""
        limits = self.limits
        lap = min(limits.cell_seconds, UNSTOPPED * limits.call_seconds) if self.called else limits.cell_seconds
        if (seconds := self.clock.lap_exceeds(lap, limits.wall_factor)) is not None:
            what = message("runs.call") if self.called else self._where()
            return RunStatus.CELL_TIMEOUT, message("runs.cell_seconds", what=what, seconds=seconds)
        if (seconds := self.clock.run_exceeds(limits.run_seconds, limits.wall_factor)) is not None:
            return RunStatus.RUN_TIMEOUT, message("runs.run_seconds", seconds=seconds)
        return None

    def _stopped(self, why: str) -> str:
        return message("runs.stopped", why=why, place=self._where())

    def _where(self) -> str:
        if self.current > len(self.nb.cells):
            return message("runs.after_last_cell")
        # A kernel that dies may not have told its cell's number: it is that of the cells with code so far.
        cells = self.nb.cells[: self.current]
        count = sum(1 for cell in cells if cell.cell_type == "code" and cell.source.strip())
        is_code = cells[-1].cell_type == "code"
        return cell_name(self.current, count if is_code else None)

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
        """Add an output to those of its cell, as far as the budget allows."""
        before = len(outs)
        if not self.budget.takes(msg["content"], outs, cell_index + 1, msg["bytes"]):
            return None
        if len(outs) < before:
            self.clear_display_id_mapping(cell_index)  # it refers to outputs by position
        return super().output(outs, msg, display_id, cell_index)

    def _update_display_id(self, display_id: str, msg: dict[str, Any]) -> None:
        if self.budget.takes_update(self.current, msg["bytes"]):
            super()._update_display_id(display_id, msg)

    def handle_comm_msg(self, outs: list[NotebookNode], msg: dict[str, Any], cell_index: int) -> None:
        """Ignore the messages of widgets: they are shown nowhere, and would fill the memory."""


def _end_group(group: int | None) -> None:
    """Kill all that the kernel started and left running in its process group."""
    if group is not None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
