"""Test cases beside a notebook, as questions of an assignment: of a student's notebook, or of what Otter made.

The notebook may come from anybody. It is read here, never executed: test cases run in the checker, as always.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Collection, Mapping
from typing import Any

from nbformat import NotebookNode

from autograder.assignment import Question
from autograder.assignment.answer_cells import question_of
from autograder.assignment.code_names import assigned_names, definitions, library_names
from autograder.assignment.questions import ID
from autograder.assignment.template import owners
from autograder.authoring.notebooks import code
from autograder.authoring.test_files import dump, parse
from autograder.errors import ConfigError
from autograder.text import one_line

MAX_TEST_CHARACTERS = 1_000_000


def question_ids(notebook: NotebookNode, tests: Mapping[str, Any]) -> list[str]:
    """The questions in the order of the notebook; ``tests`` are Otter's tests in its metadata, by question.

    Raises:
        ConfigError: an id cannot be the name of a file.
    """
    ids: dict[str, None] = {}
    for cell in notebook.cells:
        if (id := question_of(cell)) is not None:
            ids[id] = None
        ids |= dict.fromkeys(id for id in owners(cell) if id in tests)
    ids |= dict.fromkeys(tests)
    for id in ids:
        if not ID.fullmatch(id):
            raise ConfigError(
                f"a question's id must be letters, digits, spaces and '_', '-', '.' (got {one_line(id[:100])!r})"
            )
    return list(ids)


def is_checked(notebook: NotebookNode, id: str) -> bool:
    """Whether Otter marked a cell as the check of this question; it may have hidden test cases only."""
    marks = (cell.metadata.get("otter", {}).get("tests", []) for cell in notebook.cells)
    return any(id in mark for mark in marks)


def read_question(
    id: str,
    test: Any,
    notebook: NotebookNode,
    live: Collection[str],
    *,
    graded: bool = False,
    files: Collection[str] | None = None,
) -> tuple[Question, str]:
    """A question and the text of its test file: written without a test, else with its test cases.

    ``live`` are the names that the notebook binds to code, ``files`` those that test cases find. Unless it is
    ``graded``, all its test cases are public and give no points.

    Raises:
        ConfigError: the test is not in Otter's format.
    """
    if test is None:
        return Question(id, 0.0, written=True), ""
    in_question, elsewhere, classes = set[str](), set[str](), set[str]()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            classes |= {name for name, node in definitions(cell.source).items() if isinstance(node, ast.ClassDef)}
            (in_question if question_of(cell) == id else elsewhere).update(assigned_names(cell.source))
    try:
        plain = json.loads(json.dumps(test))
        text = dump(plain)
        if len(text) > MAX_TEST_CHARACTERS:
            raise ValueError(f"they must have at most {MAX_TEST_CHARACTERS:,} characters (got {len(text):,})")
        parsed, assigned = parse(plain), in_question | elsewhere
        cases = parsed.resolved(assigned, files) if graded else parsed.unscored(assigned)
    except (ValueError, TypeError, RecursionError, MemoryError) as error:
        raise ConfigError(f"question '{id}': its test cases cannot be used ({error})") from None
    names = tuple(dict.fromkeys(name for case in cases for name in case.names))
    libraries = library_names(code(notebook))
    return Question(
        id,
        round(sum(case.points for case in cases), 6),
        cases=cases,
        names=names,
        answers=_those(names, in_question) or tuple(name for name in names if name not in elsewhere) or names,
        live=_those(names, {*live, *parsed.called}),
        classes=_those(names, classes),
        libraries=tuple({libraries[name]: None for name in names if name in libraries}),
    ), text


def _those(names: Collection[str], among: Collection[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name in among)
