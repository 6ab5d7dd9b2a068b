"""How a class is graded: the options of a run."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from autograder.errors import ConfigError


class Training(StrEnum):
    """Where networks are trained: by the trainer, which remembers or computes afresh, or in the kernels themselves."""

    STORE = "store"
    AFRESH = "afresh"
    KERNEL = "kernel"


@dataclass(frozen=True)
class How:
    """How submissions are graded: ``jobs`` at once with ``threads`` computing threads each.

    ``isolated`` says whether student code runs in the sandbox, ``cold`` whether in kernels started anew rather than
    forked from warm ones, ``training`` where networks are trained, ``user`` which user's (by id) student code runs as
    where the grader is root and does not isolate it.

    Raises:
        ConfigError: ``jobs`` or ``threads`` is less than 1, or a user is given to kernels that are not cold and bare.
    """

    jobs: int
    threads: int
    isolated: bool
    cold: bool = False
    training: Training = Training.STORE
    user: int | None = None

    def __post_init__(self) -> None:
        for name, value in (("jobs", self.jobs), ("threads", self.threads)):
            if value < 1:
                raise ConfigError(f"'{name}' must be at least 1 (got {value})")
        if self.user is not None and (self.isolated or not self.cold):
            raise ConfigError(f"'user' is for cold kernels without isolation (got {self.user})")
