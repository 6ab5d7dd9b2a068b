"""One submission, start to end: the function that is mapped over a class."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Any

from nbformat import NotebookNode

from autograder.assignment.restoring import restore
from autograder.checks.answer import accuracies, confusions, marker_notes, question_results
from autograder.checks.job import Job
from autograder.checks.remote_channel import Ask
from autograder.datasets.find import files_by_name
from autograder.errors import CheckError, MachineError, NoNotebook, Unreadable
from autograder.execution.client import OnCell
from autograder.execution.launch import SEED, KernelStart
from autograder.execution.runner import Run, run
from autograder.gradebook.rules import Rules
from autograder.grading.lost_names import lost_names
from autograder.grading.not_graded import not_graded
from autograder.grading.services import Services
from autograder.grading.setup import GradingSetup
from autograder.grading.written import written_results
from autograder.intake import Submission
from autograder.intake.handed_in import read_beside
from autograder.intake.notebook import read
from autograder.messages import message
from autograder.results import Graded, Result, RunStatus, by_name
from autograder.sandbox.folders import Folders
from autograder.sandbox.forkserver import ForkServer
from autograder.training.history import TrainingHistory

logger = logging.getLogger(__name__)

#: How a run ends that came to the end of its notebook.
_WHOLE = (RunStatus.OK, RunStatus.CELL_ERRORS)
#: How one ends whose kernel a test case may have ended, and how often it is tried again without that one, at most.
_ENDED_IN_CALL = (*_WHOLE, RunStatus.CELL_TIMEOUT, RunStatus.KERNEL_DIED, RunStatus.MEMORY_LIMIT)
MAX_AGAIN = 5


@dataclass(frozen=True)
class ParsedNotebook:
    """A submission's notebook as intake parsed it, what intake noted, and the contents of files beside it, by name."""

    notebook: NotebookNode
    notes: tuple[str, ...]
    files: Mapping[str, bytes] = field(default_factory=dict)


def grade_submission(
    submission: Submission,
    setup: GradingSetup,
    services: Services,
    *,
    seed: int = SEED,
    on_cell: OnCell | None = None,
    stop: Event | None = None,
    parsed: ParsedNotebook | None = None,
) -> Graded:
    """Run a submission's notebook, check the evidence that it leaves, and make a result of both.

    If a test case ends the kernel, by a call that cannot be stopped or by a crash, all is done again without it: it
    costs the others nothing. Whatever is wrong with the submission becomes its status; only a fault of the grader's
    own set-up is raised: a ``MachineError``, if it would befall every submission.
    ``seed`` is where random numbers start in each cell; ``on_cell`` is called with (cell, cells) as each cell begins;
    setting ``stop`` from another thread ends the run early. ``parsed`` is the submission's notebook, if it was parsed
    before.
    """
    started = time.monotonic()
    setup = setup.of(submission)
    notebook = parsed or parse_notebook(submission, setup)
    if isinstance(notebook, Graded):
        return notebook
    stopped: dict[str, str] = {}
    ended = stop or Event()
    while True:
        with services.session.run_folders(isolated=setup.options.isolated) as folders:
            attempt = _Attempt(notebook, setup, services, folders, seed, on_cell, ended, stopped)
            ran = attempt.run()
            lost = attempt.lost(ran)
            is_late = time.monotonic() - started > setup.profile.limits.run_seconds
            if lost.keys() <= stopped.keys() or is_late or len(stopped) >= MAX_AGAIN:
                return _graded(submission, attempt, ran, started)
        stopped |= lost


def _graded(submission: Submission, attempt: _Attempt, ran: Run, started: float) -> Graded:
    """What a run comes to; ``started`` is when the submission was begun with, on the monotonic clock."""
    setup = attempt.setup
    if not ran.status.graded:
        return not_graded(submission, setup, ran.status, ran.message)
    checking = time.monotonic()
    try:
        result = attempt.result(submission, ran)
    except MachineError:
        raise
    except CheckError as error:
        failed = not_graded(submission, setup, RunStatus.GRADER_ERROR, str(error))
        return replace(failed, executed=ran.executed)
    result = Rules.of(setup.assignment).count(replace(result, seconds=round(time.monotonic() - started, 1)))
    seconds = {**ran.seconds, "check_seconds": round(time.monotonic() - checking, 2)}
    graded = Graded(result, ran.executed, seconds, ran.not_cached)
    return graded if attempt.is_recognized else _unrecognized(graded, submission, setup)


@dataclass(eq=False)
class _Attempt:
    """The run of one notebook in its folders, and the checks of what it leaves.

    ``stopped`` are the test cases that ended a kernel before, with the reason; they are not tried again.
    """

    parsed: ParsedNotebook
    setup: GradingSetup
    services: Services
    folders: Folders
    seed: int
    on_cell: OnCell | None
    stop: Event
    stopped: dict[str, str]
    live_answer: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        trainer = self.services.trainer
        self.history = None if trainer is None else TrainingHistory(trainer.folder)
        template = self.setup.template
        self.is_recognized = not template.texts or template.is_of(self.parsed.notebook)

    def run(self) -> Run:
        """Run the notebook in a kernel: a warm one or, where that does not start, a cold one, which is tried twice.

        Raises:
            MachineError: no kernel has ever started here, or no checker can.
        """
        services = self.services
        reasons: list[str] = []
        warm = services.kernel_server()
        if warm is not None:
            services.checkers.server.await_ready()  # it imports what this server imports, at the same time
        for server in (warm, None, None):
            ran = self._execute(server)
            if ran.status is not RunStatus.GRADER_ERROR or self.stop.is_set():  # else no student code has run yet
                if reasons and not services.cold_start_told.is_set():
                    services.cold_start_told.set()
                    logger.warning(
                        "a kernel did not start and was started from scratch, which takes seconds longer; this is not "
                        "said again of others: %s",
                        reasons[0],
                    )
                return ran
            reasons.append(ran.message)
        if not services.kernel_started.is_set():
            services.checkers.server.await_ready()  # if it does not start either, it knows more
            raise MachineError(max(reasons, key=len))
        return ran

    def lost(self, ran: Run) -> dict[str, str]:
        """The test case that ended the kernel, with the reason; none if the run ended otherwise, or is to end."""
        lost = (self.live_answer or {}).get("lost")
        if ran.status not in _ENDED_IN_CALL or not (isinstance(lost, list) and len(lost) == 2) or self.stop.is_set():
            return {}
        return {str(lost[0]): str(lost[1])}

    def result(self, submission: Submission, ran: Run) -> Result:
        """The result of the run, from the checker's answer: given while the kernel still ran, or now.

        Raises:
            CheckError: the checker died or took longer than it may, or its answer is none.
        """
        setup, notebook = self.setup, self.parsed.notebook
        answer = self.live_answer
        if answer is None or ran.status not in _WHOLE:
            answer = self._check(ran.executed, ended=ran.message)
        checked = question_results(answer, setup.assignment, setup.asked)
        checked |= written_results(notebook, setup.assignment, setup.template if self.is_recognized else None)
        return Result(
            submission.student,
            submission.name,
            status=ran.status,
            message=ran.message,
            questions=tuple(checked[question.id] for question in setup.assignment.questions),
            cell_errors=ran.cell_errors,
            notes=(*self.parsed.notes, *ran.notes, *_notes_on_setup(setup)),
            dataset=setup.dataset_titles,
            profile=setup.profile.name,
            accuracies=accuracies(answer),
            isolated=setup.options.isolated,
            thresholds=by_name(setup.thresholds),
            confusions=confusions(answer),
            marker_notes=marker_notes(answer, setup.assignment),
        )

    def _execute(self, server: ForkServer | None) -> Run:
        options, limits = self.setup.options, self.setup.profile.limits

        def on_cell(cell: int, cells: int) -> None:
            self.services.kernel_started.set()
            if self.on_cell is not None:
                self.on_cell(cell, cells)

        settings = self.setup.kernel_settings(self.parsed.notebook, self.seed)
        return run(
            self.parsed.notebook,
            KernelStart(self.folders, settings, limits, options.isolated, server, options.threads),
            trainer=self.services.trainer,
            history=self.history,
            pool=self.services.pool,
            on_cell=on_cell,
            after=self._check_live,
            files=self.parsed.files,
            stop=self.stop,
        )

    def _check_live(self, ask: Ask, executed: NotebookNode) -> None:
        """Check while the kernel can be asked; what fails here is tried again without it."""
        with contextlib.suppress(CheckError):
            self.live_answer = self._check(executed, ask)

    def _check(self, executed: NotebookNode, ask: Ask | None = None, ended: str = "") -> dict[str, Any]:
        setup = self.setup
        job = Job(
            assignment=setup.assignment.folder,
            evidence=self.folders.evidence,
            datasets=files_by_name(setup.datasets),
            thresholds=setup.thresholds,
            threads=setup.options.threads,
            ended=ended,
            capped=setup.capped,
            epochs=setup.profile.budget.epochs,
            validation_samples=setup.profile.budget.validation_samples,
            lost=lost_names(executed),
            stopped=self.stopped,
        )
        return self.services.checkers.check(job, ask, self.services.trainer, self.history)


def parse_notebook(submission: Submission, setup: GradingSetup) -> ParsedNotebook | Graded:
    """The notebook of a submission, ready to run; where none can be read, the result that says so."""
    if submission.path is None:
        status = RunStatus.NOT_HANDED_IN if submission.missing else RunStatus.NO_NOTEBOOK
        return not_graded(submission, setup, status, submission.problem)
    try:
        notebook, notes = read(submission.path, setup.assignment.course.student.name)
    except (Unreadable, NoNotebook) as error:
        status = RunStatus.UNREADABLE if isinstance(error, Unreadable) else RunStatus.NO_NOTEBOOK
        return not_graded(submission, setup, status, str(error))
    restore(notebook, setup.template)
    beside = read_beside(submission, setup.assignment.student_files, setup.assignment.course.student.name)
    return ParsedNotebook(notebook, (*submission.notes, *notes, *beside.notes), beside.files)


def _unrecognized(graded: Graded, submission: Submission, setup: GradingSetup) -> Graded:
    """The result of a notebook without any question of the assignment, said once and not at each question."""
    result, why = graded.result, message("runs.other_assignment", title=setup.assignment.title)
    if result.score or result.status not in _WHOLE:
        return replace(graded, result=replace(result, notes=(why, *result.notes)))
    refused = not_graded(submission, setup, RunStatus.OTHER_ASSIGNMENT, why).result
    return replace(graded, result=refused)


def _notes_on_setup(setup: GradingSetup) -> Iterator[str]:
    """What sets this run apart: no figures, or no isolation."""
    if setup.profile.figures != "drawn":
        yield message("runs.no_figures")
    if not setup.options.isolated:
        yield message("runs.no_isolation" if setup.options.user is None else "runs.no_sandbox")
