"""What grading a submission comes to: question by question, with statuses, scores and messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from nbformat import NotebookNode

from autograder.messages import message

T = TypeVar("T")


class RunStatus(StrEnum):
    """How the run of a submission's notebook ended. The value is what is stored; people read ``words``."""

    OK = "ok"
    CELL_ERRORS = "cell errors"
    CELL_TIMEOUT = "cell timeout"
    RUN_TIMEOUT = "run timeout"
    KERNEL_DIED = "kernel died"
    MEMORY_LIMIT = "memory limit"
    CPU_LIMIT = "cpu limit"
    PROCESS_LIMIT = "process limit"
    DISK_LIMIT = "disk limit"
    OUTPUT_LIMIT = "output limit"
    UNREADABLE = "unreadable"
    NO_NOTEBOOK = "no notebook"
    OTHER_ASSIGNMENT = "another assignment"
    NOT_HANDED_IN = "not handed in"
    GRADER_ERROR = "grader error"

    @property
    def words(self) -> str:
        """The status as people read it."""
        return message(f"statuses.run.{self.name.lower()}")

    @property
    def graded(self) -> bool:
        """Whether marks came of it: the notebook ran, if only in part."""
        return self not in _NOT_GRADED


_NOT_GRADED = (
    RunStatus.UNREADABLE,
    RunStatus.NO_NOTEBOOK,
    RunStatus.OTHER_ASSIGNMENT,
    RunStatus.NOT_HANDED_IN,
    RunStatus.GRADER_ERROR,
)


class QuestionStatus(StrEnum):
    """What became of a question. The value is what is stored; people read ``words``.

    ``PARTLY`` earned some of its points, though a test case failed. ``SET`` has the points of a person's override.
    """

    PASSED = "passed"
    PARTLY = "partly"
    FAILED = "failed"
    ERROR = "error"
    NOT_ANSWERED = "not answered"
    NOT_REACHED = "not reached"
    TO_MARK = "to be marked"
    MARKED = "marked"
    SET = "set by a person"

    @property
    def words(self) -> str:
        """The status as people read it."""
        return message(f"statuses.question.{self.name.lower()}")


class CaseStatus(StrEnum):
    """What became of a test case. The value is what is stored; people read ``words``."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    NOT_ASKED = "not asked"

    @property
    def words(self) -> str:
        """The status as people read it."""
        return message(f"statuses.case.{self.name.lower()}")

    @property
    def faultless(self) -> bool:
        """Whether the test case found nothing wrong."""
        return self in (CaseStatus.PASSED, CaseStatus.NOT_ASKED)


@dataclass(frozen=True)
class CaseResult:
    """One test case over its evidence; ``unverified`` marks one whose values student code computed for it.

    ``in_kernel`` marks one that ran beside student code, which could have changed its outcome.
    """

    name: str
    status: CaseStatus
    score: float
    max_score: float
    hidden: bool
    message: str = ""
    unverified: bool = False
    in_kernel: bool = False


@dataclass(frozen=True)
class QuestionResult:
    """One question of a submission; ``score`` is None while a written answer waits for its mark.

    ``found`` are the numbers of cells, from 1, in which a written answer stands that are not its answer cells. The
    points of a ``bonus`` question are on top of the assignment's. One that does not ``count`` was left out: of some
    questions only the best count.
    """

    id: str
    status: QuestionStatus
    score: float | None
    max_score: float
    message: str = ""
    cases: tuple[CaseResult, ...] = ()
    written: bool = False
    answer: str | None = None
    found: tuple[int, ...] = ()
    bonus: bool = False
    counts: bool = True

    @property
    def unverified(self) -> bool:
        return any(case.unverified for case in self.cases)

    @property
    def in_kernel(self) -> bool:
        return any(case.in_kernel for case in self.cases)


def cell_name(cell: int, count: int | None) -> str:
    """A cell as people find it: by its place in the notebook, from 1, and by its execution count, if it ran."""
    if count is None:
        return message("runs.cell", number=cell)
    return message("runs.cell_counted", number=cell, count=count)


class NoteKind(StrEnum):
    """What a note to the marker is about. The value is what is stored; people read ``words``."""

    TEST_IMAGES = "test images"
    COPIED = "copied"
    NOT_SEEN = "not seen"
    BEFOREHAND = "beforehand"
    IN_KERNEL = "in kernel"
    FAILED = "failed"

    @property
    def words(self) -> str:
        """What the note is about as people read it."""
        return message(f"statuses.note.{self.name.lower()}")


@dataclass(frozen=True)
class MarkerNote:
    """Something about a network that a person who marks should know, and no student is shown. It takes no points.

    ``other`` is the network that it is compared with. ``share`` is in [0, 1]: of the training images that are test
    images, or of the test images that are recognised. ``questions`` are those that the network answers.
    """

    kind: NoteKind
    network: str
    other: str = ""
    share: float = 0.0
    questions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The note as a sentence, with what it rests on."""
        match self.kind:
            case NoteKind.TEST_IMAGES:
                return message("reports.note.test_images", network=self.network, share=self.share)
            case NoteKind.COPIED:
                return message("reports.note.copied", network=self.network, other=self.other)
            case NoteKind.NOT_SEEN:
                return message("reports.note.not_seen", network=self.network, share=self.share)
            case NoteKind.BEFOREHAND:
                return message("reports.note.beforehand", network=self.network, share=self.share)
            case NoteKind.IN_KERNEL:
                return message("reports.note.in_kernel", network=self.network)
            case NoteKind.FAILED:
                return message("reports.note.failed")


@dataclass(frozen=True)
class CellError:
    """A cell of the notebook that raised, or that a limit stopped.

    ``cell`` counts all cells from 1, ``count`` is its execution count, which Jupyter shows (``In[count]``).
    """

    cell: int
    error: str
    message: str
    traceback: str = ""
    count: int | None = None

    @property
    def place(self) -> str:
        """The cell as people find it: by its place, and by what Jupyter shows beside it."""
        return cell_name(self.cell, self.count)


def by_name(values: Mapping[str, Mapping[str, T]]) -> dict[str, T]:
    """What there is for each dataset, by name (``mlp``); with several datasets by ``cifar10.mlp``."""
    return {
        name if len(values) == 1 else f"{dataset}.{name}": value
        for dataset, named in values.items()
        for name, value in named.items()
    }


@dataclass(frozen=True)
class Result:
    """The score of a submission, question by question, and how its run went.

    ``submission`` is the notebook's path relative to what was given; ``seconds`` is the wall-clock time of
    run and checks; ``accuracies`` are the grader's own measurements, by the name of the model, and ``thresholds`` those
    that the profile asked for. ``confusions`` are from the same measurements: the test images of each class (rows) by
    the class that the model takes them for (columns). ``isolated`` says whether student code ran in the sandbox; None:
    nothing ran. ``notes`` are for everybody, ``marker_notes`` for those who mark.
    """

    student: str
    submission: str
    status: RunStatus
    message: str
    questions: tuple[QuestionResult, ...]
    seconds: float = 0.0
    cell_errors: tuple[CellError, ...] = ()
    notes: tuple[str, ...] = ()
    dataset: str = ""
    profile: str = ""
    accuracies: Mapping[str, float] = field(default_factory=dict)
    isolated: bool | None = None
    thresholds: Mapping[str, float] = field(default_factory=dict)
    confusions: Mapping[str, tuple[tuple[int, ...], ...]] = field(default_factory=dict)
    marker_notes: tuple[MarkerNote, ...] = ()

    @property
    def score(self) -> float:
        """Points earned so far; a written answer that nobody has marked counts nothing yet."""
        return round(sum(question.score or 0.0 for question in self.questions if question.counts), 6)

    @property
    def max_score(self) -> float:
        """Points of the whole assignment, written questions included; those of bonus questions are on top."""
        return round(sum(one.max_score for one in self.questions if one.counts and not one.bonus), 6)

    @property
    def to_mark(self) -> float:
        """Points of the written answers that wait for a person."""
        return round(sum(q.max_score for q in self.questions if q.written and q.score is None), 6)

    @property
    def answers_to_mark(self) -> int:
        """The number of the written answers that wait for a person."""
        return sum(q.written and q.score is None for q in self.questions)


@dataclass(frozen=True)
class Graded:
    """A result, the notebook as it was executed (None when there was none to execute), and the seconds that went to
    the start of its kernel, to the run of its cells, to the trainer meanwhile, and to the checks.

    ``not_cached`` says which trainings ran in the notebook's own kernel, and why.
    """

    result: Result
    executed: NotebookNode | None
    seconds: Mapping[str, float] = field(default_factory=dict)
    not_cached: tuple[str, ...] = ()


@dataclass
class Record:
    """What a grading run took: seconds in all, those of each submission by what they went to, and the trainer's."""

    seconds: float = 0.0
    training: dict[str, Any] = field(default_factory=dict)
    submissions: list[dict[str, Any]] = field(default_factory=list)

    def add(self, graded: Graded) -> None:
        """Note where the time of a submission went, and which of its trainings were not cached."""
        entry = {"name": graded.result.submission, **graded.seconds}
        self.submissions.append(entry | ({"not_cached": list(graded.not_cached)} if graded.not_cached else {}))
