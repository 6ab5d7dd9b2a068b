"""Commands that run notebooks: a class, the solution, the solution again and again, one before it is handed in."""

from __future__ import annotations

import sys
from contextlib import closing, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from autograder.cli.options import Options, default_gradebook, gradebook_option, grading_options

if TYPE_CHECKING:
    from autograder.assignment import Assignment
    from autograder.cluster.batch import Cluster
    from autograder.gradebook import Gradebook
    from autograder.grading.unchanged import Incremental
    from autograder.intake import Submission
    from autograder.reports import Reports
    from autograder.results import Graded, Result


@click.command()
@click.argument("submissions", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="SUBMISSION...")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default="grades",
    show_default=True,
    help="Folder for the reports and the gradebook.",
)
@click.option(
    "--from",
    "form",
    metavar="FORM",
    help="Layout of SUBMISSION (default: detected): plain, moodle, canvas, gradescope or nbgrader.",
)
@click.option(
    "--roster",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="CSV file with the students; those without a submission are listed too.",
)
@click.option("--again", is_flag=True, help="Regrade unchanged submissions too.")
@gradebook_option
@click.option("--cluster", metavar="ADDRESS", help="Grade on the workers of a Dask scheduler (tcp://… or tls://…).")
@grading_options
def grade(
    submissions: tuple[Path, ...],
    out: Path,
    form: str | None,
    roster: Path | None,
    again: bool,
    gradebook: str | None,
    cluster: str | None,
    options: Options,
) -> None:
    """Grade the notebooks of a class.

    SUBMISSION is a notebook, a folder of notebooks, a folder with one folder per student, or a zip file as an LMS
    exports it. Unchanged submissions are skipped.
    """
    from autograder import intake
    from autograder.assignment import Assignment
    from autograder.cli.table import print_table
    from autograder.gradebook import Gradebook
    from autograder.reports import Reports
    from autograder.results import RunStatus
    from autograder.text import one_line

    assignment = Assignment.load(options.folder)
    found = intake.find(submissions, assignment.course.student.name, out, form)
    if roster is not None:
        found, notes = intake.enrol(found, intake.read_roster(roster))
        for note in notes:
            click.echo(f"note: {note}", err=True)
    click.echo(intake.told(found), err=True)
    reports = Reports(out, assignment, [submission.name for submission in found])
    book = Gradebook(gradebook or default_gradebook(out), assignment.title)
    book.register(found)
    with nullcontext() if cluster is None else _connected(cluster, options) as workers:
        results = _grade(found, assignment, options, (book, reports), again=again, workers=workers)
    print_table(results)
    if others := [str(path) for path in reports.others()]:
        some = ", ".join(map(one_line, others[:5])) + (", …" if len(others) > 5 else "")
        click.echo(f"note: {out} has reports of {len(others)} that are not handed in now: {some}", err=True)
    reports.finish()
    click.echo(f"\nReports: {out}/index.html for the class, {out}/grades.csv, and a folder for each submission.")
    sys.exit(0 if all(result.status.graded or result.status is RunStatus.NOT_HANDED_IN for result in results) else 1)


@click.command()
@click.argument("notebook", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="NOTEBOOK")
@grading_options
def preview(notebook: Path, options: Options) -> None:
    """Run your own notebook as the grader will.

    Only the public test cases are checked. If the notebook is not in the folder that you received, name that folder
    with --assignment.
    """
    from autograder.cli.preview import preview as run

    context = click.get_current_context()
    named = context.get_parameter_source("folder") is not ParameterSource.DEFAULT
    sys.exit(0 if run(notebook, options.folder if named else None, options) else 1)


@click.command()
@grading_options
def validate(options: Options) -> None:
    """Check an assignment by grading its own solution.

    The solution must earn all automatic points, the untouched student notebook none.
    """
    from autograder.assignment import Assignment
    from autograder.authoring.validate import problems, write_notebooks

    assignment = Assignment.load(options.folder)
    with write_notebooks(assignment) as submissions:
        results = _grade(submissions, assignment, options)
    wrong = problems(assignment, {result.student: result for result in results})
    for problem in wrong:
        click.echo(problem, err=True)
    if wrong:
        sys.exit(1)
    click.echo(
        f"valid: the solution earns {assignment.automatic_points:g} of {assignment.automatic_points:g} automatic "
        f"points ({assignment.points:g} in all), the untouched student version 0"
    )


@click.command()
@click.option(
    "--runs", type=click.IntRange(min=2), default=20, show_default=True, metavar="N", help="Runs per right answer."
)
@click.option("--without", multiple=True, metavar="MODEL", help="Do not train this model (repeatable).")
@click.option(
    "--only",
    multiple=True,
    metavar="ANSWER",
    help="Run only this answer (repeatable): reference, or an answer named under [calibration] in course.toml.",
)
@click.option(
    "--table", "show", is_flag=True, help="Run nothing; print the stored runs of all profiles as a Markdown table."
)
@grading_options
def calibrate(
    runs: int,
    without: tuple[str, ...],
    only: tuple[str, ...],
    show: bool,
    options: Options,
) -> None:
    """Set a profile's thresholds from runs of the solution.

    Runs and thresholds are stored in the profile's file; stored runs count towards --runs. A right answer misses a
    threshold at most once in 1,000 runs.
    """
    from autograder.assignment import Assignment
    from autograder.authoring.calibration import table
    from autograder.authoring.calibration.runs import calibrate as run
    from autograder.cli import progress

    assignment = Assignment.load(options.folder)
    if show:
        click.echo(table.markdown(assignment))
        return
    name = options.profile or assignment.course.profile
    with progress.for_stream(sys.stderr) as display:
        verdicts = run(
            assignment,
            assignment.load_profile(name),
            assignment.profile_file(name),
            options.dataset(assignment),
            display,
            runs=runs,
            without=without,
            only=only,
            how=options.how(),
            note=lambda words: click.echo(f"note: {words}", err=True),
        )
    click.echo(table.text(verdicts))


def _grade(
    found: list[Submission],
    assignment: Assignment,
    options: Options,
    kept_in: tuple[Gradebook, Reports] | None = None,
    *,
    again: bool = True,
    workers: Cluster | None = None,
) -> list[Result]:
    """Grade with progress on standard error; the results in the order of the submissions.

    Results are kept in a gradebook and reports, if there are any; what still holds there is graded only ``again``.
    It is done here, or on the workers of a cluster.
    """
    from autograder.cli import progress
    from autograder.grading import schedule
    from autograder.grading.unchanged import Incremental, Setting
    from autograder.results import Record

    profile = assignment.load_profile(options.profile)
    dataset = options.dataset(assignment)
    how = options.how() if workers is None else options.how_on(workers)
    using = f", data: {dataset.name}" if dataset else ""
    click.echo(f"{len(found)} submissions of «{assignment.title}», profile {profile.name}{using}", err=True)
    by_name: dict[str, Result] = {}
    keep = _keep_nothing
    if kept_in is not None:
        book, reports = kept_in
        setting = Setting(assignment, profile, dataset, how, packages=None if workers is None else workers.packages)
        incremental = Incremental(book, reports, found, setting.basis)
        keep = incremental.save
        if not again:
            by_name = _taken_over(incremental, reports, len(found))
    if left := [submission for submission in found if submission.name not in by_name]:
        with progress.for_stream(sys.stderr) as display:
            display.begin(len(left))
            run = Record()
            grade_all = schedule.grade_all if workers is None else workers.grade_all
            # Closed here, whatever ends it: on a cluster, while that is still connected.
            with closing(grade_all(left, assignment, profile, dataset, display, how, keep=keep, record=run)) as graded:
                by_name |= {one.result.submission: one.result for one in graded}
            if kept_in is not None:
                reports.write_run(run)
    if kept_in is not None:
        by_name |= {name: entry.result for name, entry in reports.entries.items()}
    return [by_name[submission.name] for submission in found]


def _connected(address: str, options: Options) -> Cluster:
    """The cluster at an address; what a person should know of it is said."""
    from autograder.cluster import connect

    workers = connect(address, options.isolation)
    for note in workers.notes:
        click.echo(f"note: {note}", err=True)
    return workers


def _keep_nothing(submission: Submission, graded: Graded) -> None:
    """For a grading run without reports."""


def _taken_over(incremental: Incremental, reports: Reports, count: int) -> dict[str, Result]:
    """The results of an earlier run that still hold; how many these are is said, and why others do not."""
    results, changes = incremental.reuse()
    if results:
        are = "is" if len(results) == 1 else "are"
        which = f"{len(results)} of {count} submissions {are} unchanged since they were graded"
        click.echo(f"{which} into {reports.folder} (--again grades them anew)", err=True)
    if changes:
        reasons = ", ".join(f"{why} ({number})" for why, number in changes.most_common())
        click.echo(f"graded before, and again because of: {reasons}", err=True)
    return results
