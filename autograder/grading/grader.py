"""The object that grades: it holds an assignment's set-up, and owns the processes and folders that grading needs."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event, Lock
from typing import Any, Self

from autograder.assignment import Assignment
from autograder.assignment.profile import Profile
from autograder.datasets.find import Dataset, resolve_all
from autograder.errors import ConfigError, MachineError
from autograder.execution.client import OnCell
from autograder.execution.launch import SEED
from autograder.grading.class_run import ClassRun
from autograder.grading.grade import ParsedNotebook, grade_submission, parse_notebook
from autograder.grading.not_graded import at_fault
from autograder.grading.progress import Progress
from autograder.grading.schedule import Save, Schedule, grade_in_threads
from autograder.grading.services import Services
from autograder.grading.setup import GradingSetup, RunOptions, Training
from autograder.intake import Submission, find
from autograder.messages.language import speak
from autograder.results import Graded, Record, Result
from autograder.sandbox import bubblewrap
from autograder.training.engines.device import Device
from autograder.training.trainer import Compute

Data = Mapping[str, str | Path] | str | Path | None
"""The ``.npz`` files of datasets by name, or that of the only dataset; None: where ``datasets.find`` finds them."""


class Grader:
    """Grades submissions of one assignment::

        with Grader("assignment", profile="quick", isolation="required") as grader:
            result = grader.grade("ada.ipynb")
            for result in grader.grade_all("submissions/", out="grades"):
                print(result.student, result.score)

    It owns the fork servers, the trainer and the session's folder: they are started with the first submission and end
    with the ``with`` block, or with ``close``. It works in a script, in any thread, and in a cell of a notebook. While
    it grades, its process speaks the language of the course, so graders of courses in two languages take turns.

    ``profile`` is a profile or its name (default: the profile that ``course.toml`` names). ``dataset`` is
    the path of the ``.npz`` file of the assignment's dataset, or such paths by dataset (default: as
    ``datasets.find.resolve`` finds them).
    ``isolation`` is ``auto``, ``required`` or ``none``; ``kernels`` is ``warm`` or ``cold``; ``training`` is ``store``,
    ``afresh`` or ``kernel``; ``device`` is ``auto``, ``cpu`` or ``gpu``. ``jobs`` submissions are graded at once with
    ``threads`` computing threads each (default: what cores, memory and open files allow).

    Raises:
        ConfigError: the assignment, the profile or an option breaks a rule, or isolation is required but not available.
        DataError: a dataset is missing, or not what it must be.
    """

    def __init__(
        self,
        assignment: Assignment | str | Path,
        *,
        profile: Profile | str | None = None,
        dataset: Data = None,
        isolation: str = "auto",
        kernels: str = "warm",
        training: str = "store",
        device: str = "auto",
        jobs: int | None = None,
        threads: int | None = None,
    ) -> None:
        _one_of("isolation", isolation, [one.value for one in bubblewrap.Isolation])
        _one_of("kernels", kernels, ["warm", "cold"])
        _one_of("training", training, [one.value for one in Training])
        _one_of("device", device, [one.value for one in Device])
        loaded = assignment if isinstance(assignment, Assignment) else Assignment.load(Path(assignment))
        speak(loaded.course.language)
        options = RunOptions.here(
            jobs=jobs, threads=threads, isolation=isolation, kernels=kernels, training=training, device=device
        )
        chosen = profile if isinstance(profile, Profile) else loaded.load_profile(profile)
        self._begin(GradingSetup(loaded, chosen, find_datasets(loaded, dataset), options))

    @classmethod
    def of(cls, setup: GradingSetup, *, schedule: Schedule | None = None, delegate: Compute | None = None) -> Self:
        """A grader with a set-up that is complete.

        ``schedule`` may grade a class elsewhere, on a cluster; ``delegate`` computes requests of the trainer
        elsewhere.
        """
        grader = cls.__new__(cls)
        grader._begin(setup, schedule, delegate)
        return grader

    def _begin(self, setup: GradingSetup, schedule: Schedule | None = None, delegate: Compute | None = None) -> None:
        self.setup = setup
        self._schedule = schedule
        self._delegate = delegate
        self._services: Services | None = None
        self._closed = False
        self._lock = Lock()

    @property
    def assignment(self) -> Assignment:
        return self.setup.assignment

    @property
    def services(self) -> Services:
        """The processes that submissions share, started if they are not.

        Raises:
            RuntimeError: the grader is closed.
        """
        with self._lock:
            if self._closed:
                raise RuntimeError("this Grader is closed")
            if self._services is None:
                self._services = Services(self.setup, self._delegate)
            return self._services

    def grade(self, submission: Submission | str | Path) -> Result:
        """The result of one submission, or of a notebook's file; whatever is wrong with it becomes its status."""
        return self.run(submission).result

    def run(
        self,
        submission: Submission | str | Path,
        *,
        setup: GradingSetup | None = None,
        seed: int = SEED,
        on_cell: OnCell | None = None,
        stop: Event | None = None,
        parsed: ParsedNotebook | None = None,
    ) -> Graded:
        """The result of one submission with its executed notebook; see ``grade.grade_submission``.

        ``setup`` may have another profile than the grader's own and, without isolation, another assignment.

        Raises:
            MachineError: no submission can be graded here.
        """
        chosen = setup or self.setup
        speak(chosen.assignment.course.language)
        one = submission if isinstance(submission, Submission) else _submission(Path(submission))
        found = parsed or parse_notebook(one, chosen)
        if isinstance(found, Graded):
            return found
        services, stop = self.services, stop or Event()
        # In a thread of its own: the caller's may have a running event loop, as that of a notebook's cell has.
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="grade") as pool:
            future = pool.submit(
                grade_submission, one, chosen, services, seed=seed, on_cell=on_cell, stop=stop, parsed=found
            )
            try:
                return future.result()
            except MachineError:
                raise
            except Exception as error:
                return at_fault(one, error, chosen)
            except BaseException:
                stop.set()  # after an interruption the run ends now
                raise

    def grade_all(
        self,
        submissions: str | Path | Iterable[Submission | str | Path],
        *,
        out: str | Path | None = None,
        again: bool = False,
        drop_others: bool = False,
        progress: Progress | None = None,
    ) -> Iterator[Result]:
        """The results of a class: of a folder, or of several files, folders or submissions, each as it is known.

        With ``out`` they are stored there: in a gradebook, and in reports. A second run into the same folder grades
        only what is new or changed (everything with ``again``), and keeps the other students who were graded into it
        (unless ``drop_others``).

        Raises:
            ConfigError: there is no submission, or a path does not exist.
        """
        found = self.find(submissions, out)
        if out is None:
            for graded in self.graded_all(found, progress=progress):
                yield graded.result
            return
        run = self.class_run(found, Path(out), again=again, drop_others=drop_others)
        yield from run.results(progress or Progress())
        run.finish()

    def graded_all(
        self,
        submissions: Sequence[Submission],
        *,
        setup: GradingSetup | None = None,
        progress: Progress | None = None,
        save: Save = lambda submission, graded: None,
        seeds: Mapping[str, int] | None = None,
    ) -> Generator[Graded, None, None]:
        """Results with their executed notebooks, as they are known; see ``schedule.Schedule``."""
        chosen = setup or self.setup
        speak(chosen.assignment.course.language)
        with closing(
            self.schedule(submissions, chosen, progress or Progress(), save=save, seeds=seeds or {}, record=Record())
        ) as graded:
            yield from graded

    def class_run(
        self,
        submissions: Sequence[Submission],
        out: Path,
        *,
        gradebook: str | None = None,
        again: bool = False,
        drop_others: bool = False,
        packages: str | None = None,
    ) -> ClassRun:
        """A run of a class into a folder, with its gradebook and reports; see ``ClassRun``."""
        speak(self.assignment.course.language)
        return ClassRun(
            self.setup,
            submissions,
            self.schedule,
            out,
            gradebook=gradebook,
            again=again,
            drop_others=drop_others,
            packages=packages,
        )

    def find(
        self, submissions: str | Path | Iterable[Submission | str | Path], out: str | Path | None = None
    ) -> list[Submission]:
        """The submissions in files and folders, ordered by name; see ``intake.find``."""
        given = [submissions] if isinstance(submissions, str | Path) else list(submissions)
        known = [one for one in given if isinstance(one, Submission)]
        paths = [Path(one) for one in given if not isinstance(one, Submission)]
        name = self.assignment.course.student.name
        return [*known, *(find(paths, name, None if out is None else Path(out)) if paths else ())]

    @property
    def schedule(self) -> Schedule:
        """How a class is graded: by threads of this process, unless something else was given."""
        return self._schedule or self._grade_in_threads

    def _grade_in_threads(
        self, submissions: Sequence[Submission], setup: GradingSetup, progress: Progress, **more: Any
    ) -> Generator[Graded, None, None]:
        yield from grade_in_threads(self.services, submissions, setup, progress, **more)

    def close(self) -> None:
        """End what was started; a second call does nothing."""
        with self._lock:
            self._closed = True
            if self._services is not None:
                self._services.close()
                self._services = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def find_datasets(assignment: Assignment, data: Data = None) -> tuple[Dataset, ...]:
    """The datasets that an assignment names, from the files in ``data`` where it has them.

    Raises:
        DataError: see ``datasets.find.resolve_all``.
    """
    if data is None or isinstance(data, str | Path):
        data = {} if data is None else {"": data}
    return resolve_all(assignment.course.datasets, {name: Path(path) for name, path in data.items()})


def _one_of(option: str, value: str, values: Sequence[str]) -> None:
    if value not in values:
        raise ConfigError(f"'{option}' must be {', '.join(values[:-1])} or {values[-1]} (got {value!r})")


def _submission(path: Path) -> Submission:
    return Submission(path.stem, path.name, path)
