"""``grades.csv`` while a class is graded: a few seconds old at most, and written a few times a minute at most."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock, Timer

from autograder.gradebook.entries import Entry, by_student
from autograder.reports.csv import write_grades

#: Seconds between two writes: the file has a row for each student, so writing it for each would cost with their square.
SECONDS = 5.0


class CurrentGrades:
    """The file of grades at ``path``, with a column for each question.

    The first update writes it at once; a later one ``seconds`` after the last write. So it is never older than that,
    also after the program was killed, and never incomplete: each time it is replaced as a whole.
    """

    def __init__(self, path: Path, question_ids: Sequence[str], seconds: float = SECONDS) -> None:
        self._path = path
        self._question_ids = question_ids
        self._seconds = seconds
        self._entries: dict[str, Entry] = {}
        self._written = float("-inf")
        self._timer: Timer | None = None
        self._lock = Lock()

    def update(self, entries: Mapping[str, Entry]) -> None:
        """Take in new entries, by submission; the file has them after ``seconds`` at most.

        Raises:
            OSError: the file cannot be written.
        """
        with self._lock:
            self._entries.update(entries)
            if self._timer is not None:
                return
            wait = self._written + self._seconds - time.monotonic()
            if wait <= 0:
                self._write()
            else:
                self._timer = Timer(wait, self._write_when_due)
                self._timer.daemon = True
                self._timer.start()

    def write(self) -> None:
        """Write the file now.

        Raises:
            OSError: the file cannot be written.
        """
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            self._write()

    def _write_when_due(self) -> None:
        with self._lock:
            if self._timer is not None:  # else it was written meanwhile
                self._timer = None
                with suppress(OSError):  # a disk that stays full is reported by ``write``
                    self._write()

    def _write(self) -> None:
        write_grades(self._path, by_student(self._entries.values()), self._question_ids)
        self._written = time.monotonic()
