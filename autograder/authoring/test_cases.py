"""What a question's test cases are worth and which values they need: its entry in ``questions.json``."""

from __future__ import annotations

import ast
import doctest
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from autograder.assignment import Course, Question, TestCase
from autograder.assignment.code_names import parsed as parsed_code
from autograder.assignment.test_case_code import asks_for_layers, names_differentiated, texts_in
from autograder.authoring.doubts import note_leftover_points, note_missing_helpers, note_unknown_names
from autograder.authoring.master import Block, refuse_unexpected
from autograder.authoring.packages import Note
from autograder.authoring.solution_names import SolutionNames
from autograder.authoring.test_files import OtterCase, is_doctest, parse
from autograder.errors import ConfigError


def describe(course: Course, block: Block, test: Any, names: SolutionNames, note: Note) -> Question | None:
    """The question of a block; None for one without test cases and points.

    A question that Otter calls *manual* is written, whatever tests it has; so is a question with points and no tests.
    ``test`` is Otter's test: a dict, or the text of a file. ``note`` takes what is doubtful about it.

    Raises:
        ConfigError: its points do not add up, Otter's form of a test case cannot run, or one requires what is none.
    """
    if block.written or test is None:
        is_marked = block.written or block.points
        return Question(block.id, block.points or 0.0, written=True, title=block.title) if is_marked else None
    try:
        parsed = parse(test)
        resolved = parsed.resolved(names.in_notebook, names.files, names.handed_in, names.paths)
        placed = (_placed(case, one.code, names) for case, one in zip(resolved, parsed.cases, strict=True))
        cases = _with_settings(tuple(placed), block)
        for case in parsed.cases:
            _refuse_broken(case)
        if isinstance(test, str) and not is_doctest(test):
            _refuse_dropped(block)
    except ValueError as error:
        raise ConfigError(f"{course.master}: question '{block.id}': {error}") from None
    if not isinstance(test, str) or is_doctest(test):
        refuse_unexpected(course, block)
    note_leftover_points(block.id, block.points, zip(cases, parsed.cases, strict=True), note)
    note_missing_helpers(block.id, parsed.cases, names.in_notebook, note)
    note_unknown_names(block.id, parsed.cases, note)
    points = _points(course, block, cases)
    needed = dict.fromkeys(name for case in cases for name in case.names)
    evidence = course.evidence.get(block.id, tuple(needed))
    live = (*names.live, *parsed.called, *course.live.get(block.id, ()))
    return Question(
        block.id,
        points,
        cases=cases,
        names=evidence,
        answers=_answers(evidence, names),
        live=tuple(name for name in evidence if name in live),
        classes=tuple(name for name in evidence if name in names.classes),
        unfinished=tuple(name for name in evidence if name in names.unfinished),
        given=tuple(name for name in evidence if name in names.given),
        libraries=tuple({names.libraries[name]: None for name in evidence if name in names.libraries}),
        title=block.title,
    )


def _placed(case: TestCase, code: ast.AST, names: SolutionNames) -> TestCase:
    """A test case that runs in the kernel if it uses what is whole only there, or looks at what a function changes.

    It is known of it whether it looks at what the question's solution puts into a value that was there.
    """
    changed = {name for function in case.names for name in names.changed.get(function, ())}
    layers = names.live if asks_for_layers(code, names.layers) else ()
    differentiated = names_differentiated(code, names.live) if names.takes_gradients else ()
    is_free = set(case.names).isdisjoint({*names.kernel_only, *changed, *layers, *differentiated})
    seen = {*texts_in(code), *(node.attr for node in ast.walk(code) if isinstance(node, ast.Attribute))}
    of_change = any(name in case.names and key in seen for name, key in names.changed_in_solution)
    case = replace(case, of_change=of_change)
    return case if is_free else replace(case, in_kernel=True)


def _with_settings(cases: tuple[TestCase, ...], block: Block) -> tuple[TestCase, ...]:
    """The test cases with those settings of their cells that are the grader's own."""
    if not any(block.settings):
        return cases
    if len(block.settings) != len(cases):
        raise ValueError(f"has {len(block.settings)} cells of tests for {len(cases)} test cases")
    complete: list[TestCase] = []
    for case, own in zip(cases, block.settings, strict=True):
        for key, known in (("requires", [earlier.name for earlier in complete]), ("optional", case.names)):
            for name in own.get(key, ()):
                if name not in known:
                    rule = "an earlier test case" if key == "requires" else "a name that it uses"
                    listed = ", ".join(known) or "there is none"
                    raise ValueError(f"test case {case.name}: '{key}' must name {rule} ({listed}), got '{name}'")
        complete.append(replace(case, requires=own.get("requires", ()), optional=own.get("optional", ())))
    return tuple(complete)


def _points(course: Course, block: Block, cases: Collection[TestCase]) -> float:
    points = round(sum(case.points for case in cases), 6)
    if block.points is not None and abs(points - block.points) > 1e-6:
        raise ConfigError(
            f"{course.master}: question '{block.id}' is worth {block.points:g} points "
            f"but its test cases add up to {points:g}"
        )
    return points


def _answers(names: tuple[str, ...], solution: SolutionNames) -> tuple[str, ...]:
    """Those of the names that the question's solution assigns, or else the notebook, or else all."""
    for assigned in (solution.in_solution, solution.in_notebook):
        if answers := tuple(name for name in names if name in assigned):
            return answers
    return names


def _refuse_dropped(block: Block) -> None:
    """Refuse what Otter drops from a cell of a test function, of which it takes the first function alone."""
    for cell in block.tests:
        tree = parsed_code(cell.source)
        nodes = [node for node in (tree.body if tree else ()) if not isinstance(node, ast.Expr)]
        if len(nodes) > 1:
            dropped = ast.unparse(nodes[1]).splitlines()[0]
            raise ValueError(f"Otter drops `{dropped}` from a test cell; write it into the function above it")


def _refuse_broken(case: OtterCase) -> None:
    """Refuse a test case that Otter breaks when it writes it as a doctest, line by line (``except (A, B):``)."""
    for example in doctest.DocTestParser().get_examples(case.body) if isinstance(case.body, str) else ():
        try:
            compile(example.source, "<test case>", "single")
        except SyntaxError:
            line = example.source.strip().splitlines()[0]
            raise ValueError(f"Otter breaks test case {case.name} at `{line}`; write it in a different way") from None
