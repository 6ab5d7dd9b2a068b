"""The marks that earlier reports filled in into an LMS's table: by them a later report knows its own marks there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from autograder.files import write_text
from autograder.lms.filling import StudentMark

FILE = ".sent.json"
#: Marks of a student that are remembered, the newest ones.
MOST = 50


class SentMarks:
    """The marks of a class that went to the LMS of this name, in a file in the ``folder`` of the reports."""

    def __init__(self, folder: Path, system: str) -> None:
        self._path = folder / FILE
        self._system = system
        self._marks = self._read().get(system, {})

    def added_to(self, students: Sequence[StudentMark]) -> list[StudentMark]:
        """Students with the marks that were sent before."""
        return [replace(student, earlier=tuple(self._marks.get(_key(student), ()))) for student in students]

    def add(self, students: Sequence[StudentMark]) -> None:
        """Remember the marks of students.

        Raises:
            OSError: the file cannot be written.
        """
        for student in students:
            marks = self._marks.setdefault(_key(student), [])
            if student.mark is not None and student.mark not in marks:
                self._marks[_key(student)] = [*marks, student.mark][-MOST:]
        write_text(self._path, json.dumps(self._read() | {self._system: self._marks}) + "\n")

    def _read(self) -> dict[str, dict[str, list[float]]]:
        """The marks by LMS and student; none if the file is missing or not what was written."""
        try:
            document = json.loads(self._path.read_text(encoding="utf-8"))
            return {
                str(system): {str(key): [float(mark) for mark in marks] for key, marks in students.items()}
                for system, students in document.items()
            }
        except (OSError, ValueError, TypeError, AttributeError):
            return {}


def _key(student: StudentMark) -> str:
    return student.identifier or student.submission
