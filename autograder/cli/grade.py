"""Commands that run notebooks of students: of a class, or one before it is handed in."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from autograder import lms
from autograder.cli import progress
from autograder.cli.options import (
    FilePath,
    Options,
    announce,
    gradebook_option,
    grading_options,
    load_assignment,
    run_options,
    same_options,
    show_note,
)
from autograder.errors import ConfigError
from autograder.files import alone_in
from autograder.messages import message
from autograder.text import some

if TYPE_CHECKING:
    from autograder.assignment import Assignment
    from autograder.cluster.client import Cluster
    from autograder.grading.class_run import ClassRun
    from autograder.intake import Submission


@click.command()
@click.argument("submissions", nargs=-1, required=True, type=FilePath(path_type=Path), metavar="SUBMISSION...")
@click.option(
    "--out",
    type=FilePath(path_type=Path, file_okay=False),
    default="grades",
    show_default=True,
    help="Folder for the reports and the gradebook.",
)
@click.option(
    "--from",
    "layout",
    metavar="LAYOUT",
    help=f"Layout of SUBMISSION (default: detected): {', '.join(system.name for system in lms.ALL)} or {lms.PLAIN}.",
)
@click.option(
    "--roster",
    type=FilePath(path_type=Path),
    metavar="FILE",
    help="CSV file with the students (default: that of the course's syllabus.toml, if there is one); those without a "
    "submission are listed too.",
)
@click.option("--again", is_flag=True, help="Regrade unchanged submissions too.")
@click.option(
    "--student",
    "students",
    multiple=True,
    metavar="NAME",
    help="Grade this student again, and no other (repeatable): name, identifier, e-mail address or submission.",
)
@click.option("--drop-others", is_flag=True, help="Leave out students of earlier runs who are not in SUBMISSION.")
@gradebook_option
@click.option("--cluster", metavar="ADDRESS", help="Grade on the workers of a Dask scheduler (tcp://… or tls://…).")
@grading_options
def grade(
    submissions: tuple[Path, ...],
    out: Path,
    layout: str | None,
    roster: Path | None,
    again: bool,
    students: tuple[str, ...],
    drop_others: bool,
    gradebook: str | None,
    cluster: str | None,
    options: Options,
) -> None:
    """Grade the notebooks of a class.

    SUBMISSION is a notebook, a folder of notebooks, a folder with one folder per student, or a zip file as an LMS
    exports it. Unchanged submissions are skipped. Students who were graded into OUT before stay in the class.
    """
    from autograder import intake
    from autograder.authoring.packages import note_received_imports
    from autograder.grading.class_run import check_apart

    if students and drop_others:
        raise click.UsageError("--student and --drop-others must not be given together: nobody else would be left")
    if options.folder.resolve() in (path.resolve() for path in submissions):  # else a student writes the test cases
        raise click.UsageError(f"submissions must not be the assignment (got '{options.folder}' for both)")
    assignment = load_assignment(options.folder)
    check_apart(out, options.folder)
    handed_in = _handed_in(submissions, assignment, out, layout, roster, students)
    run: ClassRun | None = None
    try:
        with (
            nullcontext() if cluster is None else _connected(cluster, options) as workers,
            options.grader(assignment, workers) as grader,
        ):
            announce(grader, len(handed_in))
            if workers is None:
                note_received_imports(assignment, show_note)
            if not click.get_current_context().with_resource(alone_in(out)):
                raise ConfigError(message("commands.other_run", folder=out))
            run = grader.class_run(
                handed_in,
                out,
                gradebook=gradebook,
                again=again or bool(students),
                drop_others=drop_others,
                packages=None if workers is None else workers.packages,
            )
            _say_reused(run)
            shown = intake.told_apart([*run.kept, *run.submissions])
            starting = message("progress.starting_tensorflow") if assignment.uses_keras() and not cluster else ""
            with progress.for_stream(sys.stderr, shown, starting) as display:
                for _ in run.results(display):
                    pass
    except KeyboardInterrupt:
        _say_interrupted(run, handed_in)
        sys.exit(130)
    run.finish()
    sys.exit(0 if _say_end(run, out, same_options(options.folder, gradebook)) else 1)


@click.command()
@click.argument("notebook", type=FilePath(path_type=Path, exists=True, dir_okay=False), metavar="NOTEBOOK")
@click.option("--quick", is_flag=True, help="Cut each training short: a first look, with other accuracies.")
@run_options
def preview(notebook: Path, quick: bool, options: Options) -> None:
    """Run your own notebook as the grader will.

    Only the public test cases are checked. If the notebook is not in the folder that you received, name that folder
    with --assignment.
    """
    from autograder.cli.preview import preview as run

    context = click.get_current_context()
    named = context.get_parameter_source("folder") is not ParameterSource.DEFAULT
    sys.exit(0 if run(notebook, options.folder if named else None, options, quick=quick) else 1)


def _handed_in(
    paths: Sequence[Path],
    assignment: Assignment,
    out: Path,
    layout: str | None,
    roster: Path | None,
    students: Sequence[str],
) -> list[Submission]:
    """The submissions of a class, or of some students, with those of a roster, or of the course's.

    A summary is printed, and notes on what is in doubt.
    """
    from autograder import intake
    from autograder.assignment.syllabus import Syllabus

    found = intake.find(paths, assignment.course.student.name, out, layout)
    if system := lms.unread_system([one.name for one in found]):
        show_note(message("commands.unread_lms", system=system))
    syllabus = Syllabus.around(assignment.folder)
    roster = roster or (None if syllabus is None else syllabus.roster)
    if roster is not None:
        found, notes = intake.enrol(
            found, intake.read_roster(roster), assignment.course.zone, assignment.course.team_size
        )
        for note in notes:
            show_note(note)
    if others := intake.passed_over(paths, out):
        show_note(message("commands.passed_over", count=len(others), names=some(others)))
    if students:
        found = intake.chosen(found, students)
    click.echo(intake.summary(found), err=True)
    for note in intake.lateness_notes(found):
        show_note(note)
    return found


def _say_end(run: ClassRun, out: Path, next_options: Sequence[str]) -> bool:
    """Print the table of what was graded, and how the class stands; whether all could be graded."""
    from autograder.cli.closing import closing
    from autograder.cli.table import print_table
    from autograder.results import RunStatus

    entries, given = run.reports.ordered(), {submission.name for submission in run.submissions}
    graded = [entry for entry in entries if entry.submission.name in given]
    print_table(graded)
    if others := [str(path) for path in run.reports.leftovers()]:
        show_note(message("commands.old_reports", folder=out, count=len(others), names=some(others)))
    click.echo()
    for line in closing(entries, out, next_options):
        click.echo(line)
    click.echo(message("commands.reports", folder=out))
    statuses = [entry.result.status for entry in graded]
    return all(status.graded or status is RunStatus.NOT_HANDED_IN for status in statuses)


def _say_interrupted(run: ClassRun | None, handed_in: Sequence[Submission]) -> None:
    """Say how many are graded, also where that has not begun."""
    to_grade = handed_in if run is None else run.submissions
    done = 0 if run is None else sum(one.name in run.reports.entries for one in to_grade)
    click.echo(message("runs.interrupted", done=done, total=len(to_grade)), err=True)


def _say_reused(run: ClassRun) -> None:
    """Say what an earlier run means for this one: who stays, whose result still holds, and why others' do not."""
    for note in run.notes:
        show_note(note)
    if run.reused:
        click.echo(message("commands.unchanged", unchanged=len(run.reused), count=len(run.submissions)), err=True)
    if run.changes:
        reasons = [
            message("commands.regraded_because", reason=why, count=number) for why, number in run.changes.most_common()
        ]
        click.echo(message("commands.regraded", reasons=", ".join(reasons)), err=True)


def _connected(address: str, options: Options) -> Cluster:
    """The cluster at an address; its notes are shown."""
    from autograder.cluster import connect

    workers = connect(address, options.isolation)
    for note in workers.notes:
        show_note(note)
    return workers
