"""The variants of an assignment: answers to one question each, with the outcome that each test case must have."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import nbformat

from autograder.assignment import Assignment, Question
from autograder.assignment.answer_cells import answers_in
from autograder.assignment.settings import Place
from autograder.authoring.build import solution_notebook
from autograder.authoring.fairness.entries import Edit, Entry, QuestionVariants, WrongEntry, load_files, path_of
from autograder.errors import ConfigError


@dataclass(frozen=True, eq=False)
class Variant:
    """An answer to ``question``, and what must become of it.

    ``fails`` has the test cases that must fail, each with words that its message must contain; ``unanswered`` has words
    of the question's message where nothing counts as answered. ``needs`` are answers to other questions, ``edit``
    changes to given code, ``place`` is where the code goes (``""``: the answer cell, ``"end"``),
    ``thresholds`` are accuracies to ask for, ``more`` is for a longer run, and ``trained`` has the given cells that
    train a model run after the code.

    ``chain`` are the questions that build on each other, this one among them, in their order; empty if there are none.
    ``plain`` are right answers to the questions that the code builds on. Variants with the same ``notebook`` share
    notebooks, at most ``per_notebook`` in one.
    """

    question: str
    name: str
    right: bool
    code: str
    fails: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unanswered: tuple[str, ...] = ()
    needs: Mapping[str, str] = field(default_factory=dict)
    edit: tuple[Edit, ...] = ()
    place: str = ""
    thresholds: Mapping[str, float] = field(default_factory=dict)
    more: bool = False
    trained: bool = False
    chain: tuple[str, ...] = ()
    plain: Mapping[str, str] = field(default_factory=dict)
    notebook: str = ""
    per_notebook: int = 100

    def __str__(self) -> str:
        return f"{self.question}: {'right' if self.right else 'wrong'}: {self.name}"


def load(assignment: Assignment, questions: Collection[str] = (), *, more: bool = True) -> list[Variant]:
    """The variants of some questions, or of all, in the order of the assignment; ``more``: the slow ones too.

    Raises:
        ConfigError: there are none, a question is unknown, or a variant breaks a rule.
    """
    files = load_files(assignment)
    for id in questions:
        if id not in files:
            raise ConfigError(f"question '{id}' must be one with variants ({', '.join(files)})")
    loader = _Loader(assignment, files)
    variants = [variant for id in files if not questions or id in questions for variant in loader.variants(id)]
    return [variant for variant in variants if more or not variant.more]


class _Loader:
    """Makes variants of the entries in files, and checks them against the assignment."""

    def __init__(self, assignment: Assignment, files: Mapping[str, QuestionVariants]) -> None:
        self._assignment = assignment
        self._files = files
        self._solution: dict[str, str] | None = None
        cells = json.loads(assignment.course.student.read_text(encoding="utf-8"))["cells"]
        self._given = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]

    def variants(self, id: str) -> list[Variant]:
        """The variants of a question, the right ones first."""
        question, file = self._assignment.question(id), self._files[id]
        variants = []
        for side, entries in (("right", file.right), ("wrong", file.wrong)):
            names = [entry.name for entry in entries]
            for number, entry in enumerate(entries, start=1):
                place = Place(path_of(self._assignment, id), side).numbered(number)
                if names.count(entry.name) > 1:
                    raise place.error(f"each variant must have a name of its own (got {entry.name!r} again)")
                self._check(question, entry, place)
                variants.append(self._variant(question, entry))
        return variants

    def _check(self, question: Question, entry: Entry, place: Place) -> None:
        if isinstance(entry, WrongEntry):
            if not entry.fails and not entry.unanswered:
                raise place.error(f"{entry.name!r} must say what fails, in 'fails' or 'unanswered'")
            cases = [case.name for case in question.cases]
            for name in entry.fails.keys() - set(cases):
                raise place.at("fails").broken(f"a table of test cases of '{question.id}' ({', '.join(cases)})", name)
        for other in entry.needs:
            self._assignment.question(other)
        for edit in entry.edit:
            count = sum(edit.find in source for source in self._given)
            if count != 1:
                raise place.at("edit.find").broken(
                    f"in one code cell of the student notebook, not in {count}", edit.find
                )

    def _variant(self, question: Question, entry: Entry) -> Variant:
        file, right = self._files[question.id], not isinstance(entry, WrongEntry)
        return Variant(
            **vars(entry),
            question=question.id,
            right=right,
            # A wrong model is checked as it is made, but one of the student's own class has no layers before.
            trained=file.trained and (right or "class " in entry.code),
            chain=self._chain(question.id),
            plain=self._plain(question, entry),
            notebook=file.notebook or question.id,
            per_notebook=file.per_notebook,
        )

    def _chain(self, question: str) -> tuple[str, ...]:
        first = self._files[question].builds_on or question
        others = [id for id, file in self._files.items() if file.builds_on == first]
        return (first, *others) if others else ()

    def _plain(self, question: Question, entry: Entry) -> dict[str, str]:
        """Plain answers to the questions that an entry builds on, and to the first of their chains."""
        code = "\n".join([entry.code, *(edit.replace for edit in entry.edit)])
        names = set(re.findall(r"[A-Za-z_]\w*", code)) | set(question.names)
        used = [
            other.id for other in self._assignment.questions if other.id != question.id and names & set(other.answers)
        ]
        firsts = [chain[0] for id in used if id in self._files and (chain := self._chain(id))]
        return {id: self._plain_answer(id) for id in dict.fromkeys([*used, *firsts])}

    def _plain_answer(self, question: str) -> str:
        file = self._files.get(question)
        if file is not None and file.plain is not None:
            return file.plain
        if self._solution is None:
            notebook = nbformat.reads(solution_notebook(self._assignment.folder), as_version=4)
            self._solution = answers_in(notebook)
        return self._solution[question]
