"""A course of several assignments: days of grace that are spent over it, and each student's marks and total."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from autograder.assignment import Assignment
from autograder.assignment.syllabus import Part, Syllabus
from autograder.gradebook.book import Gradebook, default_gradebook
from autograder.gradebook.connection import is_missing
from autograder.gradebook.entries import Entry, entries
from autograder.gradebook.rules import Rules
from autograder.intake import Student, Submission, match
from autograder.text import sort_key


@dataclass(frozen=True)
class CourseMark:
    """A student's part of an assignment; ``entry`` is None for a student who is not in its gradebook.

    ``share`` is the part of the assignment's points, in [0, 1] or above with a bonus; None if it does not count because
    the student is excused. ``dropped``: it is among the lowest, which the course leaves out.
    """

    entry: Entry | None
    share: float | None
    dropped: bool = False


@dataclass(frozen=True)
class CourseStudent:
    """A student with a mark for each graded assignment.

    ``total`` is the weighted mean of the shares that count, in [0, 1], or None if none does. ``grace_left`` are days of
    grace. ``incomplete``: written answers that count wait for marks.
    """

    student: Student
    marks: tuple[CourseMark, ...]
    total: float | None
    grace_left: int
    incomplete: bool


@dataclass(frozen=True)
class GradedPart:
    """An assignment that has a gradebook; ``folder`` is that of its reports, ``names`` are its submissions."""

    part: Part
    assignment: Assignment
    folder: Path
    names: tuple[str, ...]


@dataclass
class Ledger:
    """The students of a course by number, their entries by assignment, and the days of grace that they have left."""

    students: list[Student]
    days: int
    left: dict[int, int] = field(default_factory=dict)
    parts: list[GradedPart] = field(default_factory=list)
    entries: list[dict[int, Entry]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def known(self, submissions: Sequence[Submission]) -> dict[str, int]:
        """The index of each submission's student, by the submission's name; who is new is added."""
        matches = match(submissions, self.students, "in_course")
        self.notes += [note for note, _ in matches.doubts]
        found = {submissions[number].name: index for number, index in matches.students.items()}
        for submission in submissions:
            if submission.name not in found:
                found[submission.name] = len(self.students)
                self.students.append(Student.of(submission))
        return found

    def grace(self, students: Mapping[str, int]) -> dict[str, int]:
        """The days of grace that are left, by submission."""
        return {name: self.left.get(index, self.days) for name, index in students.items()}

    def add(self, part: GradedPart, students: Mapping[str, int], graded: Sequence[Entry]) -> None:
        """Note the entries of an assignment, and the days of grace that were spent on it."""
        self.parts.append(part)
        self.entries.append({students[entry.submission.name]: entry for entry in graded})
        for index, entry in self.entries[-1].items():
            spent = 0 if entry.lateness is None else entry.lateness.grace_days
            self.left[index] = self.left.get(index, self.days) - spent


def ledger(syllabus: Syllabus, students: Sequence[Student] = (), until: Path | None = None) -> Ledger:
    """The gradebooks of a course in the order of its assignments, up to the one in the folder ``until``, without it.

    Assignments that are not graded yet are left out.

    Raises:
        ConfigError, GradebookError: an assignment or a gradebook cannot be read.
    """
    found = Ledger(list(students), syllabus.grace_days)
    for part in syllabus.assignment:
        if until is not None and part.folder.resolve() == until.resolve():
            break
        folder = syllabus.grades_of(part)
        url = part.gradebook or default_gradebook(folder)
        if is_missing(url):
            continue
        assignment = Assignment.load(part.folder)
        with Gradebook(url, assignment.title, assignment.identity) as book:
            submissions = book.submissions()
            if not submissions:
                continue
            known = found.known(submissions)
            rules = replace(Rules.of(assignment), grace_days=found.grace(known))
            names = tuple(submission.name for submission in submissions)
            found.add(GradedPart(part, assignment, folder, names), known, entries(book, rules))
    return found


def rules_in_course(assignment: Assignment, book: Gradebook) -> Rules:
    """The rules of an assignment, with the days of grace that earlier assignments of its course have left.

    Raises:
        ConfigError, GradebookError: an earlier assignment or its gradebook cannot be read.
    """
    rules, syllabus = Rules.of(assignment), Syllabus.around(assignment.folder)
    if syllabus is None or not syllabus.grace_days:
        return rules
    earlier = ledger(syllabus, until=assignment.folder)
    return replace(rules, grace_days=earlier.grace(earlier.known(book.submissions())))


def totals(syllabus: Syllabus, ledger: Ledger) -> list[CourseStudent]:
    """Each student's marks and total, by name."""
    rows = []
    for index, student in enumerate(ledger.students):
        marks = _without_lowest([_mark(graded.get(index)) for graded in ledger.entries], syllabus.drop_lowest)
        weights = [part.part.weight for part in ledger.parts]
        counting = [(m.share, w) for m, w in zip(marks, weights, strict=True) if m.share is not None and not m.dropped]
        weight = sum(w for _, w in counting)
        total = sum(share * w for share, w in counting) / weight if weight else None
        waits = any(mark.entry is not None and mark.entry.counts and mark.entry.result.to_mark for mark in marks)
        left = ledger.left.get(index, ledger.days)
        rows.append(CourseStudent(student, tuple(marks), total, left, waits))
    return sorted(rows, key=lambda row: sort_key(row.student.name))


def _mark(entry: Entry | None) -> CourseMark:
    if entry is None:
        return CourseMark(None, 0.0)
    if entry.excused or not entry.result.max_score:
        return CourseMark(entry, None)
    return CourseMark(entry, entry.final / entry.result.max_score if entry.has_points else 0.0)


def _without_lowest(marks: Sequence[CourseMark], count: int) -> list[CourseMark]:
    """The marks, of which the lowest ``count`` are dropped; one always counts."""
    counting = [number for number, mark in enumerate(marks) if mark.share is not None]
    lowest = sorted(counting, key=lambda number: marks[number].share or 0.0)[: min(count, max(0, len(counting) - 1))]
    return [replace(mark, dropped=number in lowest) for number, mark in enumerate(marks)]


def not_graded(syllabus: Syllabus, ledger: Ledger) -> Iterator[str]:
    """The folders of assignments without a gradebook."""
    graded = [part.part for part in ledger.parts]
    return (part.folder.name for part in syllabus.assignment if part not in graded)
