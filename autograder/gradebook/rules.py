"""The rules of a course that are applied to results afterwards, so that a change of them regrades nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo

from autograder.assignment import Assignment
from autograder.assignment.counting import Choice
from autograder.assignment.lateness import CourseExtension, Due, Lateness, LateRules, lateness
from autograder.errors import ConfigError
from autograder.intake import Extension, Submission, fits
from autograder.messages import message
from autograder.results import Result


@dataclass(frozen=True)
class Rules:
    """The deadline, what lateness costs, what holds for single students, and which questions count.

    ``grace_days`` are the days of grace that a student has left for this assignment, by submission.
    """

    deadline: datetime | None = None
    late: LateRules = field(default_factory=LateRules)
    extensions: tuple[CourseExtension, ...] = ()
    grace_days: Mapping[str, int] = field(default_factory=dict)
    bonus: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    zone: tzinfo = UTC

    @classmethod
    def of(cls, assignment: Assignment) -> Rules:
        """The rules in the ``course.toml`` of an assignment."""
        course = assignment.course
        return cls(
            course.deadline, course.late, course.extension, bonus=course.bonus, choices=course.choice, zone=course.zone
        )

    def count(self, result: Result) -> Result:
        """The result with the questions that are a bonus, and without those that another one of a choice beats.

        Of questions with the same score the first ones of the choice count.
        """
        scores = {one.id: one.score or 0.0 for one in result.questions}
        left_out: set[str] = set()
        for choice in self.choices:
            best = sorted(choice.questions, key=lambda id: -scores.get(id, 0.0))
            left_out.update(best[choice.count :])
        questions = (
            replace(one, bonus=one.id in self.bonus, counts=one.id not in left_out) for one in result.questions
        )
        return replace(result, questions=tuple(questions))

    def extension(self, submission: Submission) -> Extension:
        """What holds for the student of a submission alone: ``course.toml`` counts before the roster, key by key."""
        origin = submission.origin
        known = (None if origin is None else origin.extension) or Extension()
        deadline, minutes, excused = known.deadline, known.extra_minutes, known.excused
        for one in self.extensions:
            if fits(submission, one.student):
                deadline = deadline if one.deadline is None else one.deadline
                minutes = minutes if one.extra_minutes is None else one.extra_minutes
                excused = excused if one.excused is None else one.excused
        return Extension(deadline, minutes, excused)

    def lateness(self, submission: Submission, extension: Extension) -> Lateness | None:
        """How late a submission is, with the student's own deadline; None also for a student who is excused."""
        origin = submission.origin
        if origin is None or origin.missing or extension.excused:
            return None
        due = Due(self.deadline, extension.deadline, self.grace_days.get(submission.name, 0), self.zone)
        return lateness(origin.submitted, origin.late, due, self.late, origin.late_by)

    def notes(self, submissions: Sequence[Submission]) -> Iterator[str]:
        """A note on each extension of ``course.toml`` that is of nobody in the class.

        Raises:
            ConfigError: one fits several students.
        """
        for number, one in enumerate(self.extensions, start=1):
            fitting = [submission.student for submission in submissions if fits(submission, one.student)]
            if len(fitting) > 1:
                raise ConfigError(
                    f"course.toml: extension, entry {number}: 'student' must be of one student "
                    f"(got {one.student!r}, which fits {len(fitting)}: {', '.join(fitting[:5])})"
                )
            if not fitting:
                yield message("intake.extension_of_nobody", number=number, student=one.student)
