"""One grading run of a class into a folder: reuse what still holds, grade the rest, save and report each result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from autograder.gradebook import Gradebook
from autograder.grading.basis import basis_of
from autograder.grading.grade import at_fault
from autograder.grading.progress import Progress
from autograder.grading.schedule import Schedule
from autograder.grading.setup import GradingSetup
from autograder.grading.unchanged import EarlierResults
from autograder.intake import Submission
from autograder.reports.output import Reports
from autograder.results import Graded, Record, Result


def _at_fault(setup: GradingSetup, submission: Submission, what: str) -> Graded:
    return at_fault(submission, setup, what)


def default_gradebook(out: Path) -> str:
    """The URL of the gradebook beside the reports."""
    return f"sqlite:///{out / 'gradebook.sqlite'}"


class ClassRun:
    """A run over the submissions of a class, with its gradebook and its reports below ``out``.

    ``reused`` are the results of earlier runs that still hold, by submission, and ``changes`` says why others do not;
    with ``again`` none is looked for. ``schedule`` grades; ``packages`` is as in ``basis_of``.

    Raises:
        GradebookError: the gradebook (an SQLAlchemy URL; default: ``gradebook.sqlite`` in ``out``) cannot be opened.
    """

    def __init__(
        self,
        setup: GradingSetup,
        submissions: Sequence[Submission],
        schedule: Schedule,
        out: Path,
        *,
        gradebook: str | None = None,
        again: bool = False,
        packages: str | None = None,
    ) -> None:
        self.reports = Reports(out, setup.assignment, [submission.name for submission in submissions])
        self.reused: dict[str, Result] = {}
        self.changes: Counter[str] = Counter()
        self._setup = setup
        self._submissions = submissions
        self._schedule = schedule
        book = Gradebook(gradebook or default_gradebook(out), setup.assignment.title)
        book.register(submissions)
        basis = partial(basis_of, setup=setup, packages=packages)
        self._earlier = EarlierResults(book, self.reports, submissions, basis, partial(_at_fault, setup))
        if not again:
            self.reused, self.changes = self._earlier.reuse()

    def results(self, progress: Progress) -> Iterator[Result]:
        """The results of all submissions: those that are reused first, then each other one as it is graded.

        A result is in the gradebook, and its reports are written, before it is yielded.
        """
        yield from (self.reports.entries[name].result for name in self.reused)
        left = [submission for submission in self._submissions if submission.name not in self.reused]
        if not left:
            return
        progress.begin(len(left))
        record = Record()
        # Closed here, whatever ends it: on a cluster, while that is still connected.
        schedule = self._schedule(left, self._setup, progress, save=self._earlier.save, seeds={}, record=record)
        try:
            with closing(schedule) as graded:
                for one in graded:
                    yield self.reports.entries[one.result.submission].result
        finally:
            self.reports.write_grades()
        self.reports.write_run(record)

    def finish(self) -> None:
        """Write the report of the class."""
        self.reports.finish()
