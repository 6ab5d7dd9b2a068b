"""From the master notebook to everything else: the student notebook, the solutions and the grader's tests.

Jupytext reads the master (see ``master``), and Otter Assign splits it. In addition each answer cell is marked with its
question, the output is checked, and it is the same byte for byte each time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from nbformat import NotebookNode

from autograder.assignment import Assignment, Course, Question, seeds, student_files
from autograder.assignment.answer_cells import ANSWER_TAG, PROMPT, fill, mark_prompts, question_of, read_sheet
from autograder.assignment.assignment import check_rubric
from autograder.assignment.code_names import assigned_names
from autograder.assignment.counting import check_counting
from autograder.assignment.seeds import Seeds
from autograder.authoring import master, notebooks
from autograder.authoring.doubts import note_datasets, note_others, note_thresholds, note_whole_solution
from autograder.authoring.fairness.entries import check_names
from autograder.authoring.notebooks import SOLUTION_TAG, cleaned, code, finish, tags
from autograder.authoring.otter_assign import Assigned, otter_assign
from autograder.authoring.packages import Note, note_unknown_imports, once
from autograder.authoring.solution_names import parts_changed, solution_names
from autograder.authoring.test_cases import describe
from autograder.authoring.test_files import dump
from autograder.errors import ConfigError
from autograder.files import write_bytes
from autograder.messages.language import SOURCE, load


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
    questions = _questions(course, source, assigned, note)
    note_thresholds(course, source.blocks, note)
    note_datasets(course, map(cleaned, code(source.notebook)), note)
    assignment = Assignment(course, tuple(questions))
    check_rubric(assignment)
    check_names(assignment)
    check_counting(questions, course.bonus, course.choice, course.folder / "course.toml")
    student = _student(assigned.student, course.language)
    solved = _solved(assigned.solution, student)
    _note_imports(source, assigned, note)
    files = _files(assignment, source, assigned, student, solved)
    note_others(course, files, note)
    return files


def _files(
    assignment: Assignment, source: master.Master, assigned: Assigned, student: NotebookNode, solved: NotebookNode
) -> dict[Path, bytes]:
    """The notebooks and what comes with them, for students and for the grader."""
    course, configuration = assignment.course, source.configuration
    files = {course.student.parent / path: content for path, content in assigned.files.items()}
    for path, file in configuration.autograder_files.items():
        files[course.folder / "tests" / "files" / path] = file.read_bytes()
    files[course.student] = notebooks.dump(student)
    if course.solution is not None:
        files[course.solution] = notebooks.dump(solved)
    files |= _snippets(course, solved)
    for question in assignment.questions:
        if question.cases:
            files[course.folder / "tests" / f"{question.id}.py"] = dump(assigned.tests[question.id]).encode()
    for sheet in sorted((course.folder / "sheets").glob("*.py")):
        files[course.folder / "samples" / f"{sheet.stem}.ipynb"] = _sample(sheet, student)
    files[course.folder / "questions.json"] = dump_questions(assignment.questions)
    if configuration.seeds != Seeds() or (course.folder / seeds.FILE).exists():
        files[course.folder / seeds.FILE] = configuration.seeds.dump()
    if configuration.student_files or (course.folder / student_files.FILE).exists():
        files[course.folder / student_files.FILE] = student_files.dump(configuration.student_files)
    return {path.resolve(): content for path, content in files.items()}


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
    return notebooks.dump(_solved(assigned.solution, finish(assigned.student))).decode()


def write(files: dict[Path, bytes]) -> list[Path]:
    """Write the files of ``build`` that differ from those on disk; returns their paths."""
    changed = stale(files)
    for path in changed:
        write_bytes(path, files[path])
    return changed


def stale(files: dict[Path, bytes]) -> list[Path]:
    """The paths of generated files that are missing or differ from those on disk."""
    return [path for path, content in files.items() if not path.is_file() or path.read_bytes() != content]


def _questions(course: Course, source: master.Master, assigned: Assigned, note: Note) -> list[Question]:
    """The questions of the assignment; blocks with nothing to mark are left out."""
    blocks = source.blocks
    ids = {block.id for block in blocks}
    for key, table in (("evidence", course.evidence), ("live", course.live), ("untouched", course.untouched)):
        for id in sorted(table.keys() - ids):
            raise ConfigError(
                f"{course.folder}/course.toml: '{key}' names '{id}', which is not a question of the master"
            )
    for block in blocks:
        if block.written and block.tests:
            note(f"question '{block.id}' is manual: a person marks it, and its test cases give no points")
    names = solution_names(assigned, _files_beside(course, source, assigned), source.configuration.student_files)
    answers: dict[str | None, list[str]] = {}
    for cell in assigned.solution.cells:
        if cell.cell_type == "code" and SOLUTION_TAG in tags(cell):
            answers.setdefault(question_of(cell), []).append(cleaned(cell.source))
    handed_out = {source.strip() for source in code(assigned.student)}
    questions = []
    for block in blocks:
        own = answers.get(block.id, [])
        note_whole_solution(block.id, own, handed_out, note)
        assigned_here = {name for source in own for name in assigned_names(source)}
        changed = {part for source in own for part in parts_changed(source) if part[0] not in assigned_here}
        known = replace(names, in_solution=assigned_here, changed_in_solution=changed)
        if (question := describe(course, block, assigned.tests.get(block.id), known, note)) is not None:
            questions.append(question)
    return questions


def _files_beside(course: Course, source: master.Master, assigned: Assigned) -> set[str]:
    """The files that test cases find beside the notebook, but for those that students hand in."""
    received = course.student.parent
    there = [path.relative_to(received) for path in received.rglob("*")] if received.is_dir() else []
    found = {str(path) for path in (*there, *assigned.files, *source.configuration.autograder_files)}
    return found - set(source.configuration.student_files)


def _student(assigned: NotebookNode, language: str) -> NotebookNode:
    """The notebook for students, in their language."""
    student = finish(assigned)
    if language != SOURCE:
        student.metadata["autograder"] = {"language": language}  # for a preview
        prompt = load(language).texts.pgettext("checks.prompt", PROMPT)
        for cell in student.cells:
            cell.source = prompt if cell.source == PROMPT else cell.source
    mark_prompts(student)
    return student


def _solved(solution: NotebookNode, student: NotebookNode) -> NotebookNode:
    """The solved notebook with the marks and metadata of the student notebook, and only the public tests."""
    answered = {(question_of(cell), cell.cell_type) for cell in solution.cells if SOLUTION_TAG in tags(cell)}
    solution.cells = [
        cell  # a prompt for students is none: the reference answer is in a later cell
        for cell in solution.cells
        if not (ANSWER_TAG in tags(cell) and (question_of(cell), cell.cell_type) in answered)
    ]
    solution.metadata = student.metadata
    return notebooks.solved(solution)


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
    sources = [cell.source for cell in solved.cells if question_of(cell) == id and cell.cell_type == "code"]
    if not sources:
        raise ConfigError(f"{course.folder}/course.toml: snippets.{snippet}: question '{id}' has no solution code")
    return sources


def _sample(sheet: Path, student: NotebookNode) -> bytes:
    """A sample submission: the student notebook with the answers of a sheet."""
    try:
        return notebooks.dump(finish(fill(student, read_sheet(sheet))))
    except ConfigError as error:
        raise ConfigError(f"{sheet}: {error}") from None


def _note_imports(source: master.Master, assigned: Assigned, note: Note) -> None:
    """Note modules that the master and the files for students import, but for packages that were looked at already."""
    files = (*assigned.files, *map(Path, source.configuration.student_files))
    known = [*(part for path in files for part in (path.parts[0], path.name)), *source.configuration.packages]
    note_unknown_imports(
        [*map(cleaned, code(source.notebook)), *assigned.modules], known, source.configuration.folder, note
    )


def dump_questions(questions: Iterable[Question]) -> bytes:
    return (json.dumps([question.as_entry() for question in questions], indent=1) + "\n").encode()
