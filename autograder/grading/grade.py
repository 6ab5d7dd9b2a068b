"""One submission, start to end: the function that is mapped over a class."""

from __future__ import annotations

import contextlib
import re
import time
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

from nbformat import NotebookNode

from autograder.assignment import Assignment, Question
from autograder.assignment.answer_cells import answer_text
from autograder.assignment.profile import Profile
from autograder.checks import Job, check
from autograder.checks.answer import accuracies, confusions, question_results
from autograder.checks.remote import Ask
from autograder.datasets.find import Dataset
from autograder.errors import CheckError, NoNotebook, Unreadable
from autograder.execution import warm
from autograder.execution.client import OnCell
from autograder.execution.launch import SEED, Settings
from autograder.execution.runner import run
from autograder.intake import Submission
from autograder.intake.notebook import read
from autograder.messages import message
from autograder.results import Graded, QuestionResult, QuestionStatus, Result, RunStatus
from autograder.sandbox.folders import run_folders
from autograder.training.trainer import Trainer

#: How a run ends that came to the end of its notebook.
_WHOLE = (RunStatus.OK, RunStatus.CELL_ERRORS)
AS_ANOTHER_USER = "student code ran without a sandbox, as a user without rights"
NOT_ISOLATED = "student code ran without isolation: only grade notebooks that you would run yourself"


@dataclass(frozen=True)
class Opened:
    """A submission's notebook as intake made it, and notes on the making."""

    notebook: NotebookNode
    notes: tuple[str, ...]


def grade(
    submission: Submission,
    assignment: Assignment,
    profile: Profile,
    dataset: Dataset | None,
    *,
    isolated: bool,
    cold: bool = False,
    user: int | None = None,
    trainer: Trainer | None = None,
    threads: int = 1,
    seed: int = SEED,
    on_cell: OnCell | None = None,
    stop: Event | None = None,
    opened: Opened | None = None,
) -> Graded:
    """Run a submission's notebook, check the evidence it leaves, and say what came of it.

    Whatever is wrong with the submission becomes its status; only a fault of the grader's own set-up is raised.
    ``isolated`` says whether student code runs in the sandbox (see ``execution.sandbox.decide``), ``cold`` whether in a
    kernel that is started anew rather than forked from a warm one, ``user`` as whom (see ``scheduling.How``),
    ``trainer`` what trains its networks (None: the kernel itself), ``threads`` how many it may compute with, ``seed``
    what random numbers start from in each cell; ``on_cell`` is told (cell, cells) as each begins, and setting ``stop``
    from another thread ends the run early.
    ``opened`` is the submission's notebook, if that was opened before (see ``open_notebook``).
    """
    started = time.monotonic()
    found = opened or open_notebook(submission, assignment, profile, dataset)
    if isinstance(found, Graded):
        return found
    notebook, notes = found.notebook, found.notes
    with run_folders(isolated=isolated) as folders:
        settings = replace(_settings(notebook, assignment, profile, dataset), seed=seed, user=user)
        job = partial(_job, assignment, profile, dataset, folders.evidence, threads, isolated)
        answers: list[dict[str, Any]] = []

        def check_live(ask: Ask) -> None:
            """Check while the kernel is there to be asked; what fails here is tried again without it."""
            with contextlib.suppress(CheckError):
                answers.append(check(job(), ask, trainer))

        execute = partial(
            run,
            notebook,
            folders,
            settings,
            profile.limits,
            isolated=isolated,
            trainer=trainer,
            threads=threads,
            on_cell=on_cell,
            after=check_live if any(question.live for question in assignment.questions) else None,
            stop=stop,
        )
        server = None if cold else warm.server(kernels_for(assignment, dataset, threads, isolated=isolated))
        ran = execute(server=server)
        if server is not None and ran.status is RunStatus.GRADER_ERROR:  # no student code has run yet: once more
            ran = execute(server=None)
        checking = time.monotonic()
        if not ran.status.graded:
            return not_graded(submission, assignment, profile, dataset, ran.status, ran.message)
        try:
            answer = answers[0] if answers and ran.status in _WHOLE else check(job(ran.message), trainer=trainer)
            checked = question_results(answer, assignment)
        except CheckError as error:
            failed = not_graded(submission, assignment, profile, dataset, RunStatus.GRADER_ERROR, str(error))
            return replace(failed, executed=ran.executed)
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
        notes=(*notes, *ran.notes, *_on_isolation(isolated, user)),
        dataset=_name(dataset),
        profile=profile.name,
        accuracies=accuracies(answer),
        isolated=isolated,
        thresholds=_thresholds(profile, dataset),
        confusions=confusions(answer),
    )
    spent = {**ran.seconds, "check_seconds": round(time.monotonic() - checking, 2)}
    return Graded(result, ran.executed, spent)


def open_notebook(
    submission: Submission, assignment: Assignment, profile: Profile, dataset: Dataset | None
) -> Opened | Graded:
    """The notebook of a submission, ready to run; or, where there is none that can be read, what becomes of that."""
    if submission.path is None:
        missing = submission.origin is not None and submission.origin.missing
        status = RunStatus.NOT_HANDED_IN if missing else RunStatus.NO_NOTEBOOK
        return not_graded(submission, assignment, profile, dataset, status, submission.problem)
    try:
        return Opened(*read(submission.path, assignment.course.student.name))
    except (Unreadable, NoNotebook) as error:
        status = RunStatus.UNREADABLE if isinstance(error, Unreadable) else RunStatus.NO_NOTEBOOK
        return not_graded(submission, assignment, profile, dataset, status, str(error))


def at_fault(
    submission: Submission, assignment: Assignment, profile: Profile, dataset: Dataset | None, what: str
) -> Graded:
    """What becomes of a submission that the grader failed on: this one gets no marks, and no other one is touched."""
    message = f"the grader failed on this submission ({what}); please report it"
    return not_graded(submission, assignment, profile, dataset, RunStatus.GRADER_ERROR, message)


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


def kernels_for(assignment: Assignment, dataset: Dataset | None, threads: int, *, isolated: bool) -> warm.Kernels:
    """The warm kernels that submissions of an assignment run in."""
    return warm.Kernels(
        dataset=None if dataset is None else str(dataset.path),
        files=_files(assignment),
        keras=assignment.uses_keras(),
        threads=threads,
        isolated=isolated,
    )


def _files(assignment: Assignment) -> str | None:
    """The folder of what students receive beside the notebook."""
    files = assignment.course.student.parent
    return str(files) if files.is_dir() else None


def _settings(notebook: NotebookNode, assignment: Assignment, profile: Profile, dataset: Dataset | None) -> Settings:
    return Settings(
        names={question.id: list(question.names) for question in assignment.questions if not question.written},
        dataset=None if dataset is None else str(dataset.path),
        budget=asdict(profile.budget),
        reused=sorted(assignment.reused_names()),
        keras=assignment.uses_keras() or any(re.search("keras|tensorflow", cell.source) for cell in notebook.cells),
        files=_files(assignment),
    )


def _job(
    assignment: Assignment,
    profile: Profile,
    dataset: Dataset | None,
    evidence: Path,
    threads: int,
    isolated: bool,
    ended: str = "",
) -> Job:
    path = None if dataset is None else dataset.path
    return Job(assignment.folder, evidence, path, _thresholds(profile, dataset), threads, ended, isolated)


def _thresholds(profile: Profile, dataset: Dataset | None) -> dict[str, float]:
    return {} if dataset is None else dict(profile.thresholds.get(dataset.kind, {}))


def _on_isolation(isolated: bool, user: int | None) -> tuple[str, ...]:
    if isolated:
        return ()
    return (NOT_ISOLATED,) if user is None else (AS_ANOTHER_USER,)


def _name(dataset: Dataset | None) -> str:
    return "" if dataset is None else dataset.name


def _written(question: Question, notebook: NotebookNode) -> QuestionResult:
    text = answer_text(notebook, question.id)
    if text is None:
        return QuestionResult(
            question.id,
            QuestionStatus.NOT_ANSWERED,
            0.0,
            question.points,
            message("checks.nothing_written"),
            written=True,
        )
    return QuestionResult(
        question.id,
        QuestionStatus.TO_MARK,
        None,
        question.points,
        message("checks.to_mark"),
        written=True,
        answer=text[:100_000],
    )
