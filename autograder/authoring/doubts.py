"""What in a built assignment is probably a mistake, though it breaks no rule."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from autograder.assignment import Course, TestCase
from autograder.assignment.assignment import check_thresholds
from autograder.assignment.code_names import GRADER_NAMES, names_used
from autograder.assignment.profile import Profile
from autograder.assignment.test_case_code import accuracy_name
from autograder.authoring.master import Block
from autograder.authoring.packages import Note
from autograder.authoring.test_files import OtterCase
from autograder.datasets.built_in import loaded_in


def note_leftover_points(
    question: str, points: float | None, cases: Iterable[tuple[TestCase, OtterCase]], note: Note
) -> None:
    """Note public test cases that get points only because they are left over: those cases mostly look at a form.

    ``points`` are those that the question states, ``cases`` the test cases with their points, and as they are written.
    """
    cases = list(cases)
    if points is None or all(written.points is None for _, written in cases):
        return
    for case, written in cases:
        if written.points is None and not case.hidden and case.points:
            note(
                f"question '{question}': its public test case '{case.name}' gets the {case.points:g} points that "
                "are left over; if it only looks at the form of an answer, give it 'points: 0'"
            )


def note_whole_solution(question: str, solutions: Collection[str], received: Collection[str], note: Note) -> None:
    """Note a solution that students receive as it is, because none of its lines is marked."""
    if solutions and all(source.strip() in received for source in solutions):
        note(
            f"question '{question}': students receive its solution as it is: end the lines to leave out with "
            "'# SOLUTION', or put them between '# BEGIN SOLUTION' and '# END SOLUTION'"
        )


def note_missing_helpers(question: str, cases: Iterable[OtterCase], assigned: Collection[str], note: Note) -> None:
    """Note public test cases that use what only the grader has, in a notebook that assigns these names."""
    for case in cases:
        used = {
            node.arg if isinstance(node, ast.arg) else node.id
            for node in ast.walk(case.code)
            if isinstance(node, ast.arg | ast.Name)
        }
        if not case.hidden and (names := [name for name in GRADER_NAMES if name in used and name not in assigned]):
            note(
                f"question '{question}': its public test case '{case.name}' uses {' and '.join(names)}, which only the "
                "grader has: on students' own machines it fails whatever they answer; hide it, or do without"
            )


def note_unknown_names(question: str, cases: Iterable[OtterCase], note: Note) -> None:
    """Note test functions that use names of the notebook: Otter gives them their parameters alone."""
    for case in cases:
        if isinstance(case.body, str):
            continue
        taken = {argument.arg for argument in ast.walk(case.body.args) if isinstance(argument, ast.arg)}
        used = names_used(ast.Module(case.body.body, []), GRADER_NAMES)
        if names := [name for name in used if name not in taken]:
            note(
                f"question '{question}': its test case '{case.name}' uses {' and '.join(names)}, which it neither "
                "takes as a parameter nor imports; Otter gives a test function no other names of the notebook"
            )


def note_thresholds(course: Course, blocks: Iterable[Block], note: Note) -> None:
    """Note thresholds of profiles that no test case asks for.

    Raises:
        ConfigError: a threshold is of no dataset of the course.
    """
    asked = {name for block in blocks for cell in block.tests for name in _asked(cell.source)}
    for path in sorted((course.folder / "profiles").glob("*.toml")):
        profile = Profile.load(path)
        check_thresholds(course, profile, path)
        stated = [(kind, name) for kind, thresholds in profile.thresholds.items() for name in thresholds]
        for kind, name in () if None in asked else stated:
            if name not in asked:
                place = f"profiles/{path.name}: thresholds.{kind}.{name}"
                note(f"{place} has no effect: no test case calls reference.accuracy(…, '{name}')")


def note_datasets(course: Course, sources: Iterable[str], note: Note) -> None:
    """Note the datasets of Keras's that a notebook loads and ``course.toml`` does not name: a kernel has no network."""
    for name in loaded_in(sources):
        if name not in course.datasets:
            note(
                f"the notebook loads keras.datasets.{name}, which cannot be loaded while it is graded; "
                f'put into course.toml: datasets.{name} = "keras"'
            )


def _asked(source: str) -> Iterator[str | None]:
    """The thresholds that a test cell asks for; None for one whose name is computed."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "accuracy":
            yield accuracy_name(node)


def note_others(course: Course, files: Mapping[Path, bytes], note: Note) -> None:
    """Note what students would receive beside the generated files: of an earlier master, or of a run there."""
    received = course.student.parent.resolve()
    if received == course.folder:
        return
    for path in sorted(received.rglob("*")):
        name = path.relative_to(received.parent)
        is_hidden = any(part.startswith((".", "__")) for part in name.parts[1:])
        if path.is_file() and path not in files and not is_hidden:
            note(f"{name} is not made from the master, and students receive it, too")
