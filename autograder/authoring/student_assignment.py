"""An assignment made of what students received: the public test cases in their notebook's metadata, its marked cells.

It lasts as long as a preview and is graded like any other. What the notebook says is read and never executed here, for
it may be somebody else's: test cases run where checks do.
"""

from __future__ import annotations

import ast
import json
import os
import pprint
import re
import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.assignment import Assignment, Course
from autograder.assignment.answer_cells import question_of
from autograder.assignment.code_names import GRADER_NAMES, assigned_names, free_names, keys_of, live_names
from autograder.assignment.profile import Profile
from autograder.errors import ConfigError
from autograder.intake import notebook
from autograder.intake.choice import is_notebook, passed_over
from autograder.text import one_line

NOTEBOOK = "notebook.ipynb"
MAX_QUESTIONS = 1_000
MAX_TEST_CHARACTERS = 1_000_000
#: Of what lies beside the notebook.
MAX_FILES = 1_000
MAX_BYTES = 500 * 2**20
_COURSE = f'title = "preview"\nmaster = "master.py"\nstudent = "student/{NOTEBOOK}"\n'
_ID = re.compile(r"\w[\w.-]{0,99}")
_CHECK = re.compile(r"""\bgrader\.check\(\s*["']([^"']+)["']\s*\)""")


@dataclass(frozen=True)
class Made:
    """An assignment made of a student notebook: what is graded of it, and what else it asks.

    ``later`` are the questions that only hidden test cases look at; ``course`` is that of the assignment's folder, if
    there is one; ``files`` are the names of what lies beside the notebook, where nobody said that students received it.
    """

    assignment: Assignment
    later: tuple[str, ...]
    course: Course | None
    files: tuple[str, ...]

    def profile(self, name: str | None) -> Profile:
        """The profile of that name, or the course's own; without the assignment's folder, one without caps.

        Raises:
            ConfigError: there is no such profile.
        """
        if self.course is not None:
            return Assignment(self.course, ()).load_profile(name)
        if name is not None:
            raise ConfigError(f"profile '{name}' needs the assignment's folder: --assignment FOLDER")
        return Profile(name="full")


def make(path: Path, folder: Path | None, scratch: Path) -> Made:
    """Make the assignment of a notebook in an empty folder, ``scratch``.

    ``folder`` is the assignment's folder, or what students received; without one the notebook's own metadata counts,
    and what lies beside it.

    Raises:
        ConfigError: there are no public test cases, or what is there is not in Otter's format.
        SubmissionError: the notebook cannot be read.
    """
    given, course = _given(path, folder)
    template, _ = notebook.read(given)
    tests = notebook.tests(given)
    if not tests:
        raise ConfigError(
            f"{given}: there are no public test cases in the notebook's metadata; "
            "name the folder that you received: --assignment FOLDER"
        )
    if len(tests) > MAX_QUESTIONS:
        raise ConfigError(f"{given}: must have at most {MAX_QUESTIONS} questions with test cases (got {len(tests)})")
    student = scratch / "student"
    student.mkdir()
    files = _copy_files(given.parent, student)
    nbformat.write(template, student / NOTEBOOK)
    (scratch / "tests").mkdir()
    (scratch / "master.py").touch()
    dataset = 'dataset = "mnist"\n' if any("mnist.load_data" in source for source in _code(template)) else ""
    (scratch / "course.toml").write_text(_COURSE + dataset, encoding="utf-8")
    live = live_names(_code(template)) | live_names(_code(notebook.read(path)[0]))
    entries, later = [], []
    for id in _ids(template, tests):
        entry = _entry(id, tests.get(id), template, live, scratch / "tests" / f"{id}.py")
        if not entry["cases"] and (id in tests or _has_hidden(template, id)):
            later.append(id)
        else:
            entries.append(entry)
    (scratch / "questions.json").write_text(json.dumps(entries), encoding="utf-8")
    return Made(Assignment.load(scratch), tuple(later), course, files if folder is None else ())


def _given(path: Path, folder: Path | None) -> tuple[Path, Course | None]:
    """The notebook that has the public test cases, and the assignment's course where it is known."""
    if folder is None:
        return path, None
    if (folder / "questions.json").is_file():
        course = Assignment.load(folder).course
        return course.student, course
    notebooks = sorted(one for one in folder.glob("*") if is_notebook(one)) if folder.is_dir() else []
    named = [one for one in notebooks if one.name == path.name] or notebooks
    if len(named) != 1:
        raise ConfigError(f"{folder}: must be an assignment, or a folder with one student notebook (got {len(named)})")
    return named[0], None


def _copy_files(source: Path, target: Path) -> tuple[str, ...]:
    """Copy what lies beside a notebook; its names, in order.

    Raises:
        ConfigError: it is too much for what students receive.
    """
    seen = size = 0
    names: dict[str, None] = {}
    for place, folders, files in os.walk(source):
        folders[:] = sorted(name for name in folders if not passed_over(name))
        for name in sorted(files):
            file = Path(place, name)
            if file.is_symlink() or not file.is_file():
                continue
            seen, size = seen + 1, size + file.stat().st_size
            if seen > MAX_FILES or size > MAX_BYTES:
                raise ConfigError(
                    f"{source}: must hold at most {MAX_FILES:,} files and {MAX_BYTES >> 20} MB; put the notebook in a "
                    "folder of its own, or name the folder that you received: --assignment FOLDER"
                )
            if passed_over(name) or is_notebook(file):
                continue
            parts = file.relative_to(source).parts
            copy = target.joinpath(*parts)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
            names[parts[0]] = None
    return tuple(names)


def _code(made: NotebookNode) -> Iterator[str]:
    return (str(cell.source) for cell in made.cells if cell.cell_type == "code")


def _ids(template: NotebookNode, tests: Mapping[str, Any]) -> list[str]:
    """The questions in the order of the notebook."""
    ids: dict[str, None] = {}
    for cell in template.cells:
        if (id := question_of(cell)) is not None:
            ids[id] = None
        ids |= dict.fromkeys(id for id in _CHECK.findall(cell.source) if id in tests)
    ids |= dict.fromkeys(tests)
    for id in ids:
        if not _ID.fullmatch(id):
            raise ConfigError(f"a question's id must be letters, digits, '_', '-' and '.' (got {one_line(id[:100])!r})")
    return list(ids)


def _has_hidden(template: NotebookNode, id: str) -> bool:
    """Whether Otter marked a cell as the place where a question without public test cases is checked."""
    marks = (cell.metadata.get("otter", {}).get("tests", []) for cell in template.cells)
    return any(id in mark for mark in marks)


def _entry(id: str, test: Any, template: NotebookNode, live: set[str], file: Path) -> dict[str, Any]:
    """The entry of a question: written, or with public test cases (its test file is written), or with none."""
    if test is None:
        return {"id": id, "points": 0, "written": True, "cases": [], "names": [], "answers": []}
    own, other = set[str](), set[str]()
    for cell in template.cells:
        if cell.cell_type == "code":
            (own if question_of(cell) == id else other).update(assigned_names(cell.source))
    given = own | other
    try:
        text, cases = _cases(id, test, given)
    except (SyntaxError, ValueError, LookupError, TypeError, AttributeError, RecursionError, MemoryError) as error:
        raise ConfigError(f"question '{id}': its public test cases are not in Otter's format ({error})") from None
    file.write_text(text, encoding="utf-8")
    names = list(dict.fromkeys(name for case in cases for name in case["names"]))
    answers = [name for name in names if name in own] or [name for name in names if name not in other] or names
    code = [name for name in names if name in live]
    return {
        "id": id,
        "points": 0,
        "written": False,
        "cases": cases,
        "names": names,
        "answers": answers,
        "live": code,
    }


def _cases(id: str, test: Any, given: Collection[str]) -> tuple[str, list[dict[str, Any]]]:
    """The text of a question's test file, and the entries of its test cases.

    Raises:
        SyntaxError, ValueError, LookupError, TypeError, AttributeError: it is none.
    """
    if isinstance(test, dict):
        text = json.dumps(test)
        found = [
            (str(case.get("name", f"{id} - {number}")), free_names(case["code"], given))
            for number, case in enumerate(test["suites"][0]["cases"], start=1)
        ]
        file = f"OK_FORMAT = True\n\ntest = {pprint.pformat(json.loads(text), width=100, sort_dicts=False)}\n"
    else:
        file = text = str(test)
        found = [
            (node.name, _parameters(node, text, given))
            for node in ast.parse(text[:MAX_TEST_CHARACTERS]).body
            if isinstance(node, ast.FunctionDef) and any(map(_is_test_case, node.decorator_list))
        ]
    if len(text) > MAX_TEST_CHARACTERS:
        raise ValueError(f"they must have at most {MAX_TEST_CHARACTERS:,} characters (got {len(text):,})")
    return file, [{"name": name, "hidden": False, "points": 0, "names": names} for name, names in found]


def _is_test_case(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Name) and decorator.func.id == "test_case"


def _parameters(function: ast.FunctionDef, text: str, given: Collection[str]) -> list[str]:
    """The names that a test function takes from the notebook."""
    plain = [*function.args.posonlyargs, *function.args.args]
    plain = plain[: len(plain) - len(function.args.defaults)]
    keywords = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
    names = [one.arg for one in [*plain, *(one for one, default in keywords if default is None)]]
    if "env" in names:
        names += keys_of("env", text, function.name)
    own = ["env", *(name for name in GRADER_NAMES if name not in given)]
    return list(dict.fromkeys(name for name in names if name not in own))
