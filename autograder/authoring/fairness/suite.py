"""Grade variants on the real path, and compare the outcome of each test case with what it must be."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

import nbformat

from autograder.assignment import Assignment, Question
from autograder.assignment.profile import Budget, Limits, Profile
from autograder.authoring.fairness import packs, series
from autograder.authoring.fairness.variants import Variant
from autograder.datasets.find import Dataset
from autograder.grading.capacity import share_cores
from autograder.grading.grader import Grader
from autograder.grading.progress import Progress
from autograder.grading.setup import GradingSetup, RunOptions
from autograder.intake import Submission
from autograder.messages import message as text_of
from autograder.results import Graded, NoteKind, QuestionResult, QuestionStatus

#: Next to no training: the suite judges the test cases, not the networks.
PROFILE = Profile(
    name="fairness",
    budget=Budget(epochs=1, samples=600, validation_samples=100),
    limits=Limits(cell_seconds=300, run_seconds=1800),
)


@dataclass(frozen=True)
class Outcome:
    """The result of a variant; ``problems`` say how it differs from what it must be."""

    variant: Variant
    result: QuestionResult
    problems: tuple[str, ...]

    @property
    def failing(self) -> frozenset[str]:
        """The test cases that did not pass; ``*`` if none was run."""
        if not self.result.cases:
            return frozenset({"*"})
        return frozenset(case.name for case in self.result.cases if not case.status.faultless)

    @property
    def failing_alone(self) -> frozenset[str]:
        """Those among them that do not fail only because they rest on another one."""
        resting = {text_of("checks.required", name=name) for name in self.failing}
        return self.failing - {case.name for case in self.result.cases if case.message in resting}


@dataclass(frozen=True)
class Notebook:
    """A notebook to grade, and the variants in it by the ids of the questions that they answer."""

    submission: Submission
    assignment: Assignment
    profile: Profile
    variants: Mapping[str, Variant]


def run(
    assignment: Assignment,
    variants: Sequence[Variant],
    datasets: tuple[Dataset, ...],
    progress: Progress,
    *,
    jobs: int | None = None,
) -> list[Outcome]:
    """The outcome of each variant, in their order; ``jobs`` notebooks are graded at once (default: one per core)."""
    options = RunOptions(*share_cores(jobs, None), isolated=False)  # the answers are the instructor's own
    outcomes: dict[Variant, Outcome] = {}
    with (
        tempfile.TemporaryDirectory(prefix="autograder-fairness-") as folder,
        Grader.of(GradingSetup(assignment, PROFILE, datasets, options)) as grader,
    ):
        notebooks = write_notebooks(assignment, variants, datasets, Path(folder))
        progress.begin(len(notebooks))

        stops = [Event() for _ in notebooks]

        def grade(notebook: Notebook, stop: Event) -> None:
            name = notebook.submission.name
            progress.started(name)
            graded = grader.run(
                notebook.submission,
                setup=replace(grader.setup, assignment=notebook.assignment, profile=notebook.profile),
                on_cell=lambda cell, cells: progress.cell(name, cell, cells),
                stop=stop,
            )
            if stop.is_set():
                return
            for id, variant in notebook.variants.items():
                outcomes[variant] = judge(variant, notebook.assignment.question(id), graded)
            progress.done(graded.result)

        # Not grade_all: each notebook has an assignment and a profile of its own.
        with ThreadPoolExecutor(max_workers=options.jobs) as pool:
            try:
                list(pool.map(grade, notebooks, stops))
            finally:  # after an interruption the runs end now
                for stop in stops:
                    stop.set()
    return [outcomes[variant] for variant in variants]


def write_notebooks(
    assignment: Assignment, variants: Sequence[Variant], datasets: Sequence[Dataset], folder: Path
) -> list[Notebook]:
    """The notebooks that hold all variants, written into a folder; those first that take longest."""
    notebooks: list[Notebook] = []

    def add(
        graded_by: Assignment, notebook: nbformat.NotebookNode, profile: Profile, by_id: Mapping[str, Variant]
    ) -> None:
        path = folder / f"{len(notebooks)}.ipynb"
        nbformat.write(notebook, path)
        questions = ", ".join(dict.fromkeys(variant.question for variant in by_id.values()))
        name = f"notebook {len(notebooks) + 1}, answers to {questions}: {len(by_id)}"
        notebooks.append(Notebook(Submission(name, name, path), graded_by, profile, by_id))

    for number, each in enumerate(series.series([variant for variant in variants if not packs.is_late(variant)])):
        copy, notebook = series.write(each, assignment, folder / f"assignment {number}")
        thresholds = {dataset.kind: each.thresholds for dataset in datasets}
        add(copy, notebook, replace(PROFILE, thresholds=thresholds), each.variants)
    student = nbformat.read(assignment.course.student, as_version=4)
    for pack in packs.packs([variant for variant in variants if packs.is_late(variant)]):
        add(assignment, packs.write(pack, student), PROFILE, {variant.question: variant for variant in pack})
    return notebooks


def judge(variant: Variant, question: Question, graded: Graded) -> Outcome:
    """Compare the result of a variant, as an answer to ``question``, with what it must be.

    A right answer must have no note to the marker, except that the kernel trained it, and be judged over evidence if
    the solution is. A wrong one may be anything: some are trained on test images by mistake.
    """
    result = next(result for result in graded.result.questions if result.id == question.id)
    problems = []
    if not graded.result.status.graded:
        problems.append(f"the run ended as {graded.result.status.words}: {graded.result.message}")
    if variant.right:
        notes = [note for note in graded.result.marker_notes if note.kind is not NoteKind.IN_KERNEL]
        problems += [f"it has a note: {note.text}" for note in notes if question.id in note.questions]
        if result.unverified and not question.unverified:
            problems.append("it is judged in the notebook's kernel, or with calls to it, and the solution is not")
    if variant.unanswered:
        if result.status is not QuestionStatus.NOT_ANSWERED:
            problems.append(f"must be not answered, is {result.status.words}")
        problems += _missing_words("the question", variant.unanswered, result.message, result.message)
        return Outcome(variant, result, tuple(problems))
    if not result.cases:
        problems.append(f"{result.status.words}: {result.message}")
    fails = _with_what_rests_on(variant.fails, question)
    for case in result.cases:
        passed, must_pass = case.status.faultless, case.name not in fails
        if passed and not must_pass:
            problems.append(f"{case.name} must fail, and passes")
        elif must_pass and not passed:
            problems.append(f"{case.name} must pass, and is {case.status.words}: {case.message}")
        elif not must_pass:
            problems += _missing_words(case.name, fails[case.name], case.message, result.message)
    return Outcome(variant, result, tuple(problems))


def _with_what_rests_on(fails: Mapping[str, tuple[str, ...]], question: Question) -> Mapping[str, tuple[str, ...]]:
    """The test cases that must fail, each with its words: those of a variant, and those that give no points then."""
    complete = dict(fails)
    for case in question.cases:  # in their order: those that others rest on come first
        if any(other in complete for other in case.requires):
            complete.setdefault(case.name, ())
    return complete


def _missing_words(what: str, words: Sequence[str], message: str, said: str) -> list[str]:
    """The problem that a message lacks words.

    A hidden test case that says no more than a public one is silent. Then what is ``said`` to the question must have
    the words, but for those that make no difference.
    """
    if not message:
        filler = text_of("checks.filler").split()
        words = [part for word in words for part in re.findall(r"\w+", word) if part.lower() not in filler]
        message = said
    missing = [word for word in words if word.lower() not in message.lower()]
    return [f"{what}: its message must say {missing}, it says: {message}"] if missing else []
