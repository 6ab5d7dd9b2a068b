"""Inside the kernel, beside student code: the kernel of a grading run, started anew or forked from a warm process."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from autograder.kernel import keras_hooks, kernelapp, magics, otter
from autograder.kernel.recorder import Recorder
from autograder.kernel.send import send
from autograder.sandbox.inside import limits


def forked(alive: socket.socket, told: Mapping[str, Any], descriptors: Sequence[int]) -> None:
    """Become a kernel in a process that was forked for it.

    ``told`` has its ``environment``, ``settings`` and ``connection`` file; ``descriptors`` are the sockets that its
    settings name by their places.
    """
    if told["settings"]["isolated"]:
        alive.close()  # another process waits for its end
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(told["environment"])
    home, work = Path(os.environ["HOME"]), Path(told["settings"]["folder"])
    for folder in (home, work):
        folder.mkdir(parents=True, exist_ok=True)
    os.chdir(work)
    connection = home / ".connection.json"
    connection.write_text(json.dumps(told["connection"]), encoding="utf-8")
    settings = dict(told["settings"])
    settings["sockets"] = {port: descriptors[place] for port, place in settings["sockets"].items()}
    for name in ("evidence", "training"):
        settings[name] = None if settings[name] is None else descriptors[settings[name]]
    sys.argv = ["kernel"]
    serve(settings, ["-f", str(connection)])


def serve(settings: Mapping[str, Any], arguments: list[str]) -> None:
    """Run the kernel until it is ended.

    ``settings`` are the ``KernelSettings`` of ``autograder.execution.launch``, and more.
    """
    allowed = settings["limits"]
    limits.apply(
        memory_mb=allowed["memory_mb"],
        cpu_seconds=allowed["cpu_seconds"] + 10,  # of all processes together it is watched from outside
        file_mb=allowed["file_mb"],
        processes=allowed["processes"] if settings["isolated"] else None,
    )
    copy_files(settings["files"], settings["folder"])
    if settings["keras"]:
        keras_hooks.install(settings["dataset"], settings["budget"], settings["training"], settings["seed"])
    app = kernelapp.application(settings["sockets"])
    if settings["isolated"] or settings["warm"]:
        app.parent_handle = 0  # the grader is not to be seen from here; the sandbox, or the fork server, ends with it
    app.initialize(arguments)
    shell: Any = app.shell
    evidence = partial(send, socket.socket(fileno=settings["evidence"]))
    recorder = Recorder(Path(os.environ["HOME"], "evidence"), settings["names"], settings["reused"], evidence)
    seed = partial(reseed, settings["seed"])
    otter.install(recorder, shell.user_ns, seed)
    magics.install(shell)
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
