"""Commands of the teaching assistant, over a gradebook: mark the written answers, write the reports, fill in tables."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from autograder import lms
from autograder.cli.options import (
    FilePath,
    assignment_option,
    gradebook_option,
    load_assignment,
    open_gradebook,
    same_options,
    show_note,
)
from autograder.errors import ConfigError
from autograder.messages import message
from autograder.text import some

if TYPE_CHECKING:
    from autograder.assignment import Assignment
    from autograder.gradebook import Gradebook


def _table_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command an option for the table of each LMS: ``--moodle FILE``."""
    for system in reversed(lms.ALL):
        if system.table is not None:
            help = f"{system.table.title}, to be filled in."
            option = click.option(f"--{system.name}", type=FilePath(path_type=Path), metavar="FILE", help=help)
            command = option(command)
    return command


def _table_names() -> str:
    return " or ".join(f"--{system.name} FILE" for system in lms.ALL if system.table is not None)


@click.command()
@click.argument("out", type=FilePath(path_type=Path, file_okay=False), default="grades")
@assignment_option
@gradebook_option
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, metavar="N", help="Port of the page (default: a free one)."
)
@click.option("--as", "name", default="", metavar="NAME", help="Name of the marker (default: the page asks).")
def review(out: Path, folder: Path, gradebook: str | None, port: int, name: str) -> None:
    """Mark written answers and override points on a web page.

    OUT is the folder that was graded into (default: grades). Only this machine can open the page.
    """
    click.echo(message("commands.opening", folder=out), err=True)
    from autograder import review as pages

    assignment = load_assignment(folder)
    with open_gradebook(out, gradebook, assignment) as book:
        pages.serve(book, assignment, port=port, name=name, announce=_announce_page)
    command = shlex.join(["autograder", "report", str(out), *same_options(folder, gradebook)])
    click.echo(f"\n{message('commands.marked', report=command)}")


def _announce_page(address: str) -> None:
    click.echo(message("commands.serving"), err=True)
    click.echo(address)


@click.command()
@click.argument("out", type=FilePath(path_type=Path, file_okay=False), default="grades")
@assignment_option
@gradebook_option
@_table_options
@click.option(
    "--column",
    metavar="NAME",
    help="Column of the assignment, in a table of several. Only in a column that is named are marks replaced that are "
    "not from these reports.",
)
@click.option("--scale", is_flag=True, help="Scale marks to the maximum in the LMS if it differs.")
@click.option(
    "--course",
    type=FilePath(path_type=Path, file_okay=False, exists=True),
    metavar="FOLDER",
    help="Folder of a course with a syllabus.toml: write the table of its students and assignments instead.",
)
@click.option("--only-complete", is_flag=True, help="Hold back marks of students with unmarked written answers.")
def report(
    out: Path,
    folder: Path,
    gradebook: str | None,
    column: str | None,
    scale: bool,
    course: Path | None,
    only_complete: bool,
    **tables: Path | None,
) -> None:
    """Rewrite the reports with all marks, and fill in LMS tables.

    OUT is the folder that was graded into (default: grades).
    """
    if course is not None:
        _check_alone("course")
        _report_course(course)
        return
    if (column is not None or scale or only_complete) and not any(tables.values()):
        raise click.UsageError(message("commands.no_table", options=_table_names()))
    from autograder.cli.closing import old_points, other_questions
    from autograder.cli.table import print_table
    from autograder.gradebook.rubric import enter_rubric
    from autograder.gradebook.rules import Rules
    from autograder.reports.handback import hand_back, withdraw
    from autograder.reports.output import Reports
    from autograder.similarity import find_similar, write_similar

    named = {name: path for name, path in tables.items() if path is not None}
    withdraw(out, named)
    assignment = load_assignment(folder)
    book = open_gradebook(out, gradebook, assignment)
    enter_rubric(book, assignment)
    if book.renamed:
        show_note(message("commands.renamed", before=book.renamed, title=assignment.title))
    for path in named.values():
        _take_times(book, path, assignment)
    submissions = book.submissions()
    names = [submission.name for submission in submissions]
    reports = Reports(out, assignment, names)
    for note in Rules.of(assignment).notes(submissions):
        show_note(note)
    reports.add(book, names, rewrite=True)
    alike = find_similar(assignment, book, reports.ordered())
    write_similar(out / "similar.html", assignment, alike, reports.folder_of, _dismissing(out, folder))
    reports.finish()
    print_table(reports.ordered())
    for words in (*old_points(reports.ordered()), *other_questions(reports.ordered(), assignment)):
        show_note(words)
    if missing := [name for name in names if name not in reports.entries]:
        show_note(message("commands.no_result", count=len(missing), names=some(missing)))
    click.echo(f"\n{message('commands.rewritten')}\n{message('commands.similar', count=len(alike.groups))}")
    for line in hand_back(reports, named, column=column, scale=scale, only_complete=only_complete):
        click.echo(line)


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME NAME…")
@assignment_option
@gradebook_option
@click.option(
    "--out",
    type=FilePath(path_type=Path, file_okay=False),
    default="grades",
    metavar="OUT",
    help="Folder that was graded into (default: grades).",
)
@click.option(
    "--because",
    "reason",
    default="",
    metavar="TEXT",
    help="Why they need not be looked at again; needed without --back.",
)
@click.option("--as", "by", required=True, metavar="NAME", help="Who dismisses them.")
@click.option("--back", is_flag=True, help="Show them again.")
def dismiss(
    names: tuple[str, ...], folder: Path, gradebook: str | None, out: Path, reason: str, by: str, back: bool
) -> None:
    """Dismiss similar submissions, with a reason.

    similar.html no longer shows their pairs. NAME is a student, a submission, or what similar.html names. A pair comes
    back if one of the two changes.
    """
    from dataclasses import replace

    from autograder.gradebook.dismissals import dismiss as dismiss_pairs
    from autograder.gradebook.dismissals import dismissals
    from autograder.reports.output import Reports
    from autograder.similarity import find_similar, write_similar

    assignment = load_assignment(folder)
    with open_gradebook(out, gradebook, assignment) as book:
        reports = Reports(out, assignment, [submission.name for submission in book.submissions()])
        found = find_similar(assignment, book, reports.read(book))
        chosen = {work.name for work in found.chosen(names)}
        known = found.dismissed if back else found.pairs
        pairs = [pair for pair in known if {pair.one.name, pair.other.name} <= chosen]
        if not pairs:
            raise ConfigError(message("commands.no_pair", names=some(names, len(names))))
        dismiss_pairs(book, [pair.digest for pair in pairs], reason=reason, by=by, withdrawn=back)
        found = replace(found, dismissals=dismissals(book))
    write_similar(out / "similar.html", assignment, found, reports.folder_of, _dismissing(out, folder))
    click.echo(message("commands.shown_again" if back else "commands.dismissed", count=len(pairs)))
    click.echo(message("commands.similar", count=len(found.groups)))


def _dismissing(out: Path, folder: Path) -> list[str]:
    """The options of ``dismiss`` for this class, as the page shows them to everybody: without a gradebook's address."""
    return [*([] if out == Path("grades") else ["--out", str(out)]), *same_options(folder)]


def _check_alone(name: str) -> None:
    """Check that nothing else was given in the command line, which would be of one assignment."""
    context = click.get_current_context()
    for other in context.command.params:
        if other.name != name and context.get_parameter_source(str(other.name)) is ParameterSource.COMMANDLINE:
            hint = other.get_error_hint(context).translate({ord("["): None, ord("]"): None})
            raise click.UsageError(f"--{name} must be given alone: {hint} is of one assignment")


def _report_course(folder: Path) -> None:
    """Write the page and the table of a course."""
    from autograder import intake
    from autograder.assignment.syllabus import GRADES, Syllabus
    from autograder.gradebook.course import ledger, not_graded, totals
    from autograder.reports.course import PAGE, TABLE, write_course

    syllabus = Syllabus.load(folder)
    students = [] if syllabus.roster is None else intake.read_roster(syllabus.roster)
    found = ledger(syllabus, students)
    for note in found.notes:
        show_note(note)
    if missing := ", ".join(not_graded(syllabus, found)):
        show_note(message("commands.course_not_graded", names=missing))
    rows, out = totals(syllabus, found), syllabus.folder / GRADES
    write_course(out, syllabus, found.parts, rows)
    click.echo(
        message("commands.course", page=out / PAGE, table=out / TABLE, count=len(rows), assignments=len(found.parts))
    )


def _take_times(book: Gradebook, path: Path, assignment: Assignment) -> None:
    """Take from an LMS's table when students handed in; what is wrong with it is said when it is filled in."""
    from autograder import intake

    with suppress(ConfigError):
        timed = intake.with_times(book.submissions(), intake.read_roster(path), assignment.course.zone)
        book.set_times(timed)
        for note in intake.lateness_notes(timed):
            show_note(note)
