"""Nodes with their arrays in them: the arguments and outcomes of remote procedure calls, in both directions.

An ``array`` holds ``data``, its ``.npy`` file in base64, instead of the name of a file; ``held`` is a value that stays
in the kernel under a ``number``. Other nodes are those of evidence (see ``autograder.evidence``). Neither the kernel
nor the checker trusts the other.
"""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

from autograder.errors import EvidenceError
from autograder.evidence.kinds import READERS, writers
from autograder.evidence.nodes import Node, NoForm, Reader, Writer
from autograder.messages import message

#: Bytes of the arguments of a call.
MAX_BYTES = 32 * 1024**2
#: Bytes of the outcome of a call: in base64 it must fit into a message of Jupyter's (see ``execution.protocol``).
MAX_OUTCOME = 5 * 1024**2


class InlineWriter(Writer):
    """Writes values as nodes with their arrays in them."""

    def __init__(self) -> None:
        super().__init__(Path(), writers())

    def store(self, array: Any) -> Node:
        import numpy as np

        if array.nbytes > MAX_BYTES // 2:
            raise NoForm("other", message("evidence.array_in_call", size=array.nbytes / 2**20, limit=MAX_BYTES >> 21))
        file = io.BytesIO()
        np.save(file, array, allow_pickle=False)
        return {"data": base64.b64encode(file.getvalue()).decode()}


class InlineReader(Reader):
    """Reads values from nodes with their arrays in them."""

    def __init__(self) -> None:
        super().__init__(Path(), READERS)

    def load(self, node: Any) -> Any:
        import numpy as np

        data = node["data"]
        if not isinstance(data, str) or len(data) > MAX_BYTES:
            raise EvidenceError("an array was expected")
        return np.load(io.BytesIO(base64.b64decode(data, validate=True)), allow_pickle=False)
