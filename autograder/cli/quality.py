"""Commands that examine an assignment: is it sound, is it fair, and which accuracies can it ask for?"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import click

from autograder.cli import progress
from autograder.cli.options import Options, announce, assignment_option, grading_options, load_assignment, show_note


@click.command()
@grading_options
def validate(options: Options) -> None:
    """Check an assignment by grading its own solution.

    The solution must earn all automatic points, the untouched student notebook none, or what course.toml declares under
    untouched. Errors of cells are noted.
    """
    from autograder.authoring.validate import notes, problems, ways, write_notebooks

    assignment = load_assignment(options.folder)
    with write_notebooks(assignment, show_note) as submissions, options.grader(assignment) as grader:
        announce(grader, len(submissions))
        with progress.for_stream(sys.stderr) as display:
            display.begin(len(submissions))
            graded = list(grader.graded_all(submissions, progress=display))
    results = {one.result.student: one.result for one in graded}
    for words in (*notes(assignment, results), *ways(results)):
        show_note(words)
    wrong = problems(assignment, results)
    for problem in wrong:
        click.echo(problem, err=True)
    if wrong:
        sys.exit(1)
    points, untouched = assignment.automatic_points, sum(assignment.course.untouched.values())
    solution = f"the solution earns {points:g} of {points:g} automatic points ({assignment.points:g} in all), "
    click.echo(f"valid: {solution if len(results) > 1 else ''}the untouched student version {untouched:g}")


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
    from autograder.authoring.calibration import table
    from autograder.authoring.calibration.runs import calibrate as run

    assignment = load_assignment(options.folder)
    if show:
        click.echo(table.markdown(assignment))
        return
    name = options.profile or assignment.course.profile
    profile = replace(assignment.load_profile(name), thresholds={})  # runs decide what is asked
    with options.grader(assignment, profile=profile) as grader, progress.for_stream(sys.stderr) as display:
        verdicts = run(
            grader,
            assignment.profile_file(name),
            display,
            runs=runs,
            without=without,
            only=only,
            note=show_note,
        )
    click.echo(table.text(verdicts))


@click.command()
@click.argument("questions", nargs=-1, metavar="[QUESTION]...")
@click.option("--all", "more", is_flag=True, help="Grade the slow answers too, which differ little from others.")
@assignment_option
def fairness(questions: tuple[str, ...], more: bool, folder: Path) -> None:
    """Check that the test cases are fair.

    The right and wrong answers in the assignment's folder variants are graded: right ones must pass, wrong ones must
    fail with the words they name, and each test case must be needed. What the wrong ones earn is listed. QUESTION
    limits the check to some questions.
    """
    from autograder.authoring.fairness import report, suite, variants
    from autograder.authoring.fairness.entries import without_variants
    from autograder.grading.grader import find_datasets

    assignment = load_assignment(folder)
    chosen = variants.load(assignment, questions, more=more)
    if missing := [] if questions else without_variants(assignment):
        show_note(f"these questions have no variants: {', '.join(missing)}")
    with progress.for_stream(sys.stderr) as display:
        outcomes = suite.run(assignment, chosen, find_datasets(assignment), display)
    needs = report.needs(assignment, outcomes)
    click.echo(
        f"{report.matrix(assignment, outcomes)}\n\n{report.mutations(needs)}\n\n{report.credit(assignment, outcomes)}\n"
    )
    if wrong := report.problems(outcomes):
        click.echo(wrong)
    click.echo(report.summary(outcomes, needs))
    sys.exit(int(bool(wrong) or any(need.redundant for need in needs)))
