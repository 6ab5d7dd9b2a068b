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

from autograder.assignment import Question
from autograder.assignment.restoring import restore
from autograder.assignment.written_answers import WrittenAnswer, unclaimed_texts, written_answers
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
from autograder.intake import Submission
from autograder.intake.handed_in import read_beside
from autograder.intake.notebook import read
from autograder.messages import message
from autograder.results import Graded, QuestionResult, QuestionStatus, Result, RunStatus, by_name
from autograder.sandbox.folders import Folders
from autograder.sandbox.forkserver import ForkServer
from autograder.text import is_blank
from autograder.training.history import TrainingHistory

logger = logging.getLogger(__name__)

#: How a run ends that came to the end of its notebook.
_WHOLE = (RunStatus.OK, RunStatus.CELL_ERRORS)
#: Characters of a written answer that are kept.
MAX_WRITTEN = 100_000


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

    Whatever is wrong with the submission becomes its status; only a fault of the grader's own set-up is raised:
    a ``MachineError``, if it would befall every submission.
    ``seed`` is where random numbers start in each cell; ``on_cell`` is called with (cell, cells) as each cell begins;
    setting ``stop`` from another thread ends the run early. ``parsed`` is the submission's notebook, if it was parsed
    before.
    """
    started = time.monotonic()
    setup = setup.of(submission)
    notebook = parsed or parse_notebook(submission, setup)
    if isinstance(notebook, Graded):
        return notebook
    with services.session.run_folders(isolated=setup.options.isolated) as folders:
        attempt = _Attempt(notebook, setup, services, folders, seed, on_cell, stop)
        ran = attempt.run()
        if not ran.status.graded:
            return not_graded(submission, setup, ran.status, ran.message)
        checking = time.monotonic()
        try:
            answer = attempt.answer(ran)
            checked = question_results(answer, setup.assignment, setup.asked)
        except MachineError:
            raise
        except CheckError as error:
            failed = not_graded(submission, setup, RunStatus.GRADER_ERROR, str(error))
            return replace(failed, executed=ran.executed)
    is_recognized = not setup.template.texts or setup.template.is_of(notebook.notebook)
    written = _written_results(notebook.notebook, setup, is_recognized=is_recognized)
    result = Result(
        submission.student,
        submission.name,
        status=ran.status,
        message=ran.message,
        questions=tuple((checked | written)[question.id] for question in setup.assignment.questions),
        seconds=round(time.monotonic() - started, 1),
        cell_errors=ran.cell_errors,
        notes=(*notebook.notes, *ran.notes, *_notes_on_setup(setup)),
        dataset=setup.dataset_titles,
        profile=setup.profile.name,
        accuracies=accuracies(answer),
        isolated=setup.options.isolated,
        thresholds=by_name(setup.thresholds),
        confusions=confusions(answer),
        marker_notes=marker_notes(answer, setup.assignment),
    )
    seconds = {**ran.seconds, "check_seconds": round(time.monotonic() - checking, 2)}
    result = Rules.of(setup.assignment).count(result)
    graded = Graded(result, ran.executed, seconds, ran.not_cached)
    return graded if is_recognized else _unrecognized(graded, submission, setup)


@dataclass(eq=False)
class _Attempt:
    """The run of one notebook in its folders, and the checks of what it leaves."""

    parsed: ParsedNotebook
    setup: GradingSetup
    services: Services
    folders: Folders
    seed: int
    on_cell: OnCell | None
    stop: Event | None
    live_answer: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        trainer = self.services.trainer
        self.history = None if trainer is None else TrainingHistory(trainer.folder)

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
            if ran.status is not RunStatus.GRADER_ERROR:  # else no student code has run yet
                if reasons and not services.cold_start_told.is_set():
                    services.cold_start_told.set()
                    logger.warning(
                        "a kernel did not start and was started from scratch, which takes seconds longer; this is not "
                        "said again of others: %s",
                        reasons[0],
                    )
                return ran
            reasons.append(ran.message)
        stopped = self.stop is not None and self.stop.is_set()
        if not services.kernel_started.is_set() and not stopped:
            services.checkers.server.await_ready()  # if it does not start either, it knows more
            raise MachineError(max(reasons, key=len))
        return ran

    def answer(self, ran: Run) -> Mapping[str, Any]:
        """The checker's answer, which it gave while the kernel still ran, or gives now.

        Raises:
            CheckError: the checker died or took longer than it may.
        """
        if self.live_answer is not None and ran.status in _WHOLE:
            return self.live_answer
        return self._check(ran.executed, ended=ran.message)

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
        )
        return self.services.checkers.check(job, ask, self.services.trainer, self.history)


def parse_notebook(submission: Submission, setup: GradingSetup) -> ParsedNotebook | Graded:
    """The notebook of a submission, ready to run; where none can be read, the result that says so."""
    if submission.path is None:
        missing = submission.origin is not None and submission.origin.missing
        status = RunStatus.NOT_HANDED_IN if missing else RunStatus.NO_NOTEBOOK
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


def _written_results(notebook: NotebookNode, setup: GradingSetup, *, is_recognized: bool) -> dict[str, QuestionResult]:
    """The results of the written questions by id; a notebook that is not of this assignment has no answers."""
    answers = written_answers(notebook, setup.template) if is_recognized else {}
    unclaimed = unclaimed_texts(notebook, setup.template, answers) if is_recognized else ()
    return {
        question.id: _written(question, answers.get(question.id), unclaimed)
        for question in setup.assignment.questions
        if question.written
    }


def _written(question: Question, answer: WrittenAnswer | None, unclaimed: tuple[int, ...]) -> QuestionResult:
    """The result of a written question; where it has no answer, its message names the ``unclaimed`` text cells."""
    if answer is None or is_blank(answer.text):
        words = message("checks.nothing_written")
        if unclaimed:
            words = message("checks.written_elsewhere", count=len(unclaimed), cells=_cells(unclaimed))
        return QuestionResult(question.id, QuestionStatus.NOT_ANSWERED, 0.0, question.points, words, written=True)
    words = message("checks.to_mark")
    if answer.found:
        words = message("checks.found_outside", count=len(answer.found), cells=_cells(answer.found))
    result = QuestionResult(question.id, QuestionStatus.TO_MARK, None, question.points, words, written=True)
    return replace(result, answer=_kept(answer.text), found=answer.found)


def _kept(text: str) -> str:
    if len(text) <= MAX_WRITTEN:
        return text
    return f"{text[:MAX_WRITTEN]}\n\n{message('runs.characters_left_out', count=len(text) - MAX_WRITTEN)}"


def _cells(numbers: tuple[int, ...]) -> str:
    return ", ".join(map(str, numbers[:20]))
