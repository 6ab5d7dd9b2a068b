"""Moodle: bulk downloads of an assignment, the grading worksheet, and feedback files."""

from __future__ import annotations

from autograder.lms.moodle.download import feedback_name, member_label, recognises, student_files
from autograder.lms.moodle.worksheet import NAME, fill_worksheet
from autograder.lms.system import LMS, Table

__all__ = ["MOODLE"]

MOODLE = LMS(
    name=NAME,
    title="Moodle bulk download",
    example="Full Name_12345_assignsubmission_file_…",
    recognises=recognises,
    student_files=student_files,
    numbers_students=True,
    feedback_name=feedback_name,
    member_label=member_label,
    table=Table("Moodle's grading worksheet", "worksheet", fill_worksheet),
)
