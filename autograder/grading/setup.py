"""What a class is graded with: one frozen value that everything in this room is handed."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Self

from nbformat import NotebookNode

from autograder.assignment import Assignment
from autograder.assignment.profile import Profile
from autograder.assignment.template import Template
from autograder.datasets.find import Dataset
from autograder.errors import ConfigError
from autograder.execution.launch import SEED, KernelSettings
from autograder.execution.warm import KernelEnvironment
from autograder.grading.capacity import share_cores
from autograder.intake import Submission
from autograder.messages import message
from autograder.sandbox import bubblewrap
from autograder.sandbox.server import can_fork
from autograder.training.engines.device import choose


class Training(StrEnum):
    """Where networks are trained: by the trainer, with or without its cache, or in the kernels themselves."""

    STORE = "store"
    AFRESH = "afresh"
    KERNEL = "kernel"


@dataclass(frozen=True)
class RunOptions:
    """How submissions are graded: ``jobs`` at once with ``threads`` computing threads each.

    ``isolated`` says whether student code runs in the sandbox, ``cold`` whether each kernel starts from scratch instead
    of being forked from a warm one, ``training`` where networks are trained, ``gpu`` the devices of the GPU that the
    trainer computes on (none: the processor), and ``user`` the id of the user as whom
    student code runs where the grader is root and does not isolate it.

    Raises:
        ConfigError: ``jobs`` or ``threads`` is less than 1, or a user is given to kernels that are warm or isolated.
    """

    jobs: int
    threads: int
    isolated: bool
    cold: bool = False
    training: Training = Training.STORE
    gpu: tuple[Path, ...] = ()
    user: int | None = None

    @classmethod
    def here(
        cls, *, jobs: int | None, threads: int | None, isolation: str, kernels: str, training: str, device: str
    ) -> Self:
        """The options of a grader on this machine; ``jobs`` and ``threads`` that are None follow from it.

        Raises:
            ConfigError: isolation or a GPU is wanted, and there is none.
        """
        jobs, threads = share_cores(jobs, threads)
        isolated = bubblewrap.decide(isolation)
        devices = choose(device, forks=can_fork(isolated=isolated))
        cold = kernels == "cold"
        return cls(jobs, threads, isolated=isolated, cold=cold, training=Training(training), gpu=devices)

    def __post_init__(self) -> None:
        for name, value in (("jobs", self.jobs), ("threads", self.threads)):
            if value < 1:
                raise ConfigError(f"'{name}' must be at least 1 (got {value})")
        if self.user is not None and (self.isolated or not self.cold):
            raise ConfigError(f"'user' is for cold kernels without isolation (got {self.user})")


@dataclass(frozen=True)
class GradingSetup:
    """An assignment, and the profile, the datasets and the options that it is graded with.

    Raises:
        ConfigError: the profile has thresholds for a dataset, but none for what stands in for it here.
    """

    assignment: Assignment
    profile: Profile
    datasets: tuple[Dataset, ...]
    options: RunOptions

    def __post_init__(self) -> None:
        known = self.profile.thresholds
        for dataset in self.datasets:
            lost = known.get(dataset.name)
            if lost and not known.get(dataset.kind):
                file, name = self.assignment.profile_file(self.profile.name), dataset.name
                raise ConfigError(
                    f"{file}: thresholds.{name}.{next(iter(lost))} does not apply: it is for {name}, and here are "
                    f"{dataset.title}; name the file of {name} with --data {name}=FILE, or set "
                    f"thresholds.{dataset.kind} (autograder calibrate)"
                )

    def of(self, submission: Submission) -> GradingSetup:
        """The set-up for one submission, which may be allowed to run longer."""
        if not submission.extra_minutes:
            return self
        limits = self.profile.limits.longer(submission.extra_minutes)
        return replace(self, profile=replace(self.profile, limits=limits))

    @cached_property
    def template(self) -> Template:
        """The notebook that students were given, read once."""
        return self.assignment.template()

    @property
    def dataset_titles(self) -> str:
        """The datasets as people call them; empty without any."""
        return ", ".join(dataset.title for dataset in self.datasets)

    @property
    def thresholds(self) -> dict[str, dict[str, float]]:
        """The accuracies in [0, 1] that the profile asks for, by dataset, then name of the model."""
        return {dataset.name: dict(self.profile.thresholds.get(dataset.kind, {})) for dataset in self.datasets}

    @property
    def asked(self) -> frozenset[str]:
        """The names of the thresholds on all datasets."""
        return frozenset().union(*self.thresholds.values())

    @property
    def caps(self) -> str:
        """What the profile allows a training at most, in words; empty without a cap."""
        return ", ".join(
            message(f"training.cap.{name}", count=count)
            for name, count in asdict(self.profile.budget).items()
            if count is not None
        )

    @property
    def capped(self) -> str:
        """That trainings were capped and at what, in words; empty without a cap."""
        return message("training.capped", caps=caps) if (caps := self.caps) else ""

    @property
    def unasked_accuracies(self) -> list[str]:
        """The thresholds that test cases ask for and the profile has not for these datasets: any accuracy passes."""
        return sorted(self.assignment.asked_accuracies() - self.asked) if self.datasets else []

    @property
    def kernel_environment(self) -> KernelEnvironment:
        """What the warm kernels of this setup are made for."""
        return KernelEnvironment(
            datasets=self._kernel_datasets(),
            files=self._student_files(),
            libraries=self.assignment.libraries(),
            threads=self.options.threads,
        )

    def kernel_settings(self, notebook: NotebookNode, seed: int = SEED) -> KernelSettings:
        """What the kernel of a notebook is told."""
        assignment, stated = self.assignment, self.assignment.seeds
        return KernelSettings(
            names={question.id: list(question.names) for question in assignment.questions if not question.written},
            datasets=self._kernel_datasets(),
            budget=asdict(self.profile.budget),
            reused=sorted(assignment.reused_names()),
            whole=[question.id for question in assignment.questions if any(case.in_kernel for case in question.cases)],
            keras=assignment.uses_keras() or any(re.search("keras|tensorflow", cell.source) for cell in notebook.cells),
            files=self._student_files(),
            figures=self.profile.figures == "drawn",
            seed=seed if stated.seed is None else stated.seed + seed - SEED,  # repeated runs count up
            variables={} if stated.variable is None else {stated.variable: stated.value},
            user=self.options.user,
        )

    def _kernel_datasets(self) -> dict[str, str]:
        """The files of the datasets that ``keras.datasets`` gives to student code, by name."""
        return {dataset.name: str(dataset.path) for dataset in self.datasets if dataset.in_kernels}

    def _student_files(self) -> str | None:
        """The folder of the files that students receive beside the notebook."""
        folder = self.assignment.course.student.parent
        return str(folder) if folder.is_dir() else None
