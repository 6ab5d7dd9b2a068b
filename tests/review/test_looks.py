"""Each page can be used by everybody: axe finds no serious fault, and a phone need not scroll sideways."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from review.conftest import Server

PAGES = [
    "/",
    "/name",
    "/question/why",
    "/question/why?view=one",
    "/submissions",
    "/submission/1",
    "/submission/1/answers",
    "/submission/1/notebook",
]


def prepared(page: Page, server: Server, path: str) -> None:
    """Everything unfolded, a mark given, an error said."""
    if path.startswith("/question"):
        page.locator("#steps-on").evaluate("setting => setting.checked = false")
        page.locator("article button[data-key='1']").first.click()
        expect(page.locator("#saved")).to_contain_text("saved")
        page.fill("article input[name=typed] >> nth=0", "99")
        page.press("article input[name=typed] >> nth=0", "Enter")
        expect(page.locator("article .wrong")).to_contain_text("99")
        page.locator("article button[data-key=',']").first.click()
        expect(page.locator("article .again").first).to_contain_text("Nobody")
    page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_no_serious_fault(enter_as: Callable[..., Page], server: Server, path: str, scheme: str) -> None:
    page = enter_as(path=path, color_scheme=scheme, bypass_csp=True)
    prepared(page, server, path)
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")] == []


@pytest.mark.parametrize("path", PAGES)
def test_a_phone_need_not_scroll_sideways(enter_as: Callable[..., Page], server: Server, path: str) -> None:
    page = enter_as(path=path)
    page.set_viewport_size({"width": 390, "height": 844})
    prepared(page, server, path)
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_a_conflict_can_be_used_by_everybody(enter_as: Callable[..., Page], server: Server) -> None:
    tess, uma = enter_as("Tess"), enter_as("Uma", bypass_csp=True)
    tess.locator("article button[data-key='4']").first.click()
    expect(tess.locator("#progress")).to_have_text("3 of 5 marked")
    uma.locator("article button[data-key='1']").first.click()
    expect(uma.locator(".conflict")).to_be_visible()
    found = Axe().run(uma).response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []


def test_everything_is_reached_by_tabulator_in_the_order_of_the_page(enter_as: Callable[..., Page]) -> None:
    page = enter_as()
    order = []
    for _ in range(60):
        page.keyboard.press("Tab")
        order.append(page.evaluate("document.activeElement.getBoundingClientRect().top + window.scrollY"))
        assert page.evaluate("document.activeElement.matches(':focus-visible')")
        if page.evaluate("document.activeElement === [...document.querySelectorAll('article summary')].at(-1)"):
            break
    else:
        pytest.fail("the last card is not reached")
    assert len(order) > 20
