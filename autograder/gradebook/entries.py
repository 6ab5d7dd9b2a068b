"""The entries of a gradebook: each student's result with the decisions of people in it, for reports and pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, undefer

from autograder.assignment.lateness import Lateness
from autograder.gradebook import documents
from autograder.gradebook.book import Gradebook, newest_results
from autograder.gradebook.decisions import Decisions, Mark, Override, with_people
from autograder.gradebook.rows import digest, submission_of
from autograder.gradebook.rules import Rules
from autograder.gradebook.schema import ResultRow, StudentRow, SubmissionRow
from autograder.intake import Extension, Submission
from autograder.messages import message
from autograder.results import Result
from autograder.text import sort_key


@dataclass(frozen=True)
class Entry:
    """A student's line in the gradebook.

    ``computed`` is the result as the grader left it; ``result`` the same with ``marks`` and ``overrides`` (by question)
    in it. ``lateness`` is apart: it never changes the result. ``extension`` is what holds for the student alone.
    ``team`` are the others who handed in the same notebook.
    """

    submission: Submission
    computed: Result
    result: Result
    marks: Mapping[str, Mark] = field(default_factory=dict)
    overrides: Mapping[str, Override] = field(default_factory=dict)
    lateness: Lateness | None = None
    extension: Extension = field(default_factory=Extension)
    team: tuple[str, ...] = ()

    @classmethod
    def of(cls, result: Result) -> Entry:
        """The entry of a result without marks, overrides and lateness."""
        return cls(Submission(result.student, result.submission, None), result, result)

    @property
    def has_points(self) -> bool:
        """Whether the points mean anything: the notebook was graded, or a person gave points."""
        return self.result.status.graded or bool(self.marks or self.overrides)

    @property
    def excused(self) -> bool:
        """Whether the assignment does not count for the student, whatever was handed in."""
        return self.extension.excused

    @property
    def counts(self) -> bool:
        """Whether there are points that count."""
        return self.has_points and not self.excused

    @property
    def old_points(self) -> list[str]:
        """The questions with points of a person that were given to an earlier result or rubric: do they still hold?"""
        decisions: list[Mark | Override] = [*self.marks.values(), *self.overrides.values()]
        return sorted({one.question for one in decisions if one.is_old})

    def scores(self, question_ids: Iterable[str]) -> list[float | None]:
        """The points in these questions: None without a mark, and where the points mean nothing."""
        scores = {question.id: question.score for question in self.result.questions} if self.has_points else {}
        return [scores.get(id) for id in question_ids]

    @property
    def words(self) -> str:
        """The status as people read it: how the run ended, or that the student is excused."""
        return message("statuses.excused") if self.excused else self.result.status.words

    @property
    def final(self) -> float:
        """Points after the late penalty, never below 0; 0 after the last moment."""
        late = self.lateness
        if late is not None and late.refused:
            return 0.0
        penalty = 0.0 if late is None else late.penalty(self.result.max_score)
        return round(max(0.0, self.result.score - penalty), 6)


def entries(book: Gradebook, rules: Rules | None = None, *, submission: str | None = None) -> list[Entry]:
    """The entries of the current submissions that are graded, by name, or only the entry of ``submission``."""
    rules = rules or Rules()
    with book.transaction() as session:
        query = newest_results().join(SubmissionRow).where(SubmissionRow.current).order_by(SubmissionRow.name)
        if submission is not None:
            query = query.where(SubmissionRow.key == digest(submission))
        options = joinedload(ResultRow.submission).joinedload(SubmissionRow.student), undefer(ResultRow.document)
        rows = session.scalars(query.options(*options)).all()
        decisions, teams = Decisions(session), members_of_teams(session)
    graded = []
    for row in rows:
        computed = documents.result_or_none(row.document)
        if computed is None:  # a damaged result; the next run grades the submission again
            continue
        handed_in = submission_of(row.submission)
        computed = replace(rules.count(computed), student=handed_in.student)  # as the roster of the last run spells it
        marks = decisions.marks(computed, row.submission.student_id)
        overrides = decisions.overrides(computed, row.submission.student_id, row.basis)
        result = rules.count(with_people(computed, marks, overrides))
        extension = rules.extension(handed_in)
        late = rules.lateness(handed_in, extension)
        mates = [name for id, name in teams.get(row.submission.team, ()) if id != row.submission.student_id]
        graded.append(Entry(handed_in, computed, result, marks, overrides, late, extension, tuple(mates)))
    return graded


def members_of_teams(session: Session) -> dict[str | None, list[tuple[int, str]]]:
    """The students, by number and name, of each team with a current submission."""
    query = select(SubmissionRow.team, StudentRow.id, StudentRow.name).join(StudentRow)
    teams: defaultdict[str | None, list[tuple[int, str]]] = defaultdict(list)
    for team, id, name in session.execute(query.where(SubmissionRow.current, SubmissionRow.team.is_not(None))):
        teams[team].append((id, name))
    return teams


def one_of_each_team(entries: Iterable[Entry]) -> list[Entry]:
    """The entries, of a team only the first, under the names of all its students."""
    found: dict[str, Entry] = {}
    for entry in entries:
        names = ", ".join([entry.submission.student, *entry.team])
        shown = replace(entry, computed=replace(entry.computed, student=names)) if entry.team else entry
        found.setdefault(f"team {entry.submission.team}" if entry.team else entry.submission.name, shown)
    return list(found.values())


def by_student(entries: Iterable[Entry]) -> list[Entry]:
    """Entries in the order of their students' names, as people sort them."""
    return sorted(entries, key=lambda entry: (*sort_key(entry.submission.student), entry.submission.name))
