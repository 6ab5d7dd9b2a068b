"""Commands of the teaching assistant, over a gradebook: mark the written answers, write the reports, fill in tables."""

from __future__ import annotations

from pathlib import Path

import click

from autograder.cli.options import assignment_option, existing_gradebook, gradebook_option


@click.command()
@click.argument("out", type=click.Path(path_type=Path, file_okay=False, exists=True), default="grades")
@assignment_option
@gradebook_option
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Where to serve (default: any that is free).")
@click.option("--as", "name", default="", metavar="NAME", help="Who marks (default: the page asks).")
def review(out: Path, folder: Path, gradebook: str | None, port: int, name: str) -> None:
    """Mark written answers, and override other points, on a web page that only this machine can open."""
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
@click.option("--moodle", type=click.Path(path_type=Path), metavar="FILE", help="Moodle's worksheet to fill in.")
@click.option("--canvas", type=click.Path(path_type=Path), metavar="FILE", help="Canvas' gradebook export to fill in.")
@click.option("--column", metavar="NAME", help="The assignment's column in Canvas' export.")
@click.option("--scale", is_flag=True, help="Scale marks to the LMS's maximum, where that is another.")
def report(
    out: Path,
    folder: Path,
    gradebook: str | None,
    moodle: Path | None,
    canvas: Path | None,
    column: str | None,
    scale: bool,
) -> None:
    """Write the reports in OUT anew, with what people have marked since, and what goes back to the LMS."""
    from autograder.assignment import Assignment
    from autograder.cli.table import print_table
    from autograder.gradebook import Gradebook
    from autograder.reports import Reports
    from autograder.reports.handback import Tables, hand_back
    from autograder.similarity import write_similar

    assignment = Assignment.load(folder)
    book = Gradebook(gradebook or existing_gradebook(out), assignment.title)
    names = [submission.name for submission in book.current()]
    reports = Reports(out, assignment, names)
    reports.add(book, names, anew=True)
    alike = write_similar(out / "similar.html", assignment, book, reports.ordered(), reports.own)
    reports.finish()
    print_table([entry.result for entry in reports.ordered()])
    click.echo(f"\nindex.html: the class at one glance\nsimilar.html: {alike} pairs of similar submissions")
    for line in hand_back(reports, Tables(moodle, canvas, column, scale)):
        click.echo(line)
