"""The public test cases in a student notebook, as questions of an assignment.

The notebook may come from anybody. It is read here, never executed: test cases run in the checker, as always.
"""

from __future__ import annotations

import ast
import json
import pprint
import re
from collections.abc import Collection, Mapping
from typing import Any

from nbformat import NotebookNode

from autograder.assignment import Question, TestCase
from autograder.assignment.answer_cells import question_of
from autograder.assignment.code_names import assigned_names, definitions
from autograder.authoring.test_files import needs
from autograder.errors import ConfigError
from autograder.text import one_line

MAX_TEST_CHARACTERS = 1_000_000
_ID = re.compile(r"\w[\w.-]{0,99}")
_CHECK = re.compile(r"""\bgrader\.check\(\s*["']([^"']+)["']\s*\)""")


def question_ids(notebook: NotebookNode, tests: Mapping[str, Any]) -> list[str]:
    """The questions in the order of the notebook; ``tests`` are Otter's tests in its metadata, by question.

    Raises:
        ConfigError: an id cannot be the name of a file.
    """
    ids: dict[str, None] = {}
    for cell in notebook.cells:
        if (id := question_of(cell)) is not None:
            ids[id] = None
        ids |= dict.fromkeys(id for id in _CHECK.findall(cell.source) if id in tests)
    ids |= dict.fromkeys(tests)
    for id in ids:
        if not _ID.fullmatch(id):
            raise ConfigError(f"a question's id must be letters, digits, '_', '-' and '.' (got {one_line(id[:100])!r})")
    return list(ids)


def is_checked(notebook: NotebookNode, id: str) -> bool:
    """Whether Otter marked a cell as the check of this question; it may have hidden test cases only."""
    marks = (cell.metadata.get("otter", {}).get("tests", []) for cell in notebook.cells)
    return any(id in mark for mark in marks)


def read_question(id: str, test: Any, notebook: NotebookNode, live: Collection[str]) -> tuple[Question, str]:
    """A question and the text of its test file: written without a test, else with the public test cases.

    ``live`` are the names that the notebook binds to code.

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
        if isinstance(test, dict):
            text, cases = _doctests(id, test, in_question | elsewhere)
        else:
            text, cases = _functions(test, in_question | elsewhere)
        if len(text) > MAX_TEST_CHARACTERS:
            raise ValueError(f"they must have at most {MAX_TEST_CHARACTERS:,} characters (got {len(text):,})")
    except (SyntaxError, ValueError, LookupError, TypeError, AttributeError, RecursionError, MemoryError) as error:
        raise ConfigError(f"question '{id}': its public test cases are not in Otter's format ({error})") from None
    names = tuple(dict.fromkeys(name for case in cases for name in case.names))
    return Question(
        id,
        0.0,
        cases=cases,
        names=names,
        answers=_those(names, in_question) or tuple(name for name in names if name not in elsewhere) or names,
        live=_those(names, live),
        classes=_those(names, classes),
    ), text


def _doctests(id: str, test: dict[str, Any], assigned: Collection[str]) -> tuple[str, tuple[TestCase, ...]]:
    """The test file and the test cases of Otter's older format; raises the errors of malformed data."""
    plain = json.loads(json.dumps(test))
    cases = tuple(
        TestCase(str(case.get("name", f"{id} - {number}")), False, 0.0, *needs(case["code"], assigned))
        for number, case in enumerate(plain["suites"][0]["cases"], start=1)
    )
    return f"OK_FORMAT = True\n\ntest = {pprint.pformat(plain, width=100, sort_dicts=False)}\n", cases


def _functions(test: Any, assigned: Collection[str]) -> tuple[str, tuple[TestCase, ...]]:
    """The test file and the test cases of Otter's newer format; raises the errors of malformed code."""
    text = str(test)
    functions = [node for node in ast.parse(text[:MAX_TEST_CHARACTERS]).body if isinstance(node, ast.FunctionDef)]
    return text, tuple(
        TestCase(function.name, False, 0.0, *needs(function, assigned))
        for function in functions
        if any(map(_is_test_case, function.decorator_list))
    )


def _is_test_case(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Name) and decorator.func.id == "test_case"


def _those(names: Collection[str], among: Collection[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name in among)
