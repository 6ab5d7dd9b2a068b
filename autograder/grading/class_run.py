"""One grading run of a class into a folder: reuse what still holds, grade the rest, save and report each result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

from autograder.errors import ConfigError
from autograder.files import overlap
from autograder.gradebook import Gradebook, StoredResult
from autograder.gradebook.book import default_gradebook
from autograder.gradebook.rubric import enter_rubric
from autograder.gradebook.rules import Rules
from autograder.grading.basis import Basis, basis_of
from autograder.grading.not_graded import at_fault
from autograder.grading.progress import Progress
from autograder.grading.schedule import Schedule
from autograder.grading.setup import GradingSetup
from autograder.grading.unchanged import EarlierResults
from autograder.intake import Submission, join
from autograder.messages import message
from autograder.reports.output import GRADES_FILE, Reports
from autograder.results import Graded, Record, Result
from autograder.text import some


def check_apart(out: Path, assignment: Path) -> None:
    """Check that reports go neither into an assignment nor around it: what students receive may be all of its folder.

    Raises:
        ConfigError: they do.
    """
    if overlap(out, assignment):
        raise ConfigError(message("commands.out_in_assignment", assignment=assignment, folder=out))


class ClassRun:
    """A run over the submissions of a class, with its gradebook and its reports below ``out``.

    The class is what earlier runs graded into ``out`` with these ``submissions`` in it (see ``intake.earlier``), or
    these alone with ``drop_others``. ``submissions`` are then those to be graded, with what is known of their students,
    ``kept`` the others, and ``notes`` say what a person should know of both.

    ``reused`` are the results of earlier runs that still hold, by submission, and ``changes`` says why others do not;
    with ``again`` none is looked for. ``schedule`` grades; ``packages`` is as in ``basis_of``.

    Raises:
        ConfigError: see ``check_apart``.
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
        drop_others: bool = False,
        packages: str | None = None,
    ) -> None:
        self.reused: dict[str, Result] = {}
        self.changes: Counter[str] = Counter()
        self._setup = setup
        self._schedule = schedule
        assignment = setup.assignment
        check_apart(out, assignment.folder)
        book = Gradebook(gradebook or default_gradebook(out), assignment.title, assignment.identity)
        enter_rubric(book, assignment)
        basis = partial(basis_of, setup=setup, packages=packages)
        is_old = None if again else partial(_is_old, book.stored_results(), basis)
        rules, is_registered = Rules.of(assignment), False
        while not is_registered:  # again if another run into this gradebook has registered others meanwhile
            earlier = book.submissions()
            joined = join(submissions, earlier, is_old)
            notes = [*joined.notes, *rules.notes([*joined.kept, *joined.submissions])]
            self.submissions = [
                replace(one, extra_minutes=max(rules.extension(member).extra_minutes for member in team))
                for team in _by_notebook(joined.submissions).values()
                for one in team
            ]
            self.kept = [] if drop_others else joined.kept
            kept = [submission.name for submission in self.kept]
            is_registered = book.register(self.submissions, kept=kept, continues=joined.continues, seen=earlier)
        if not earlier and (out / GRADES_FILE).is_file():
            notes.insert(0, _new_gradebook(book, out))
        if book.renamed:
            notes.append(message("commands.renamed", before=book.renamed, title=assignment.title))
        self.reports = Reports(out, assignment, [*kept, *(submission.name for submission in self.submissions)])
        self._earlier = EarlierResults(book, self.reports, self.submissions, basis, partial(at_fault, setup=setup))
        self._earlier.unreported(kept)
        self.notes = (*notes, *self._notes_on_kept())
        if not again:
            self.reused, self.changes = self._earlier.reuse()
            for team in _by_notebook(self.submissions).values():
                if not all(one.name in self.reused for one in team):
                    for one in team:  # one run for all of a team
                        self.reused.pop(one.name, None)

    def results(self, progress: Progress) -> Iterator[Result]:
        """The results of all submissions: those that are reused first, then each other one as it is graded.

        A result is in the gradebook, and its reports are written, before it is yielded.
        """
        yield from (self.reports.entries[name].result for name in self.reused)
        teams = _by_notebook([submission for submission in self.submissions if submission.name not in self.reused])
        if not teams:
            return
        progress.begin(len(teams))
        record = Record()

        def save(first: Submission, graded: Graded) -> None:
            for one in teams[first.name]:
                result = replace(graded.result, student=one.student, submission=one.name)
                self._earlier.save(one, replace(graded, result=result))

        # Closed here, whatever ends it: on a cluster, while that is still connected.
        firsts = [team[0] for team in teams.values()]
        schedule = self._schedule(firsts, self._setup, progress, save=save, seeds={}, record=record)
        try:
            with closing(schedule) as graded:
                for one in graded:
                    for member in teams[one.result.submission]:
                        yield self.reports.entries[member.name].result
        finally:
            self.reports.write_grades()
        self.reports.write_run(record)

    def finish(self) -> None:
        """Write the report of the class."""
        self.reports.finish()

    def _notes_on_kept(self) -> Iterator[str]:
        """What to know of the students who are kept: who they are, and what sets their results apart."""
        if self.kept:
            names = some(submission.student for submission in self.kept)
            yield message("commands.kept", count=len(self.kept), names=names)
        results = {name: entry.result for name, entry in self.reports.entries.items()}
        if ungraded := sum(submission.name not in results for submission in self.kept):
            yield message("commands.kept_ungraded", count=ungraded)
        profile, dataset = self._setup.profile.name, self._setup.dataset_titles
        graded = [result for result in results.values() if result.status.graded]
        if others := sum((result.profile, result.dataset) != (profile, dataset) for result in graded):
            yield message("commands.kept_otherwise", count=others)


def _new_gradebook(book: Gradebook, out: Path) -> str:
    shown = book.engine.url.render_as_string(hide_password=True)
    return message("commands.new_gradebook", gradebook=shown, folder=out)


def _by_notebook(submissions: Sequence[Submission]) -> dict[str, list[Submission]]:
    """The submissions of each team, or of a student alone, by the name of the first: one notebook, and one run."""
    teams: dict[tuple[str, str], list[Submission]] = {}
    for one in submissions:
        key = (one.team, str(one.path)) if one.team else ("", one.name)
        teams.setdefault(key, []).append(one)
    return {team[0].name: team for team in teams.values()}


def _is_old(
    stored: Mapping[str, StoredResult], basis: Callable[[Submission], Basis | None], submission: Submission
) -> bool:
    """Whether a submission was graded before, with the notebook that it has now."""
    before = stored.get(submission.name)
    if before is None or before.basis is None:
        return False
    now = basis(submission)
    return now is not None and before.basis["notebook"] == now["notebook"]
