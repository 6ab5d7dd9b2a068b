"""Grade all variants on the real path, and compare each test case's outcome with what it must be."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import nbformat

from autograder.assignment import Assignment
from autograder.assignment.profile import Budget, Limits, Profile
from autograder.datasets.find import resolve
from autograder.grading.grader import Grader
from autograder.grading.progress import Progress
from autograder.grading.setup import GradingSetup, RunOptions, share_cores
from autograder.intake import Submission
from autograder.results import CaseStatus, Graded, QuestionResult, QuestionStatus
from fairness import packs, series
from fairness.variants import Variant

#: Next to no training: what is judged here is the judging.
PROFILE = Profile(
    name="fairness",
    budget=Budget(epochs=1, samples=600, validation_samples=100),
    limits=Limits(cell_seconds=300, run_seconds=1800),
)


@dataclass(frozen=True)
class Outcome:
    """What became of a variant; ``problems`` say how it differs from what it must be."""

    variant: Variant
    result: QuestionResult
    problems: tuple[str, ...]

    @property
    def failing(self) -> frozenset[str]:
        """The test cases that did not pass."""
        if not self.result.cases:
            return frozenset({"*"})
        return frozenset(case.name for case in self.result.cases if case.status is not CaseStatus.PASSED)


@dataclass(frozen=True)
class Notebook:
    """A notebook to be graded, and the variants in it by the ids of the questions that they answer."""

    submission: Submission
    assignment: Assignment
    profile: Profile
    variants: Mapping[str, Variant]


def run(
    assignment: Assignment, variants: Sequence[Variant], display: Progress, *, jobs: int | None = None
) -> list[Outcome]:
    """The outcome of each variant, in their order."""
    dataset = resolve(None)
    options = RunOptions(*share_cores(jobs, None), isolated=False)  # the answers are the suite's own
    outcomes: dict[Variant, Outcome] = {}
    with (
        tempfile.TemporaryDirectory(prefix="autograder-fairness-") as folder,
        Grader.of(GradingSetup(assignment, PROFILE, dataset, options)) as grader,
    ):
        notebooks = _write(assignment, variants, dataset.kind, Path(folder))
        display.begin(len(notebooks))

        def work(notebook: Notebook) -> None:
            name = notebook.submission.name
            display.started(name)
            graded = grader.run(
                notebook.submission,
                setup=replace(grader.setup, assignment=notebook.assignment, profile=notebook.profile),
                on_cell=lambda cell, cells: display.cell(name, cell, cells),
            )
            for id, variant in notebook.variants.items():
                outcomes[variant] = judge(variant, id, graded)
            display.done(graded.result)

        # Not grade_all: each notebook has an assignment and a profile of its own.
        with ThreadPoolExecutor(max_workers=options.jobs) as pool:
            list(pool.map(work, notebooks))
    return [outcomes[variant] for variant in variants]


def _write(assignment: Assignment, variants: Sequence[Variant], kind: str, folder: Path) -> list[Notebook]:
    """The notebooks that hold all variants, those first that take longest."""
    written = []
    for number, one in enumerate(series.series([one for one in variants if not packs.is_late(one)])):
        copy, notebook = series.write(one, assignment, folder / f"assignment {number}")
        written.append((copy, notebook, replace(PROFILE, thresholds={kind: one.thresholds}), one.variants))
    student = nbformat.read(assignment.course.student, as_version=4)
    for pack in packs.packs([one for one in variants if packs.is_late(one)]):
        by_question = {variant.question: variant for variant in pack.variants}
        written.append((assignment, packs.write(pack, student), PROFILE, by_question))
    notebooks = []
    for number, (its, notebook, profile, by_id) in enumerate(written):
        path = folder / f"{number}.ipynb"
        nbformat.write(notebook, path)
        name = f"{len(by_id)} of {', '.join(dict.fromkeys(variant.question for variant in by_id.values()))}"
        notebooks.append(Notebook(Submission(name, f"{number} {name}", path), its, profile, by_id))
    return notebooks


def judge(variant: Variant, id: str, graded: Graded) -> Outcome:
    """Compare what a variant, as the question ``id``, got with what it must get."""
    result = next(question for question in graded.result.questions if question.id == id)
    problems = []
    if not graded.result.status.graded:
        problems.append(f"the run ended as {graded.result.status}: {graded.result.message}")
    if variant.unanswered:
        if result.status is not QuestionStatus.NOT_ANSWERED:
            problems.append(f"must be not answered, is {result.status}")
        problems += _lacking("the question", variant.unanswered, result.message)
        return Outcome(variant, result, tuple(problems))
    if not result.cases:
        problems.append(f"{result.status}: {result.message}")
    for case in result.cases:
        passed, must = case.status is CaseStatus.PASSED, case.name not in variant.fails
        if passed and not must:
            problems.append(f"{case.name} must fail, and passes")
        elif must and not passed:
            problems.append(f"{case.name} must pass, and is {case.status}: {case.message}")
        elif not must:
            problems += _lacking(case.name, variant.fails[case.name], case.message)
    return Outcome(variant, result, tuple(problems))


def _lacking(what: str, words: Sequence[str], message: str) -> list[str]:
    lacking = [word for word in words if word.lower() not in message.lower()]
    return [f"{what}: its message must say {lacking}, it says: {message}"] if lacking else []
