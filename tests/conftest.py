"""Parts that tests share: a tiny assignment without Keras, built and graded for real."""

from __future__ import annotations

import gc
import shutil
import signal
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from nbformat import NotebookNode
from notebooks import RIGHT, TINY, Change

from autograder.assignment import Assignment
from autograder.assignment.answer_cells import fill
from autograder.assignment.profile import Limits, Profile
from autograder.authoring import build
from autograder.grading.grader import Grader
from autograder.intake import Submission
from autograder.results import Graded
from autograder.sandbox import bubblewrap

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest_plugins = ["selection", "trainers", "machines"]


def pytest_configure() -> None:
    """A shell that starts the tests in the background makes them ignore interrupts, and so what they start."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Modules and tests stay: nobody looks for garbage among them, now or later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    """A built assignment of five questions that needs neither Keras nor a dataset."""
    folder = tmp_path_factory.mktemp("tiny")
    shutil.copy(TINY, folder)
    build.write(build.build(folder))
    return Assignment.load(folder)


@pytest.fixture(scope="session")
def template(tiny: Assignment) -> NotebookNode:
    notebook: NotebookNode = nbformat.read(tiny.course.student, as_version=4)
    return notebook


@pytest.fixture(scope="session")
def isolated() -> bool:
    """Whether this machine can isolate student code: then the tests do, too."""
    return bubblewrap.decide(bubblewrap.Isolation.AUTO)


@pytest.fixture(scope="session")
def grader(tiny: Assignment) -> Iterator[Grader]:
    """A grader of the tiny assignment, once for all tests."""
    with Grader(tiny, profile=Profile(name="test")) as opened:
        yield opened


@pytest.fixture
def submit(template: NotebookNode, tmp_path: Path) -> Callable[..., Submission]:
    """Write the tiny notebook with answers (right ones unless given), changed by a function, as a submission."""

    def write(answers: dict[str, str] | None = None, change: Change | None = None, name: str = "one") -> Submission:
        notebook = fill(template, RIGHT if answers is None else answers)
        if change is not None:
            change(notebook)
        path = tmp_path / f"{name}.ipynb"
        nbformat.write(notebook, path)
        return Submission(name, path.name, path)

    return write


@pytest.fixture
def grade_tiny(grader: Grader) -> Callable[..., Graded]:
    """Grade a submission of the tiny assignment under short limits."""

    def run(submission: Submission, **limits: float) -> Graded:
        profile = Profile(name="test", limits=Limits(**({"cell_seconds": 20, "run_seconds": 60} | limits)))
        return grader.run(submission, setup=replace(grader.setup, profile=profile))

    return run


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser; of a module alone, for while it is open its event loop is in the way of other tests."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("there is no Chromium here (Debian: apt-get install chromium)")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=30_000)  # of itself 5 s, which a busy machine may need
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
        opened = playwright.chromium.launch(executable_path=chromium, args=options, timeout=120_000)
        yield opened
        opened.close()
