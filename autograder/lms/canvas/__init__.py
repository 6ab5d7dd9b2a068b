"""Canvas: bulk downloads of an assignment, the gradebook, and feedback files."""

from __future__ import annotations

from itertools import permutations

from autograder.lms.canvas.download import feedback_name, recognises, shorten, student_files
from autograder.lms.canvas.gradebook import NAME, POINTS_POSSIBLE, TEST_STUDENT, fill_gradebook
from autograder.lms.matching import same_name
from autograder.lms.system import LMS, Table

__all__ = ["CANVAS"]

_NOT_STUDENTS = frozenset([same_name(POINTS_POSSIBLE), *map(" ".join, permutations(TEST_STUDENT))])

CANVAS = LMS(
    name=NAME,
    title="Canvas bulk download",
    example="doejane_12345_67890_…",
    recognises=recognises,
    student_files=student_files,
    numbers_students=True,
    shorten=shorten,
    feedback_name=feedback_name,
    shares_feedback=True,
    table=Table("Canvas' gradebook export", "gradebook", fill_gradebook, _NOT_STUDENTS),
)
