"""Grade only what is new or changed: which results of an earlier run still hold.

With each result the gradebook has its *basis* (see ``basis``). A later run reuses the result while the basis is the
same; else it grades again.

Two kinds of results do not hold. A fault of the grader is not a result. And a run that was stopped by the clock, or
whose kernel died, may have met a busy machine: it is graded once more, and holds when it ends the same way again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from autograder.errors import GradebookError
from autograder.gradebook import Gradebook, StoredResult
from autograder.grading.basis import Basis
from autograder.intake import Submission
from autograder.messages import message
from autograder.reports.output import Reports
from autograder.results import Graded, Result, RunStatus

#: How a run may end because of the load on the machine: by the clock, or for want of the system's memory.
DOUBTFUL = frozenset({RunStatus.CELL_TIMEOUT, RunStatus.RUN_TIMEOUT, RunStatus.KERNEL_DIED})

#: What fails for all submissions alike.
_OF_ALL = (GradebookError, OSError)


class EarlierResults:
    """The results of earlier runs in the gradebook of this one.

    ``basis`` gives what the result of a submission depends on now, None if it cannot be told; ``at_fault`` gives the
    result of a submission on which the grader failed, with what went wrong.
    """

    def __init__(
        self,
        book: Gradebook,
        reports: Reports,
        submissions: Sequence[Submission],
        basis: Callable[[Submission], Basis | None],
        at_fault: Callable[[Submission, str], Graded],
    ) -> None:
        self._book = book
        self._reports = reports
        self._basis = basis
        self._at_fault = at_fault
        self._before = {submission.name: basis(submission) for submission in submissions}

    def reuse(self) -> tuple[dict[str, Result], Counter[str]]:
        """The results that still hold, by submission; and why others do not, each reason with its count.

        Of their reports, those that an interruption left out are written.
        """
        holding: dict[str, Result] = {}
        changes: Counter[str] = Counter()
        stored = self._book.stored_results()
        for name, basis in self._before.items():
            if basis is None or name not in stored or stored[name].basis is None:
                continue
            if reasons := _changes(stored[name], basis):
                changes.update(reasons)
            else:
                holding[name] = stored[name].result
        for name in self.unreported([*holding]):
            del holding[name]
            changes[message("commands.reports_lost")] += 1
        return holding, changes

    def unreported(self, names: Sequence[str]) -> list[str]:
        """Write the reports of these submissions that are incomplete; gives the names of those that cannot be."""
        lost = []
        for name in names:
            try:
                self._reports.add(self._book, [name])
            except _OF_ALL:
                raise
            except Exception:  # whatever stands in the way of these reports: graded again, it has new ones
                lost.append(name)
        return lost

    def save(self, submission: Submission, graded: Graded) -> None:
        """Enter a new result into the gradebook, and write its reports.

        An interruption leaves the earlier result or this one, and never the reports of the other. Where the basis has
        changed since this run began, the result is stored without one: the next run grades the submission again. A
        result that cannot be stored or reported becomes a fault of the grader, and the other submissions go on.

        Raises:
            GradebookError, OSError: the gradebook or the disk fails, for all submissions.
        """
        try:
            self._store(submission, graded)
        except _OF_ALL:
            raise
        except Exception as error:  # it is about what this submission's kernel made, and is its own
            self._store(submission, self._at_fault(submission, f"{type(error).__name__}: {str(error)[:200]}"))

    def _store(self, submission: Submission, graded: Graded) -> None:
        self._reports.withdraw(submission.name)
        basis = self._before[submission.name]
        self._book.save(submission, graded, basis if self._basis(submission) == basis else None)
        self._reports.add(self._book, [submission.name])


def _changes(stored: StoredResult, basis: Basis) -> list[str]:
    """Why a result does not hold any more: the parts of the basis that changed, or how the run ended."""
    before = stored.basis or {}
    changed = [part for part in {**before, **basis} if before.get(part) != basis.get(part)]
    if not changed and stored.result.status in DOUBTFUL and stored.times < 2:
        return [message("commands.doubtful", status=stored.result.status.words)]
    return [message("commands.changed", part=part) for part in changed]
