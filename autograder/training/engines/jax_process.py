"""The process of the engine for GPUs: one for many requests, which it answers one after another.

It keeps the device, and the programs that were compiled for it: ``programs`` are those of earlier processes, which it
reads; new ones go to the grader with the answer, for nothing here can be written to the disk.
"""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import keras  # noqa: F401  # with its JAX backend, before the process is forked
import numpy as np

from autograder.datasets import preload  # noqa: F401
from autograder.evidence import wire
from autograder.networks.private.changes import losses_from_logits
from autograder.sandbox.inside import limits
from autograder.training.engines.epochs import fit
from autograder.training.engines.process import answer, outcome

#: Seconds of compilation from which on a program is worth keeping.
LEAST_SECONDS = 0.2


def main(connection: socket.socket, task: Mapping[str, Any]) -> None:
    """Answer requests, each ``{"folder": …, "digest": …}``, until the other end is closed.

    The first answer is ``{"device": …}``. An outcome's head has ``programs``, the names of as many arrays at its end.
    """
    limits.apply(file_mb=task["program_mb"])
    _set("jax_default_matmul_precision", "highest")
    losses_from_logits()
    known = Programs(Path(task["programs"]), isolated=task["isolated"])
    device = jax.devices()[0]
    wire.send(connection, {"device": str(device.device_kind), "platform": str(device.platform)})
    with connection.makefile("rb") as source:
        while True:
            try:
                request = wire.read_head(source)
            except EOFError:
                return
            folder, digest = Path(request["folder"]), request["digest"]
            head, arrays = answer(lambda: outcome(folder, digest, task["datasets"], fit))  # noqa: B023  # called at once
            new = known.new()
            wire.send(connection, {**head, "programs": list(new)}, [*arrays, *new.values()])


class Programs:
    """JAX's persistent cache of compiled programs, which begins with those in the folder ``earlier``.

    In the sandbox it cannot be written to: new programs go to a folder in memory, and from there to the grader.
    """

    def __init__(self, earlier: Path, *, isolated: bool) -> None:
        # A program's name depends on its folder.
        self._folder = Path(tempfile.gettempdir(), "programs") if isolated else earlier
        if isolated:
            self._folder.mkdir()
            for path in earlier.iterdir():
                (self._folder / path.name).symlink_to(path)
        self._sent = {path.name for path in earlier.iterdir()}
        _set("jax_compilation_cache_dir", str(self._folder))
        _set("jax_persistent_cache_min_compile_time_secs", LEAST_SECONDS)
        _set("jax_persistent_cache_min_entry_size_bytes", 0)

    def new(self) -> dict[str, np.ndarray]:
        """The programs that were compiled since the last call, by name, as bytes."""
        paths = [path for path in self._folder.iterdir() if path.name not in self._sent]
        self._sent |= {path.name for path in paths}
        return {path.name: np.fromfile(path, np.uint8) for path in paths if path.name.endswith("-cache")}


def _set(name: str, value: Any) -> None:
    configuration: Any = jax.config
    configuration.update(name, value)
