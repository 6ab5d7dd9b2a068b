"""What a grading run tells of its progress."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from autograder.results import Result


class Progress:
    """What a grading run tells as it goes, from any thread; as a context manager it ends by itself."""

    def begin(self, total: int) -> None:
        """``total`` submissions are going to be graded."""

    def started(self, submission: str) -> None:
        """The run of ``submission`` begins."""

    def cell(self, submission: str, cell: int, cells: int) -> None:
        """``submission`` is at cell number ``cell``, from 1, of ``cells``."""

    def done(self, result: Result) -> None:
        """``result.submission`` is graded, or cannot be; it need not have been started."""

    def note(self, words: str) -> None:
        """Something happened that the person who grades should know now."""

    def end(self) -> None:
        """Nothing more will come; calling it again does nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
