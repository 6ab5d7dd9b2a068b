"""Inside a peer's kernel: what puts it on equal terms with this grader's, run before the first cell.

``keras.datasets.mnist.load_data()`` gives the same file, ``Model.fit`` is cut down to the same budget by the same
function, and Otter's hidden test cases find what they ask for beside the student's answers: ``expect`` and
``reference``. What to do is in the JSON that the environment variable ``BENCHMARK_KERNEL`` holds.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from autograder.checks import expect
from autograder.checks.reference import Reference

VARIABLE = "BENCHMARK_KERNEL"
#: What IPython runs at its start, in the notebook's own namespace.
STARTUP = "from benchmarks import kernel as _kernel\n\nexpect, reference = _kernel.expect, _kernel.prepare()\n"

__all__ = ["STARTUP", "VARIABLE", "expect", "prepare"]


def prepare() -> Reference:
    """Put Keras on equal terms, and return what hidden test cases ask for as ``reference``."""
    import keras
    from keras.src.datasets import mnist

    from autograder.kernel import budget

    settings = json.loads(os.environ[VARIABLE])
    dataset: str = settings["dataset"]
    mnist.get_file = lambda *arguments, **keywords: dataset
    if any(limit is not None for limit in settings["budget"].values()):
        fit: Any = keras.Model.fit
        keras.Model.fit = budget.capped(fit, settings["budget"])
    keras.Model.compiled_with = property(_compiled_with)
    return Reference(Path(dataset), settings["thresholds"])


def _compiled_with(model: Any) -> dict[str, str] | None:
    """What restored evidence says of a model in the attribute of that name."""
    if not getattr(model, "compiled", False):
        return None
    loss = model.loss if isinstance(model.loss, str) else type(model.loss).__name__
    return {"optimizer": type(model.optimizer).__name__, "loss": loss}
