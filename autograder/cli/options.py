"""The options of all commands that run notebooks, and the grader that they ask for on this machine."""

from __future__ import annotations

import functools
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from autograder.errors import ConfigError
from autograder.messages import message
from autograder.messages.language import speak

if TYPE_CHECKING:
    from autograder.assignment import Assignment
    from autograder.assignment.profile import Profile
    from autograder.cluster.client import Cluster
    from autograder.gradebook import Gradebook
    from autograder.grading.grader import Grader
    from autograder.grading.setup import RunOptions

#: The folder of the assignment, unless it is named.
ASSIGNMENT = "assignment"
#: Submissions at once on a cluster: each worker takes as many as it has threads.
MOST_JOBS = 1_000_000


class FilePath(click.Path):
    """A path on the command line. An empty one, as an unset variable of a shell gives, is not the current folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return super().convert(_not_empty(ctx, param, value), param, ctx)


def _not_empty(context: click.Context | None, parameter: click.Parameter | None, value: Any) -> Any:
    if value == "":
        raise click.BadParameter("it must not be empty (is a variable of the shell not set?)", context, parameter)
    return value


@dataclass(frozen=True)
class Options:
    """The options of a command line."""

    folder: Path
    profile: str | None
    data: Mapping[str, Path]
    threads: int | None
    isolation: str
    kernels: str
    training: str
    device: str
    jobs: int | None = None

    def grader(
        self, assignment: Assignment, workers: Cluster | None = None, *, profile: Profile | None = None
    ) -> Grader:
        """A grader of an assignment with these options, here or on the workers of a cluster.

        Notes on standard error say where a dataset was not found, and why student code is not isolated.
        """
        from autograder.grading.capacity import lower_limits
        from autograder.grading.grader import Grader, find_datasets
        from autograder.grading.setup import GradingSetup

        profile = profile or assignment.load_profile(self.profile)  # what is wrong with it is said before a download
        datasets = find_datasets(assignment, self.data)
        for note in (note for dataset in datasets for note in dataset.notes):
            show_note(note)
        if workers is None and (lower := lower_limits(profile.limits)):
            show_note(message("commands.lower_limits", limits=", ".join(lower)))
        options = self._run_options() if workers is None else self._run_options_on(workers)
        setup = GradingSetup(assignment, profile, datasets, options)
        return Grader.of(setup, schedule=None if workers is None else workers.grade_all)

    def _run_options(self) -> RunOptions:
        """How submissions are graded here."""
        from autograder.grading.setup import RunOptions
        from autograder.sandbox import bubblewrap

        options = RunOptions.here(
            jobs=self.jobs,
            threads=self.threads,
            isolation=self.isolation,
            kernels=self.kernels,
            training=self.training,
            device=self.device,
        )
        if not options.isolated and self.isolation != "none" and (missing := bubblewrap.problem()):
            show_note(message("commands.no_isolation", problem=missing.cause))
        if options.isolated and (refused := bubblewrap.nesting_problem()):
            show_note(message("commands.no_forks", problem=refused.cause))
        return options

    def _run_options_on(self, workers: Cluster) -> RunOptions:
        """How submissions are graded on a cluster: with one computing thread each by default, on processors."""
        from autograder.grading.setup import RunOptions, Training

        if self.device == "gpu":
            raise ConfigError(message("commands.no_gpu_on_cluster"))
        return RunOptions(
            self.jobs or MOST_JOBS,
            self.threads or 1,
            isolated=workers.isolated,
            cold=self.kernels == "cold",
            training=Training(self.training),
        )


def grading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a command that grades, which receives them together, as ``options``."""
    return run_options(_jobs_option(command))


def run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The same for a command that runs one notebook."""

    @functools.wraps(command)
    def bundled(**arguments: Any) -> Any:
        chosen = {field.name: arguments.pop(field.name) for field in fields(Options) if field.name in arguments}
        return command(options=Options(**chosen), **arguments)

    for option in reversed(_RUN_OPTIONS):
        bundled = option(bundled)
    return bundled


def load_assignment(path: Path) -> Assignment:
    """The assignment in a folder, whose language the command speaks from now on.

    One that Otter made, in any form, is imported for the time of the command.

    Raises:
        ConfigError: it is neither, or there is none by the name that holds where none is named.
    """
    assignment = _assignment_in(path)
    speak(assignment.course.language)
    return assignment


def check_named(path: Path, way: str = "--assignment FOLDER") -> None:
    """Check that there is an assignment by the name that holds where none is named; else say how to name one."""
    if path == Path(ASSIGNMENT) and not path.exists():
        raise ConfigError(message("commands.no_assignment", folder=path, way=way))


def _assignment_in(path: Path) -> Assignment:
    from autograder.assignment import Assignment
    from autograder.authoring import imported

    check_named(path)
    if imported.is_assignment(path) or (files := imported.read(path, show_note)) is None:
        return Assignment.load(path)
    scratch = click.get_current_context().with_resource(tempfile.TemporaryDirectory(prefix="autograder-imported-"))
    imported.write(files, Path(scratch).resolve())
    return Assignment.load(scratch)


def read_data(values: Sequence[str]) -> dict[str, Path]:
    """The files named with ``--data``, by the name of the dataset; ``""`` where none is given.

    Raises:
        UsageError: a dataset is named twice.
    """
    found: dict[str, Path] = {}
    for value in values:
        named = re.match(r"([A-Za-z][A-Za-z0-9_-]*)=(.+)", value, re.DOTALL)
        name, file = named.groups() if named else ("", value)
        if name in found:
            raise click.UsageError(f"--data must name each dataset once (got '{found[name]}' and '{file}')")
        found[name] = Path(file)
    return found


def show_note(words: str) -> None:
    """Print a note on standard error."""
    click.echo(message("progress.note", note=words), err=True)


def announce(grader: Grader, count: int) -> None:
    """Say what is graded, and with what."""
    setup = grader.setup
    title, profile, dataset = setup.assignment.title, setup.profile.name, setup.dataset_titles
    if not setup.datasets:
        words = message("commands.class", count=count, assignment=title, profile=profile)
    else:
        words = message("commands.class_with_data", count=count, assignment=title, profile=profile, dataset=dataset)
    click.echo(words, err=True)
    if names := setup.unasked_accuracies:
        show_note(message("commands.no_threshold", profile=profile, dataset=dataset, names=", ".join(names)))


def open_gradebook(out: Path, named: str | None, assignment: Assignment) -> Gradebook:
    """The gradebook of a class that was graded: the named one, or the one beside its reports.

    Raises:
        ConfigError: there is no folder of reports, nothing was graded into it, or the gradebook does not exist, cannot
            be opened or has nobody in it, as a file that was cut off.
    """
    from autograder.gradebook.book import FILE, Gradebook, default_gradebook

    if not out.is_dir():
        raise ConfigError(f"OUT must be the folder that a class was graded into (there is no folder '{out}')")
    if named is None and not (out / FILE).is_file():
        raise ConfigError(f"'{out}' must have a {FILE}: grade into it first, or name a gradebook with --gradebook")
    book = Gradebook(named or default_gradebook(out), assignment.title, assignment.identity, may_be_new=False)
    if not book.submissions():
        shown = book.engine.url.render_as_string(hide_password=True)
        book.close()
        raise ConfigError(message("commands.empty_gradebook", gradebook=shown))
    return book


def same_options(folder: Path, gradebook: str | None = None) -> list[str]:
    """The options with which the next command works on the same assignment and gradebook."""
    chosen = [] if folder == Path(ASSIGNMENT) else ["--assignment", str(folder)]
    return chosen if gradebook is None else [*chosen, "--gradebook", gradebook]


assignment_option = click.option(
    "--assignment",
    "folder",
    type=FilePath(path_type=Path),
    metavar="FOLDER",
    default=ASSIGNMENT,
    show_default=True,
    help="Folder of the assignment.",
)
profile_option = click.option(
    "--profile",
    callback=_not_empty,
    metavar="NAME",
    help="Profile to grade with (default: the one named in course.toml).",
)
gradebook_option = click.option(
    "--gradebook",
    callback=_not_empty,
    metavar="URL",
    help="SQLAlchemy URL of the gradebook (default: gradebook.sqlite in OUT).",
)

data_option = click.option(
    "--data",
    multiple=True,
    callback=lambda context, option, values: read_data(values),
    metavar="[NAME=]FILE",
    help="File (.npz, or .csv for a table) of a dataset that course.toml names; repeatable, with NAME if it names "
    "several (default: the file that the assignment ships, a cache, or for MNIST a download or generated digits).",
)

_jobs_option = click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Submissions graded at once (default: from cores, memory and open files).",
)
_RUN_OPTIONS = [
    assignment_option,
    profile_option,
    data_option,
    click.option(
        "--threads",
        type=click.IntRange(min=1),
        metavar="N",
        help="Computing threads per submission (default: cores divided by the submissions that fit at once).",
    ),
    click.option(
        "--isolation",
        type=click.Choice(["auto", "required", "none"]),
        default="auto",
        show_default=True,
        help="auto: sandbox if available; required: refuse to grade without one; none: no sandbox.",
    ),
    click.option(
        "--kernels",
        type=click.Choice(["warm", "cold"]),
        default="warm",
        show_default=True,
        help="warm: fork from a preloaded process (fast); cold: start each kernel from scratch.",
    ),
    click.option(
        "--training",
        type=click.Choice(["store", "afresh", "kernel"]),
        default="store",
        show_default=True,
        help="store: cache each distinct training; afresh: no cache; kernel: train inside the notebook.",
    ),
    click.option(
        "--device",
        type=click.Choice(["auto", "cpu", "gpu"]),
        default="auto",
        show_default=True,
        help="auto: train on a GPU if one can be used; cpu: on the processor; gpu: refuse to grade without one.",
    ),
]
