"""The way through a class: filters, comments used again, a student's answers on a page, and two markers at once."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Browser, Page, expect
from review.conftest import Server

from autograder.gradebook.marking import Seen, answers, give

EnterAs = Callable[..., Page]


def mark(server: Server, name: str, points: float, by: str = "Uma", comment: str = "") -> None:
    answer = next(one for one in answers(server.book, "why") if one.name == name)
    seen = [Seen(answer.student, answer.digest, answer.version)]
    give(server.book, "why", seen, by=by, points=points, comment=comment)


def test_answers_are_shown_by_mark_marker_and_points(enter_as: EnterAs, server: Server) -> None:
    for name, points, by in (("dan", 0.5, "Uma"), ("eva", 2, "Vic <b>")):
        mark(server, name, points, by)
    page = enter_as()
    filters = page.get_by_role("navigation", name="Which answers")
    offered = [link.inner_text() for link in filters.get_by_role("link").all()]
    assert offered == ["all 5", "not marked 3", "marked 2", "by Uma 1", "by Vic <b> 1", "0.5 points 1", "2 points 1"]
    for words, shown in (("not marked", ["3 answers"]), ("by Vic <b>", ["six"]), ("0.5 points", ["No idea"])):
        filters.get_by_role("link", name=words, exact=False).first.click()
        expect(filters.locator("[aria-current]")).to_contain_text(words)
        expect(page.locator("article")).to_have_count(len(shown))
        expect(page.locator("article")).to_contain_text(shown)


def test_what_is_left_is_marked_one_after_the_other(enter_as: EnterAs, server: Server) -> None:
    page = enter_as(path="/question/why?view=one&show=unmarked")
    for left in (2, 1, 0):
        expect(page.locator("article")).to_be_focused()
        page.wait_for_load_state()  # the card has the focus just before its buttons work
        page.keyboard.press("2")
        expect(page.locator("#progress")).to_have_attribute("data-left", str(left))
        expect(page.locator("nav.bar span")).to_have_text(["Answer 1 of 2"] if left == 2 else [])
    assert {one.mark.points for one in answers(server.book, "why") if one.mark} == {1.0}


def test_a_comment_is_used_again_by_its_key(enter_as: EnterAs, server: Server) -> None:
    mark(server, "dan", 0.5, comment="Say <b>why</b>.")
    mark(server, "eva", 0.5, comment="Six of what?")
    page = enter_as()
    page.keyboard.press("j")
    page.keyboard.press(",")
    used = page.locator("article .again")
    expect(used.locator("span").first).to_have_text("Six of what?")
    expect(used.locator("button").first).to_be_focused()
    page.keyboard.press("2")
    expect(page.locator("article textarea").first).to_have_value("Say <b>why</b>.")
    page.keyboard.press("3")
    expect(page.locator("#progress")).to_have_text("5 of 5 marked")
    assert {one.mark.comment for one in answers(server.book, "why") if one.mark} == {"Say <b>why</b>.", "Six of what?"}


def test_a_students_answers_stand_on_a_page_and_the_next_student_follows(enter_as: EnterAs, server: Server) -> None:
    page = enter_as(path="/submissions")
    ada = page.locator("#submissions li", has_text="ada")
    expect(ada).to_contain_text("0 of 1 marked")
    with page.expect_navigation():
        ada.get_by_role("link", name="Answers of ada").click()
    expect(page.locator("h1")).to_have_text("A submission")
    page.keyboard.press("j")
    numbers = {one.name: one.submission for one in answers(server.book, "why")}
    page.keyboard.press("4")
    page.wait_for_url(f"**/submission/{numbers['ben']}/answers#unmarked")
    mark(server, "cleo", 0)
    page.keyboard.press("1")
    page.wait_for_url(f"**/submission/{numbers['dan']}/answers#unmarked")
    expect(page.locator("article .answer")).to_contain_text("No idea")
    given = {one.name: one.mark.points for one in answers(server.book, "why") if one.mark}
    assert given == {"ada": 2.0, "ben": 0.5, "cleo": 0.0}


def test_two_markers_see_each_other(enter_as: EnterAs) -> None:
    tess, uma = enter_as("Tess"), enter_as("Uma <i>")
    where = f"#{tess.locator('article', has_text='No idea').get_attribute('id')}"
    uma.focus(where)
    expect(tess.locator(f"{where} .here")).to_have_text("Uma <i> is at it")
    expect(tess.locator("#others")).to_have_text("also here: Uma <i>")
    expect(uma.locator("#others")).to_have_text("also here: Tess")
    uma.keyboard.press("0")
    expect(tess.locator("#progress")).to_have_text("1 of 5 marked")
    uma.goto(uma.url.split("/question")[0])
    expect(uma.locator("p.here")).to_have_text("Tess is marking")


def test_who_marks_says_a_name_first(browser: Browser, server: Server, base: str) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(server.address)
        page.fill("#name", "Tess")
        with page.expect_navigation():
            page.click("text=Begin")
        assert page.url == f"{base}/"
        with page.expect_navigation():  # and all its scripts have run
            page.click("text=4. Why?")
        page.keyboard.press("j")
        page.keyboard.press("2")
        expect(page.locator("#saved")).to_contain_text("saved")
    assert {one.mark.by for one in answers(server.book, "why") if one.mark} == {"Tess"}
