"""Check an assignment: its solution must earn all automatic points, its untouched student version none.

What else an author should know is a note: errors of cells, points that the untouched version may earn, and the notes of
the build.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from shlex import quote

from autograder.assignment import Assignment
from autograder.authoring.build import build, solution_notebook, stale
from autograder.authoring.packages import Note, note_received_imports
from autograder.intake import Submission
from autograder.results import CellError, QuestionResult, Result
from autograder.text import one_line, some

SOLUTION, STUDENT = "solution", "student version"


@contextmanager
def write_notebooks(assignment: Assignment, note: Note) -> Iterator[list[Submission]]:
    """The two notebooks as submissions, in a temporary folder; ``note`` takes what the build notes."""
    with tempfile.TemporaryDirectory(prefix="autograder-validate-") as folder:
        solution, student = (Path(folder, name, f"{name}.ipynb") for name in ("solution", "student"))
        received, master = assignment.course.student, assignment.course.master
        _copy_files(assignment.student_files, received.parent, student.parent)
        _copy_files(assignment.student_files, (master or received).parent, solution.parent)
        shutil.copy(received, student)
        submissions = [Submission(STUDENT, student.name, student)]
        if master is None and assignment.course.solution is None:
            note("there is no solved notebook: only the untouched one is graded")
            note_received_imports(assignment, note)
        else:
            if master is not None and (changed := stale(build(assignment.folder))):
                names = some(path.name for path in changed)
                way_out = f"run: autograder build {quote(str(assignment.folder))}"
                note(f"not as the master makes it now, but checked as it is: {names}; {way_out}")
            solution.write_text(solution_notebook(assignment.folder, note), encoding="utf-8")
            submissions.insert(0, Submission(SOLUTION, solution.name, solution))
        yield submissions


def _copy_files(names: Iterable[str], source: Path, folder: Path) -> None:
    """Copy the files that a notebook is handed in with into its folder, as far as there are any."""
    folder.mkdir()
    for name in names:
        if (source / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source / name, folder / name)


def notes(assignment: Assignment, results: Mapping[str, Result]) -> list[str]:
    """The errors of cells in the two notebooks, and what else is noted of their runs."""
    found = []
    for who, result in _in_order(results):
        for error in result.cell_errors:
            line = f"{who}: cell {error.cell} raises {error.error}: {one_line(error.message)}"
            found.append(line + _unlisted(assignment, error))
        found += [f"{who}: {words}" for words in result.notes]
    return found


def ways(results: Mapping[str, Result]) -> list[str]:
    """How the test cases of the solution were judged: over evidence, with remote calls, or in the kernel."""
    questions = results[SOLUTION].questions if SOLUTION in results else ()
    cases = [(question.id, case) for question in questions for case in question.cases]
    if not any(case.unverified for _, case in cases):
        return []
    remote = [id for id, case in cases if case.unverified and not case.in_kernel]
    kernel = [id for id, case in cases if case.in_kernel]
    counts = [f"test cases: {len(cases) - len(remote) - len(kernel)} judged over evidence"]
    for ids, way in ((remote, "with remote calls"), (kernel, "in the notebook's kernel")):
        counts += [f"{len(ids)} {way} (unverified: {', '.join(dict.fromkeys(ids))})"] if ids else []
    return ["; ".join(counts)]


def problems(assignment: Assignment, results: Mapping[str, Result]) -> list[str]:
    """The problems of the assignment, question by question, from the results of the two notebooks by name."""
    messages = []
    for who, result in _in_order(results):
        if not result.status.graded:
            messages.append(f"{who}: {result.status.words}: {result.message}")
        for question in result.questions:
            if question.written:
                continue
            right = question.max_score if who == SOLUTION else assignment.course.untouched.get(question.id, 0.0)
            if question.score != right:
                messages.append(
                    f"{who}: question '{question.id}' must earn {right:g} of {question.max_score:g}, "
                    f"it earned {question.score:g} ({_reason(question)})"
                    + ("" if who == SOLUTION or not question.score else _declare(question))
                )
    return messages


def _in_order(results: Mapping[str, Result]) -> list[tuple[str, Result]]:
    return [(who, results[who]) for who in (SOLUTION, STUDENT) if who in results]


def _unlisted(assignment: Assignment, error: CellError) -> str:
    """What to do where a cell does not find a file that is beside the master: students would not have it, either."""
    name = re.search(r"No such file or directory: '([^'/]+)'", error.message)
    if error.error != "FileNotFoundError" or name is None or not (assignment.folder / name[1]).is_file():
        return ""
    return f"; list {name[1]} under `files` in the master's ASSIGNMENT CONFIG, so that students receive it"


def _reason(question: QuestionResult) -> str:
    """How a question ended, with the messages of its test cases: of hidden ones, too, of which students have none."""
    faulty = [case for case in question.cases if not case.status.faultless and case.message]
    said = "\n".join(f"{case.message} (in {case.name})" for case in faulty) or question.message
    return f"{question.status.words}: {said}" if said else question.status.words


def _declare(question: QuestionResult) -> str:
    cases = ", ".join(f"'{case.name}' {case.score:g}" for case in question.cases if case.score)
    return (
        f"; the points come from {cases}; if that is right, put into course.toml: "
        f"[untouched] {question.id} = {question.score:g}"
    )
