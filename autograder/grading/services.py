"""The processes that grading shares among submissions: fork servers, and the trainer; and the folder they work in."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from threading import Event

from autograder.assignment import Assignment
from autograder.assignment.libraries import modules
from autograder.checks.checker import Checkers
from autograder.datasets.find import cache_folder, files_by_name
from autograder.errors import MachineError
from autograder.execution.pool import EvidencePool
from autograder.execution.warm import WarmKernels
from autograder.grading.capacity import allow_open_files, check_threads, cores
from autograder.grading.setup import GradingSetup, Training
from autograder.sandbox.environment import plain_environment
from autograder.sandbox.folders import SessionFolder
from autograder.sandbox.forkserver import ForkServer
from autograder.sandbox.server import can_fork
from autograder.training.engines.engine import Engine
from autograder.training.engines.jax import JaxEngine
from autograder.training.engines.tensorflow import TensorFlowEngine
from autograder.training.prefetch import PrefetchingTrainer
from autograder.training.store import Store
from autograder.training.trainer import Compute, Trainer

#: What kernels and checkers both import, for any assignment.
_COMMON = ("autograder.evidence.kinds", "IPython")


class Services:
    """The session folder, the fork servers of checkers and of warm kernels, and the trainer of one setup.

    One fork server, the *trunk*, imports TensorFlow, and the two others are branches of it. It is started by a thread
    of its own, which lives until ``close``: bubblewrap ends a sandbox with the thread that started it, and a grader may
    be used in threads that end earlier.

    ``delegate`` computes requests of the trainer elsewhere.

    Raises:
        MachineError: a process cannot start here, too few files may be open or threads started, or the assignment needs
            TensorFlow and there is none.
    """

    def __init__(self, setup: GradingSetup, delegate: Compute | None) -> None:
        options = setup.options
        allow_open_files(options.jobs)
        check_threads(options.jobs)
        check_tensorflow(setup.assignment)
        self._launcher = ThreadPoolExecutor(max_workers=1, thread_name_prefix="launch")
        self.session = SessionFolder()
        self.pool = EvidencePool(self.session.path / "evidence")
        #: Whether a kernel of this session has begun to run a notebook.
        self.kernel_started = Event()
        #: Whether it was said that a kernel was started from scratch because one that is forked did not start.
        self.cold_start_told = Event()
        self._trunk: ForkServer | None = None
        if can_fork(isolated=options.isolated):
            self._trunk = self._launcher.submit(_start_trunk, setup, self.session.path).result()
        self._kernels: WarmKernels | None = None
        if self._trunk is not None and not options.cold:
            self._kernels = WarmKernels(self._trunk, setup.kernel_environment)
            self._kernels.server()
        files = files_by_name(setup.datasets)
        self.checkers = Checkers(
            setup.assignment, files, self._trunk, session=self.session.path, isolated=options.isolated
        )
        self._engine: Engine | None = None
        self.trainer = self._trainer(setup, self.checkers, delegate)

    def kernel_server(self) -> ForkServer | None:
        """The fork server of the warm kernels, started again if it died; None where kernels start cold."""
        return None if self._kernels is None else self._kernels.server()

    def close(self) -> None:
        """End the servers with all their processes, and remove the session folder; a second call does nothing."""
        if self._kernels is not None:
            self._kernels.close()
        if self._engine is not None:
            self._engine.close()
        self.checkers.close()
        if self._trunk is not None:
            self._trunk.close()
        self._launcher.shutdown()
        self.session.close()

    def _trainer(self, setup: GradingSetup, checkers: Checkers, delegate: Compute | None) -> Trainer | None:
        """The trainer; None where kernels train."""
        options = setup.options
        if options.training is Training.KERNEL or not setup.assignment.uses_keras():
            return None
        if self._trunk is None:
            return None
        folder = self.session.path / "arrays"
        folder.mkdir(exist_ok=True)
        self._engine = self._launcher.submit(self._make_engine, setup, checkers, folder).result()
        make = PrefetchingTrainer if delegate is None else partial(Trainer, delegate=delegate)
        return make(
            self._engine,
            folder,
            Store(cache_folder(os.environ) / "training") if options.training is Training.STORE else None,
            datasets=setup.datasets,
        )

    def _make_engine(self, setup: GradingSetup, checkers: Checkers, folder: Path) -> Engine:
        """What the trainer computes with: the GPU, or processes of the checkers' fork server."""
        options, limits = setup.options, setup.profile.limits
        seconds = min(limits.training_seconds, limits.run_seconds)
        if options.gpu:
            return JaxEngine(
                setup.datasets,
                folder=folder,
                programs=cache_folder(os.environ) / "programs",
                platform="cuda",
                devices=options.gpu,
                isolated=options.isolated,
                wall_seconds=seconds * limits.wall_factor,
            )
        return TensorFlowEngine(
            checkers.server,
            setup.datasets,
            threads=options.threads,
            slots=max(1, cores() // options.threads),
            seconds=seconds,
            wall_factor=limits.wall_factor,
        )


def _start_trunk(setup: GradingSetup, session: Path) -> ForkServer:
    """The fork server that shows and imports what its branches have in common, and shows what the checkers see beside.

    It has as many computing threads as the kernels, because some libraries read their number when they are imported.
    """
    assignment = setup.assignment
    received, common = setup.kernel_environment.files, assignment.libraries() & {"pandas"}
    return ForkServer(
        [*_COMMON, *(["autograder.networks.preload"] if assignment.uses_keras() else []), *modules(common)],
        plain_environment(setup.options.threads),
        visible=[
            assignment.folder,
            assignment.course.student if received is None else Path(received),
            *files_by_name(setup.datasets).values(),
        ],
        shared=session,
        isolated=setup.options.isolated,
    )


def check_tensorflow(assignment: Assignment) -> None:
    """Refuse an assignment with networks where TensorFlow is not installed; packages of several names bring it.

    Raises:
        MachineError: it is not installed.
    """
    if assignment.uses_keras() and find_spec("tensorflow") is None:
        raise MachineError(
            f"TensorFlow must be installed to grade «{assignment.title}»: "
            f"run {sys.executable} -m pip install tensorflow (without a GPU tensorflow-cpu, which is smaller)"
        )
