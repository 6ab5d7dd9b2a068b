"""Run the variants of an assignment with different seeds, through the real grading path, and keep what they reach."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

import nbformat

from autograder.assignment.profile import THRESHOLD_KINDS, Profile, Runs
from autograder.authoring.build import solution_notebook
from autograder.authoring.calibration import profiles, variants
from autograder.authoring.calibration.variants import Variant
from autograder.errors import ConfigError
from autograder.execution.launch import SEED
from autograder.grading.grader import Grader
from autograder.grading.progress import Progress
from autograder.intake import Submission
from autograder.results import Graded

#: Wrong answers are run this share as often as right ones, but at least so many times.
SHARE = 1 / 3
LEAST = 3
#: Calibration waits for slow trainings: what a limit cuts off would make the spread look better than it is.
PATIENCE = 10


def calibrate(
    grader: Grader,
    path: Path,
    display: Progress,
    *,
    runs: int,
    without: Collection[str],
    only: Collection[str] = (),
    note: Callable[[str], None],
) -> list[profiles.Verdict]:
    """Run each variant until there are enough runs of it, and write runs and thresholds to the profile's file ``path``.

    ``runs`` is how often each right answer is to have run; what the file already holds counts, unless the solution, a
    sheet, the budget or the dataset has changed since. The models ``without`` are left untrained; with ``only``, just
    the variants of these names are run. Each run is written down when it is known: an interruption costs at most the
    runs under way.

    Raises:
        ConfigError: a run could not be graded, or left no accuracy.
    """
    assignment, profile, dataset = grader.assignment, grader.setup.profile, grader.setup.dataset
    course = assignment.course
    if dataset is None or dataset.kind not in THRESHOLD_KINDS:
        kinds = " or ".join(THRESHOLD_KINDS)
        raise ConfigError(f"thresholds must be for a dataset that is {kinds} (got {dataset and dataset.name})")
    kind = dataset.kind
    student = nbformat.read(course.student, as_version=4)
    solution = nbformat.reads(solution_notebook(course.folder), as_version=4)
    known = variants.load(course)
    current = profiles.basis(solution, known, profile, dataset)
    kept = profile.calibration.get(kind)
    if kept is not None and kept.basis != current:
        note(f"the {kind} runs in {path.name} are of another solution, budget or dataset, and are replaced")
        kept = None
    accuracies: Runs = {} if kept is None else {model: dict(lists) for model, lists in kept.runs.items()}
    skipped = {
        question.id for question in assignment.questions if not question.written and set(question.names) & set(without)
    }
    if unknown := set(only) - {variant.name for variant in known}:
        raise ConfigError(f"'only' must name variants of course.toml, or {variants.REFERENCE} (got {sorted(unknown)})")
    chosen = [variant for variant in known if not only or variant.name in only]
    plan = [(variant, *_missing(variant, accuracies, runs, without)) for variant in chosen]
    display.begin(sum(count for _, _, count in plan))
    with tempfile.TemporaryDirectory(prefix="autograder-calibrate-") as folder:
        for variant, first, count in plan:
            file = Path(folder, f"{variant.name}.ipynb")
            nbformat.write(variants.notebook(variant, student, solution, skipped), file)
            seeds = {f"{variant.name} {number}": SEED + number for number in range(first + 1, first + count + 1)}

            def keep(submission: Submission, graded: Graded, variant: Variant = variant) -> None:
                result = graded.result
                found = [model for model in result.accuracies if variant.concerns(model) and model not in without]
                if not result.status.graded or not found:
                    raise ConfigError(
                        f"calibration run '{submission.student}': {result.status.words}: {result.message}"
                    )
                for model in found:
                    accuracies.setdefault(model, {}).setdefault(variant.name, []).append(result.accuracies[model])
                profiles.write(path, kind, accuracies, current, known)

            submissions = [Submission(name, name, file) for name in seeds]
            setup = replace(grader.setup, profile=_for_runs(profile, variant))
            for _ in grader.graded_all(submissions, setup=setup, progress=display, save=keep, seeds=seeds):
                pass
    return profiles.verdicts(accuracies, known)


def _missing(variant: Variant, accuracies: Runs, runs: int, without: Collection[str]) -> tuple[int, int]:
    """The last seed that a variant has been run with, and how many runs of it are still missing."""
    wanted = runs if variant.right else max(LEAST, round(runs * SHARE))
    counts = {model: len(lists.get(variant.name, ())) for model, lists in accuracies.items() if variant.concerns(model)}
    concerned = [count for model, count in counts.items() if model not in without]
    if variant.models is not None and not variant.models - set(without):
        return 0, 0
    return max(counts.values(), default=0), max(0, wanted - min(concerned, default=0))


def _for_runs(profile: Profile, variant: Variant) -> Profile:
    limits = replace(
        profile.limits,
        cell_seconds=PATIENCE * profile.limits.cell_seconds,
        run_seconds=PATIENCE * profile.limits.run_seconds,
    )
    budget = profile.budget
    if variant.epochs is not None:
        epochs = variant.epochs if budget.epochs is None else min(variant.epochs, budget.epochs)
        budget = replace(budget, epochs=epochs)
    return replace(profile, limits=limits, budget=budget)
