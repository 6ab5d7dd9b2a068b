"""The test file of a question in a checker's process: the bodies of its test cases, and the code of one."""

from __future__ import annotations

import ast
import re
from copy import copy
from functools import cache
from pathlib import Path
from typing import Any

from autograder.assignment.test_case_code import doctest_code


def load(test_file: Path) -> tuple[list[Any], bool]:
    """The bodies of a test file's cases (functions, or doctests as text), and whether points are all or nothing."""
    from otter.test_files import ExceptionTestFile, OKTestFile

    is_ok = re.search(r"^OK_FORMAT = True$", test_file.read_text(encoding="utf-8"), re.MULTILINE) is not None
    tests = (OKTestFile if is_ok else ExceptionTestFile).from_file(str(test_file))
    bodies = [case.body if is_ok else _function_of(case.body) for case in tests.test_cases]
    return bodies, bool(tests.all_or_nothing)


def _function_of(case: Any) -> Any:
    """The function of a test case, which may have been decorated by its author and by Otter."""
    while hasattr(case, "test_func"):
        case = case.test_func
    return case


def code_of(test_file: Path, body: Any) -> ast.AST:
    """The code of a test case, by its body.

    Raises:
        ValueError: decorators hide it.
    """
    return doctest_code(body) if isinstance(body, str) else function_in(test_file, body.__name__)


def function_in(test_file: Path, name: str) -> ast.FunctionDef:
    """The test function of that name.

    Raises:
        ValueError: there is none, because of decorators.
    """
    for node in ast.walk(_tree(test_file)):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return node
    raise ValueError(f"a decorator hides a test function: there is no '{name}'")


def source_of(test_file: Path, name: str) -> str:
    """A test function without its decorators, as text, after the imports and helpers of its file."""
    function = copy(function_in(test_file, name))
    function.decorator_list = []
    beside = [node for node in _tree(test_file).body if not _is_of_otter(node)]
    return ast.unparse(ast.Module([*beside, function], []))


def _is_of_otter(node: ast.stmt) -> bool:
    """Whether a statement of a test file is a test, or part of Otter's format."""
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").startswith("otter.")
    if isinstance(node, ast.Assign):
        return ast.unparse(node.targets[0]) in ("OK_FORMAT", "name", "points", "all_or_nothing")
    return isinstance(node, ast.FunctionDef) and any("test_case" in ast.unparse(one) for one in node.decorator_list)


@cache
def _tree(test_file: Path) -> ast.Module:
    """A test file, parsed once in a checker's process."""
    return ast.parse(test_file.read_text("utf-8"))
