"""The pictures in ``docs/img``, taken of the pages that the sample class has: ``make screenshots``.

PYTHONPATH=tests python -m screenshots GRADES docs/img      # GRADES: where the samples were graded into
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from autograder.assignment import Assignment
from autograder.gradebook import Gradebook
from autograder.review.server import Review

if TYPE_CHECKING:
    from playwright.sync_api import Page, ViewportSize

ROOT = Path(__file__).resolve().parent.parent
ASSIGNMENT = ROOT / "assignment"
SIZE: ViewportSize = {"width": 1180, "height": 860}
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Picture:
    """A file in ``docs/img``, what it shows, and how the page is opened: ``show`` gets the folder of grades."""

    name: str
    what: str
    show: Callable[[Page, Path], None]


def _class(page: Page, grades: Path) -> None:
    page.goto((grades / "index.html").resolve().as_uri())


def _feedback(page: Page, grades: Path) -> None:
    page.goto((grades / "mistakes" / "feedback.html").resolve().as_uri())


def _marking(page: Page, grades: Path) -> None:
    with _served(grades) as address:
        page.goto(address)
        page.goto(address.partition("?")[0] + "question/lenet_comment")
        page.locator("article").first.wait_for()
        page.wait_for_load_state("networkidle")


PICTURES = (
    Picture("class.png", "the report of the class, from its top", _class),
    Picture("feedback.png", "the feedback for the sample with many mistakes, from its top", _feedback),
    Picture("review.png", "the page for marking a written question, nothing marked yet", _marking),
)


@contextmanager
def _served(grades: Path) -> Iterator[str]:
    """The address of a marking page over a copy of the gradebook."""
    copy = grades / "screenshots.sqlite"
    shutil.copy(grades / "gradebook.sqlite", copy)
    assignment = Assignment.load(ASSIGNMENT)
    with closing(Gradebook(f"sqlite:///{copy.resolve()}", assignment.title)) as book:
        review = Review(book, assignment, name="Tess")
        thread = Thread(target=review.run)
        thread.start()
        try:
            yield review.address
        finally:
            review.stop()
            thread.join()
    copy.unlink()


def take(grades: Path, folder: Path) -> None:
    """Take all pictures and remove others from ``folder``."""
    from playwright.sync_api import sync_playwright

    chromium = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if chromium is None:
        raise SystemExit(f"screenshots need one of {', '.join(CHROMIUM)} (Debian: apt-get install chromium)")
    with (
        sync_playwright() as playwright,
        closing(playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])) as browser,
    ):
        for picture in PICTURES:
            page = browser.new_page(viewport=SIZE, color_scheme="light", reduced_motion="reduce")
            picture.show(page, grades)
            page.screenshot(path=folder / picture.name)
            page.close()
            print(f"{folder / picture.name}: {picture.what}")
    for old in folder.glob("*.png"):
        if old.name not in {picture.name for picture in PICTURES}:
            old.unlink()


if __name__ == "__main__":
    take(Path(sys.argv[1]), Path(sys.argv[2]))
