"""The pictures of a text are named after what they show, so that texts with different pictures differ."""

from __future__ import annotations

import time
from typing import Any

import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from autograder.assignment.pictures import name_pictures, pictures_of

BIG = {"a" * 16: {"image/png": "a" * 4_000_000}}


@pytest.mark.parametrize(
    ("text", "attachments"),
    [
        ("![it](attachment:image.png)", {"image.png": {"image/png": "aGk="}}),
        ("![it](attachment:my photo (1).png)", {"my photo (1).png": {"image/png": "aGk="}}),
        ("![it](attachment:my%20photo.png)", {"my photo.png": {"image/png": "aGk="}}),
        ("![it](data:image/png;base64,aGk=)", None),
    ],
)
def test_a_picture_has_one_name_however_an_editor_wrote_it(text: str, attachments: Any) -> None:
    named, pictures = name_pictures(text, attachments)
    (name,) = pictures

    assert named == f"![it](attachment:{name})"
    assert pictures[name] == {"image/png": "aGk="}
    assert name_pictures(named, pictures) == (named, pictures)
    assert name_pictures(text.replace("aGk=", "aGo="), {"image.png": {"image/png": "aGo="}})[0] != named


def test_pictures_in_html_have_names_too() -> None:
    text = """<img src="attachment:a.png" width=9> <img src='data:image/gif;base64,aGk='>"""
    named, pictures = name_pictures(text, {"a.png": {"image/png": "aGo="}})

    assert [next(iter(one)) for one in pictures.values()] == ["image/png", "image/gif"]
    assert all(f"attachment:{name}" in named for name in pictures)


@pytest.mark.parametrize("attachments", [None, 3, {}, {"a.png": 3}, {"a.png": {"image/svg+xml": "PHN2Zz4="}}])
def test_what_is_no_picture_keeps_its_name(attachments: Any) -> None:
    text = "![it](attachment:a.png) ![it](data:image/svg+xml;base64,PHN2Zz4=) [x](attachment:"
    assert name_pictures(text, attachments) == (text, {})


def test_the_pictures_of_a_notebook_are_those_of_its_text_cells() -> None:
    pasted = new_markdown_cell("![](attachment:a.png)", attachments={"a.png": {"image/png": "aGk="}})
    written = new_markdown_cell("![](data:image/jpeg;base64,aGo=)")

    assert list(pictures_of(new_notebook(cells=[pasted, written])).values()) == [
        {"image/png": "aGk="},
        {"image/jpeg": "aGo="},
    ]


@pytest.mark.parametrize("text", ["(attachment:", "(attachment:(", '"attachment:', "(data:image/png;base64,a"])
def test_names_are_found_in_linear_time(text: str) -> None:
    started = time.thread_time()
    name_pictures(text * 50_000, {})

    assert time.thread_time() - started < 2


def test_a_large_picture_is_read_once_however_often_and_variously_it_is_named() -> None:
    names = [format(number, "016b").replace("0", "a").replace("1", "%61") for number in range(2_000)]
    started = time.thread_time()
    named, pictures = name_pictures("".join(f"(attachment:{name})" for name in names), BIG)

    assert len(pictures) == 1
    assert named == f"(attachment:{next(iter(pictures))})" * len(names)
    assert time.thread_time() - started < 2
