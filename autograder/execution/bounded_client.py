"""A client for an untrusted kernel: its sockets keep a bounded part of what the kernel sends."""

from __future__ import annotations

from typing import Any

import zmq
import zmq.asyncio
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.channels import AsyncZMQSocketChannel
from traitlets import Type

#: The number of messages that may wait.
MAX_WAITING = 500


class _Channel(AsyncZMQSocketChannel):
    """A channel that waits for a message by asking for it, and not first for whether there is one."""

    async def get_msg(self, timeout: float | None = None) -> dict[str, Any]:  # type: ignore[override]  # as its base
        return await (self._recv() if timeout is None else super().get_msg(timeout))


class BoundedClient(AsyncKernelClient):
    """Jupyter's client, with bounded queues.

    A message may be as large as all that a run may send, which the relay counts. A bound of ZeroMQ's would cost the
    messages that wait behind a larger one, without a word: it begins a new connection.
    """

    iopub_channel_class = Type(_Channel)

    def _context_default(self) -> Any:
        self._created_context = True
        context = zmq.asyncio.Context()
        context.setsockopt(zmq.RCVHWM, MAX_WAITING)
        return context
