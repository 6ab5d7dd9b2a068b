"""Feedback pages in a real browser: whatever a notebook holds, nothing of it runs."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from playwright.sync_api import Browser
from reports.test_notebook import ATTACKS, PNG

from autograder.assignment.lateness import Lateness
from autograder.files import write_text
from autograder.gradebook import Entry, Mark, Override, RubricItem
from autograder.intake import Submission
from autograder.reports import notebook
from autograder.reports.feedback import feedback_html
from autograder.results import QuestionStatus, Result

MARK = "<script>document.title = 'RAN'; parent.document.title = 'RAN'</script>"
#: Parts of a feedback page, from those in the largest letters on.
PARTS = (".mark strong", "h1", "h2", ".question h3", ".question h4", ".question .tag")
EVIL = [*ATTACKS[:-1], MARK, "<img src=x onerror=\"parent.document.title='RAN'\">"]


def executed() -> Any:
    outputs = [new_output("display_data", {"text/html": evil, "application/javascript": "alert(1)"}) for evil in EVIL]
    picture = new_output("display_data", {"image/png": PNG})
    return new_notebook(
        cells=[*(new_markdown_cell(evil) for evil in EVIL), new_code_cell(MARK, outputs=[*outputs, picture])]
    )


def opened(browser: Browser, tmp_path: Path, result: Result, width: int = 1000, inside: bool = True) -> dict[str, Any]:
    """What a browser makes of a feedback page: its title, dialogs, requests, and what is to be seen ``inside``."""
    path = tmp_path / "feedback.html"
    write_text(path, feedback_html(Entry.of(replace(result, student=MARK, message=MARK)), MARK, executed()))
    page = browser.new_page(viewport={"width": width, "height": 900})
    seen: dict[str, Any] = {"requests": [], "dialogs": 0}
    page.on("request", lambda request: seen["requests"].append(request.url))

    def dismiss(dialog: Any) -> None:
        seen["dialogs"] += 1
        dialog.dismiss()

    page.on("dialog", dismiss)
    page.goto(path.as_uri())
    page.click("summary")
    page.wait_for_timeout(500)
    frame = page.frame_locator("iframe")
    seen["title"] = page.title()
    if inside:
        frame.locator("section.code").wait_for(state="attached")  # the last cell
        seen["cells"] = frame.locator("section").count()
        seen["picture"] = frame.locator(".output img").last.evaluate(
            "image => image.decode().then(() => image.naturalWidth)"
        )
        seen["style"] = frame.locator("section.code").evaluate("section => getComputedStyle(section).borderLeftWidth")
    seen["wide"] = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    page.close()
    return seen


def test_nothing_in_a_notebook_runs_and_nothing_is_fetched(browser: Browser, tmp_path: Path, result: Result) -> None:
    seen = opened(browser, tmp_path, result)

    assert seen["title"] != "RAN"
    assert seen["dialogs"] == 0
    assert [url for url in seen["requests"] if not url.startswith(("data:", "about:"))] == [
        (tmp_path / "feedback.html").as_uri()
    ]


def test_the_notebook_is_to_be_seen_with_its_pictures_and_style(
    browser: Browser, tmp_path: Path, result: Result
) -> None:
    seen = opened(browser, tmp_path, result, width=390)

    assert seen["cells"] == len(EVIL) + 1
    assert seen["picture"] == 1
    assert seen["style"] == "4px"
    assert not seen["wide"]


@pytest.mark.parametrize("width", [390, 1280])
def test_a_wide_table_keeps_its_words_whole(browser: Browser, tmp_path: Path, result: Result, width: int) -> None:
    table = f"<table><tr>{'<td>price</td>' * 100}</tr></table>"
    output = new_output("display_data", {"text/html": table})
    cells = [new_markdown_cell(table), new_code_cell("1", outputs=[output])]
    write_text(tmp_path / "feedback.html", feedback_html(Entry.of(result), "Images", new_notebook(cells=cells)))
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto((tmp_path / "feedback.html").as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    frame = page.frame_locator("iframe")
    frame.locator("section.code").wait_for()
    heights = frame.locator("td").evaluate_all("all => all.map(one => one.getBoundingClientRect().height)")
    wide = frame.locator("html").evaluate("html => html.scrollWidth - html.clientWidth")
    page.close()

    assert len(heights) == 200
    assert 10 < max(heights) < 40
    assert wide == 0


def test_even_what_was_not_cleaned_does_not_run(
    browser: Browser, tmp_path: Path, result: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notebook, "_cleaned", lambda text, pictures: text)

    seen = opened(browser, tmp_path, result, inside=False)
    assert (seen["title"] != "RAN", seen["dialogs"]) == (True, 0)
    assert feedback_html(Entry.of(result), "x", executed()).count("sandbox") >= 1


@pytest.fixture
def rich(result: Result, tmp_path: Path) -> Path:
    """The feedback of a late submission with a confusion matrix, a mark with a rubric item, and an override."""
    confusion = tuple(tuple(1_000 if row == column else 37 * (row > 6) for column in range(10)) for row in range(10))
    result = replace(result, thresholds={"mlp": 0.97}, confusions={"mlp": confusion})
    now, item = datetime.now(UTC), RubricItem(1, 1, "end", 0.5, "names depth", "You name the depth.")
    entry = Entry(
        Submission("Ada Example", result.submission, None),
        result,
        result,
        {"end": Mark("end", 1, 0.5, (item,), MARK, "someone", now)},
        {"mlp": Override("mlp", 1, 1.0, 0.5, MARK, "someone", now)},
        Lateness(timedelta(hours=3), 10.0),
    )
    write_text(tmp_path / "feedback.html", feedback_html(entry, "Images", executed()))
    return tmp_path / "feedback.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_feedback_is_readable_by_all(browser: Browser, rich: Path, width: int, scheme: Any) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto(rich.as_uri())
    page.locator(".matrix summary").click()
    faults = Axe().run(page).response["violations"]
    wide = page.evaluate("document.documentElement.scrollWidth")
    page.close()

    assert [fault["id"] for fault in faults if fault["impact"] in ("serious", "critical")] == []
    assert wide == width
    assert [text for text in refused if "srcdoc" not in text] == []


def test_the_confusion_matrix_is_on_paper_too_and_what_needs_a_screen_is_not(browser: Browser, rich: Path) -> None:
    page = browser.new_page(viewport={"width": 700, "height": 900})
    page.goto(rich.as_uri())
    page.emulate_media(media="print")
    seen = {part: page.locator(part).first.is_visible() for part in (".confusion", ".trouble summary", ".notebook h2")}
    box = page.locator(".confusion").first.bounding_box()
    sizes = [page.locator(part).first.evaluate("part => parseFloat(getComputedStyle(part).fontSize)") for part in PARTS]
    page.close()

    assert seen == {".confusion": True, ".trouble summary": False, ".notebook h2": False}
    assert box is not None and box["height"] > 100
    assert sizes == sorted(sizes, reverse=True)


def test_twenty_four_questions_are_on_four_sheets_of_paper_at_most(
    browser: Browser, result: Result, tmp_path: Path
) -> None:
    confusion = tuple(tuple(1_000 * (row == column) for column in range(10)) for row in range(10))
    models = [f"model_{number}" for number in range(6)]
    question = next(question for question in result.questions if question.status is QuestionStatus.FAILED)
    questions = tuple(replace(question, id=f"question_{number}") for number in range(24))
    many = replace(
        result,
        questions=questions,
        accuracies=dict.fromkeys(models, 0.9),
        confusions=dict.fromkeys(models, confusion),
    )
    write_text(tmp_path / "feedback.html", feedback_html(Entry.of(many), "Images", executed()))
    page = browser.new_page()
    page.goto((tmp_path / "feedback.html").as_uri())
    paper = page.pdf(format="A4")
    page.close()

    assert 1 < len(re.findall(rb"/Type\s*/Page\b", paper)) <= 4
