"""Marking on the real pages, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from markupsafe import escape
from nbformat.v4 import new_markdown_cell, new_notebook
from playwright.sync_api import Page, expect
from review.conftest import TEXTS, Server, enter, graded

from autograder.assignment import Assignment
from autograder.assignment.pictures import name_pictures
from autograder.gradebook.entries import entries
from autograder.gradebook.marking import answers
from autograder.gradebook.overriding import histories, override
from autograder.gradebook.rubric import items
from autograder.intake import Submission
from autograder.results import Graded
from autograder.review.pages import steps
from autograder.review.queue import ReviewQueue

#: Pictures of one pixel.
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8BQDwAEgAF/qyoYVAAAAABJRU5ErkJggg=="
OTHER_PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
EnterAs = Callable[..., Page]


def points(server: Server) -> dict[str, float | None]:
    return {one.name: one.mark.points if one.mark else None for one in answers(server.book, "why")}


def card(page: Page, text: str) -> str:
    """The selector of the card with this text in it."""
    id = page.locator("article", has_text=text).get_attribute("id")
    return f"#{id}"


def test_the_overview_says_how_far_one_is(enter_as: EnterAs) -> None:
    page = enter_as(path="/")
    assert page.locator(".questions li").inner_text().split("\n")[0] == "4. Why? why"
    assert "0 of 5 marked" in page.locator(".questions li").inner_text()


def test_alike_answers_are_marked_at_once_by_keyboard(enter_as: EnterAs, server: Server) -> None:
    page = enter_as()
    assert page.locator("article h2").first.inner_text() == "3 answers, 2 wordings"
    assert page.locator("article").first.locator("del, ins").all_inner_texts() == ["right", "rihgt"]

    page.keyboard.press("j")
    page.keyboard.press("3")
    expect(page.locator("#progress")).to_have_text("3 of 5 marked")
    expect(page.locator("#saved")).to_have_text("saved: 1.5 points for 3 answers")
    page.keyboard.press("j")
    page.keyboard.press("0")
    expect(page.locator("#progress")).to_have_text("4 of 5 marked")
    assert sorted(map(str, points(server).values())) == ["0.0", "1.5", "1.5", "1.5", "None"]
    assert {one.name for one in answers(server.book, "why") if one.mark and one.mark.by == "Tess"} >= {
        "ada",
        "ben",
        "cleo",
    }


def test_undo_goes_back_step_by_step(enter_as: EnterAs, server: Server) -> None:
    page = enter_as()
    page.locator("#steps-on").evaluate("setting => setting.checked = false")
    page.keyboard.press("j")
    for key, said in (("1", "0.5"), ("2", "1"), ("4", "2")):
        page.keyboard.press(key)
        expect(page.locator("#saved")).to_have_text(f"saved: {said} points for 3 answers")
    for said in ("undone: 1 points for 3 answers", "undone: 0.5 points for 3 answers", "undone: no mark"):
        page.keyboard.press("u")
        expect(page.locator("#saved")).to_have_text(said)
    assert set(points(server).values()) == {None}
    expect(page.locator("#progress")).to_have_text("0 of 5 marked")
    page.keyboard.press("u")
    expect(page.locator("#trouble")).to_contain_text("there is nothing to undo")


def test_what_went_wrong_is_in_sight_wherever_the_page_is_scrolled(enter_as: EnterAs) -> None:
    page = enter_as()
    page.keyboard.press("u")
    expect(page.locator("#trouble")).to_contain_text("there is nothing to undo")
    hidden = page.evaluate(
        """() => Array.from({length: 40}, (_, tens) => tens * 10).filter((down) => {
          scrollTo(0, down);
          const trouble = document.getElementById("trouble"), box = trouble.getBoundingClientRect();
          return !trouble.contains(document.elementFromPoint(box.x + 20, box.y + box.height / 2));
        })"""
    )
    assert hidden == []


def test_one_answer_is_taken_out_of_its_group(enter_as: EnterAs, server: Server) -> None:
    page = enter_as()
    with page.expect_navigation():  # it is the page anew, with scripts that run once all of it is there
        page.click("text=Take out of the group")
    expect(page.locator("article")).to_have_count(4)
    page.locator(card(page, "rihgt")).get_by_role("group").get_by_text("1 2").click()
    expect(page.locator("#progress")).to_have_text("1 of 5 marked")
    assert points(server) == {"ada": None, "ben": None, "cleo": 1.0, "dan": None, "eva": None}


def test_rubric_items_and_a_comment_are_saved(enter_as: EnterAs, server: Server) -> None:
    page = enter_as()
    where = card(page, "Because six")
    page.focus(where)
    page.keyboard.press("a")
    expect(page.locator(f"{where} .given")).to_contain_text("1.5 of 2 by the rubric")
    page.keyboard.press("b")
    expect(page.locator(f"{where} .given")).to_contain_text("1 of 2 by the rubric")
    page.keyboard.press("c")
    page.keyboard.type("Six of what? <b>")
    page.keyboard.press("Control+Enter")
    expect(page.locator(f"{where} textarea")).to_have_js_property("defaultValue", "Six of what? <b>")
    mark = next(one.mark for one in answers(server.book, "why") if one.name == "eva")
    assert mark is not None
    assert (mark.points, mark.by_items, mark.comment) == (1.0, True, "Six of what? <b>")
    assert [item.text for item in mark.items] == ["names the sum", "vague"]

    page.keyboard.press("Escape")
    for left in ("0 of 2 by the rubric", "Not marked yet"):
        page.keyboard.press("a" if left.startswith("0") else "b")
        expect(page.locator(f"{where} .given")).to_contain_text(left)


def test_a_comment_goes_along_with_points_and_is_saved_when_it_is_left(enter_as: EnterAs, server: Server) -> None:
    page = enter_as()
    where = card(page, "No idea")
    page.fill(f"{where} textarea", "Try again.")
    page.click(f"{where} button[data-key='1']")
    expect(page.locator("#saved")).to_have_text("saved: 0.5 points for 1 answer")
    page.fill(f"{where} textarea", "Try harder.")
    page.focus("#undo")
    page.wait_for_function("document.querySelector('#progress').isConnected")
    expect(page.locator(f"{where} textarea")).to_have_js_property("defaultValue", "Try harder.")
    mark = next(one.mark for one in answers(server.book, "why") if one.name == "dan")
    assert mark is not None and (mark.points, mark.comment, mark.version) == (0.5, "Try harder.", 2)


def test_other_points_are_typed_and_wrong_ones_are_said(enter_as: EnterAs, server: Server) -> None:
    page = enter_as()
    where = card(page, "No idea")
    page.focus(where)
    page.keyboard.press("p")
    page.keyboard.type("0,3")
    page.keyboard.press("Enter")
    expect(page.locator(f"{where} .given")).to_contain_text("0.3 of 2")
    for typed, said in (
        ("2.5", "points of 'why' must be from 0 to 2 (got 2.5)"),
        ("nan", "(got nan)"),
        ("x", "points must be a number (got 'x')"),
    ):
        page.fill(f"{where} input[name=typed]", typed)
        page.press(f"{where} input[name=typed]", "Enter")
        expect(page.locator(f"{where} .points + .wrong")).to_contain_text(said)
        expect(page.locator(f"{where} input[name=typed]")).to_have_attribute("aria-invalid", "true")
        expect(page.locator("#saved")).to_be_empty()
    assert points(server)["dan"] == 0.3


def test_two_markers_do_not_write_over_each_other_unseen(enter_as: EnterAs, server: Server) -> None:
    tess, uma = enter_as("Tess"), enter_as("Uma")
    where = card(tess, "No idea")
    tess.click(f"{where} button[data-key='4']")
    expect(tess.locator(f"{where} .given")).to_contain_text("2 of 2 by Tess")
    uma.click(f"{where} button[data-key='0']")
    expect(uma.locator(f"{where} .conflict")).to_contain_text("Now: 2, by Tess")
    expect(uma.locator(f"{where} .conflict")).to_contain_text("You gave: 0")
    assert points(server)["dan"] == 2.0

    uma.click(f"{where} >> text=Keep the other")
    expect(uma.locator(f"{where} .given")).to_contain_text("2 of 2 by Tess")
    uma.click(f"{where} button[data-key='1']")
    expect(uma.locator(f"{where} .given")).to_contain_text("0.5 of 2 by Uma")
    tess.click(f"{where} button[data-key='2']")
    tess.click(f"{where} >> text=Save mine")
    expect(tess.locator(f"{where} .given")).to_contain_text("1 of 2 by Tess")
    assert points(server)["dan"] == 1.0
    tess.click(f"{where} details.students summary")
    tess.click(f"{where} >> text=History")
    expect(tess.locator(f"{where} .changes li")).to_have_count(3)


def test_the_mark_that_a_group_has_is_said_once(enter_as: EnterAs) -> None:
    tess, uma = enter_as("Tess"), enter_as("Uma")
    where = card(tess, "rihgt")
    tess.click(f"{where} button[data-key='4']")
    expect(tess.locator(f"{where} .given")).to_contain_text("2 of 2 by Tess")
    uma.click(f"{where} button[data-key='0']")
    expect(uma.locator(f"{where} .conflict li", has_text="Now: 2, by Tess")).to_have_count(1)


def test_undo_does_not_undo_what_another_did_since(enter_as: EnterAs, server: Server) -> None:
    tess, uma = enter_as("Tess"), enter_as("Uma")
    where = card(tess, "No idea")
    tess.click(f"{where} button[data-key='4']")
    expect(tess.locator("#progress")).to_have_text("1 of 5 marked")
    uma.reload()
    uma.click(f"{where} button[data-key='1']")
    expect(uma.locator(f"{where} .given")).to_contain_text("0.5 of 2 by Uma")
    tess.click("#undo")
    expect(tess.locator("#trouble")).to_contain_text("somebody else changed")
    assert points(server)["dan"] == 0.5


def test_a_changed_answer_says_that_it_was_marked_before(enter_as: EnterAs, server: Server) -> None:
    page = enter_as()
    where = card(page, "No idea")
    page.click(f"{where} button[data-key='4']")
    expect(page.locator("#progress")).to_have_text("1 of 5 marked")
    enter(server.book, TEXTS | {"dan": "It is the sum"})
    page.reload()
    where = card(page, "It is the sum")
    expect(page.locator(f"{where} .given")).to_contain_text("The answer has changed since it was marked: 2, by Tess")
    expect(page.locator("#progress")).to_have_text("0 of 5 marked")


def test_the_rubric_is_edited_on_the_page_and_marks_follow(enter_as: EnterAs, server: Server) -> None:
    page = enter_as()
    page.focus(card(page, "No idea"))
    page.keyboard.press("a")
    expect(page.locator("#progress")).to_have_text("1 of 5 marked")
    page.reload()
    page.click("#rubric > summary")
    first = page.locator("#rubric form").first
    expect(first).to_contain_text("Save (changes 1 mark)")
    first.locator("[name=points]").fill("2")
    with page.expect_navigation():
        first.locator("text=Save").click()
    expect(page.locator(f"{card(page, 'No idea')} .given")).to_contain_text("2 of 2 by the rubric")

    new = page.get_by_label("New rubric item")
    new.locator("[name=points]").fill("0.25")
    new.locator("[name=text]").fill("effort")
    with page.expect_navigation():
        new.locator("text=Add").click()
    expect(page.locator("#rubric > summary")).to_have_text("Rubric: 3 items")
    with page.expect_navigation():
        page.locator("#rubric form").nth(2).locator("text=Up").click()
    expect(page.locator("#rubric form").nth(1).locator("[name=text]")).to_have_value("effort")
    page.locator("#rubric form").nth(2).locator("text=Retire").click()
    expect(page.locator("#rubric > summary")).to_have_text("Rubric: 2 items")
    assert [(one.text, one.points) for one in items(server.book, "why")] == [("names the sum", 2.0), ("effort", 0.25)]


def test_answers_are_anonymous_until_names_are_asked_for(enter_as: EnterAs) -> None:
    page = enter_as()
    content = page.content()
    assert [name for name in TEXTS if name in content] == []
    page.click("text=Names shown: no")
    expect(page.locator("text=Names shown: yes")).to_be_visible()
    expect(page.locator("article h2 bdi")).to_have_count(2)
    assert sorted(page.locator("article h2 bdi").all_inner_texts()) == ["dan", "eva"]


def test_figures_stand_beside_an_answer(enter_as: EnterAs) -> None:
    page = enter_as()
    students = page.locator(card(page, "No idea")).locator("details.students")
    students.locator("summary").click()
    assert "automatic 1 of 2" in students.inner_text()
    assert "Accuracy: mlp 96.25 %" in students.inner_text()
    assert "table: failed" in students.inner_text()


def test_an_answer_outside_its_cell_is_shown_with_the_cells_around(enter_as: EnterAs, server: Server) -> None:
    elsewhere = graded("gil", "Because it adds up.")
    questions = [replace(one, found=(2,)) if one.written else one for one in elsewhere.result.questions]
    cells = [new_markdown_cell(f"cell of number {number}") for number in range(1, 7)]
    cells[1].source = "Because it adds up. ![](attachment:a.png)"
    cells[1].attachments = {"a.png": {"image/png": PIXEL}}
    result = replace(elsewhere.result, questions=tuple(questions))
    handed_in = Submission("gil", "gil.ipynb", None)
    server.book.register([handed_in])
    server.book.save(handed_in, Graded(result, new_notebook(cells=cells)))

    page = enter_as()
    around = page.locator(card(page, "Because it adds up.")).locator("details.around")
    assert around.locator("summary").inner_text().startswith("answer found outside its cell")
    around.locator("summary").click()
    assert around.locator("p.soft").all_inner_texts() == ["cell 1", "cell 2", "cell 3", "cell 4"]
    assert around.locator("img").evaluate("picture => picture.naturalWidth") == 1


def test_an_answer_is_shown_with_its_pictures_and_shares_no_mark_with_other_pictures(
    enter_as: EnterAs, server: Server
) -> None:
    pictures = {"gil": PIXEL, "hana": PIXEL, "ida": OTHER_PIXEL}
    handed_in = {name: Submission(name, f"{name}.ipynb", None) for name in pictures}
    server.book.register(list(handed_in.values()))
    for name, data in pictures.items():
        pasted = new_markdown_cell("Seen ![image.png](attachment:image.png)")
        pasted.attachments = {"image.png": {"image/png": data}}
        text, _ = name_pictures(pasted.source, pasted.attachments)
        server.book.save(handed_in[name], replace(graded(name, text), executed=new_notebook(cells=[pasted])))

    seen = enter_as().locator("article", has_text="Seen")
    expect(seen).to_have_count(2)
    assert seen.locator("h2").first.inner_text() == "2 answers"
    shown = [seen.nth(place).locator(".answer img").get_attribute("src") for place in range(2)]
    assert shown == [f"data:image/png;base64,{PIXEL}", f"data:image/png;base64,{OTHER_PIXEL}"]


@pytest.mark.parametrize("text", ["<!-- Because it adds up. -->", "<because it adds up>"])
def test_an_answer_that_would_show_nothing_is_shown_as_it_was_written(
    server: Server, course: Assignment, text: str
) -> None:
    enter(server.book, {"gil": text})
    queue = ReviewQueue(server.book, course)
    (card,) = queue.cards("why", queue.groups("why"))

    assert card.variants[0].html == f'<pre dir="auto">{escape(text)}</pre>'


def test_answers_are_shown_one_at_a_time(enter_as: EnterAs) -> None:
    page = enter_as(path="/question/why?view=one")
    expect(page.locator("article")).to_have_count(1)
    expect(page.locator("article")).to_be_focused()
    page.keyboard.press("4")
    expect(page.locator("nav.bar span")).to_have_text("Answer 2 of 3")
    expect(page.locator("#progress")).to_have_text("3 of 5 marked")
    expect(page.locator("article")).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator("nav.bar span")).to_have_text("Answer 3 of 3")


def test_an_override_has_a_reason_and_can_be_taken_back(enter_as: EnterAs, server: Server) -> None:
    page = enter_as(path="/submissions")
    page.fill("#find", "dan")
    expect(page.locator("#submissions li:visible")).to_have_count(1)
    with page.expect_navigation():
        page.click("#submissions li:visible a")
    table = page.locator("section", has=page.locator("h2", has_text="table"))
    table.locator("summary").click()
    table.locator("[name=points]").fill("0.5")
    table.locator("[name=reason]").fill(" ")
    table.locator("button[value=give]").click()
    expect(table.locator(".wrong")).to_contain_text("the reason of an override of 'table' must not be empty")
    table.locator("[name=reason]").fill("right but for <i>one</i> row")
    with page.expect_navigation():
        table.locator("button[value=give]").click()
    expect(table).to_contain_text("Overridden by Tess: 0.5 instead of 0, right but for <i>one</i> row")
    entry = next(one for one in entries(server.book) if one.submission.name == "dan.ipynb")
    assert (entry.computed.score, entry.result.score) == (1.0, 1.5)

    table.locator("summary").click()
    table.locator("button[value=back]").click()
    expect(table.locator(".changes li")).to_have_count(2)
    entry = next(one for one in entries(server.book) if one.submission.name == "dan.ipynb")
    assert entry.result.score == 1.0


def test_the_reference_and_the_notebook_come_on_demand(enter_as: EnterAs) -> None:
    page = enter_as()
    page.keyboard.press("r")
    expect(page.locator("#reference .prose")).to_have_text("Because it adds up.")
    students = page.locator(card(page, "No idea")).locator("details.students")
    students.locator("summary").click()
    with page.expect_popup() as popup:
        students.locator("text=Notebook as it ran").click()
    frame = popup.value.frame_locator("iframe")
    expect(frame.locator("section")).to_have_count(2)
    assert frame.locator("section.code").evaluate("section => getComputedStyle(section).borderLeftWidth") == "4px"
    assert popup.value.title() != "RAN"


EVIL = "<script>document.title = 'RAN'</script><img src=x onerror=\"document.title='RAN'\">\n\n[x](javascript:alert(1)) <form action='/undo'><button formaction='/undo'>u</button></form><style>*{display:none}</style>"


@pytest.mark.parametrize("name", ["mallory<script>document.title = 'RAN'</script>"])
def test_nothing_in_an_answer_or_a_name_runs(enter_as: EnterAs, server: Server, name: str) -> None:
    enter(server.book, {name: EVIL, "bob": EVIL + " 1", "carl": EVIL.replace("RAN", "RAN2")})
    page = enter_as(name)
    page.click("text=Names shown: no")
    expect(page.locator("text=Names shown: yes")).to_be_visible()
    page.wait_for_load_state()
    page.keyboard.press("j")
    page.keyboard.press("1")
    expect(page.locator("#saved")).to_contain_text("saved")
    assert not page.title().startswith("RAN")
    assert page.locator("article .prose :is(script, form, button, style, a[href])").count() == 0


def test_what_is_not_there_is_said(enter_as: EnterAs, server: Server) -> None:
    page = enter_as()
    base = server.address.split("/?")[0]
    for path, words in (
        ("/question/nothing", "there is no question 'nothing'"),
        ("/question/total", "question 'total' must be a written one to be marked"),
        ("/submission/999", "there is no submission 999"),
    ):
        response = page.goto(base + path)
        assert response is not None and response.status == 404
        expect(page.locator("main")).to_contain_text(words)


def test_an_assignment_without_a_solution_has_no_reference(server: Server, tiny: Assignment) -> None:
    assert ReviewQueue(server.book, tiny).reference("why") is None


def test_two_do_not_write_over_each_other_s_override(enter_as: EnterAs, server: Server) -> None:
    student = answers(server.book, "why")[0].student
    tess = enter_as("Tess", path=f"/submission/{answers(server.book, 'why')[0].submission}")
    override(server.book, student, "total", points=0.5, reason="copied", by="Uma", seen=0)
    total = tess.locator("section", has=tess.locator("h2", has_text="total"))
    total.locator("summary").click()
    total.locator("[name=points]").fill("0")
    total.locator("[name=reason]").fill("guessed")
    total.locator("button[value=give]").click()
    expect(tess.locator("#trouble")).to_contain_text("somebody else changed the override of 'total' in the meantime")
    assert [one.by for one in histories(server.book, student)["total"]] == ["Uma"]


def test_points_go_on_to_the_next_unmarked_answer(enter_as: EnterAs, server: Server) -> None:
    page = enter_as()
    page.keyboard.press("j")
    for place, key, marked in ((1, "4", 3), (2, "0", 4)):
        expect(page.locator(f"article:nth-of-type({place})")).to_be_focused()
        page.keyboard.press(key)
        expect(page.locator("#progress")).to_have_text(f"{marked} of 5 marked")
    expect(page.locator("article:nth-of-type(3)")).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.locator("article:nth-of-type(3)")).to_be_focused()
    page.keyboard.press("1")
    expect(page.locator("#progress")).to_have_text("5 of 5 marked")
    assert sorted(map(str, points(server).values())) == ["0.0", "0.5", "2.0", "2.0", "2.0"]


@pytest.mark.parametrize(
    ("points", "offered"),
    [
        (2, [0, 0.5, 1, 1.5, 2]),
        (1.5, [0, 0.5, 1, 1.5]),
        (2.5, [0, 0.5, 1, 1.5, 2, 2.5]),
        (0.5, [0, 0.25, 0.5]),
        (0.3, [0, 0.1, 0.2, 0.3]),
        (0.7, [0, 0.7]),
        (0, [0, 0, 0, 0, 0]),
    ],
)
def test_points_are_offered_in_steps_that_people_give(points: float, offered: list[float]) -> None:
    assert steps(points) == offered
