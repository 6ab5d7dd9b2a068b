"""``python -m benchmarks.lab``: whether the lab's solution has the same points whichever engine trains its networks."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import click

from autograder.grading import services
from autograder.grading.grader import Grader
from autograder.results import Result
from autograder.training.engines.jax import JaxEngine
from benchmarks.measure import ROOT

SECONDS = 7_200.0


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--profile", default="quick", show_default=True, help="A profile of the assignment.")
@click.option("--data", type=click.Path(path_type=Path), metavar="FILE", help="The dataset (default: MNIST or digits).")
def main(profile: str, data: Path | None) -> None:
    """Grade the solution with TensorFlow, then with JAX: on the GPU if there is one, otherwise on the processor."""
    graded = {name: grade(name, profile, data) for name in ("tensorflow", "jax")}
    points = {name: [question.score for question in result.questions] for name, result in graded.items()}
    click.echo(f"the same points in each question: {'yes' if points['tensorflow'] == points['jax'] else 'NO'}")


def grade(engine: str, profile: str, data: Path | None) -> Result:
    """The result of the lab's solution where this engine computes each training afresh."""
    device = "auto" if engine == "jax" else "cpu"
    with Grader(ROOT / "assignment", profile=profile, dataset=data, training="afresh", device=device) as grader:
        setup = grader.setup
        limits = replace(setup.profile.limits, run_seconds=SECONDS, cell_seconds=SECONDS, training_seconds=SECONDS)
        setup = replace(setup, profile=replace(setup.profile, limits=limits))
    make: Any = JaxEngine
    if engine == "jax" and not setup.options.gpu:
        setup = replace(setup, options=replace(setup.options, gpu=(Path("/dev/null"),)))
        make = partial(_on_processor, JaxEngine)
    with mock.patch.object(services, "JaxEngine", make), Grader.of(setup) as grader:
        result = grader.grade(ROOT / "solutions" / "mnist.ipynb")
        assert grader.services.trainer is not None
        counts = grader.services.trainer.summary()
    click.echo(f"{engine}: {result.score:g} points of {result.max_score:g}, {counts['processor_seconds']:.0f} seconds")
    click.echo(f"  of {counts['computed']} computations, accuracies {result.accuracies}")
    return result


def _on_processor(engine: Any, *arguments: Any, **options: Any) -> JaxEngine:
    made: JaxEngine = engine(*arguments, **{**options, "platform": "cpu", "devices": ()})
    return made


if __name__ == "__main__":
    main(prog_name="python -m benchmarks.lab")
