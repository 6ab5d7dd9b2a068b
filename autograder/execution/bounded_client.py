"""A client for an untrusted kernel: its sockets keep a bounded part of what the kernel sends."""

from __future__ import annotations

from typing import Any

import zmq
import zmq.asyncio
from jupyter_client.asynchronous.client import AsyncKernelClient

#: The number of messages that may wait.
MAX_WAITING = 500


class BoundedClient(AsyncKernelClient):
    """Jupyter's client, with bounded queues.

    A message may be as large as all that a run may send, which the relay counts. A bound of ZeroMQ's would cost the
    messages that wait behind a larger one, without a word: it begins a new connection.
    """

    def _context_default(self) -> Any:
        self._created_context = True
        context = zmq.asyncio.Context()
        context.setsockopt(zmq.RCVHWM, MAX_WAITING)
        return context
