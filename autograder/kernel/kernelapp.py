"""IPython's kernel on sockets that the grader has opened.

Before the kernel starts, the grader listens on five ``ipc`` sockets and passes their file descriptors (ZeroMQ's
``ZMQ_USE_FD``). So kernel and grader share no folder, and the kernel cannot write to anything outside.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import zmq
from ipykernel import heartbeat, kernelapp, kernelbase
from jupyter_client import session

from autograder.sandbox.inside.imports import without

with without("debugpy"):  # nobody is there to use a debugger
    from ipykernel import debugger  # noqa: F401


#: Characters of an error as it is sent, and else of each of its lines, and lines.
MAX_ERROR = 1_000_000
MAX_ERROR_LINE = 5_000
MAX_ERROR_LINES = 100


def application(sockets: Mapping[str, int]) -> Any:
    """The kernel application; ``sockets`` are the file descriptors of its listening sockets, by port number."""
    listening = {int(port): descriptor for port, descriptor in sockets.items()}
    bind: Any = kernelapp.IPKernelApp._try_bind_socket
    bind_heartbeat: Any = heartbeat.Heartbeat._try_bind_socket

    def bind_descriptor(app: Any, socket: Any, port: int) -> Any:
        socket.setsockopt(zmq.USE_FD, listening[port])
        socket.setsockopt(zmq.SNDHWM, 0)  # else it drops what the grader has not read yet, beyond 1,000 messages
        return bind(app, socket, port)

    def bind_heartbeat_descriptor(beat: Any) -> Any:
        beat.socket.setsockopt(zmq.USE_FD, listening[beat.port])
        return bind_heartbeat(beat)

    kernelapp.IPKernelApp._try_bind_socket = bind_descriptor  # type: ignore[method-assign]
    heartbeat.Heartbeat._try_bind_socket = bind_heartbeat_descriptor  # type: ignore[method-assign]
    # Python's own debugger, which it makes ready, breaks doctests.
    kernelapp.IPKernelApp.init_pdb = lambda app: None  # type: ignore[method-assign]
    # It would send back each cell that it was sent.
    kernelbase.Kernel._publish_execute_input = lambda *arguments: None  # type: ignore[method-assign]
    session.Session.send = _with_short_errors(session.Session.send)  # type: ignore[method-assign]
    return kernelapp.IPKernelApp.instance()


def _with_short_errors(send: Any) -> Any:
    """Sends an error that is too large for a message with the beginnings of its texts: Keras names each input."""

    @functools.wraps(send)
    def send_short(session: Any, stream: Any, kind: Any, content: Any = None, *rest: Any, **named: Any) -> Any:
        if isinstance(content, dict) and isinstance(content.get("traceback"), list):
            text, lines = str(content.get("evalue", "")), list(map(str, content["traceback"]))
            if len(text) + sum(map(len, lines)) > MAX_ERROR:
                short = [line[:MAX_ERROR_LINE] for line in (text, *lines[-MAX_ERROR_LINES:])]
                content = {**content, "evalue": short[0], "traceback": short[1:]}
        return send(session, stream, kind, content, *rest, **named)

    return send_short
