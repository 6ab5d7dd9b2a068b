"""A client for an untrusted kernel: its sockets keep a bounded part of what the kernel sends."""

from __future__ import annotations

from typing import Any

import zmq
import zmq.asyncio
from jupyter_client.asynchronous.client import AsyncKernelClient

#: Bytes of the longest part of a message that is accepted, and the number of messages that may wait.
MAX_MESSAGE = 48 * 1024**2
MAX_WAITING = 500


class BoundedClient(AsyncKernelClient):
    """Jupyter's client, with bounded messages and queues."""

    def _context_default(self) -> Any:
        self._created_context = True
        context = zmq.asyncio.Context()
        context.setsockopt(zmq.MAXMSGSIZE, MAX_MESSAGE)
        context.setsockopt(zmq.RCVHWM, MAX_WAITING)
        return context
