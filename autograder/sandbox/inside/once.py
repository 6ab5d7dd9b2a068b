"""Import what one call needs, call its function once, and end: a process of ``ProcessServer``.

``python -m autograder.sandbox.inside.once SOCKET FUNCTION MODULE…`` imports the modules and calls FUNCTION
(``module:name``) with the socket that it inherited as file descriptor SOCKET, and with the argument of the call: a line
of JSON on its standard input. When all is imported it sends a byte. It ends at once when the standard input ends, as it
does when the grader is killed.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import traceback
from importlib import import_module
from threading import Thread

from autograder.sandbox.inside import errors


def main(descriptor: str, function: str, *modules: str) -> None:
    answer = socket.socket(fileno=int(descriptor))
    argument = json.loads(sys.stdin.buffer.readline())
    Thread(target=_end_with_input, daemon=True).start()
    try:
        for module in modules:
            import_module(module)
        home, name = function.split(":")
        call = getattr(import_module(home), name)
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    try:
        errors.drop()
        answer.send(b"!")
        call(answer, argument)
    finally:
        os._exit(0)  # nothing is to be tidied up here, and the thread is still reading


def _end_with_input() -> None:
    while os.read(0, 1):
        pass
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
