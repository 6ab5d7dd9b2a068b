"""A gradebook of made-up answers, the real server over it, and real browsers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import httpx
import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from notebooks import RIGHT

from autograder.assignment import Assignment, RubricEntry
from autograder.assignment.answer_cells import fill
from autograder.gradebook import Gradebook
from autograder.intake import Submission
from autograder.results import Graded, QuestionResult, QuestionStatus, Result, RunStatus
from autograder.review import Review

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Dialog, Page

LONG = "The numbers are added one after the other, and so the total is right in the end."
TEXTS = {
    "ada": LONG,
    "ben": LONG.replace(" in", "\n in"),
    "cleo": LONG.replace("right", "rihgt"),
    "dan": "No idea at all",
    "eva": "Because *six* is the sum.",
    "fay": None,
}


def graded(name: str, text: str | None) -> Graded:
    """A result of the tiny assignment, with this answer to «why»."""
    status = QuestionStatus.TO_MARK if text else QuestionStatus.NOT_ANSWERED
    questions = (
        QuestionResult("total", QuestionStatus.PASSED, 1.0, 1.0),
        QuestionResult("table", QuestionStatus.FAILED, 0.0, 1.0, "`table` has the wrong shape"),
        QuestionResult("why", status, None if text else 0.0, 2.0, written=True, answer=text),
    )
    result = Result(name, f"{name}.ipynb", RunStatus.OK, "", questions, accuracies={"mlp": 0.9625})
    evil = "<script>document.title = 'RAN'; parent.document.title = 'RAN'</script>"
    cells = [
        new_markdown_cell(f"Hello {evil}"),
        new_code_cell("6", outputs=[new_output("display_data", {"text/html": evil})]),
    ]
    return Graded(result, new_notebook(cells=cells))


def enter(book: Gradebook, texts: dict[str, str | None]) -> None:
    handed_in = {name: Submission(name, f"{name}.ipynb", None) for name in texts}
    book.register(list(handed_in.values()))
    for name, text in texts.items():
        book.save(handed_in[name], graded(name, text))


@dataclass
class Server:
    """The gradebook, and the address of the server over it."""

    book: Gradebook
    address: str


@pytest.fixture
def course(tiny: Assignment, template: NotebookNode, tmp_path: Path) -> Assignment:
    """The tiny assignment with two rubric items and, as solution, its own student notebook filled in."""
    solution = tmp_path / "solution.ipynb"
    nbformat.write(fill(template, RIGHT), solution)
    rubric = {"why": (RubricEntry(1.5, "names the sum", "You name the sum."), RubricEntry(-0.5, "vague"))}
    return replace(tiny, course=replace(tiny.course, rubric=rubric, solution=solution))


@contextmanager
def running(book: Gradebook, assignment: Assignment, name: str = "") -> Iterator[str]:
    review = Review(book, assignment, name=name)
    thread = Thread(target=review.run)
    thread.start()
    try:
        yield review.address
    finally:
        review.stop()
        thread.join()


@pytest.fixture
def book(tmp_path: Path, course: Assignment) -> Iterator[Gradebook]:
    book = Gradebook(f"sqlite:///{tmp_path / 'gradebook.sqlite'}", course.title)
    enter(book, TEXTS)
    yield book
    book.close()


@pytest.fixture
def server(book: Gradebook, course: Assignment) -> Iterator[Server]:
    with running(book, course) as address:
        yield Server(book, address)


@pytest.fixture
def base(server: Server) -> str:
    return server.address.split("/?")[0]


@pytest.fixture
def admitted(server: Server, base: str) -> Iterator[httpx.Client]:
    """A client with a cookie and a name."""
    with httpx.Client(base_url=base, headers={"Origin": base}, timeout=60) as client:
        client.get(server.address, follow_redirects=True)
        assert client.post("/name", data={"name": "Tess"}).status_code == 303
        yield client


@pytest.fixture
def enter_as(browser: Browser, server: Server, base: str) -> Iterator[Callable[..., Page]]:
    """Open the page in a browser of its own, as somebody; what the policy forbids or a script raises fails the test."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def answer(dialog: Dialog) -> None:
        if dialog.type != "beforeunload":
            wrong.append(dialog.message)
        dialog.accept()  # a page waits for that, and its browser with it

    def open_it(name: str = "Tess", path: str = "/question/why", **options: Any) -> Page:
        context = browser.new_context(viewport={"width": 1280, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if "Security Policy" in message.text else None)
        page.on("dialog", answer)
        context.request.get(server.address)
        context.request.post(f"{base}/name", form={"name": name}, headers={"Origin": base})
        page.goto(base + path)
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert wrong == []
