"""An assignment made of what Otter made: complete without a master, and graded like any other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from autograder.assignment import Course, Question, seeds
from autograder.assignment.answer_cells import ANSWER_TAG, mark_prompts
from autograder.assignment.code_names import live_names
from autograder.assignment.seeds import Seeds
from autograder.assignment.template import BEGIN, END, owners
from autograder.authoring import notebooks, packages
from autograder.authoring.build import dump_questions
from autograder.authoring.configuration import note_settings
from autograder.authoring.notebooks import SOLUTION_TAG, code, finish, tags
from autograder.authoring.otter_output import OtterOutput, find
from autograder.authoring.packages import Note
from autograder.authoring.public_tests import question_ids, read_question
from autograder.datasets.built_in import loaded_in
from autograder.errors import ConfigError
from autograder.files import write_bytes

Files = Mapping[PurePosixPath, bytes]
"""The content of the files of an assignment, by their paths in its folder."""

#: What Otter itself adds, or added, to the packages of an assignment.
_OTTERS_PACKAGES = ("otter-grader", "jupyter_server", "nb_conda_kernels")
_POINTS = re.compile(r"_Points:_\s*([\d.]+)")


def is_assignment(path: Path) -> bool:
    """Whether a folder is an assignment already, built or not: it has settings or a master."""
    if not path.is_dir() or any((path / name).exists() for name in ("questions.json", "course.toml")):
        return path.is_dir()
    try:
        return Course.load(path).master is not None
    except ConfigError:
        return False


def read(path: Path, note: Note) -> Files | None:
    """The files of the assignment at a path where Otter made something, by their paths; None where it did not.

    ``note`` takes what is worth knowing.

    Raises:
        ConfigError: a file is too large or damaged, a test is not in Otter's format, or a setting breaks a rule.
    """
    found = find(path) if path.exists() else None
    return None if found is None else _files(found, note)


def write(files: Files, folder: Path) -> None:
    """Write the files of an assignment into a folder that is new or empty, and is so again after an error."""
    made = {folder / parent for path in files for parent in path.parents if not (folder / parent).exists()}
    try:
        for path, content in files.items():
            write_bytes(folder / path, content)
    except BaseException:  # an interruption, too: the same command is to work when it is run again
        for path in files:
            with suppress(OSError):
                (folder / path).unlink()
        for one in sorted(made, reverse=True):
            with suppress(OSError):
                one.rmdir()
        raise


def _files(found: OtterOutput, note: Note) -> Files:
    student = found.student or _bare(found)
    written = _mark_answers(student, found)
    student = finish(student)
    mark_prompts(student)
    live = live_names(code(found.solution or student))
    files = {
        PurePosixPath("course.toml"): _course(found, student),
        PurePosixPath("student") / f"{found.name}.ipynb": notebooks.dump(student),
    }
    if found.solution is not None:
        _mark_answers(found.solution, found)
        found.solution.metadata.pop("otter", None)  # its hidden test cases
        files[PurePosixPath("solution") / f"{found.name}.ipynb"] = notebooks.dump(notebooks.solved(found.solution))
    given = [str(path) for path in (*found.files, *found.test_files)]
    questions = []
    for id in question_ids(student, found.tests):
        question, text = read_question(
            id, found.tests.get(id), found.solution or student, live, graded=True, files=given
        )
        if id in written:
            question = Question(id, written[id], written=True)
        elif not question.cases:
            note(f"question '{id}' cannot be graded: it has no test cases here, only hidden ones that are elsewhere")
            continue
        elif found.student is None:  # nothing says which names are code: what is called as a class is called is one
            classes = tuple(name for name in question.live if len(name) > 1 and name[0].isupper())
            question = replace(question, live=question.names, classes=classes)
        questions.append(question)
        if question.cases:
            files[PurePosixPath("tests") / f"{id}.py"] = text.encode()
    files |= {PurePosixPath("student") / path: content for path, content in found.files.items()}
    files |= {PurePosixPath("tests", "files") / path: content for path, content in found.test_files.items()}
    files[PurePosixPath("questions.json")] = dump_questions(questions)
    if (stated := _seeds(found, note)) != Seeds():
        files[PurePosixPath(seeds.FILE)] = stated.dump()
    _note(found, written, note)
    return files


def _course(found: OtterOutput, student: NotebookNode) -> bytes:
    lines = [f"title = {toml_text(found.name)}", f"student = {toml_text(f'student/{found.name}.ipynb')}"]
    if found.solution is not None:
        lines.append("solution = " + toml_text(f"solution/{found.name}.ipynb"))
    lines += [f'datasets.{name} = "keras"' for name in loaded_in(code(student))]
    return "\n".join([*lines, ""]).encode()


def _bare(found: OtterOutput) -> NotebookNode:
    """A notebook that only checks, where there is none."""
    cells = ["import otter\ngrader = otter.Notebook()", *(f'grader.check("{id}")' for id in sorted(found.tests))]
    notebook: NotebookNode = new_notebook(cells=[new_code_cell(source) for source in cells])
    return notebook


def _mark_answers(notebook: NotebookNode, found: OtterOutput) -> dict[str, float]:
    """Mark each answer cell with its question: the one that is checked next, or else a written one of its own.

    Earlier Otters tag no answer cells: there, those of a written question are its cells that Otter does not lock.
    Returns the points of the written questions, by the ids that they are given: Otter keeps neither in what it makes.
    """
    written: dict[str, float] = {}
    waiting: list[NotebookNode] = []
    points, is_open = 1.0, False
    are_tagged = any(map(_is_answer, notebook.cells))

    def answered(id: str) -> None:
        for answer in waiting:
            answer.metadata["autograder"] = {"question": id}
        waiting.clear()

    for cell in notebook.cells:
        if END in cell.source and is_open and waiting:
            written[id := f"written_{len(written) + 1}"] = points
            answered(id)
        if BEGIN in cell.source or END in cell.source:
            is_open, points = cell.source.rfind(BEGIN) > cell.source.rfind(END), 1.0
        if stated := _POINTS.search(cell.source):
            points = float(stated[1])
        if not are_tagged and is_open and BEGIN not in cell.source and _is_unlocked(cell):
            cell.metadata["tags"] = [*tags(cell), ANSWER_TAG]
        if _is_answer(cell):
            waiting.append(cell)
        if checked := [owner for owner in owners(cell) if owner in found.tests]:
            answered(checked[0])
    return written


def _is_answer(cell: NotebookNode) -> bool:
    return not {ANSWER_TAG, SOLUTION_TAG}.isdisjoint(tags(cell))


def _is_unlocked(cell: NotebookNode) -> bool:
    return cell.cell_type != "raw" and cell.metadata.get("editable") is not False


def _seeds(found: OtterOutput, note: Note) -> Seeds:
    seed, variable = found.settings.get("seed"), found.settings.get("seed_variable")
    note_settings({"generate": found.settings}, f"{found.name}: otter_config.json", note)
    if seed is not None and (not isinstance(seed, int) or isinstance(seed, bool)):
        raise ConfigError(f"{found.name}: otter_config.json: 'seed' must be a whole number (got {seed!r})")
    return Seeds(seed=seed) if variable is None else Seeds(variable=str(variable), value=seed)


def _note(found: OtterOutput, written: dict[str, float], note: Note) -> None:
    if found.student is None:
        note("there is no student notebook: questions are in the order of their names, and written ones are not known")
    if found.public_only:
        note("the test cases are those that students have: hidden ones are not among them")
    if written:
        names = ", ".join(written)
        note(
            f"written questions are called {names}: Otter keeps neither their names nor, mostly, their points, which "
            "questions.json has"
        )
    place = f"{found.name}: environment.yml"
    wanted = packages.environment(found.environment.get("environment.yml", ""), place)
    if "requirements.txt" in found.environment:
        wanted = [line for line in wanted if line != "-r requirements.txt"]
        wanted += packages.requirements(found.environment["requirements.txt"].splitlines())
    packages.note_missing([line for line in wanted if not line.startswith(_OTTERS_PACKAGES)], note)


def toml_text(text: str) -> str:
    """A text as a string of TOML; names of files have no control characters worth keeping."""
    text = "".join(character if character.isprintable() else "_" for character in text)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
