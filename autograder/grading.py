"""One submission, start to end: the function that is mapped over a class."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import Event
from typing import Any

from nbformat import NotebookNode

from autograder.answers import answer_text
from autograder.assignment import Assignment, Question
from autograder.checks import Job, beside, check
from autograder.data import Dataset
from autograder.errors import CheckError, Unreadable
from autograder.execution.launch import SEED, Folders, Settings
from autograder.execution.runner import OnCell, Run, run
from autograder.intake import Submission
from autograder.intake.notebook import read
from autograder.profile import Profile
from autograder.result import CaseResult, CaseStatus, QuestionResult, QuestionStatus, Result, RunStatus

NOT_ISOLATED = "student code ran without isolation: only grade notebooks that you would run yourself"


@dataclass(frozen=True)
class Graded:
    """A result, and the notebook as it was executed (None when there was none to execute)."""

    result: Result
    executed: NotebookNode | None


def grade(
    submission: Submission,
    assignment: Assignment,
    profile: Profile,
    dataset: Dataset | None,
    *,
    threads: int = 1,
    seed: int = SEED,
    on_cell: OnCell | None = None,
    stop: Event | None = None,
) -> Graded:
    """Run a submission's notebook, check the evidence it leaves, and say what came of it.

    Whatever is wrong with the submission becomes its status; only a fault of the grader's own set-up is raised.
    ``threads`` is how many it may compute with, ``seed`` what random numbers start from in each cell; ``on_cell`` is
    told (cell, cells) as each begins, and setting ``stop`` from another thread ends the run early.
    """
    started = time.monotonic()
    if submission.path is None:
        return not_graded(submission, assignment, profile, dataset, RunStatus.NO_NOTEBOOK, submission.problem)
    try:
        notebook, notes = read(submission.path)
    except Unreadable as error:
        return not_graded(submission, assignment, profile, dataset, RunStatus.UNREADABLE, str(error))

    folders = Folders(Path(tempfile.mkdtemp(prefix="ag-")))
    try:
        folders.make(assignment.course.student.parent)
        settings = replace(_settings(notebook, assignment, profile, dataset, folders), seed=seed)
        ran = run(
            notebook,
            folders,
            settings,
            profile.limits,
            threads=threads,
            on_cell=on_cell,
            after=lambda: _cases_beside(assignment, folders),
            stop=stop,
        )
        if not ran.status.graded:
            return not_graded(submission, assignment, profile, dataset, ran.status, ran.message)
        answer = check(_job(assignment, profile, dataset, folders, threads, ran))
    except CheckError as error:
        failed = not_graded(submission, assignment, profile, dataset, RunStatus.GRADER_ERROR, str(error))
        return replace(failed, executed=ran.executed)
    finally:
        shutil.rmtree(folders.root, ignore_errors=True)
    checked = {entry["id"]: _question_result(entry) for entry in answer["questions"]}
    result = Result(
        submission.student,
        submission.name,
        status=ran.status,
        message=ran.message,
        questions=tuple(
            _written(question, notebook) if question.written else checked[question.id]
            for question in assignment.questions
        ),
        seconds=round(time.monotonic() - started, 1),
        cell_errors=ran.cell_errors,
        notes=(*notes, *ran.notes, NOT_ISOLATED),
        dataset=_name(dataset),
        profile=profile.name,
        accuracies=answer["accuracies"],
    )
    return Graded(result, ran.executed)


def not_graded(
    submission: Submission,
    assignment: Assignment,
    profile: Profile,
    dataset: Dataset | None,
    status: RunStatus,
    message: str,
) -> Graded:
    """What becomes of a submission that cannot be graded: a row that says why, every question not reached."""
    questions = tuple(
        QuestionResult(question.id, QuestionStatus.NOT_REACHED, 0.0, question.points, message, written=question.written)
        for question in assignment.questions
    )
    result = Result(
        submission.student, submission.name, status, message, questions, dataset=_name(dataset), profile=profile.name
    )
    return Graded(result, None)


def _settings(
    notebook: NotebookNode, assignment: Assignment, profile: Profile, dataset: Dataset | None, folders: Folders
) -> Settings:
    return Settings(
        evidence=str(folders.evidence),
        names={question.id: list(question.names) for question in assignment.questions if not question.written},
        dataset=None if dataset is None else str(dataset.path),
        budget=asdict(profile.budget),
        reused=sorted(assignment.reused_names()),
        keras=assignment.uses_keras() or any(re.search("keras|tensorflow", cell.source) for cell in notebook.cells),
    )


def _cases_beside(assignment: Assignment, folders: Folders) -> Path | None:
    """The file of test cases that have to run in the kernel, if there are any."""
    cases = beside.plan(assignment, folders.evidence)
    if not cases:
        return None
    path = folders.evidence / "cases.json"
    path.write_text(json.dumps(cases), encoding="utf-8")
    return path


def _job(
    assignment: Assignment, profile: Profile, dataset: Dataset | None, folders: Folders, threads: int, ran: Run
) -> Job:
    thresholds = {} if dataset is None else dict(profile.thresholds.get(dataset.kind, {}))
    path = None if dataset is None else dataset.path
    return Job(assignment.folder, folders.evidence, path, thresholds, threads, ran.message)


def _name(dataset: Dataset | None) -> str:
    return "" if dataset is None else dataset.name


def _written(question: Question, notebook: NotebookNode) -> QuestionResult:
    text = answer_text(notebook, question.id)
    if text is None:
        return QuestionResult(
            question.id, QuestionStatus.NOT_ANSWERED, 0.0, question.points, "nothing is written here", written=True
        )
    return QuestionResult(
        question.id,
        QuestionStatus.TO_MARK,
        None,
        question.points,
        "waits for a mark",
        written=True,
        answer=text[:100_000],
    )


def _question_result(entry: dict[str, Any]) -> QuestionResult:
    cases = tuple(CaseResult(**{**case, "status": CaseStatus(case["status"])}) for case in entry["cases"])
    return QuestionResult(**{**entry, "status": QuestionStatus(entry["status"]), "cases": cases})
