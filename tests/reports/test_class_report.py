"""``index.html``: a class at a glance, with whatever students are called and write."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from autograder.assignment import Assignment
from autograder.assignment.lateness import Lateness
from autograder.cli.closing import closing
from autograder.gradebook import Entry, Override
from autograder.intake import Origin, Submission
from autograder.reports.class_report import MessageGroup, group_messages, histogram, reasons, write_class_report
from autograder.reports.feedback import feedback_html
from autograder.reports.gradescope import results_json
from autograder.reports.heat_map import heat_map, shade
from autograder.results import (
    CaseResult,
    CaseStatus,
    MarkerNote,
    NoteKind,
    QuestionResult,
    QuestionStatus,
    Result,
    RunStatus,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

EVIL = "<img src=x onerror='document.title=1'><script>document.title=1</script>"


def entry(student: str, score: float, **changes: Any) -> Entry:
    """A student of the tiny lab whose first question is worth ``score`` and whose second waits for a mark."""
    first = QuestionStatus.PASSED if score else QuestionStatus.FAILED
    result = Result(
        student,
        f"{student}/ö #?.ipynb",
        RunStatus.OK,
        "",
        (
            QuestionResult("total", first, score, 1.0, "" if score else f"expected 6, found {len(student)} {EVIL}"),
            QuestionResult("why", QuestionStatus.TO_MARK, None, 2.0, written=True, answer="so"),
        ),
        seconds=10 * score,
        accuracies={"mlp": 0.8 + score / 10},
        thresholds={"mlp": 0.85},
        isolated=True,
    )
    lateness = changes.pop("lateness", None)
    result = replace(result, **changes)
    origin = Origin("moodle", identifier=f"id-{student[:3]}")
    return Entry(Submission(student, result.submission, None, origin=origin), result, result, lateness=lateness)


CLASS = [
    entry("Zöe Made", 1.0),
    entry("ada made", 0.0),
    entry(EVIL, 0.5, status=RunStatus.CELL_ERRORS),
    entry("Bo Late", 1.0, lateness=Lateness(timedelta(hours=3), 10.0)),
    entry("No Show", 0.0, status=RunStatus.NOT_HANDED_IN, accuracies={}),
]


def write(folder: Path, assignment: Assignment, entries: list[Entry]) -> Path:
    for number in range(len(entries)):
        (folder / f"{number} ö#?").mkdir(exist_ok=True)
        (folder / f"{number} ö#?" / "feedback.html").write_text(f"<title>feedback {number}</title>")
    places = {one.submission.name: folder / f"{number} ö#?" for number, one in enumerate(entries)}
    write_class_report(folder / "index.html", assignment, entries, places.__getitem__, seconds=75.0)
    return folder / "index.html"


@pytest.fixture(scope="module")
def site(tiny: Assignment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("class"), tiny, CLASS)


@pytest.fixture
def page(browser: Browser, site: Path) -> Iterator[Page]:
    opened: Page = browser.new_page(viewport={"width": 390, "height": 800})
    trouble: list[str] = []
    opened.on("console", lambda message: trouble.append(message.text))
    opened.on("pageerror", lambda error: trouble.append(str(error)))
    opened.goto(site.as_uri())
    yield opened
    assert trouble == []  # nor does the policy refuse anything
    assert opened.title() == "tiny: the class"
    opened.close()


def test_the_figures_are_those_of_the_terminal(site: Path) -> None:
    html = site.read_text(encoding="utf-8")
    said = next(line for line in closing(CLASS, site.parent, []) if "mean" in line)

    assert said == "points of 4 students: mean 0.55, median 0.6 of 3"
    assert "<dt>Mean after penalty</dt><dd>0.55 / 6</dd>" in html
    assert "<dt>Median after penalty</dt><dd>0.6</dd>" in html


def students(page: Page) -> list[str]:
    return list(page.locator("#submissions tbody tr:visible td:first-child a").all_inner_texts())


def test_it_sorts_by_any_column_and_says_so(page: Page) -> None:
    page.get_by_role("button", name="Student").click()
    assert students(page) == [EVIL, "ada made", "Bo Late", "No Show", "Zöe Made"]
    assert page.locator("th[aria-sort]").get_attribute("aria-sort") == "ascending"

    page.get_by_role("button", name="Score").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert students(page)[-1] == "No Show"  # what has no score is less than nothing
    assert students(page)[0] in ("Zöe Made", "Bo Late")
    assert page.locator("th[aria-sort]").all_inner_texts() == ["Score"]


def test_it_finds_without_regard_to_accents_and_counts(page: Page) -> None:
    page.get_by_label("Search").fill("ZOE made")
    assert (students(page), page.get_by_role("status").inner_text()) == (["Zöe Made"], "1 of 5")
    page.get_by_label("Search").fill("id-bo")
    assert students(page) == ["Bo Late"]
    page.get_by_label("Search").fill("")
    assert len(students(page)) == 5


def test_a_reason_shows_whom_it_is_about(page: Page) -> None:
    page.get_by_role("button", name="not handed in").click()
    assert (students(page), page.get_by_label("Search").input_value()) == (["No Show"], "not handed in")


def test_who_missed_points_of_a_question_is_shown_with_links_to_it(page: Page) -> None:
    page.get_by_role("button", name="who missed points").first.click()
    assert students(page) == ["ada made", EVIL]
    assert page.get_by_role("status").inner_text() == "without all points of total: 2 of 5"
    assert (page.locator("#submissions tbody tr:visible a").first.get_attribute("href") or "").endswith("#question-1")

    page.get_by_label("Search").fill("o")
    assert len(students(page)) > 2


def test_first_come_those_who_need_a_person(page: Page) -> None:
    assert page.locator("main section h2").first.inner_text() == "Needs a person"
    assert [one.split()[0] for one in page.locator(".wanted li").all_inner_texts()] == ["<img", "Bo", "No"]


def test_links_lead_to_the_feedback(page: Page) -> None:
    with page.expect_navigation():
        page.get_by_role("link", name="Bo Late").first.click()
    assert page.title() == "feedback 3"
    page.go_back()


def test_a_phone_need_not_scroll_sideways(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_on_a_phone_a_reason_of_two_words_takes_two_lines(page: Page) -> None:
    one, two = (page.locator("#submissions .tag", has_text=text).first for text in ("late", "cell errors"))
    assert two.evaluate("tag => tag.offsetHeight") > 1.5 * one.evaluate("tag => tag.offsetHeight")


def test_axe_finds_no_serious_fault(page: Page) -> None:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    assert [fault["id"] for fault in found if fault["impact"] in ("serious", "critical")] == []


def test_it_shows_the_class(page: Page) -> None:
    text = page.locator("main").inner_text()

    assert "2 passed" not in text and "3 passed, 1 failed" in text
    assert "4 models, median 87.5 %; required: 85.0 %, missed by 1" in text
    assert "3 ok, 1 cell errors, 1 not handed in" in text
    assert "5 to be marked 1 cell errors 1 late 1 not handed in" in " ".join(text.split())
    assert "The last grading took 1 min 15 s" in text
    assert page.locator(".strip .dot").count() == 4
    assert page.locator(".kinds li").all_inner_texts() == [f"1 × expected 6, found 8 {EVIL}"]


@pytest.mark.parametrize("count", [0, 1])
def test_the_smallest_classes_have_a_report(browser: Browser, tiny: Assignment, tmp_path: Path, count: int) -> None:
    opened = browser.new_page()
    opened.goto(write(tmp_path, tiny, CLASS[:count]).as_uri())
    assert opened.locator("#submissions tbody tr").count() == count
    opened.close()


def test_names_keep_their_words_whole_on_a_phone(browser: Browser, tiny: Assignment, tmp_path: Path) -> None:
    names = ["Featherstonehaugh-Cholmondeley", "wrong_names", "x" * 200]
    entries = [entry(name, 1.0, status=RunStatus.CELL_ERRORS) for name in names]
    opened = browser.new_page(viewport={"width": 390, "height": 800})
    opened.goto(write(tmp_path, tiny, entries).as_uri())
    shown = opened.locator("#submissions td:first-child a bdi")
    sizes = shown.evaluate_all(
        "all => all.map(one => [one.getClientRects().length, one.offsetWidth, one.offsetHeight])"
    )
    wide = opened.evaluate("document.documentElement.scrollWidth")
    opened.close()

    assert [boxes for boxes, _, _ in sizes] == [1, 1, 1]
    assert [round(height / sizes[1][2]) for _, _, height in sizes][:2] == [2, 1]  # one line for each word
    assert max(width for _, width, _ in sizes) <= 176 and wide == 390


def test_a_class_of_500_is_a_page_of_half_a_megabyte(browser: Browser, tiny: Assignment, tmp_path: Path) -> None:
    path = write(tmp_path, tiny, [entry(f"Student {n}", n / 500) for n in range(500)])
    opened = browser.new_page()
    opened.goto(path.as_uri())
    opened.get_by_label("Search").fill("student 499")
    assert (opened.get_by_role("status").inner_text(), path.stat().st_size < 500_000) == ("1 of 500", True)
    opened.close()


def test_a_long_class_leaves_the_rest_of_the_page_in_reach(browser: Browser, tiny: Assignment, tmp_path: Path) -> None:
    notes = (MarkerNote(NoteKind.IN_KERNEL, "mlp"),)
    path = write(tmp_path, tiny, [entry(f"Student {n}", n / 100, marker_notes=notes) for n in range(100)])
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    opened.goto(path.as_uri())
    opened.get_by_role("navigation").get_by_role("link", name="Questions").click()
    places = {name: opened.locator(name).bounding_box() for name in ("#person", "#submissions", "#questions", "nav")}
    top = {name: box["y"] + opened.evaluate("scrollY") for name, box in places.items() if box is not None}
    assert top["#submissions"] < 900 and top["#questions"] < 1800
    assert places["nav"] is not None and 0 <= places["nav"]["y"] < 900  # it goes along, on the side
    opened.close()


def test_a_model_that_learned_nothing_does_not_press_the_others_together(
    browser: Browser, tiny: Assignment, tmp_path: Path
) -> None:
    reached = [0.1, *(0.97 + n / 1000 for n in range(20))]
    entries = [entry(f"s{n}", 1.0, accuracies={"mlp": one}, thresholds={}) for n, one in enumerate(reached)]
    opened = browser.new_page()
    opened.goto(write(tmp_path, tiny, entries).as_uri())
    assert "21 models, median 97.9 %; 1 below 96 %, drawn at the edge" in opened.locator("main").inner_text()
    places = [dot.get_attribute("cx") for dot in opened.locator(".dot").all()]
    assert (places[0], places[1], places[-1]) == ("0.0%", "25.0%", "72.5%")
    opened.close()


def test_points_that_a_person_gave_are_shown_though_nothing_was_handed_in(
    browser: Browser, tiny: Assignment, tmp_path: Path
) -> None:
    given = Override("total", 1, 1.0, 0.0, "oral", "TA", datetime(2026, 1, 1, tzinfo=UTC))
    entries = [entry("ada", 1.0, status=RunStatus.NOT_HANDED_IN), entry("bo", 0.0, status=RunStatus.NOT_HANDED_IN)]
    opened = browser.new_page()
    opened.goto(write(tmp_path, tiny, [replace(entries[0], overrides={"total": given}), entries[1]]).as_uri())
    assert opened.locator("#submissions td:nth-child(3)").all_inner_texts() == ["1", "–"]
    opened.close()


def test_it_is_all_there_without_scripts(browser: Browser, site: Path) -> None:
    opened = browser.new_context(java_script_enabled=False).new_page()
    opened.goto(site.as_uri())
    assert opened.locator("#submissions tbody tr:visible").count() == 5
    assert not opened.get_by_label("Search").is_visible()
    opened.close()


def test_the_map_has_a_cell_for_each_student_and_question() -> None:
    result = entry("ada", 0.5).result
    found = heat_map(["total", "why"], [(replace(result, student="bo", questions=()), "b"), (result, "a")])

    assert [(row.student, row.y) for row in found.rows] == [("ada", 0), ("bo", 17)]
    assert {name: path.count("M") for name, path in found.paths} == {"2": 1, "none": 3}
    assert heat_map(["total"], [(result, "a")] * 300).height == 1_800


def test_shades_go_from_no_point_to_all_points() -> None:
    assert [shade(score, 1.0) for score in (None, 0.0, 0.01, 0.5, 0.99, 1.0, 1.5)] == [
        "none",
        "0",
        "1",
        "2",
        "3",
        "4",
        "4",
    ]
    assert shade(1.0, 0.0) == "none"


def test_a_question_that_the_best_get_wrong_discriminates_below_0(tiny: Assignment, tmp_path: Path) -> None:
    def both(number: int) -> Entry:
        one = entry(f"s{number}", number / 9)
        mark = QuestionResult("why", QuestionStatus.MARKED, 2 - number / 9, 2.0, written=True)
        return Entry.of(replace(one.result, questions=(one.result.questions[0], mark)))

    def column(entries: list[Entry]) -> list[str]:
        page = write(tmp_path, tiny, entries).read_text(encoding="utf-8")
        return re.findall(r'<td class="number less">([^<]*)</td>\n *<td>', page)[:2]

    assert column([both(number) for number in range(10)]) == ["-1.00", "–"]
    assert column([both(number) for number in range(5)]) == ["–", "–"]


def test_scores_fall_into_tenths_and_the_full_score_into_the_last() -> None:
    assert histogram([0, 1.9, 2, 10, 20, 20], 20) == [2, 1, 0, 0, 0, 1, 0, 0, 0, 2]
    assert histogram([0, 0], 0) == [2] + [0] * 9


def test_messages_that_differ_in_numbers_are_one_kind() -> None:
    messages = ["found 1.5", "found -2e3", "found 1.5", "not defined", "a", "b", "c"]
    assert group_messages(messages) == [
        MessageGroup("found 1.5", 3, differ=True),
        MessageGroup("a", 1),
        MessageGroup("b", 1),
    ]
    assert len(group_messages(["x" * 1_000])[0].message) == 301
    assert group_messages(["too long\ntoo late"])[0].message == "too long · too late"


def test_why_a_person_should_look() -> None:
    plain = Result("a", "a", RunStatus.OK, "", (QuestionResult("q", QuestionStatus.PASSED, 1.0, 1.0),), isolated=True)
    unsure = CaseResult("c", CaseStatus.ERROR, 0.0, 1.0, hidden=False, unverified=True, in_kernel=True)
    error = QuestionResult("q", QuestionStatus.ERROR, 0.0, 1.0, cases=(unsure,))

    assert list(reasons(Entry.of(plain))) == []
    assert list(reasons(Entry.of(replace(plain, questions=(error,), isolated=False)))) == [
        "not isolated", "unverified", "judged in the notebook", "could not be checked",
    ]  # fmt: skip


NOTES = (
    MarkerNote(NoteKind.COPIED, "net_b", "net_a"),
    MarkerNote(NoteKind.TEST_IMAGES, "net_a", share=0.25),
    MarkerNote(NoteKind.TEST_IMAGES, "net_b", share=1.0),
)


def test_notes_to_the_marker_are_counted_and_linked_and_kept_from_students(tmp_path: Path, tiny: Assignment) -> None:
    plain = Result("Ben", "b.ipynb", RunStatus.OK, "", (QuestionResult("total", QuestionStatus.PASSED, 1.0, 1.0),))
    noted = Entry.of(replace(plain, student="<Ada>", submission="a.ipynb", marker_notes=NOTES))
    assert list(reasons(noted)) == ["weights copied", "trained on test images"]

    write_class_report(tmp_path / "index.html", tiny, [noted, Entry.of(plain)], lambda name: tmp_path / name)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert '1 <span class="tag" data-find>trained on test images</span>' in page
    line = next(line for line in page.splitlines() if "had learnt" in line)
    assert '<a href="a.ipynb/feedback.html"><bdi>&lt;Ada&gt;</bdi></a>: <code>net_b</code> began with what' in line
    assert "25% of the compared images" in line and "Ben" not in line

    shown = {key: value for key, value in results_json(noted.result).items() if key != "extra_data"}
    for text in (feedback_html(noted, "Tiny"), str(shown)):
        assert not any(word in text for word in ("had learnt", "trained on test images", "net_b")), "students see these"


def test_a_name_reads_as_it_was_written_whatever_overrides_the_direction(tmp_path: Path, tiny: Assignment) -> None:
    write_class_report(tmp_path / "index.html", tiny, [entry("Ada \u202elive", 1.0)], lambda name: tmp_path)

    text = (tmp_path / "index.html").read_text()
    assert (text.count("Ada live"), text.count("\u202e")) == (5, 0)


def test_a_class_without_submissions_needs_nobody(tmp_path: Path, tiny: Assignment) -> None:
    write_class_report(tmp_path / "index.html", tiny, [], lambda name: tmp_path)

    assert "Nobody: there are no submissions." in (tmp_path / "index.html").read_text()
