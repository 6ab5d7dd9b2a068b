"""Commands of the teaching assistant, over a gradebook: mark the written answers, write the reports, fill in tables."""

from __future__ import annotations

from pathlib import Path

import click

from autograder.cli.options import assignment_option, existing_gradebook, gradebook_option


@click.command()
@click.argument("out", type=click.Path(path_type=Path, file_okay=False, exists=True), default="grades")
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
    from contextlib import closing

    from autograder import review as pages
    from autograder.assignment import Assignment
    from autograder.gradebook import Gradebook

    assignment = Assignment.load(folder)
    with closing(Gradebook(gradebook or existing_gradebook(out), assignment.title)) as book:
        pages.serve(book, assignment, port=port, name=name, announce=click.echo)
    click.echo(f"\nReports with the marks in them: autograder report {out}")


@click.command()
@click.argument("out", type=click.Path(path_type=Path, file_okay=False, exists=True), default="grades")
@assignment_option
@gradebook_option
@click.option(
    "--moodle", type=click.Path(path_type=Path), metavar="FILE", help="Moodle's grading worksheet, to be filled in."
)
@click.option(
    "--canvas", type=click.Path(path_type=Path), metavar="FILE", help="Canvas' gradebook export, to be filled in."
)
@click.option("--column", metavar="NAME", help="Column of the assignment in Canvas' export.")
@click.option("--scale", is_flag=True, help="Scale marks to the maximum in the LMS if it differs.")
def report(
    out: Path,
    folder: Path,
    gradebook: str | None,
    moodle: Path | None,
    canvas: Path | None,
    column: str | None,
    scale: bool,
) -> None:
    """Rewrite the reports with all marks, and fill in LMS tables.

    OUT is the folder that was graded into (default: grades).
    """
    from autograder.assignment import Assignment
    from autograder.cli.table import print_table
    from autograder.gradebook import Gradebook
    from autograder.reports import Reports
    from autograder.reports.handback import Tables, hand_back
    from autograder.similarity import write_similar

    assignment = Assignment.load(folder)
    book = Gradebook(gradebook or existing_gradebook(out), assignment.title)
    names = [submission.name for submission in book.submissions()]
    reports = Reports(out, assignment, names)
    reports.add(book, names, anew=True)
    alike = write_similar(out / "similar.html", assignment, book, reports.ordered(), reports.own)
    reports.finish()
    print_table([entry.result for entry in reports.ordered()])
    click.echo(f"\nindex.html: the class at one glance\nsimilar.html: {alike} pairs of similar submissions")
    for line in hand_back(reports, Tables(moodle, canvas, column, scale)):
        click.echo(line)
