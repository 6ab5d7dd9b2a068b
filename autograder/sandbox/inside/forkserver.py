"""Inside a sandbox: import slow modules once, then fork a process for each request.

``python -m autograder.sandbox.inside.forkserver SOCKET ISOLATED MODULE…`` imports the modules, sends «ready», and takes
requests from the socket (of datagrams) that it inherited as file descriptor SOCKET. A request is JSON: the ``function``
to call (``module:name``), its ``argument``, the ``place`` that its process sees (see ``namespaces``), and ``hold``. It
comes with file descriptors: the socket for the answer, then those for the function. If ISOLATED is ``isolated``, each
process gets separate namespaces. With ``hold`` a process first sends a byte, from which the grader learns its process
id, and waits for a byte before it begins. A process serves one request, and ends when the grader closes its end of the
socket.

A request with ``modules`` is for a *branch*: a process that becomes a fork server itself, after it has set its
``environment``, hidden the files and folders ``hide`` but for what of ``keep`` lies in them, and imported the modules.
With it come its socket and the file that it writes errors to.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Iterable
from importlib import import_module
from typing import Any

from autograder.sandbox.inside import errors

MAX_REQUEST = 128 * 1024
MAX_DESCRIPTORS = 16
#: Python looks for garbage among all objects once a quarter as many as there are have been made. It leaves frozen ones
#: out of this count: with its own thresholds that would be after 70,000 objects, and not 180,000 as in a notebook.
GC_THRESHOLDS = (5_000, 10, 4)


def main(arguments: list[str]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the grader decides what an interruption ends
    _serve(socket.socket(fileno=int(arguments[0])), arguments[2:], isolated=arguments[1] == "isolated")


def _serve(control: socket.socket, modules: Iterable[str], *, isolated: bool) -> None:
    """Import modules, and answer requests until the grader closes its end of ``control``."""
    gc.disable()  # the definitions of modules are never garbage
    for module in modules:
        import_module(module)
    gc.freeze()  # memory stays shared with forked processes as long as no collection touches it
    gc.set_threshold(*GC_THRESHOLDS)
    gc.enable()
    if isolated:
        from autograder.sandbox import seccomp
        from autograder.sandbox.inside import namespaces

        seccomp.program()  # so that its library is loaded, too
        namespaces.hide_memory()
    errors.drop()
    control.send(b"ready")
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, MAX_REQUEST, MAX_DESCRIPTORS)
        if not message:
            return
        if os.fork() == 0:
            control.close()
            try:
                request, connection = json.loads(message), socket.socket(fileno=descriptors[0])
                if "modules" in request:
                    _branch(request, connection, descriptors[1], isolated)
                else:
                    _work(request, connection, descriptors[1:], isolated)
            finally:
                os._exit(0)  # without the server's clean-up
        for descriptor in descriptors:
            os.close(descriptor)
        _reap()


def _branch(request: dict[str, Any], control: socket.socket, said: int, isolated: bool) -> None:
    """Fork a branch and wait for it: its socket is closed once its file says why it ended."""
    branch = os.fork()
    if branch != 0:
        status = os.waitpid(branch, 0)[1]
        if os.WIFSIGNALED(status):
            os.write(said, f"{errors.ENDED_BY_SIGNAL}{os.WTERMSIG(status)}\n".encode())
        return
    os.dup2(said, 2)
    os.environ.clear()
    os.environ.update(request["environment"])
    try:
        if isolated:
            from autograder.sandbox.inside import namespaces

            namespaces.hide(request["hide"], request["keep"])
        _serve(control, request["modules"], isolated=isolated)
    except Exception:
        traceback.print_exc()  # for the grader
    os._exit(0)


def _work(request: dict[str, Any], answer: socket.socket, descriptors: list[int], isolated: bool) -> None:
    module, name = request["function"].split(":")
    function = getattr(import_module(module), name)
    if request["hold"]:
        answer.send(b"?")
        if not answer.recv(1):
            return

    def work() -> None:
        if isolated:
            from autograder.sandbox import seccomp

            seccomp.load()
        function(answer, request["argument"], *([descriptors] if descriptors else []))

    if not isolated:
        os.setsid()
        threading.Thread(target=_end_with, args=(answer.fileno(),), daemon=True).start()
        work()
        return
    from autograder.sandbox.inside import namespaces

    try:
        place = namespaces.Place(**{**request["place"], "hide": tuple(request["place"]["hide"])})
        namespaces.run_isolated(work, place, answer.fileno())
    except OSError as error:
        answer.sendall(json.dumps({"error": f"namespaces cannot be made here ({error})"}).encode())


def _end_with(alive: int) -> None:
    """End this process when the other end of a socket is closed."""
    poller = select.poll()
    poller.register(alive, select.POLLHUP)
    poller.poll()
    os._exit(0)


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


if __name__ == "__main__":
    main(sys.argv[1:])
