"""From the master notebook to everything else: the student notebook, the solutions and the grader's tests.

Jupytext reads the master (see ``master``), and Otter Assign splits it. In addition each answer cell is marked with its
question, the output is checked, and it is the same byte for byte each time.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.assignment import Assignment, Course, Question, seeds, student_files
from autograder.assignment.answer_cells import ANSWER_TAG, PROMPT, fill, mark_prompts, question_of, read_sheet
from autograder.assignment.assignment import check_rubric
from autograder.assignment.code_names import assigned_names, definitions, live_names
from autograder.assignment.counting import check_counting
from autograder.assignment.seeds import Seeds
from autograder.authoring import master
from autograder.authoring.doubts import note_datasets, note_others, note_thresholds, note_whole_solution
from autograder.authoring.fairness.entries import check_names
from autograder.authoring.otter_assign import SOLUTION_TAG, Assigned, otter_assign
from autograder.authoring.packages import Note, note_unknown_imports, once
from autograder.authoring.test_cases import SolutionNames, describe
from autograder.authoring.test_files import dump
from autograder.errors import ConfigError
from autograder.files import write_bytes
from autograder.messages.language import SOURCE, load

#: The metadata of a cell that students receive; anything else comes from an editor.
CELL_METADATA = ("autograder", "otter", "tags", "editable", "deletable", "slideshow", "jupyter", "cellView")


def build(folder: Path, note: Note = lambda words: None) -> dict[Path, bytes]:
    """All files that are generated from an assignment's master notebook: contents by path. Nothing is written.

    ``note`` takes what its author should know, although it stops nothing.

    Raises:
        ConfigError: the master, ``course.toml``, a sample's answer sheet or the name of a file of variants breaks a
            rule.
    """
    course = Course.load(folder.resolve())
    source = master.read(course, note := once(note))
    assigned = otter_assign(course, source)
    received = course.student.parent
    there = [path.relative_to(received) for path in received.rglob("*")] if received.is_dir() else []
    handed_in = source.configuration.student_files
    given = {str(path) for path in (*there, *assigned.files, *source.configuration.autograder_files)} - {*handed_in}
    questions = _questions(course, source.blocks, assigned, (given, handed_in), note)
    note_thresholds(course, source.blocks, note)
    note_datasets(course, _code(source.notebook), note)
    assignment = Assignment(course, tuple(questions))
    check_rubric(assignment)
    check_names(assignment)
    check_counting(questions, course.bonus, course.choice, course.folder / "course.toml")
    student = finish(assigned.student)
    if course.language != SOURCE:
        student.metadata["autograder"] = {"language": course.language}  # for a preview
        prompt = load(course.language).texts.pgettext("checks.prompt", PROMPT)
        for cell in student.cells:
            cell.source = prompt if cell.source == PROMPT else cell.source
    mark_prompts(student)
    solved = _solved(assigned.solution, student)
    _note_imports(source, assigned, note)

    files = {course.student.parent / path: content for path, content in assigned.files.items()}
    for path, file in source.configuration.autograder_files.items():
        files[course.folder / "tests" / "files" / path] = file.read_bytes()
    files[course.student] = dump_notebook(student)
    if course.solution is not None:
        files[course.solution] = dump_notebook(solved)
    files |= _snippets(course, solved)
    for question in questions:
        if question.cases:
            files[course.folder / "tests" / f"{question.id}.py"] = dump(assigned.tests[question.id]).encode()
    for sheet in sorted((course.folder / "sheets").glob("*.py")):
        files[course.folder / "samples" / f"{sheet.stem}.ipynb"] = _sample(sheet, student)
    files[course.folder / "questions.json"] = dump_questions(questions)
    if (stated := source.configuration.seeds) != Seeds() or (course.folder / seeds.FILE).exists():
        files[course.folder / seeds.FILE] = stated.dump()
    if handed_in or (course.folder / student_files.FILE).exists():
        files[course.folder / student_files.FILE] = student_files.dump(handed_in)
    files = {path.resolve(): content for path, content in files.items()}
    note_others(course, files, note)
    return files


def solution_notebook(folder: Path, note: Note = lambda words: None) -> str:
    """The solved notebook of an assignment, with the cells of the student notebook, as text; ``note`` as for build.

    Raises:
        ConfigError: as for build; or the assignment was imported without a solved notebook.
    """
    course = Course.load(folder.resolve())
    if course.master is None:
        if course.solution is None:
            raise ConfigError(f"{course.folder}: was imported without a solved notebook")
        return course.solution.read_text(encoding="utf-8")
    source = master.read(course, note := once(note))
    assigned = otter_assign(course, source)
    _note_imports(source, assigned, note)
    return dump_notebook(_solved(assigned.solution, finish(assigned.student))).decode()


def write(files: dict[Path, bytes]) -> list[Path]:
    """Write the files of ``build`` that differ from those on disk; returns their paths."""
    changed = stale(files)
    for path in changed:
        write_bytes(path, files[path])
    return changed


def stale(files: dict[Path, bytes]) -> list[Path]:
    """The paths of generated files that are missing or differ from those on disk."""
    return [path for path, content in files.items() if not path.is_file() or path.read_bytes() != content]


def _questions(
    course: Course, blocks: list[master.Block], assigned: Assigned, files: tuple[set[str], list[str]], note: Note
) -> list[Question]:
    """The questions of the assignment; blocks with nothing to mark are left out.

    ``files`` are those that test cases find, and those that students hand in.
    """
    ids = {block.id for block in blocks}
    for key, table in (("evidence", course.evidence), ("live", course.live), ("untouched", course.untouched)):
        for id in sorted(table.keys() - ids):
            raise ConfigError(
                f"{course.folder}/course.toml: '{key}' names '{id}', which is not a question of the master"
            )
    for block in blocks:
        if block.written and block.tests:
            note(f"question '{block.id}' is manual: a person marks it, and its test cases give no points")
    code = [cell for cell in assigned.solution.cells if cell.cell_type == "code"]
    in_solution: dict[str | None, set[str]] = {}
    in_notebook: set[str] = set()
    for cell in code:
        names = assigned_names(cleaned(cell.source))
        in_notebook |= names
        if SOLUTION_TAG in _tags(cell):
            in_solution.setdefault(question_of(cell), set()).update(names)
    live = live_names(cleaned(cell.source) for cell in code)
    solved = _definitions(cleaned(cell.source) for cell in code)
    received = _definitions(cell.source for cell in assigned.student.cells if cell.cell_type == "code")
    modules = _definitions(
        text.decode("utf-8", "replace") for path, text in assigned.files.items() if path.suffix == ".py"
    )
    classes = {name for name, node in (modules | solved).items() if isinstance(node, ast.ClassDef)}
    unfinished = {
        name for name, node in received.items() if name in solved and ast.dump(node) != ast.dump(solved[name])
    }
    given = _given(assigned, received, solved)
    handed_out = {cell.source.strip() for cell in assigned.student.cells if cell.cell_type == "code"}
    networks = {name for name, node in solved.items() if _is_of_network(node)}
    questions = []
    for block in blocks:
        cells = (cell for cell in code if SOLUTION_TAG in _tags(cell) and question_of(cell) == block.id)
        note_whole_solution(block.id, [cleaned(cell.source) for cell in cells], handed_out, note)
        known = SolutionNames(
            in_solution.get(block.id, ()), in_notebook, live, classes, unfinished, given, *files, networks
        )
        if (question := describe(course, block, assigned.tests.get(block.id), known, note)) is not None:
            questions.append(question)
    return questions


def _definitions(sources: Iterable[str]) -> dict[str, ast.stmt]:
    """The functions and classes that code defines, by name; of several the last."""
    return {name: node for source in sources for name, node in definitions(source).items()}


#: Classes of Keras and PyTorch from which a notebook derives its own.
_BASES = frozenset(
    {"Callback", "Constraint", "Initializer", "Layer", "Loss", "Metric", "Model", "Module", "Regularizer", "Sequential"}
)


def _is_of_network(definition: ast.stmt) -> bool:
    """Whether a class is derived from one of these, or a function takes gradients of what it is given."""
    if isinstance(definition, ast.ClassDef):
        return any(ast.unparse(base).rpartition(".")[2] in _BASES for base in definition.bases)
    return any(isinstance(node, ast.Attribute) and node.attr == "GradientTape" for node in ast.walk(definition))


def _given(assigned: Assigned, received: Mapping[str, ast.stmt], solved: Mapping[str, ast.stmt]) -> set[str]:
    """The functions that students receive as the solution has them, each defined in one cell of both notebooks."""
    bound = Counter(
        name
        for notebook in (assigned.student, assigned.solution)
        for cell in notebook.cells
        if cell.cell_type == "code"
        for name in assigned_names(cleaned(cell.source))
    )
    functions = {name: ast.dump(node) for name, node in received.items() if isinstance(node, ast.FunctionDef)}
    return {
        name
        for name, code in functions.items()
        if bound[name] == 2 and name in solved and ast.dump(solved[name]) == code
    }


def _solved(solution: NotebookNode, student: NotebookNode) -> NotebookNode:
    """The solved notebook with the marks and metadata of the student notebook, and only the public tests."""
    answered = {(question_of(cell), cell.cell_type) for cell in solution.cells if SOLUTION_TAG in _tags(cell)}
    cells = []
    for cell in solution.cells:
        if ANSWER_TAG in _tags(cell) and (question_of(cell), cell.cell_type) in answered:
            continue  # the prompt for students; the reference answer is in a later cell
        if SOLUTION_TAG in _tags(cell):
            cell.metadata["tags"] = [ANSWER_TAG if tag == SOLUTION_TAG else tag for tag in _tags(cell)]
        if cell.cell_type == "code":
            cell.source = cleaned(cell.source)
            cell.outputs, cell.execution_count = [], None
        cells.append(cell)
    solution.cells, solution.metadata = cells, student.metadata
    return finish(solution)


def finish(notebook: NotebookNode) -> NotebookNode:
    """Mark answer cells only, and make all ids and metadata depend on the master alone."""
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


def _snippets(course: Course, solved: NotebookNode) -> dict[Path, bytes]:
    """The files that students load with ``%load``: the solution code of some questions each."""
    if course.solutions is None:
        if course.snippets:
            raise ConfigError(f"{course.folder}/course.toml: 'snippets' needs 'solutions', the folder of the snippets")
        return {}
    files = {}
    for name, ids in course.snippets.items():
        sources = [source for id in ids for source in _solution_code(course, name, id, solved)]
        text = "\n\n".join(source.strip("\n") for source in sources)
        files[course.solutions / name] = f"{text}\n".encode()
    return files


def _solution_code(course: Course, snippet: str, id: str, solved: NotebookNode) -> list[str]:
    code = [cell.source for cell in solved.cells if question_of(cell) == id and cell.cell_type == "code"]
    if not code:
        raise ConfigError(f"{course.folder}/course.toml: snippets.{snippet}: question '{id}' has no solution code")
    return code


def _sample(sheet: Path, student: NotebookNode) -> bytes:
    """A sample submission: the student notebook with the answers of a sheet."""
    try:
        return dump_notebook(finish(fill(student, read_sheet(sheet))))
    except ConfigError as error:
        raise ConfigError(f"{sheet}: {error}") from None


def cleaned(source: str) -> str:
    """Solution code without Otter's markers and prompts."""
    prompt = r'^("""|\'\'\') *# BEGIN PROMPT.*?^\1;? *# END PROMPT\n?'
    source = re.sub(prompt, "", source, flags=re.DOTALL | re.MULTILINE)
    source = re.sub(r"^ *# (BEGIN|END) SOLUTION( NO PROMPT)? *\n?", "", source, flags=re.MULTILINE)
    return re.sub(r" *# ?SOLUTION( NO PROMPT)? *$", "", source, flags=re.MULTILINE).rstrip("\n")


def _note_imports(source: master.Master, assigned: Assigned, note: Note) -> None:
    """Note modules that the master and the files for students import, but for packages that were looked at already."""
    modules = [content.decode("utf-8", "replace") for path, content in assigned.files.items() if path.suffix == ".py"]
    files = (*assigned.files, *map(Path, source.configuration.student_files))
    known = [*(path.parts[0] for path in files), *source.configuration.packages]
    note_unknown_imports([*_code(source.notebook), *modules], known, source.configuration.folder, note)


def _code(notebook: NotebookNode) -> Iterator[str]:
    return (cleaned(cell.source) for cell in notebook.cells if cell.cell_type == "code")


def _tags(cell: NotebookNode) -> list[str]:
    return list(cell.metadata.get("tags", []))


def dump_questions(questions: Iterable[Question]) -> bytes:
    """The content of ``questions.json``."""
    return (json.dumps([question.as_entry() for question in questions], indent=1) + "\n").encode()


def dump_notebook(notebook: NotebookNode) -> bytes:
    text: str = nbformat.writes(notebook)
    return text.removesuffix("\n").encode() + b"\n"
