"""Send the evidence of a question to the grader, over a socket.

A message is a head (see ``autograder.evidence.wire``), ``{"question": id, "more": bool, "live": bool, "files": [[name,
size in bytes], …]}``, and the contents of the files, one after another. ``more`` adds to the evidence that was sent
before; ``live`` says that test cases need the kernel. The grader answers with one byte when it has stored all of it.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from pathlib import Path

from autograder.evidence import wire


def send(
    connection: socket.socket, question: str, files: Sequence[Path], *, more: bool = False, live: bool = False
) -> None:
    """Send files as the evidence of a question.

    Raises:
        OSError: the grader did not accept it.
    """
    sizes = [[path.name, path.stat().st_size] for path in files]
    connection.sendall(wire.pack({"question": question, "more": more, "live": live, "files": sizes}))
    for path in files:
        with path.open("rb") as file:
            connection.sendfile(file)
    if not connection.recv(1):
        raise OSError("the grader did not accept the evidence")
