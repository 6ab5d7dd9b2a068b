"""An assignment for a preview: made of a student notebook and the files that students received with it.

It has the public test cases, exists as long as the preview, and is graded like any other assignment.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.assignment import Assignment, Course, Question
from autograder.assignment.code_names import live_names
from autograder.assignment.profile import Profile
from autograder.assignment.restoring import given_part, lost_answer_cells
from autograder.authoring.notebooks import code
from autograder.authoring.public_tests import is_checked, question_ids, read_question
from autograder.datasets.built_in import loaded_in
from autograder.errors import ConfigError, GradingError
from autograder.files import is_notebook
from autograder.intake import notebook
from autograder.intake.files import is_ignored
from autograder.messages import message
from autograder.messages.language import SOURCE

NOTEBOOK = "notebook.ipynb"
MAX_QUESTIONS = 1_000
#: For the files beside the notebook.
MAX_FILES = 1_000
MAX_BYTES = 500 * 2**20
_COURSE = f'title = "preview"\nstudent = "student/{NOTEBOOK}"\nlanguage = "{{language}}"\n'


@dataclass(frozen=True)
class StudentAssignment:
    """An assignment made of a student notebook.

    ``hidden_only`` are the questions with hidden test cases only: they are not graded in a preview. ``course`` are the
    settings of the real assignment, if its folder is known. ``files`` are the names of the files beside the notebook,
    if it is not known whether students received them. ``unmarked`` is the number of written questions whose answer cell
    is gone: only the folder that students received tells which these are.
    """

    assignment: Assignment
    hidden_only: tuple[str, ...]
    course: Course | None
    files: tuple[str, ...]
    unmarked: int = 0

    @classmethod
    def from_notebook(cls, path: Path, folder: Path | None, scratch: Path) -> StudentAssignment:
        """Write an assignment for a notebook into an empty folder, ``scratch``.

        ``folder`` is the real assignment, or the folder that students received. Without it the metadata of the notebook
        and the files beside it count.

        Raises:
            ConfigError: there are no public test cases, or they are not in Otter's format.
            SubmissionError: the notebook cannot be read.
        """
        template_path, course = _template(path, folder)
        template, _ = notebook.read(template_path)
        language = _language(template_path, course)
        files = _write_course(template_path, template, scratch, language=language, is_own=folder is None)
        answered, _ = notebook.read(path)
        live = live_names(code(template)) | live_names(code(answered))
        hidden_only = _write_questions(template_path, template, live, scratch)
        files = files if folder is None else ()
        unmarked = lost_answer_cells(answered) if folder is None else 0
        return cls(Assignment.load(scratch), hidden_only, course, files, unmarked)

    def profile(self, name: str | None) -> Profile:
        """The profile of that name, or the course's own; without the real assignment, a profile without caps.

        Raises:
            ConfigError: there is no such profile.
        """
        if self.course is not None:
            return Assignment(self.course, ()).load_profile(name)
        if name is not None:
            raise ConfigError(message("preview.no_profile", profile=name))
        return Profile(name="full")


def language_for(path: Path, folder: Path | None) -> str:
    """The language of a preview: that of the assignment, or the one noted in the notebook that students received."""
    try:
        return _language(*_template(path, folder))
    except GradingError:  # whatever is wrong is told later
        return SOURCE


def _language(template: Path, course: Course | None) -> str:
    return notebook.course_language(template) if course is None else course.language


def _template(path: Path, folder: Path | None) -> tuple[Path, Course | None]:
    """The notebook with the public test cases, and the settings of the real assignment where it is known."""
    if folder is None:
        return path, None
    if (folder / "questions.json").is_file():
        course = Assignment.load(folder).course
        return course.student, course
    notebooks = sorted(file for file in folder.glob("*") if is_notebook(file)) if folder.is_dir() else []
    same_name = [file for file in notebooks if file.name == path.name] or notebooks
    if len(same_name) != 1:
        number = len(same_name)
        raise ConfigError(message("preview.no_template", folder=folder, count=number))
    return same_name[0], None


def _write_course(path: Path, template: NotebookNode, scratch: Path, *, language: str, is_own: bool) -> tuple[str, ...]:
    """Write settings and what students received; returns the names of the files beside the notebook.

    ``is_own``: the student has worked in the template.
    """
    student = scratch / "student"
    student.mkdir()
    files = _copy_files(path.parent, student)
    nbformat.write(given_part(template) if is_own else template, student / NOTEBOOK)
    datasets = "".join(f'datasets.{name} = "keras"\n' for name in loaded_in(code(template)))
    (scratch / "course.toml").write_text(_COURSE.format(language=language) + datasets, encoding="utf-8")
    return files


def _write_questions(path: Path, template: NotebookNode, live: set[str], scratch: Path) -> tuple[str, ...]:
    """Write ``questions.json`` and test files; returns the questions with hidden test cases only."""
    tests = notebook.tests(path)
    if not tests:
        raise ConfigError(message("preview.no_tests", notebook=path))
    if len(tests) > MAX_QUESTIONS:
        raise ConfigError(f"{path}: must have at most {MAX_QUESTIONS} questions with test cases (got {len(tests)})")
    (scratch / "tests").mkdir()
    questions: list[Question] = []
    hidden_only = []
    for id in question_ids(template, tests):
        question, text = read_question(id, tests.get(id), template, live)
        if not question.cases and (id in tests or is_checked(template, id)):
            hidden_only.append(id)
            continue
        questions.append(question)
        if question.cases:
            (scratch / "tests" / f"{id}.py").write_text(text, encoding="utf-8")
    entries = [question.as_entry() for question in questions]
    (scratch / "questions.json").write_text(json.dumps(entries), encoding="utf-8")
    return tuple(hidden_only)


def _copy_files(source: Path, target: Path) -> tuple[str, ...]:
    """Copy the files beside a notebook; returns their names, in order."""
    count = size = 0
    names: dict[str, None] = {}
    for file in _walk(source):
        count, size = count + 1, size + file.stat().st_size
        if count > MAX_FILES or size > MAX_BYTES:
            raise ConfigError(
                message("preview.too_many_files", folder=source, files=MAX_FILES, megabytes=MAX_BYTES >> 20)
            )
        if is_ignored(file.name) or is_notebook(file):
            continue
        path = file.relative_to(source)
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target / path)
        names[path.parts[0]] = None
    return tuple(names)


def _walk(folder: Path) -> Iterator[Path]:
    """The plain files below a folder, in order; links and hidden folders are left out."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not is_ignored(name))
        for name in sorted(files):
            file = Path(place, name)
            if file.is_file() and not file.is_symlink():
                yield file
