"""From the master notebook to everything else: the student notebook, the solutions and the grader's tests.

Jupytext reads the master and Otter Assign takes it apart; what is added here is that each answer cell is marked
with its question, that the output is the same byte for byte each time, and that it is checked.
"""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import io
import json
import pprint
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.answers import ANSWER_TAG, fill, question_of
from autograder.assignment import Course
from autograder.errors import ConfigError
from autograder.names import GRADER_PARAMETERS, assigned_names, free_names, keys_of

SOLUTION_TAG = "otter_assign_solution_cell"


@dataclass(frozen=True)
class _Block:
    """A question as the master declares it."""

    id: str
    written: bool
    points: float | None


def build(folder: Path) -> dict[Path, str]:
    """Everything that is generated from an assignment's master notebook, as text by path; nothing is written.

    Raises:
        ConfigError: the master or ``course.toml`` breaks a rule.
    """
    course = Course.load(folder.resolve())
    master, blocks = _read_master(course)
    student, solution, tests = _otter_assign(course, master)

    questions = [_describe(course, block, tests.get(block.id), solution) for block in blocks]
    files = {course.student: _dump(_finish(student))}
    solved = _finish(_solved(solution, student))
    if course.solution is not None:
        files[course.solution] = _dump(solved)
    for name, ids in course.snippets.items():
        if course.solutions is None:
            raise ConfigError(f"{course.folder}/course.toml: 'snippets' needs 'solutions', the folder they go to")
        files[course.solutions / name] = _snippet(course, name, ids, solved)
    for id, test in tests.items():
        files[course.folder / "tests" / f"{id}.py"] = _test_file(test)
    for sheet in sorted((course.folder / "samples" / "answers").glob("*.py")):
        files[course.folder / "samples" / f"{sheet.stem}.ipynb"] = _sample(sheet, student)
    files[course.folder / "questions.json"] = json.dumps(questions, indent=1) + "\n"
    return {path.resolve(): text for path, text in files.items()}


def solution_notebook(folder: Path) -> str:
    """The solved notebook of an assignment, in the student version's shape, as text."""
    course = Course.load(folder.resolve())
    student, solution, _ = _otter_assign(course, _read_master(course)[0])
    return _dump(_finish(_solved(solution, student)))


def write(files: dict[Path, str]) -> list[Path]:
    """Write what ``build`` made where it differs; returns the paths that changed."""
    changed = stale(files)
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[path], encoding="utf-8")
    return changed


def stale(files: dict[Path, str]) -> list[Path]:
    """The generated files that are missing or are not what the master makes of them now."""
    return [
        path for path, text in files.items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]


def _read_master(course: Course) -> tuple[NotebookNode, list[_Block]]:
    import jupytext
    from otter.assign.blocks import (
        BlockType,
        extract_all_fenced_otter_cells,
        get_cell_config,
        is_block_boundary_cell,
    )

    try:
        master = jupytext.read(course.master)
    except (OSError, UnicodeDecodeError, ValueError, nbformat.reader.NotJSONError) as error:
        raise ConfigError(f"{course.master}: cannot be read as a notebook ({error})") from None
    master.cells = extract_all_fenced_otter_cells(master.cells)
    blocks: list[_Block] = []
    current = None
    for cell in master.cells:
        if is_block_boundary_cell(cell, BlockType.QUESTION):
            config = get_cell_config(cell)
            current = config.get("name") if isinstance(config, dict) else None
            if not isinstance(current, str) or not re.fullmatch(r"\w[\w .-]*", current):
                raise ConfigError(f"{course.master}: a question needs a 'name' of letters, digits and _ (got {current!r})")
            if any(block.id == current for block in blocks):
                raise ConfigError(f"{course.master}: question '{current}' is defined twice")
            blocks.append(_Block(current, bool(config.get("manual")), _total(config.get("points"))))
        elif is_block_boundary_cell(cell, BlockType.QUESTION, end=True):
            current = None
        elif current is not None and cell.cell_type != "raw":
            cell.metadata["autograder"] = {"question": current}
    if not blocks:
        raise ConfigError(f"{course.master}: has no question (a raw cell that begins with '# BEGIN QUESTION')")
    return master, blocks


def _total(points: Any) -> float | None:
    if isinstance(points, list):
        return float(sum(points))
    return float(points) if isinstance(points, int | float) else None


def _otter_assign(course: Course, master: NotebookNode) -> tuple[NotebookNode, NotebookNode, dict[str, Any]]:
    """Run Otter Assign in a folder of links; returns (student notebook, solved notebook, test by question)."""
    import otter.assign

    with tempfile.TemporaryDirectory(prefix="autograder-build-") as scratch:
        source = Path(scratch, "source")
        source.mkdir()
        for entry in course.folder.iterdir():
            if entry != course.master:
                (source / entry.name).symlink_to(entry)
        path = source / f"{course.master.stem}.ipynb"
        path.unlink(missing_ok=True)
        nbformat.write(master, path)
        shown = io.StringIO()
        try:
            with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(shown):
                otter.assign.main(str(path), str(Path(scratch, "out")), no_pdfs=True, no_run_tests=True)
        except Exception as error:  # whatever Otter Assign has against the master is for its author to read
            raise ConfigError(f"{course.master}: Otter Assign says: {type(error).__name__}: {error}") from error
        student = nbformat.read(Path(scratch, "out", "student", path.name), as_version=4)
        solution = nbformat.read(Path(scratch, "out", "autograder", path.name), as_version=4)
        tests = dict(solution.metadata.get("otter", {}).get("tests", {}))
        for file in sorted(Path(scratch, "out", "autograder", "tests").glob("*.py")):
            tests[file.stem] = file.read_text(encoding="utf-8")
    return student, solution, tests


def _describe(course: Course, block: _Block, test: Any, solution: NotebookNode) -> dict[str, Any]:
    """The entry of a question in ``questions.json``."""
    if block.written:
        return {"id": block.id, "points": block.points or 0.0, "written": True, "cases": [], "names": [], "answers": []}
    if test is None:
        raise ConfigError(f"{course.master}: question '{block.id}' is neither manual nor has it a test case")
    cases = [
        {"name": name, "hidden": case.hidden, "points": case.points, "names": names}
        for name, case, names in _cases(test)
    ]
    worth = round(sum(case["points"] for case in cases), 6)
    if block.points is not None and abs(worth - block.points) > 1e-6:
        raise ConfigError(
            f"{course.master}: question '{block.id}' is worth {block.points:g} points "
            f"but its test cases add up to {worth:g}"
        )
    names = list(dict.fromkeys(name for case in cases for name in case["names"]))
    names = list(course.evidence.get(block.id, names))
    assigned = set()
    for cell in solution.cells:
        if question_of(cell) == block.id and cell.cell_type == "code" and SOLUTION_TAG in _tags(cell):
            assigned |= assigned_names(_clean(cell.source))
    answers = [name for name in names if name in assigned] or names
    return {"id": block.id, "points": worth, "written": False, "cases": cases, "names": names, "answers": answers}


def _cases(test: Any) -> Iterator[tuple[str, Any, list[str]]]:
    """The test cases of a question as (name, Otter's test case, names that it asks for)."""
    from otter.test_files import ExceptionTestFile, OKTestFile

    if isinstance(test, str) and "OK_FORMAT = True" in test:
        scope: dict[str, Any] = {}
        exec(compile(test, "<test file>", "exec"), scope)  # written by the instructor, generated by Otter
        test = scope["test"]
    if not isinstance(test, str):
        for case in OKTestFile.from_spec(test).test_cases:
            yield case.name, case, free_names(case.body)
        return
    for case in ExceptionTestFile.from_string(test).test_cases:
        function = case.body.test_func
        names = [name for name in inspect.signature(function).parameters if name not in GRADER_PARAMETERS]
        if "env" in names:
            names = [name for name in names if name != "env"] + keys_of("env", test, function.__name__)
        name = case.name if not re.fullmatch(r".* - \d+", case.name) else function.__name__
        yield name, case, names


def _solved(solution: NotebookNode, student: NotebookNode) -> NotebookNode:
    """The solved notebook in the student notebook's shape: the same marks, only the public tests."""
    for cell in solution.cells:
        if SOLUTION_TAG in _tags(cell):
            cell.metadata["tags"] = [ANSWER_TAG if tag == SOLUTION_TAG else tag for tag in _tags(cell)]
        if cell.cell_type == "code":
            cell.source = _clean(cell.source)
            cell.outputs, cell.execution_count = [], None
    # A written answer comes as the prompt and, after it, the reference answer: keep the reference.
    written = {question_of(cell) for cell in solution.cells
               if cell.cell_type == "markdown" and ANSWER_TAG in _tags(cell) and question_of(cell)}
    solution.cells = [
        cell for cell in solution.cells
        if not (cell.cell_type == "markdown" and ANSWER_TAG in _tags(cell) and question_of(cell) is None and written)
    ]
    solution.metadata = student.metadata
    return solution


def _finish(notebook: NotebookNode) -> NotebookNode:
    """Mark answer cells only, and give every cell an id that depends on nothing but the notebook."""
    question = None
    for index, cell in enumerate(notebook.cells):
        question = question_of(cell) or question
        for key in ("autograder", "lines_to_next_cell", "lines_to_end_of_cell_marker"):
            cell.metadata.pop(key, None)
        if ANSWER_TAG in _tags(cell) and question is not None:
            cell.metadata["autograder"] = {"question": question}
        if isinstance(cell.source, list):
            cell.source = "".join(cell.source)
        digest = hashlib.sha256(f"{index} {cell.cell_type} {cell.source}".encode()).hexdigest()
        cell["id"] = digest[:12]
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata.pop("jupytext", None)
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook.metadata["language_info"] = {"name": "python"}
    return notebook


def _snippet(course: Course, name: str, ids: tuple[str, ...], solved: NotebookNode) -> str:
    """The solution code of some questions, as a student loads it with ``%load``."""
    sources = []
    for id in ids:
        code = [cell.source for cell in solved.cells if question_of(cell) == id and cell.cell_type == "code"]
        if not code:
            raise ConfigError(f"{course.folder}/course.toml: snippets.{name}: question '{id}' has no solution code")
        sources += code
    return "\n\n".join(source.strip("\n") for source in sources) + "\n"


def _sample(sheet: Path, student: NotebookNode) -> str:
    """A sample submission: the student notebook with the answers of a sheet, a Jupytext file of cells titled by question."""
    import jupytext

    answers: dict[str, str] = {}
    for cell in jupytext.read(sheet).cells:
        question = cell.metadata.get("title")
        if not question:
            raise ConfigError(f"{sheet}: each cell must be titled by a question: '# %% id' or '# %% [markdown] id'")
        answers[question] = cell.source
    return _dump(_finish(fill(student, answers)))


def _clean(source: str) -> str:
    """Solution code without Otter's markers and prompts."""
    source = re.sub(r'^""" *# BEGIN PROMPT.*?^""";? *# END PROMPT\n?', "", source, flags=re.DOTALL | re.MULTILINE)
    source = re.sub(r"^ *# (BEGIN|END) SOLUTION( NO PROMPT)? *\n?", "", source, flags=re.MULTILINE)
    return re.sub(r" *# ?SOLUTION( NO PROMPT)? *$", "", source, flags=re.MULTILINE).rstrip("\n")


def _test_file(test: Any) -> str:
    if isinstance(test, str):
        return test.rstrip("\n") + "\n"
    plain = json.loads(json.dumps(test))
    return "OK_FORMAT = True\n\ntest = " + pprint.pformat(plain, indent=4, width=100, sort_dicts=False) + "\n"


def _tags(cell: NotebookNode) -> list[str]:
    return list(cell.metadata.get("tags", []))


def _dump(notebook: NotebookNode) -> str:
    text: str = nbformat.writes(notebook)
    return text if text.endswith("\n") else text + "\n"


