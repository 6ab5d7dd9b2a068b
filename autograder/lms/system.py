"""A learning management system (LMS) as a value: how its downloads are read, and what goes back to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from autograder.lms.download import Download, StudentFiles
from autograder.lms.filling import Filled, FillOptions, StudentMark


@dataclass(frozen=True)
class Table:
    """The table of marks that a person downloads from an LMS, has filled in, and uploads again.

    ``title`` names it in help texts ("Moodle's grading worksheet"), ``noun`` in messages ("worksheet"). ``fill`` takes
    its content and the students' marks. A roster may be such a table: rows with a name among ``not_students``, as
    ``matching.same_name`` compares names, are not students.

    ``fill`` raises ConfigError if the table lacks a column or has a different maximum.
    """

    title: str
    noun: str
    fill: Callable[[bytes, Sequence[StudentMark], FillOptions], Filled]
    not_students: frozenset[str] = frozenset()


@dataclass(frozen=True)
class LMS:
    """A learning management system, or any other program that collects the notebooks of a class.

    ``name`` is its name in options, files and the gradebook (``moodle``); ``title`` names its download in messages
    ("Moodle bulk download"), and ``example`` shows the file names in it.

    Reading: ``recognises`` decides whether a download is its own, by most of the names in it, never by a single one.
    ``student_files`` groups the files of a download by student. ``folder`` is the name of a folder that holds the
    students' files beside other folders. ``numbers_students``: its identifiers are its own numbers, unknown elsewhere.
    ``shorten`` is set where it writes names in a short form: it gives that form of a name with the last name first
    ("Lovelace Ada" -> "lovelaceada").

    Writing: ``feedback_name`` gives the file name of a feedback page in the zip file for bulk upload, from the label of
    the student's files (see ``StudentFiles``), or None if the LMS could not find the student by it. ``member_label``
    gives such a label for a member of a team that handed in together, from the name and the identifier, where the LMS
    wants feedback for each; None if the identifier is not its own. ``shares_feedback``: feedback for the files of a
    team reaches all its members. ``table`` is the table of marks.
    """

    name: str
    title: str
    example: str
    recognises: Callable[[Download], bool]
    student_files: Callable[[Download], list[StudentFiles]]
    folder: str = ""
    numbers_students: bool = False
    shorten: Callable[[str], str] | None = None
    feedback_name: Callable[[str], str | None] | None = None
    member_label: Callable[[str, str], str | None] | None = None
    shares_feedback: bool = False
    table: Table | None = None
