"""What one request to the trainer may ask for, at most: all bounds in one place, each with its reason."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from autograder.assignment.profile import Budget
from autograder.errors import TrainingError
from autograder.evidence.wire import Layout
from autograder.messages import message

#: Weights of a model. One of so many trains for hours without an accelerator; those of courses have a tenth.
MAX_PARAMETERS = 25_000_000
#: Samples times layers of ``evaluate`` and ``predict``, in thousands of samples: all 70,000 images of MNIST, or of a
#: dataset of that size, through a network of 1,000 layers.
MAX_PASSES = 70_000_000
#: Bytes of predictions. All images of MNIST, as 900 numbers each, have as many; they cross the memory of the grader.
MAX_PREDICTIONS = 256 * 2**20
#: Bytes of any answer: after ``fit``, a model's weights and up to four numbers of its optimizer for each.
MAX_ANSWER = 5 * 4 * MAX_PARAMETERS + 2**20
#: Bytes of predictions that are stored: large ones would push the trainings of a class out of the store.
MAX_STORED = 64 * 2**20


def max_answer(request: Mapping[str, Any]) -> int:
    """The bytes of arrays that the answer to a request may have."""
    return MAX_ANSWER if request["do"] == "fit" else MAX_PREDICTIONS


def check(request: Mapping[str, Any], layouts: Sequence[Layout], budget: Budget) -> None:
    """Check a request whose arrays have these layouts.

    Raises:
        TrainingError: it is beyond a bound, or beyond the budget of the profile.
    """
    parameters = sum(math.prod(layouts[place].shape) for place in request["weights"])
    if parameters > MAX_PARAMETERS:
        raise TrainingError(message("training.parameters", limit=MAX_PARAMETERS, found=parameters))
    shape = layouts[request["x"]].shape
    samples = shape[0] if shape else 1
    if request["do"] != "fit":
        passes = samples * sum(1 for _ in _layers(request["model"]))
        if passes > MAX_PASSES:
            raise TrainingError(message("training.passes", limit=MAX_PASSES, found=passes))
        return
    options = request["options"]
    if budget.epochs is not None and options["epochs"] - options["initial_epoch"] > budget.epochs:
        raise TrainingError(message("training.epochs", limit=budget.epochs))
    if budget.samples is not None and samples > budget.samples:
        raise TrainingError(message("training.samples", limit=budget.samples))


def check_predictions(samples: int, shape: Sequence[int | None]) -> None:
    """Check predictions before they are computed; ``shape`` is that of a model's output, with the batch first.

    Raises:
        TrainingError: they would take too much memory. A shape with unknown lengths passes.
    """
    if None in shape[1:]:
        return
    size = 4 * samples * math.prod(length for length in shape[1:] if length is not None)
    if size > MAX_PREDICTIONS:
        raise TrainingError(message("training.answer", limit=MAX_PREDICTIONS >> 20, found=size >> 20))


def _layers(config: Any) -> Iterator[Any]:
    """The layers in a serialized model, with those of the models in it."""
    entries = config.get("config", {}).get("layers") if isinstance(config, dict) else None
    for entry in entries if isinstance(entries, list) else ():
        yield entry
        yield from _layers(entry)
