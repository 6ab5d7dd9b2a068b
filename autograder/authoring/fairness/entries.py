"""Files of variants: ``variants/QUESTION.toml`` has right and wrong answers to a question.

[[right]]
name = "a dictionary"
code = "score_mlp = mlp.evaluate(x_test, y_test, return_dict=True)"

[[wrong]]
name = "scores of the training images"
code = "score_mlp = mlp.evaluate(x_train, y_train)"
fails.test_score = ["test images"]    # this test case must fail, with these words in its message
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autograder.assignment import Assignment
from autograder.assignment.kinds import (
    BOOLEAN,
    FRACTION,
    SOME_TEXT,
    TEXT,
    Sections,
    TableOf,
    Value,
    choice,
    list_of,
    whole_number,
)
from autograder.assignment.settings import Place, parse, read, setting, table
from autograder.errors import ConfigError

FOLDER = "variants"


def _verbatim(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError
    return value


VERBATIM = Value("a text", _verbatim)
WORDS = list_of(VERBATIM, "a list of texts")


@table
class Edit:
    """A change to given code, where a wrong answer is not in an answer cell."""

    find: str = setting(VERBATIM, "Text that stands in one code cell of the student notebook.", example='"epochs=4"')
    replace: str = setting(VERBATIM, "What to put in its place.", example='"epochs=0"')


@table
class Entry:
    """A right answer, as its file has it."""

    name: str = setting(SOME_TEXT, "What is special about this answer.", example='"counted by hand"')
    code: str = setting(VERBATIM, "The answer.", example='"total = 3"')
    needs: Mapping[str, str] = setting(
        TableOf(VERBATIM, key="QUESTION", example="rain"),
        "Answers to other questions that this variant builds on, instead of plain ones.",
        default_factory=dict,
        example='"rain = [1, 2]"',
    )
    edit: tuple[Edit, ...] = setting(Sections(Edit), "Changes to given code.", default=(), shown="none")
    place: str = setting(
        choice("end"),
        "`end`: the answer stands in the last cell.",
        default="",
        shown="the answer cell",
        example='"end"',
    )
    thresholds: Mapping[str, float] = setting(
        TableOf(FRACTION, key="MODEL", example="mlp"),
        "Accuracies to ask for.",
        default_factory=dict,
        example="0.5",
    )
    more: bool = setting(
        BOOLEAN,
        "Grade it only with `--all`: it takes seconds and differs little.",
        default=False,
        example="true",
    )


@table
class WrongEntry(Entry):
    """A wrong answer, as its file has it."""

    fails: Mapping[str, tuple[str, ...]] = setting(
        TableOf(WORDS, key="TEST_CASE", example="test_total"),
        "Test cases that must fail, each with words that its message must contain.",
        default_factory=dict,
        example='["as many"]',
    )
    unanswered: tuple[str, ...] = setting(
        WORDS,
        "Words of the question's message, for an answer that must count as no answer.",
        default=(),
        shown="none",
        example='["total"]',
    )


@table
class QuestionVariants:
    """A file ``variants/QUESTION.toml``: the variants of a question, and how they share notebooks."""

    right: tuple[Entry, ...] = setting(Sections(Entry), "Right answers: every test case must pass.", default=())
    wrong: tuple[WrongEntry, ...] = setting(
        Sections(WrongEntry), "Wrong answers: the test cases in `fails` must fail, the others must pass.", default=()
    )
    plain: str | None = setting(
        VERBATIM,
        "A right answer for the notebooks of variants that build on this question.",
        default=None,
        shown="the solution's",
        example='"total = 3"',
    )
    builds_on: str = setting(
        TEXT,
        "The first question of a chain that this one belongs to: a model is made there, and used or changed here.",
        default="",
        shown="none",
        example='"mlp"',
    )
    trained: bool = setting(
        BOOLEAN,
        "Whether the given cells that train this model run after the answer: Keras may learn its input only then.",
        default=False,
        example="true",
    )
    notebook: str = setting(
        TEXT,
        "Questions with the same name here share notebooks.",
        default="",
        shown="the question's id",
        example='"quick"',
    )
    per_notebook: int = setting(
        whole_number(at_least=1),
        "Variants in one notebook: few where each takes long.",
        default=100,
        example="8",
    )


def without_variants(assignment: Assignment) -> list[str]:
    """The automatic questions that have no file of variants."""
    return [
        question.id
        for question in assignment.questions
        if not question.written and not path_of(assignment, question.id).is_file()
    ]


def path_of(assignment: Assignment, question: str) -> Path:
    return assignment.folder / FOLDER / f"{question}.toml"


def check_names(assignment: Assignment) -> list[str]:
    """The automatic questions of an assignment, each of which may have a file of variants.

    Raises:
        ConfigError: a file is named after none of them.
    """
    automatic = [question.id for question in assignment.questions if not question.written]
    for path in sorted((assignment.folder / FOLDER).glob("*.toml")):
        if path.stem not in automatic:
            raise ConfigError(f"{path}: must be named after an automatic question ({', '.join(automatic)})")
    return automatic


def load_files(assignment: Assignment) -> dict[str, QuestionVariants]:
    """The files of variants by question, in the order of the assignment."""
    automatic = check_names(assignment)
    paths = {id: path_of(assignment, id) for id in automatic}
    files = {id: read(QuestionVariants, parse(path), Place(path)) for id, path in paths.items() if path.is_file()}
    if not files:
        raise ConfigError(f"{assignment.folder / FOLDER}: must have a file QUESTION.toml with variants of a question")
    for id, file in files.items():
        if file.builds_on and file.builds_on not in files:
            raise Place(paths[id], "builds_on").broken(f"a question with variants ({', '.join(files)})", file.builds_on)
    return files
