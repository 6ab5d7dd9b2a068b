"""From the master notebook to everything else: the student notebook, the solutions and the grader's tests.

Jupytext reads the master (see ``master``) and Otter Assign takes it apart; what is added here is that each answer cell
is marked with its question, that the output is the same byte for byte each time, and that it is checked.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import pprint
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.assignment import Course
from autograder.assignment.answer_cells import ANSWER_TAG, fill, mark_given, question_of, read_sheet
from autograder.assignment.code_names import assigned_names, live_names
from autograder.authoring import master
from autograder.authoring.testcases import describe
from autograder.errors import ConfigError

SOLUTION_TAG = "otter_assign_solution_cell"
#: What a cell of the master hands on to the student; anything else is an editor's own business.
CELL_METADATA = ("autograder", "otter", "tags", "editable", "deletable", "slideshow", "jupyter", "cellView")


@dataclass(frozen=True)
class _Assigned:
    """What Otter Assign makes of a master: two notebooks, tests by question, what else students receive by path."""

    student: NotebookNode
    solution: NotebookNode
    tests: dict[str, Any]
    files: dict[Path, bytes]


def build(folder: Path) -> dict[Path, bytes]:
    """Everything that is generated from an assignment's master notebook, by path; nothing is written.

    Raises:
        ConfigError: the master, ``course.toml`` or a sample's answer sheet breaks a rule.
    """
    course = Course.load(folder.resolve())
    notebook, blocks = master.read(course)
    made = _otter_assign(course, notebook)
    questions = _questions(course, blocks, made)
    student = _finish(made.student)
    mark_given(student)
    solved = _solved(made.solution, student)

    files = {course.student.parent / path: content for path, content in made.files.items()}
    files[course.student] = _dump(student)
    if course.solution is not None:
        files[course.solution] = _dump(solved)
    for name, ids in course.snippets.items():
        if course.solutions is None:
            raise ConfigError(f"{course.folder}/course.toml: 'snippets' needs 'solutions', the folder they go to")
        files[course.solutions / name] = _snippet(course, name, ids, solved)
    for question in questions:
        if question["cases"]:
            files[course.folder / "tests" / f"{question['id']}.py"] = _test_file(made.tests[question["id"]])
    for sheet in sorted((course.folder / "sheets").glob("*.py")):
        files[course.folder / "samples" / f"{sheet.stem}.ipynb"] = _sample(sheet, student)
    files[course.folder / "questions.json"] = (json.dumps(questions, indent=1) + "\n").encode()
    return {path.resolve(): content for path, content in files.items()}


def solution_notebook(folder: Path) -> str:
    """The solved notebook of an assignment, in the student version's shape, as text."""
    course = Course.load(folder.resolve())
    made = _otter_assign(course, master.read(course)[0])
    return _dump(_solved(made.solution, _finish(made.student))).decode()


def write(files: dict[Path, bytes]) -> list[Path]:
    """Write what ``build`` made where it differs; returns the paths that changed."""
    changed = stale(files)
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files[path])
    return changed


def stale(files: dict[Path, bytes]) -> list[Path]:
    """The generated files that are missing or are not what the master makes of them now."""
    return [path for path, content in files.items() if not path.is_file() or path.read_bytes() != content]


def _otter_assign(course: Course, notebook: NotebookNode) -> _Assigned:
    """Run Otter Assign on a copy of the assignment's folder."""
    import otter.assign

    with _scratch() as scratch:
        # Copies, because Otter Assign resolves links and then misses the files beside the notebook.
        ignore = _ignore_generated(course)
        shutil.copytree(course.folder, scratch / "source", ignore=ignore, ignore_dangling_symlinks=True)
        path = scratch / "source" / course.student.name
        path.unlink(missing_ok=True)
        nbformat.write(notebook, path)
        shown = io.StringIO()
        try:
            with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(shown):
                otter.assign.main(str(path), str(scratch / "out"), no_pdfs=True, no_run_tests=True)
        except Exception as error:  # whatever Otter Assign has against the master is for its author to read
            raise ConfigError(f"{course.master}: Otter Assign says: {type(error).__name__}: {error}") from error
        out = scratch / "out" / "student"
        student = nbformat.read(out / path.name, as_version=4)
        solution = nbformat.read(scratch / "out" / "autograder" / path.name, as_version=4)
        tests = dict(solution.metadata.get("otter", {}).get("tests", {}))
        for file in (scratch / "out" / "autograder" / "tests").glob("*.py"):
            tests[file.stem] = file.read_text(encoding="utf-8")
        files = {
            file.relative_to(out): file.read_bytes()
            for file in sorted(out.rglob("*"))
            if file.is_file() and file.name != path.name
        }
    return _Assigned(student, solution, tests, files)


@contextlib.contextmanager
def _scratch() -> Iterator[Path]:
    """A temporary folder that also takes the temporary files of Otter Assign, which it leaves behind."""
    with tempfile.TemporaryDirectory(prefix="autograder-build-") as scratch:
        before, tempfile.tempdir = tempfile.tempdir, scratch
        try:
            yield Path(scratch)
        finally:
            tempfile.tempdir = before


def _ignore_generated(course: Course) -> Any:
    generated = {course.student.parent.resolve(), course.folder / "samples", course.folder / "tests"}

    def ignore(folder: str, names: list[str]) -> list[str]:
        return [name for name in names if name.startswith(".") or Path(folder, name) in generated]

    return ignore


def _questions(course: Course, blocks: list[master.Block], made: _Assigned) -> list[dict[str, Any]]:
    """The entries of ``questions.json``."""
    assigned: dict[str | None, set[str]] = {}
    given: set[str] = set()
    for cell in made.solution.cells:
        if cell.cell_type == "code":
            names = assigned_names(_clean(cell.source))
            given |= names
            if SOLUTION_TAG in _tags(cell):
                assigned.setdefault(question_of(cell), set()).update(names)
    ids = {block.id for block in blocks}
    for key, table in (("evidence", course.evidence), ("live", course.live)):
        for id in sorted(table.keys() - ids):
            raise ConfigError(f"{course.folder}/course.toml: '{key}' names '{id}', which is no question of the master")
    live = live_names(_clean(cell.source) for cell in made.solution.cells if cell.cell_type == "code")
    entries = [
        describe(
            course, block, made.tests.get(block.id), assigned=assigned.get(block.id, set()), given=given, live=live
        )
        for block in blocks
    ]
    return [entry for entry in entries if entry is not None]


def _solved(solution: NotebookNode, student: NotebookNode) -> NotebookNode:
    """The solved notebook in the student notebook's shape: the same marks, only the public tests."""
    answered = {(question_of(cell), cell.cell_type) for cell in solution.cells if SOLUTION_TAG in _tags(cell)}
    cells = []
    for cell in solution.cells:
        if ANSWER_TAG in _tags(cell) and (question_of(cell), cell.cell_type) in answered:
            continue  # the prompt that a student answers in; the reference answer comes after it
        if SOLUTION_TAG in _tags(cell):
            cell.metadata["tags"] = [ANSWER_TAG if tag == SOLUTION_TAG else tag for tag in _tags(cell)]
        if cell.cell_type == "code":
            cell.source = _clean(cell.source)
            cell.outputs, cell.execution_count = [], None
        cells.append(cell)
    solution.cells, solution.metadata = cells, student.metadata
    return _finish(solution)


def _finish(notebook: NotebookNode) -> NotebookNode:
    """Mark answer cells only, and let nothing in it depend on anything but the master."""
    for index, cell in enumerate(notebook.cells):
        cell.metadata = NotebookNode({key: cell.metadata[key] for key in CELL_METADATA if key in cell.metadata})
        if ANSWER_TAG not in _tags(cell):
            cell.metadata.pop("autograder", None)
        if isinstance(cell.source, list):
            cell.source = "".join(cell.source)
        digest = hashlib.sha256(f"{index} {cell.cell_type} {cell.source}".encode()).hexdigest()
        cell["id"] = digest[:12]
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    otter = {key: notebook.metadata[key] for key in ("otter",) if key in notebook.metadata}
    notebook.metadata = NotebookNode({**otter, "kernelspec": master.KERNEL, "language_info": {"name": "python"}})
    return notebook


def _snippet(course: Course, name: str, ids: tuple[str, ...], solved: NotebookNode) -> bytes:
    """The solution code of some questions, as a student loads it with ``%load``."""
    sources = []
    for id in ids:
        code = [cell.source for cell in solved.cells if question_of(cell) == id and cell.cell_type == "code"]
        if not code:
            raise ConfigError(f"{course.folder}/course.toml: snippets.{name}: question '{id}' has no solution code")
        sources += code
    return ("\n\n".join(source.strip("\n") for source in sources) + "\n").encode()


def _sample(sheet: Path, student: NotebookNode) -> bytes:
    """A sample submission: the student notebook with the answers of a sheet."""
    try:
        return _dump(_finish(fill(student, read_sheet(sheet))))
    except ConfigError as error:
        raise ConfigError(f"{sheet}: {error}") from None


def _clean(source: str) -> str:
    """Solution code without Otter's markers and prompts."""
    prompt = r'^("""|\'\'\') *# BEGIN PROMPT.*?^\1;? *# END PROMPT\n?'
    source = re.sub(prompt, "", source, flags=re.DOTALL | re.MULTILINE)
    source = re.sub(r"^ *# (BEGIN|END) SOLUTION( NO PROMPT)? *\n?", "", source, flags=re.MULTILINE)
    return re.sub(r" *# ?SOLUTION( NO PROMPT)? *$", "", source, flags=re.MULTILINE).rstrip("\n")


def _test_file(test: Any) -> bytes:
    if isinstance(test, str):
        return (test.rstrip("\n") + "\n").encode()
    plain = json.loads(json.dumps(test))
    text = pprint.pformat(plain, indent=4, width=100, sort_dicts=False)
    return f"OK_FORMAT = True\n\ntest = {text}\n".encode()


def _tags(cell: NotebookNode) -> list[str]:
    return list(cell.metadata.get("tags", []))


def _dump(notebook: NotebookNode) -> bytes:
    text: str = nbformat.writes(notebook)
    return text.removesuffix("\n").encode() + b"\n"
