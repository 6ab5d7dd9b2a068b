"""Commands that make an assignment, and what it is graded with."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import click

from autograder.cli.options import FilePath, check_named, data_option, load_assignment, profile_option, show_note
from autograder.datasets.built_in import AXES

if TYPE_CHECKING:
    from autograder.authoring.imported import Files

#: Files of a folder that are named one by one, at most.
MAX_NAMED = 30


@click.command()
@click.argument("folder", type=FilePath(path_type=Path), default="assignment")
@click.option("--check", is_flag=True, help="Write nothing; fail if a generated file is out of date.")
def build(folder: Path, check: bool) -> None:
    """Generate everything else from a master notebook.

    FOLDER is the assignment (default: assignment). Student notebook, solutions, test files and samples are generated;
    only files that changed are written.
    """
    from autograder.authoring import build as builder

    check_named(folder, "autograder build FOLDER")
    files = builder.build(folder, note=show_note)
    if check:
        stale = builder.stale(files)
        for named in _by_folder(stale):
            click.echo(f"stale: {named}", err=True)
        if stale:
            click.echo(f"run: autograder build {quote(str(folder))}", err=True)
            sys.exit(1)
        click.echo(f"{len(files)} generated files are up to date")
        return
    changed = builder.write(files)
    for named in _by_folder(changed):
        click.echo(f"wrote {named}")
    click.echo(f"{len(files)} generated files, {len(changed)} changed")


def _by_folder(paths: Iterable[Path]) -> Iterator[str]:
    """The files by name; of a folder with many of them, such as images for students, their number."""
    folders: dict[Path, list[Path]] = {}
    for path in paths:
        folders.setdefault(path.parent, []).append(path)
    for folder, inside in folders.items():
        yield from map(str, inside) if len(inside) <= MAX_NAMED else [f"{folder} ({len(inside)} files)"]


@click.command()
@click.argument("folder", type=FilePath(path_type=Path), default="assignment")
@click.option(
    "--out",
    type=FilePath(path_type=Path, dir_okay=False),
    default="gradescope.zip",
    show_default=True,
    help="The zip file to write.",
)
@click.option(
    "--minutes",
    type=click.IntRange(5, 40),
    default=10,
    show_default=True,
    metavar="N",
    help="The time-out set on Gradescope, in minutes.",
)
@profile_option
@data_option
@click.option(
    "--isolation",
    type=click.Choice(["auto", "required", "none"]),
    default="auto",
    show_default=True,
    help="auto: sandbox if available, otherwise a user without rights; required: refuse to grade without a sandbox; "
    "none: no sandbox.",
)
@click.option(
    "--requirements",
    type=FilePath(path_type=Path),
    metavar="FILE",
    help="Packages to install in the container, with hashes (default: the locked requirements of this version).",
)
def gradescope(
    folder: Path,
    out: Path,
    minutes: int,
    profile: str | None,
    data: Mapping[str, Path],
    isolation: str,
    requirements: Path | None,
) -> None:
    """Make Gradescope's autograder zip file.

    FOLDER is the built assignment (default: assignment). Upload the file as the autograder of the assignment on
    Gradescope.
    """
    from autograder.files import is_zip, write_bytes
    from autograder.gradescope.archive import build, locked_requirements
    from autograder.grading.grader import find_datasets

    if not is_zip(out):
        raise click.UsageError(f"--out must name a zip file (got '{out}')")
    check_named(folder, "autograder gradescope FOLDER")
    assignment = load_assignment(folder)
    datasets = find_datasets(assignment, data)
    archive = build(
        assignment,
        requirements=requirements or locked_requirements(),
        minutes=minutes,
        profile=profile,
        isolation=isolation,
        datasets=datasets,
    )
    write_bytes(out, archive)
    using = f", data: {', '.join(dataset.title for dataset in datasets)}" if datasets else ""
    click.echo(f"{out}: «{assignment.title}», profile {profile or assignment.course.profile}{using}")
    click.echo(f"On Gradescope, set the time-out to {minutes} minutes or more.")


@click.command()
@click.argument("folder", type=FilePath(path_type=Path, file_okay=False))
@click.option("--keras", is_flag=True, help="Begin with a question about a network that is trained.")
def new(folder: Path, keras: bool) -> None:
    """Start an assignment that validates as it is.

    It has a master notebook with two questions, and settings. FOLDER is written, and must be new or empty.
    """
    from autograder.authoring import new as start

    _write(start.files(folder.resolve().name, keras=keras), folder)
    shown = quote(str(folder))
    click.echo(f"Next: autograder build {shown}, then: autograder validate --assignment {shown}")


@click.command("import")
@click.argument("path", type=FilePath(path_type=Path, exists=True))
@click.argument("folder", type=FilePath(path_type=Path, file_okay=False))
def import_(path: Path, folder: Path) -> None:
    """Make an assignment of what Otter or nbgrader has.

    PATH is what Otter Assign made: its autograder.zip, a folder autograder, student or tests, a folder with these, or
    a student notebook with tests in it, or with written questions alone. Or it is a source notebook of nbgrader's or a
    folder of them: each becomes a master, and is built. FOLDER is written, and must be new or empty.
    """
    from autograder.assignment import Assignment
    from autograder.authoring import build as builder
    from autograder.authoring import imported, nbgrader_source
    from autograder.authoring.packages import note_received_imports
    from autograder.errors import ConfigError

    # Otter's tests first: its notebooks may still have marks of nbgrader's, from the course's earlier years.
    if files := imported.read(path, show_note):
        _write(files, folder)
        note_received_imports(Assignment.load(folder), show_note)
        return
    if not (masters := nbgrader_source.read(path)):
        raise ConfigError(
            f"'{path}' must be what Otter Assign made, or a source of nbgrader's: it has questions of neither"
        )
    _write(masters, folder)
    for settings in [name for name in masters if name.name == "course.toml"]:
        for written in builder.write(builder.build((folder / settings).parent, show_note)):
            click.echo(f"wrote {written}")


def _write(files: Files, folder: Path) -> None:
    from autograder.authoring import imported
    from autograder.errors import ConfigError

    if folder.exists() and any(folder.iterdir()):
        raise ConfigError(f"'{folder}' must be a new or empty folder")
    imported.write(files, folder)
    for name in sorted(files):
        click.echo(f"wrote {folder / name}")


@click.command()
@click.argument("name", type=click.Choice(sorted(AXES)), metavar="NAME")
def dataset(name: str) -> None:
    """Get one of Keras's datasets for grading, once.

    NAME is its name in keras.datasets. Keras takes it from its cache or downloads it, and compares it with the hash
    that was published. Its arrays are kept in the grader's cache, in a file without pickles: grade opens no others.
    """
    from autograder.datasets.convert import convert
    from autograder.datasets.find import cache_file

    path = cache_file(name, os.environ)
    convert(name, path)
    click.echo(f"wrote {path}")


@click.command()
@click.option(
    "--quick", is_flag=True, help="Do not grade a small notebook with TensorFlow, which takes up to a minute."
)
def doctor(quick: bool) -> None:
    """Check what this machine can do, and how to repair the rest.

    Each part is tried. If one does not work, the reason and the command that fixes it are shown.
    """
    from autograder.datasets.find import cached
    from autograder.sandbox.doctor import Finding, examine

    findings: list[Finding] = []

    def show(finding: Finding) -> None:
        findings.append(finding)
        click.echo(str(finding))

    for finding in examine():
        show(finding)
    found = [f"{name} ({path})" for name, path in cached(os.environ).items()]
    state = f"in a cache: {', '.join(found) or 'none'}; MNIST is downloaded when it is needed, any other by"
    show(Finding("Keras's datasets", True, state, "autograder dataset NAME", required=False))
    if not quick:
        from autograder.grading.trial import try_gpu, try_notebook

        show(try_gpu())
        show(try_notebook())
    sys.exit(0 if all(finding.works for finding in findings if finding.required) else 1)
