"""The documentation: links lead somewhere, the site builds and needs no network, pictures are those of the script."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import mean, median
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt
from notebooks import ROOT
from screenshots import PICTURES
from test_samples import SCORES, STATUS

if TYPE_CHECKING:
    from playwright.sync_api import Browser

DOCS = ROOT / "docs"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.glob("*.md"))]


@cache
def parsed(page: Path) -> tuple[list[str], list[str], set[str]]:
    """The links of a page, the files of its pictures, and its anchors as code hosts make them of headings."""
    links, pictures, anchors = [], [], set()
    tokens = MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8"))
    for before, token in zip([None, *tokens], tokens, strict=False):
        children = token.children or []
        links += [str(child.attrGet("href")) for child in children if child.type == "link_open"]
        pictures += [str(child.attrGet("src")) for child in children if child.type == "image"]
        anchors |= set(re.findall(r'<a id="([^"]+)">', token.content))
        if before is not None and before.type == "heading_open":
            text = "".join(child.content for child in children if child.type in ("text", "code_inline"))
            anchors.add(re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-"))
    return links, pictures, anchors


def broken(page: Path) -> Iterator[str]:
    links, pictures, _ = parsed(page)
    for link in [*links, *pictures]:
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if page.parent == DOCS and not (target.is_file() and target.is_relative_to(DOCS)):
            yield f"{link}: no file in docs/"
        elif not target.exists():
            yield f"{link}: no such file"
        elif anchor and anchor not in parsed(target)[2]:
            yield f"{link}: no such heading"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.name))
def test_links_lead_to_files_and_headings(page: Path) -> None:
    assert list(broken(page)) == []


def test_each_page_is_in_the_menu_of_the_site() -> None:
    menu = str(tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]["nav"])
    assert set(re.findall(r"[\w-]+\.md", menu)) == {page.name for page in DOCS.glob("*.md")}


def test_each_picture_is_shown_and_made_by_the_script() -> None:
    shown = {path for page in PAGES for path in parsed(page)[1]}
    made = {f"img/{picture.name}" for picture in PICTURES}
    assert shown == made == {f"img/{path.name}" for path in (DOCS / "img").iterdir()}


def test_the_readme_shows_the_marks_of_the_samples() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^    (\w+) +(\w+(?: \w+)*) +([\d.]+) / 20 +(\d+|-) ", readme, flags=re.MULTILINE)
    (_, *names), *questions, (_, *scores) = (line.split() for line in SCORES.strip().splitlines())
    to_mark = [sum(question[number] == "?" for question in questions) for number in range(1, len(names) + 1)]

    assert rows == [
        (name, STATUS[name], score, str(count or "-"))
        for name, score, count in zip(names, scores, to_mark, strict=True)
    ]
    marks = [float(score) for score in scores]
    assert f"points of 9 students: mean {mean(marks):.2f}, median {median(marks):g} of 20\n" in readme
    assert f"{sum(to_mark)} written answers of {sum(map(bool, to_mark))} students wait for a mark\n" in readme


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site, of a build that says so where a link or an anchor is broken."""
    pytest.importorskip("zensical", reason="zensical, which builds the site, is not installed (make setup)")
    folder = tmp_path_factory.mktemp("site")
    shutil.copy(ROOT / "zensical.toml", folder)
    shutil.copytree(DOCS, folder / "docs")
    command = [sys.executable, "-m", "zensical", "build", "--strict"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout
    return folder / "build" / "site"


def test_the_site_has_all_pages(site: Path) -> None:
    assert {page.stem for page in DOCS.glob("*.md")} <= {page.stem for page in site.glob("*.html")}


def test_the_site_is_searched_without_a_network(site: Path, browser: Browser) -> None:
    page = browser.new_page()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto((site / "index.html").as_uri())
    page.locator("dialog[aria-label=Search]").wait_for(state="attached")  # its index has been read, it can be opened
    page.get_by_role("button", name="Search").first.click()
    page.get_by_role("combobox").fill("misspelt")
    page.get_by_text("When something goes wrong").first.wait_for()  # a heading of students.md
    page.close()

    assert [url for url in requests if not url.startswith(("file:", "data:", "blob:"))] == []
