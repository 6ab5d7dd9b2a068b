"""``similar.html`` shows pairs side by side, and nothing of them comes to life."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from autograder.assignment import Assignment
from autograder.gradebook import Gradebook
from autograder.gradebook.entries import entries
from autograder.intake import Submission
from autograder.results import Graded, QuestionResult, QuestionStatus, Result, RunStatus
from autograder.similarity import find_similar, write_similar

EVIL = "<img src=x onerror='document.title=1'><script>document.title=1</script></pre>"
COPIED = (
    f"Each class has about as many images as any other {EVIL} so a network cannot win by guessing the commonest one."
)


LOOP = "total = 0\nfor value in range({0}):\n    total += value ** 2 - min(value, {0})\nprint(total, sorted({0} for _ in 'ab'))"


def graded(student: str, answer: str) -> Graded:
    why = QuestionResult("why", QuestionStatus.TO_MARK, None, 2.0, written=True, answer=answer)
    cell = nbformat.v4.new_code_cell(f"print({student!r})\n" * 3)
    cells = [cell]
    if answer.startswith("Each"):
        of_own = LOOP if student.startswith("Ada") else f"# {EVIL}\u202e\n" + LOOP.replace("total", "sum_of_mine")
        cells.append(nbformat.v4.new_code_cell(of_own.format("77")))
    notebook = nbformat.v4.new_notebook(cells=cells)
    return Graded(Result(student, f"{student[:3]} #.ipynb", RunStatus.OK, "", (why,), isolated=True), notebook)


@pytest.fixture(scope="module")
def site(tiny: Assignment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("similar")
    rng = random.Random(1)
    letters = "abcdefghijklmnop"
    answers = {f"{c}a Made": " ".join("".join(rng.sample(letters, 5)) for _ in range(40)) for c in letters}
    answers |= {
        "Ada Made": COPIED,
        f"Bo {EVIL}": COPIED.replace("about", "\u2067roughly").replace("the common", "a common"),
    }
    with closing(Gradebook(f"sqlite:///{folder}/gradebook.sqlite", tiny.title)) as book:
        every = [graded(student, answer) for student, answer in answers.items()]
        submissions = [Submission(one.result.student, one.result.submission, None) for one in every]
        book.register(submissions)
        for submission, one in zip(submissions, every, strict=True):
            book.save(submission, one)
        found = find_similar(tiny, book, entries(book))
        write_similar(folder / "similar.html", tiny, found, lambda name: folder / name, ["--out", "my grades"])
    assert [len(group.works) for group in found.groups] == [2]
    return folder / "similar.html"


@pytest.fixture
def page(browser: Browser, site: Path) -> Iterator[Page]:
    trouble: list[str] = []
    opened = browser.new_page(viewport={"width": 390, "height": 800})
    opened.on("console", lambda message: trouble.append(message.text))
    opened.goto(site.as_uri())
    yield opened
    assert (trouble, opened.title()) == ([], "tiny: similar submissions")
    opened.close()


def test_a_pair_is_shown_with_what_it_has_in_common_and_nothing_comes_to_life(page: Page) -> None:
    assert page.locator("h2").all_inner_texts() == [f"Ada Made and Bo {EVIL}"]
    assert "1 group among 18 submissions is more alike" in page.locator("header").inner_text()
    assert not {"\u202e", "\u2067"} & set(page.content())
    left = page.locator(".sides pre").first
    assert left.inner_text() == COPIED
    assert left.locator("mark").all_inner_texts() == [
        "Each class has ",
        COPIED.partition("about ")[2].partition("the common")[0],  # and not the two words after it
    ]
    assert page.locator("h2 a").first.get_attribute("href") == "Ada%20%23.ipynb/feedback.html"
    assert page.locator("img, script").count() == 0


def test_code_is_marked_whatever_its_names(page: Page) -> None:
    left, right = ("".join(side.locator("mark").all_inner_texts()) for side in page.locator("pre.code").all())
    assert left.endswith(LOOP.format("77"))
    assert right.endswith(LOOP.format("77").partition("\n")[2].replace("total", "sum_of_mine"))
    assert "print('Ada Made')\nprint('Ada Made')\nprint" not in left  # all have this
    assert EVIL in page.locator("pre.code").last.inner_text()


def test_it_suits_phones_and_screen_readers(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    found = Axe().run(page).response["violations"]
    assert [fault["id"] for fault in found if fault["impact"] in ("serious", "critical")] == []
