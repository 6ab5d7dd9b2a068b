"""What a checker is asked, and how large a message between it and the grader may be."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

#: Bytes of a message between a checker and the grader, at most.
MAX_MESSAGE = 80 * 1024**2


@dataclass(frozen=True)
class Job:
    """The evidence to check and what it is checked with: two folders, and the files of the datasets by name.

    ``thresholds`` are accuracies in [0, 1] by dataset, then name of the model; ``ended`` says how a run ended that did
    not reach its end; ``live`` says whether the kernel still runs, so that it can be asked. ``lost`` says what stopped
    the cell that assigns a name, by the name, ``stopped`` why a test case must not be tried again, by its place (see
    ``Remote``), and ``capped`` what trainings were capped at; ``epochs`` and
    ``validation_samples`` are these caps.
    """

    assignment: Path
    evidence: Path
    datasets: dict[str, Path]
    thresholds: dict[str, dict[str, float]]
    threads: int = 1
    ended: str = ""
    live: bool = False
    capped: str = ""
    epochs: int | None = None
    validation_samples: int | None = None
    lost: dict[str, str] = field(default_factory=dict)
    stopped: dict[str, str] = field(default_factory=dict)

    @property
    def asked(self) -> frozenset[str]:
        """The names of the thresholds on all datasets."""
        return frozenset().union(*self.thresholds.values())
