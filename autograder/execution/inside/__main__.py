"""Inside the kernel, beside student code: start the kernel of a grading run.

``python -m autograder.execution.inside -f CONNECTION_FILE``, with the settings of the run (``Settings`` in
``autograder.execution.launch``) in the JSON file that the environment variable ``AUTOGRADER_KERNEL`` names.
"""

import json
import os
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np
from ipykernel.kernelapp import IPKernelApp

from autograder.evidence.record import Recorder
from autograder.execution.inside import habits, keras_hooks, otter


def main(arguments: list[str]) -> None:
    settings = json.loads(Path(os.environ.pop("AUTOGRADER_KERNEL")).read_text(encoding="utf-8"))
    if settings["keras"]:
        keras_hooks.install(settings["dataset"], settings["budget"])
    app = IPKernelApp.instance()
    app.initialize(arguments)
    shell: Any = app.shell
    recorder = Recorder(Path(settings["evidence"]), settings["names"], settings["reused"])
    otter.install(recorder, shell.user_ns)
    habits.install(shell)
    shell.events.register("pre_run_cell", lambda info: reseed(settings["seed"]))
    app.start()


def reseed(seed: int) -> None:
    """Reset every source of random numbers in use, so that equal code gets equal numbers in every submission."""
    random.seed(seed)
    np.random.seed(seed)
    if keras := sys.modules.get("keras"):
        keras.utils.set_random_seed(seed)


if __name__ == "__main__":
    main(sys.argv[1:])
