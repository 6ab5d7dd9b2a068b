"""Otter's test files and tests in metadata, read as text: nothing in them is executed.

Both formats are read: doctests (``OK_FORMAT = True``, or a dict in a notebook's metadata), and functions that are
decorated with ``test_case``.
"""

from __future__ import annotations

import ast
import pprint
import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from textwrap import dedent
from types import MappingProxyType
from typing import Any

from autograder.assignment import TestCase
from autograder.assignment.code_names import names_used
from autograder.assignment.paths_in_code import files_read, reads_of_notebook
from autograder.assignment.test_case_code import (
    accuracies_asked,
    doctest_code,
    modules_imported,
    names_called,
    needs_notebook,
    parameter_names,
    quoted_names,
)

_PATTERN = frozenset("*?[")
#: The line by which a test file states that it has doctests.
_STATED = re.compile(r"^OK_FORMAT = True$", re.MULTILINE)


@dataclass(frozen=True)
class OtterCase:
    """A test case of a test file: a doctest as text, or a function; ``points`` are None where it states none."""

    name: str
    hidden: bool
    points: float | None
    body: str | ast.FunctionDef

    @property
    def code(self) -> ast.Module | ast.FunctionDef:
        return doctest_code(self.body) if isinstance(self.body, str) else self.body

    def needs(
        self,
        assigned: Collection[str],
        files: Collection[str] | None = None,
        handed_in: Collection[str] = (),
        paths: Mapping[str, str] = MappingProxyType({}),
    ) -> tuple[tuple[str, ...], bool]:
        """The names that it needs from a notebook that assigns some, and whether it needs the notebook itself.

        It does if it reads a file that is none of these ``files``, or of which the notebook says the name: then the
        notebook writes it, where it runs; or if it imports a module that is ``handed_in`` or written. ``paths`` are
        texts and paths of the notebook, by name.
        """
        code, body = self.code, self.body
        names = names_used(code, assigned) if isinstance(body, str) else parameter_names(body, assigned)
        elsewhere = files is not None and any(not _is_there(name, files) for name in files_read(code, paths))
        imports_own = any(f"{name}.py" in handed_in for name in modules_imported(code))
        in_kernel = needs_notebook(code, names) or reads_of_notebook(code, names, paths) or elsewhere or imports_own
        return tuple(dict.fromkeys([*names, *(quoted_names(code, assigned) if in_kernel else ())])), in_kernel


@dataclass(frozen=True)
class OtterTest:
    """The test of a question: its ``points`` as its file states them, and its test cases."""

    name: str
    points: Any
    cases: tuple[OtterCase, ...]

    @property
    def called(self) -> set[str]:
        """The names that the test cases call: they are of functions and classes, whatever the notebook has of that."""
        return {name for case in self.cases for name in names_called(case.code)}

    def unscored(self, assigned: Collection[str]) -> tuple[TestCase, ...]:
        """The test cases as public ones that give no points, for a notebook that assigns these names."""
        return tuple(TestCase(case.name, False, 0.0, *case.needs(assigned)) for case in self.cases)

    def resolved(
        self,
        assigned: Collection[str],
        files: Collection[str] | None = None,
        handed_in: Collection[str] = (),
        paths: Mapping[str, str] = MappingProxyType({}),
    ) -> tuple[TestCase, ...]:
        """The test cases with the points that Otter gives them, for a notebook that assigns these names.

        ``files`` are those that test cases find, None if that is not known; ``handed_in`` those that students hand in;
        ``paths`` are texts and paths of the notebook, by name.

        Raises:
            ValueError: the points do not fit the test cases.
        """
        from otter.test_files import TestFile
        from otter.test_files.abstract_test import TestCase as OttersCase

        stated = [OttersCase(case.name, "", case.hidden, case.points, None, None) for case in self.cases]
        try:
            given = [case.points or 0 for case in TestFile.resolve_test_file_points(self.points, stated)]
        except (TypeError, AssertionError) as error:
            raise ValueError(str(error)) from None
        return tuple(
            TestCase(
                case.name,
                case.hidden,
                points,
                *case.needs(assigned, files, handed_in, paths),
                asks=accuracies_asked(case.code),
            )
            for case, points in zip(self.cases, given, strict=True)
        )


def _is_there(name: str, files: Collection[str]) -> bool:
    """Whether a name is one of these files, or a folder of one, or a pattern of one (``*.csv``)."""
    path = PurePosixPath(name)
    return any(
        path == file or path in file.parents or (not _PATTERN.isdisjoint(name) and file.match(name))
        for file in map(PurePosixPath, files)
    )


def parse(test: Any) -> OtterTest:
    """The test in a notebook's metadata, or in the text of a file.

    Raises:
        ValueError: it is not in one of Otter's formats.
    """
    try:
        if isinstance(test, str) and not is_doctest(test):
            return _functions(ast.parse(test))
        return _doctests(_spec(ast.parse(test)) if isinstance(test, str) else test)
    except (SyntaxError, LookupError, TypeError, AttributeError, RecursionError, MemoryError) as error:
        raise ValueError(f"not in Otter's format ({type(error).__name__}: {error})") from None


def dump(test: Any) -> str:
    """A test as the text of a test file."""
    if isinstance(test, str):
        # Otter's first versions did not state the format.
        stated = "" if not is_doctest(test) or _STATED.search(test) else "OK_FORMAT = True\n\n"
        return stated + test.rstrip("\n") + "\n"
    return f"OK_FORMAT = True\n\ntest = {pprint.pformat(test, indent=4, width=100, sort_dicts=False)}\n"


def is_doctest(test: str) -> bool:
    """Whether the text of a test file has Otter's older format: doctests instead of functions."""
    return _STATED.search(test) is not None or "test_case" not in test


def _spec(tree: ast.Module) -> Any:
    """The dict that a file of doctests assigns to ``test``."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "test" for t in node.targets):
            return ast.literal_eval(node.value)
    raise ValueError("not in Otter's format (it has neither `test = {…}` nor a function with @test_case)")


def _doctests(spec: Mapping[str, Any]) -> OtterTest:
    name = str(spec["name"])
    suites = spec["suites"]
    if len(suites) != 1:
        raise ValueError(f"not in Otter's format (it must have one suite, got {len(suites)})")
    for part in ("setup", "teardown"):
        if suites[0].get(part):
            raise ValueError(f"not in Otter's format (a suite must have no '{part}')")
    cases = tuple(
        OtterCase(
            str(case.get("name", f"{name} - {number}")),
            bool(case.get("hidden", True)),
            case.get("points"),
            dedent(case["code"]),
        )
        for number, case in enumerate(suites[0]["cases"], start=1)
    )
    return OtterTest(name, spec.get("points"), cases)


def _functions(tree: ast.Module) -> OtterTest:
    stated = {
        target.id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id in ("name", "points")
    }
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    for name, count in Counter(node.name for node in functions).items():
        if count > 1:
            raise ValueError(f"{count} test cases are named '{name}'; Otter would only run the last of them")
    cases = []
    for function in functions:
        for decorator in filter(_is_test_case, function.decorator_list):
            keywords = {each.arg: ast.literal_eval(each.value) for each in decorator.keywords}  # type: ignore[attr-defined]
            name, points = keywords.get("name") or function.name, keywords.get("points")
            cases.append(OtterCase(str(name), bool(keywords.get("hidden", False)), points, function))
    return OtterTest(str(stated.get("name", "")), stated.get("points"), tuple(cases))


def _is_test_case(decorator: ast.expr) -> bool:
    if not isinstance(decorator, ast.Call):
        return False
    return ast.unparse(decorator.func).rpartition(".")[2] == "test_case"
