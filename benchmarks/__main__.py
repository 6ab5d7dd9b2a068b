"""``python -m benchmarks``: measure, write ``results.json`` and plots into a folder, and print a report."""

from __future__ import annotations

import json
import time
from pathlib import Path

import click

from autograder.assignment import Assignment
from autograder.datasets.find import resolve
from benchmarks import budget, plot, report
from benchmarks.measure import ROOT
from benchmarks.run import Plan, run


def _numbers(context: click.Context, parameter: click.Parameter, value: str) -> list[int]:
    parts = [part.strip() for part in value.split(",") if part.strip()]
    if not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise click.BadParameter(f"must be whole numbers above 0, separated by commas (got {value!r})")
    return [int(part) for part in parts]


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--size", type=click.IntRange(min=1), default=30, show_default=True, help="Notebooks in the class.")
@click.option("--sizes", callback=_numbers, default="5,10,20,40", show_default=True, help="Further sizes to time.")
@click.option("--peers", type=click.IntRange(min=0), default=3, show_default=True, help="Notebooks for each peer.")
@click.option(
    "--same", type=click.IntRange(min=0), default=10, show_default=True, help="Notebooks to grade in other ways, too."
)
@click.option("--assignment", "folder", type=click.Path(path_type=Path), default=ROOT / "assignment")
@click.option("--profile", default="quick", show_default=True, help="A profile of the assignment.")
@click.option("--epochs", type=click.IntRange(min=1), help="A cap on epochs other than the profile's.")
@click.option("--samples", type=click.IntRange(min=1), help="A cap on training images other than the profile's.")
@click.option(
    "--data", type=click.Path(path_type=Path), metavar="FILE", help="The dataset (default: MNIST if it can be had)."
)
@click.option("--out", type=click.Path(path_type=Path), default=ROOT / "benchmarks" / "out", help="Where results go.")
@click.option("--show", is_flag=True, help="Measure nothing: report and plot what the results there hold.")
def main(
    size: int,
    sizes: list[int],
    peers: int,
    same: int,
    folder: Path,
    profile: str,
    epochs: int | None,
    samples: int | None,
    data: Path | None,
    out: Path,
    show: bool,
) -> None:
    """Compare this grader, Otter and plain nbclient over one generated class."""
    started = time.monotonic()

    def say(step: str) -> None:
        click.echo(f"{(time.monotonic() - started) / 60:5.1f} min  {step}", err=True)

    if show:
        document = json.loads((out / "results.json").read_text(encoding="utf-8"))
    else:
        plan = Plan(size, sizes, peers, same)
        out.mkdir(parents=True, exist_ok=True)
        assignment = budget.with_caps(Assignment.load(folder), profile, epochs, samples, out.resolve() / "assignment")
        document = run(plan, assignment, profile, resolve("mnist", data), out.resolve(), say)
    text = report.text(document)
    (out / "report.txt").write_text(text, encoding="utf-8")
    plot.draw(document, out)
    click.echo(text)


if __name__ == "__main__":
    main(prog_name="python -m benchmarks")
