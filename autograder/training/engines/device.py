"""Whether this machine has a GPU that an engine can use: looked for, not tried, and nothing is imported."""

from __future__ import annotations

import importlib.util
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from autograder.errors import ConfigError
from autograder.messages import message

#: What the NVIDIA driver makes for each GPU, and for all of them.
_FOLDER, _FILES = Path("/dev"), "nvidia*"
#: The packages with JAX's programs for these GPUs, one for each version of CUDA.
_PLUGINS = ("jax_cuda13_plugin", "jax_cuda12_plugin")
INSTALL = 'pip install "notebook-autograder[gpu]"'


class Device(StrEnum):
    """Where networks are trained: on a GPU if there is one, always on the processor, or always on a GPU."""

    AUTO = "auto"
    CPU = "cpu"
    GPU = "gpu"


@dataclass(frozen=True)
class Search:
    """The devices of a GPU, or why none can be used, and what to do about it (nothing without a GPU)."""

    files: tuple[Path, ...] = ()
    problem: str = ""
    fix: str = ""


def search(*, forks: bool, folder: Path = _FOLDER, plugins: Sequence[str] = _PLUGINS) -> Search:
    """Look for a GPU; ``forks`` says whether the processes of an engine can be started here (``server.can_fork``)."""
    files = tuple(sorted(path for path in folder.glob(_FILES) if stat.S_ISCHR(path.stat().st_mode)))
    if not any(path.name[len("nvidia") :].isdigit() for path in files):
        return Search(problem=message("commands.no_gpu", folder=folder))
    if not importlib.util.find_spec("jax") or not any(map(importlib.util.find_spec, plugins)):
        return Search(problem=message("commands.no_gpu_programs"), fix=INSTALL)
    if not forks:
        return Search(problem=message("commands.no_gpu_processes"))
    return Search(files)


def choose(wanted: Device | str, *, forks: bool) -> tuple[Path, ...]:
    """The devices of the GPU to train on; none to train on the processor.

    Raises:
        ConfigError: a GPU is wanted, and none can be used.
    """
    wanted = Device(wanted)
    if wanted is Device.CPU:
        return ()
    found = search(forks=forks)
    if wanted is Device.GPU and found.problem:
        fix = f": {found.fix}" if found.fix else ""
        raise ConfigError(message("commands.gpu_wanted", problem=found.problem) + fix)
    return found.files
