"""Inside the kernel, beside student code: IPython's kernel on sockets that the grader has opened for it.

The grader listens on five ``ipc`` sockets before the kernel starts and hands them over as file descriptors (ZeroMQ's
``ZMQ_USE_FD``): a kernel shares no folder with the grader, so there is nothing outside that it could write to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import zmq
from ipykernel import heartbeat, kernelapp


def application(sockets: Mapping[str, int]) -> Any:
    """The kernel application; ``sockets`` are the file descriptors of its listening sockets, by port number."""
    listening = {int(port): descriptor for port, descriptor in sockets.items()}
    bind: Any = kernelapp.IPKernelApp._try_bind_socket
    bind_heartbeat: Any = heartbeat.Heartbeat._try_bind_socket

    def bind_given(app: Any, socket: Any, port: int) -> Any:
        socket.setsockopt(zmq.USE_FD, listening[port])
        return bind(app, socket, port)

    def bind_given_heartbeat(beat: Any) -> Any:
        beat.socket.setsockopt(zmq.USE_FD, listening[beat.port])
        return bind_heartbeat(beat)

    kernelapp.IPKernelApp._try_bind_socket = bind_given  # type: ignore[method-assign]
    heartbeat.Heartbeat._try_bind_socket = bind_given_heartbeat  # type: ignore[method-assign]
    return kernelapp.IPKernelApp.instance()
