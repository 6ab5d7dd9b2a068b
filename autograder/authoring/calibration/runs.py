"""Run the variants of an assignment with different seeds, on the real grading path, and store the accuracies."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import nbformat

from autograder.assignment import Assignment
from autograder.assignment.profile import Calibration, Profile, Runs
from autograder.authoring.build import solution_notebook
from autograder.authoring.calibration import profiles, variants
from autograder.authoring.calibration.variants import Variant
from autograder.datasets.arrays import load
from autograder.datasets.find import Dataset
from autograder.errors import ConfigError
from autograder.execution.launch import SEED
from autograder.grading.grader import Grader
from autograder.grading.progress import Progress
from autograder.intake import Submission
from autograder.results import Graded

#: Runs of a wrong answer, as a share of those of a right one, and at least.
WRONG_SHARE = 1 / 3
MIN_RUNS = 3
#: The factor of the time limits: without the runs that a limit ends, the spread would look better than it is.
PATIENCE = 10


def calibrate(
    grader: Grader,
    path: Path,
    progress: Progress,
    *,
    runs: int,
    without: Collection[str],
    only: Collection[str] = (),
    note: Callable[[str], None],
) -> list[profiles.Verdict]:
    """Run each variant until it has enough runs, and write runs and thresholds to the profile's file ``path``.

    ``runs`` is the number of runs of each right answer. The runs in the file count, unless the solution, a sheet, the
    budget or a dataset has changed since. Models in ``without``, named as in results or without their dataset, are not
    trained; with ``only``, no variants but these are run. Each run is written as soon as it is known: an interruption
    loses only the runs in progress.

    Raises:
        ConfigError: there is no dataset, a variant in ``only`` or a model in ``without`` is unknown, or a run could not
            be graded or left no accuracy.
    """
    assignment, profile, datasets = grader.assignment, grader.setup.profile, grader.setup.datasets
    known = variants.load(assignment.course)
    _check(assignment, datasets, known, without, only)
    notebooks = _Notebooks(assignment, without)
    basis = profiles.basis(notebooks.solution, known, profile, datasets)
    stored = _Stored(path, {dataset.name: dataset for dataset in datasets}, basis, known, without, {})
    stored.load(profile, note)
    missing = {variant: stored.missing(variant, runs) for variant in known if not only or variant.name in only}
    progress.begin(sum(map(len, missing.values())))
    with tempfile.TemporaryDirectory(prefix="autograder-calibrate-") as folder:
        for variant, numbers in missing.items():
            file = notebooks.write(variant, Path(folder))
            seeds = {f"{variant.name} {number}": SEED + number for number in numbers}
            submissions = [Submission(name, name, file) for name in seeds]
            setup = replace(grader.setup, profile=_for_runs(profile, variant))
            save = partial(stored.add, variant)
            for _ in grader.graded_all(submissions, setup=setup, progress=progress, save=save, seeds=seeds):
                pass
    if stored.accuracies:
        stored.write()
    return stored.verdicts(profile)


def _check(
    assignment: Assignment,
    datasets: Collection[Dataset],
    known: Collection[Variant],
    without: Collection[str],
    only: Collection[str],
) -> None:
    """Refuse an assignment without a dataset, and names of models and variants that it does not have."""
    if not datasets:
        raise ConfigError(f"{assignment.folder}: course.toml must name a dataset, for thresholds belong to one")
    names = {name for question in assignment.questions for name in question.names} | assignment.asked_accuracies()
    if unknown := {model for model in without if model.removeprefix(f"{model.partition('.')[0]}.") not in names}:
        raise ConfigError(f"'without' must name models of the assignment (got {sorted(unknown)})")
    if unknown := set(only) - {variant.name for variant in known}:
        raise ConfigError(f"'only' must name variants of course.toml, or {variants.REFERENCE} (got {sorted(unknown)})")


@dataclass(frozen=True)
class _Stored:
    """The runs in a profile's file: accuracies by model and variant.

    Models are named as in results: with several datasets, ``DATASET.MODEL``. Those in ``without`` are not trained.
    """

    path: Path
    datasets: Mapping[str, Dataset]
    basis: str
    variants: Collection[Variant]
    without: Collection[str]
    accuracies: Runs

    def load(self, profile: Profile, note: Callable[[str], None]) -> None:
        """Take the runs that the profile has over, if they have the same basis."""
        for name, dataset in self.datasets.items():
            kind = dataset.kind
            calibration = profile.calibration.get(kind)
            if calibration is not None and calibration.basis != self.basis:
                note(f"the {kind} runs in {self.path.name} are of a different solution, budget or dataset: replaced")
            elif calibration is not None:
                runs = {self._prefix(name) + model: dict(by_variant) for model, by_variant in calibration.runs.items()}
                self.accuracies.update(runs)

    def missing(self, variant: Variant, runs: int) -> range:
        """The numbers of the runs that a variant still needs: none that a run in the file can have.

        Runs without some models leave lists of different lengths, and not which numbers they are of. The sum of the
        lengths grows with each run by one at least.
        """
        if variant.models is not None and all(map(self._is_left_out, variant.models)):
            return range(0)
        needed = runs if variant.right else max(MIN_RUNS, round(runs * WRONG_SHARE))
        counts = {
            model: len(by_variant.get(variant.name, ()))
            for model, by_variant in self.accuracies.items()
            if variant.concerns(model)
        }
        fewest = min((count for model, count in counts.items() if not self._is_left_out(model)), default=0)
        first = sum(counts.values()) + 1
        return range(first, first + max(0, needed - fewest))

    def add(self, variant: Variant, submission: Submission, graded: Graded) -> None:
        """Add a run, and write the file."""
        result = graded.result
        accuracies = {
            model: accuracy
            for model, accuracy in result.accuracies.items()
            if variant.concerns(model) and not self._is_left_out(model)
        }
        if not result.status.graded or not accuracies:
            raise ConfigError(f"calibration run '{submission.student}': {result.status.words}: {result.message}")
        for model, accuracy in accuracies.items():
            self.accuracies.setdefault(model, {}).setdefault(variant.name, []).append(accuracy)
        self.write()

    def write(self) -> None:
        """Write the runs, and the thresholds that follow from them, also where an earlier model set these."""
        for dataset, runs, tests in self._by_dataset():
            profiles.write(self.path, dataset.kind, runs, self.basis, self.variants, tests)

    def verdicts(self, profile: Profile) -> list[profiles.Verdict]:
        """The thresholds that follow from the runs, and how far wrong answers stay from them."""
        verdicts = []
        for dataset, own, tests in self._by_dataset():
            calibration = profiles.counted(Calibration(self.basis, runs=own), profile.elsewhere.get(dataset.kind))
            verdicts += profiles.verdicts(calibration, self.variants, tests)
        return verdicts

    def _by_dataset(self) -> Iterator[tuple[Dataset, Runs, int]]:
        """The runs on each dataset by model and variant, and the number of its test samples."""
        for name, dataset in self.datasets.items():
            prefix, named = self._prefix(name), self.accuracies.items()
            runs = {model.removeprefix(prefix): by_variant for model, by_variant in named if model.startswith(prefix)}
            yield dataset, runs, len(load(dataset.path)["y_test"])

    def _prefix(self, dataset: str) -> str:
        return "" if len(self.datasets) == 1 else f"{dataset}."

    def _is_left_out(self, model: str) -> bool:
        """Whether a model is not trained, by its name in results or by that without its dataset."""
        return model in self.without or model.rpartition(".")[2] in self.without


class _Notebooks:
    """The notebooks of variants, without the answers that make models ``without``."""

    def __init__(self, assignment: Assignment, without: Collection[str]) -> None:
        self.solution = nbformat.reads(solution_notebook(assignment.folder), as_version=4)
        self._student = nbformat.read(assignment.course.student, as_version=4)
        self._skipped = {
            question.id
            for question in assignment.questions
            if not question.written and {model.rpartition(".")[2] for model in without} & set(question.names)
        }

    def write(self, variant: Variant, folder: Path) -> Path:
        file = folder / f"{variant.name}.ipynb"
        nbformat.write(variants.notebook(variant, self._student, self.solution, self._skipped), file)
        return file


def _for_runs(profile: Profile, variant: Variant) -> Profile:
    """The profile with patient limits, and with a variant's epochs."""
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
