"""The kernel of a grading run: ``forked`` from a warm process, or started cold by ``__main__``."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from autograder.evidence.random_state import seed_numbers
from autograder.kernel import figures, given_pixels, keras_hooks, kernelapp, magics, otter
from autograder.kernel.recorder import Recorder
from autograder.kernel.send import Sender
from autograder.sandbox.inside import errors, limits


def forked(alive: socket.socket, request: Mapping[str, Any], descriptors: Sequence[int]) -> None:
    """Become a kernel, in a process that was forked for it.

    ``request`` holds the kernel's ``environment``, its ``settings`` and the contents of its ``connection`` file. The
    settings refer to sockets by their places in ``descriptors``.
    """
    if request["settings"]["isolated"]:
        alive.close()  # a process outside these namespaces watches it
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(request["environment"])
    tempfile.tempdir = None  # the warm process has looked up its own
    home, work = Path(os.environ["HOME"]), Path(request["settings"]["folder"])
    for folder in (home, work):
        folder.mkdir(parents=True, exist_ok=True)
    os.chdir(work)
    connection = home / ".connection.json"
    connection.write_text(json.dumps(request["connection"]), encoding="utf-8")
    settings = dict(request["settings"])
    settings["sockets"] = {port: descriptors[place] for port, place in settings["sockets"].items()}
    for name in ("evidence", "training"):
        settings[name] = None if settings[name] is None else descriptors[settings[name]]
    sys.argv = ["kernel"]
    serve(settings, ["-f", str(connection)])


def serve(settings: Mapping[str, Any], arguments: list[str]) -> None:
    """Run the kernel until it is ended.

    ``settings`` are the ``KernelSettings`` of ``autograder.execution.launch``, and more.
    """
    bounds = settings["limits"]
    limits.apply(
        memory_mb=bounds["memory_mb"],
        cpu_seconds=bounds["cpu_seconds"] + 10,  # the grader watches the sum over all processes
        file_mb=bounds["file_mb"],
        processes=bounds["processes"] if settings["isolated"] else None,
    )
    copy_files(settings["files"], settings["folder"])
    before_writing = None
    if settings["keras"]:
        keras_hooks.install(settings["datasets"], settings["budget"], settings["training"], settings["seed"])
        before_writing = partial(given_pixels.note_loop_data, images=partial(keras_hooks.images, settings["datasets"]))
    app = kernelapp.application(settings["sockets"])
    if settings["isolated"] or settings["warm"]:
        app.parent_handle = 0  # the grader is invisible here; the sandbox or the fork server ends with it
    app.outstream_class = "autograder.kernel.streams.PiecewiseOutStream"
    app.config.HistoryManager.hist_file = ":memory:"  # nobody reads it after the run
    if not settings["warm"]:
        errors.drop()
    app.initialize(arguments)
    shell: Any = app.shell
    figures.install()
    if not settings["figures"]:
        shell.config.InlineBackend.figure_formats = set()  # read when the backend is told of the shell
    figures.show_after_cells(shell)
    sender = Sender(socket.socket(fileno=settings["evidence"]))
    recorder = Recorder(sender.send, settings["names"], settings["reused"], settings["whole"], before_writing)
    reset_random = partial(reseed, settings["seed"])
    otter.install(recorder, shell.user_ns, reset_random, bounds["call_seconds"])
    magics.install(shell)
    shell.events.register("pre_run_cell", lambda info: reset_random())
    shell.events.register("pre_run_cell", lambda info: shell.user_ns.update(settings["variables"]))
    app.start()


def copy_files(source: str | None, folder: str) -> None:
    """Copy the files that students receive beside the notebook to its working folder."""
    if source is not None:
        shutil.copytree(source, folder, ignore=shutil.ignore_patterns(".*", "*.ipynb"), dirs_exist_ok=True)


def reseed(seed: int) -> None:
    """Reset the random numbers of all libraries: equal code gets equal numbers in every submission."""
    seed_numbers(seed)
    if keras := sys.modules.get("keras"):
        keras.utils.set_random_seed(seed)
