"""Inside the kernel, beside student code: start the kernel of a grading run.

``python -m autograder.execution.inside -f CONNECTION_FILE``, with the settings of the run (``Settings`` in
``autograder.execution.launch``) in the JSON file that the environment variable ``AUTOGRADER_KERNEL`` names.
"""

import json
import os
import random
import shutil
import socket
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from autograder.evidence.record import Recorder
from autograder.evidence.send import send
from autograder.execution.inside import habits, keras_hooks, kernelapp, limits, otter


def main(arguments: list[str]) -> None:
    settings = json.loads(Path(os.environ.pop("AUTOGRADER_KERNEL")).read_text(encoding="utf-8"))
    allowed = settings["limits"]
    limits.apply(
        memory_mb=allowed["memory_mb"],
        cpu_seconds=allowed["cpu_seconds"] + 10,  # of all processes together it is watched from outside
        file_mb=allowed["file_mb"],
        processes=allowed["processes"] if settings["isolated"] else None,
    )
    copy_files(settings["files"], settings["folder"])
    if settings["keras"]:
        keras_hooks.install(settings["dataset"], settings["budget"])
    app = kernelapp.application(settings["sockets"])
    if settings["isolated"]:
        app.parent_handle = 0  # the grader is not to be seen from here; the sandbox ends with it
    app.initialize(arguments)
    shell: Any = app.shell
    evidence = partial(send, socket.socket(fileno=settings["evidence"]))
    recorder = Recorder(Path(os.environ["HOME"], "evidence"), settings["names"], settings["reused"], evidence)
    seed = partial(reseed, settings["seed"])
    otter.install(recorder, shell.user_ns, seed)
    habits.install(shell)
    shell.events.register("pre_run_cell", lambda info: seed())
    app.start()


def copy_files(source: str | None, folder: str) -> None:
    """Put what students receive beside the notebook where it runs."""
    if source is not None:
        shutil.copytree(source, folder, ignore=shutil.ignore_patterns(".*", "*.ipynb"), dirs_exist_ok=True)


def reseed(seed: int) -> None:
    """Reset every source of random numbers in use, so that equal code gets equal numbers in every submission."""
    random.seed(seed)
    np.random.seed(seed)
    if keras := sys.modules.get("keras"):
        keras.utils.set_random_seed(seed)


if __name__ == "__main__":
    main(sys.argv[1:])
