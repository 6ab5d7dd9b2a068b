"""The similar submissions of a class: its works compared, and the pairs that a person has dismissed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.assignment import Assignment
from autograder.assignment.answer_cells import answer_text
from autograder.errors import ConfigError
from autograder.gradebook import Entry, Gradebook
from autograder.gradebook.dismissals import Dismissal, dismissals
from autograder.gradebook.entries import one_of_each_team
from autograder.messages import message
from autograder.similarity.pairs import Group, Pair, groups, pairs
from autograder.similarity.work import Work, code_cells, shingles, words, work_of

#: Characters of a digest that name a work in a command.
SHORT_DIGEST = 8


@dataclass(frozen=True)
class Found:
    """The compared works of a class, all similar pairs, and which of these a person has dismissed, by digest."""

    works: tuple[Work, ...]
    every: tuple[Pair, ...]
    dismissals: Mapping[str, Dismissal]

    @property
    def pairs(self) -> list[Pair]:
        """The pairs that a person should look at."""
        return [pair for pair in self.every if pair.digest not in self.dismissals]

    @property
    def dismissed(self) -> list[Pair]:
        return [pair for pair in self.every if pair.digest in self.dismissals]

    @property
    def groups(self) -> list[Group]:
        return groups(self.pairs)

    def chosen(self, names: Sequence[str]) -> list[Work]:
        """The works with these names: of students, of submissions, or the beginnings of digests.

        Raises:
            ConfigError: there is none of this name, or more than one.
        """
        chosen = []
        for name in names:
            found = [
                work
                for work in self.works
                if name in (work.student, work.name) or (len(name) >= SHORT_DIGEST and work.digest.startswith(name))
            ]
            if not found:
                raise ConfigError(message("commands.no_work", name=name))
            if len(found) > 1:
                digests = ", ".join(work.digest[:SHORT_DIGEST] for work in found)
                raise ConfigError(message("commands.several_works", name=name, digests=digests))
            chosen += found
        return chosen


def find_similar(assignment: Assignment, book: Gradebook, entries: Sequence[Entry]) -> Found:
    """The similar submissions among the ``entries`` of a gradebook."""
    template, solution = read(assignment.course.student), read(assignment.course.solution)
    given = [cells for notebook in (template, solution) for cells in code_cells(notebook).values()]
    lab_code = frozenset[int]().union(*map(shingles, given))
    written = [question.id for question in assignment.questions if question.written]
    answers = {id: words(answer_text(solution, id) or "") for id in written} if solution is not None else {}
    works = [
        work_of(entry.computed, book.executed_notebook(entry.submission.name), lab_code)
        for entry in one_of_each_team(entries)
        if entry.computed.status.graded
    ]
    return Found(tuple(works), tuple(pairs(works, answers)), dismissals(book))


def read(path: Path | None) -> NotebookNode | None:
    """A notebook of the assignment; None if there is no such file."""
    if path is None or not path.is_file():
        return None
    notebook: NotebookNode = nbformat.read(path, as_version=4)
    return notebook
