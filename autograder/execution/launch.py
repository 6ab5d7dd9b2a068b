"""Start a kernel for a run: its settings, its environment, its folders.

A kernel gets an environment of its own making (nothing of the grader's passes on), a private home and working folder,
and speaks over ``ipc`` sockets, so that kernels started side by side do not race for ports.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import autograder

SEED = 20_211


@dataclass(frozen=True)
class Settings:
    """What a kernel is told: where to leave evidence, which names to record (and which of them are ``reused``, see
    ``Recorder``), the dataset, the training budget.
    """

    evidence: str
    names: Mapping[str, list[str]]
    dataset: str | None
    budget: Mapping[str, int | None]
    keras: bool
    reused: list[str] = field(default_factory=list)
    seed: int = SEED


@dataclass(frozen=True)
class Folders:
    """The private folders of one run, below ``root`` (kept short: a socket path has at most 107 bytes)."""

    root: Path

    @property
    def evidence(self) -> Path:
        return self.root / "evidence"

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def work(self) -> Path:
        return self.root / "work"

    def make(self, files: Path | None) -> None:
        """Create them; the files that students receive beside the notebook are copied to where it runs."""
        for folder in (self.evidence, self.home, self.work):
            folder.mkdir(parents=True)
        if files is not None and files.is_dir():
            for entry in files.iterdir():
                if entry.suffix == ".ipynb" or entry.name.startswith("."):
                    continue
                if entry.is_dir():
                    shutil.copytree(entry, self.work / entry.name)
                else:
                    shutil.copy2(entry, self.work / entry.name)


def kernel_manager(folders: Folders, settings: Settings, threads: int) -> tuple[Any, dict[str, Any]]:
    """A Jupyter kernel manager for the run, and the keywords to start it with (environment and working folder)."""
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager

    class OneKernel(KernelSpecManager):
        """Knows the grading kernel and nothing else, whatever kernel the notebook names."""

        def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
            module = "autograder.execution.inside"
            command = [sys.executable, "-m", module, "-f", "{connection_file}"]
            return KernelSpec(argv=command, display_name="grading", language="python")

    path = folders.root / "kernel.json"
    path.write_text(json.dumps(asdict(settings)), encoding="utf-8")
    manager = AsyncKernelManager(
        kernel_name="grading",
        kernel_spec_manager=OneKernel(),
        transport="ipc",
        ip=str(folders.root / "k"),
        connection_file=str(folders.root / "connection.json"),
    )
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}  # what a cell shows comes as messages
    return manager, {"env": environment(folders, path, threads), "cwd": str(folders.work), **quiet}


def environment(folders: Folders, settings: Path, threads: int) -> dict[str, str]:
    """The whole environment of a kernel."""
    here = Path(autograder.__file__).resolve().parent.parent
    home = str(folders.home)
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.defpath]),
        "PYTHONPATH": str(here),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        "PYTHONHASHSEED": "0",
        "HOME": home,
        "TMPDIR": home,
        "IPYTHONDIR": f"{home}/.ipython",
        "JUPYTER_PLATFORM_DIRS": "1",
        "MPLCONFIGDIR": f"{home}/.matplotlib",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "LANG": "C.UTF-8",
        "PIP_NO_INDEX": "1",
        "PIP_REQUIRE_VIRTUALENV": "1",
        "KERAS_BACKEND": "tensorflow",
        "AUTOGRADER_KERNEL": str(settings),
    } | thread_limits(threads)


def thread_limits(threads: int) -> dict[str, str]:
    """Environment variables that quiet TensorFlow and keep its, OpenMP's and BLAS's threads to a number."""
    count = str(threads)
    return {
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        "TF_NUM_INTRAOP_THREADS": count,
        "TF_NUM_INTEROP_THREADS": count,
        "OMP_NUM_THREADS": count,
        "OPENBLAS_NUM_THREADS": count,
    }
