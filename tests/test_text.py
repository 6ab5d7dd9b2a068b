"""Numbers, times and foreign text as a person reads them, and nothing that a terminal obeys."""

from __future__ import annotations

from datetime import timedelta

import pytest

from autograder.text import (
    duration,
    is_blank,
    one_line,
    points,
    printable,
    short_line,
    some,
    sort_key,
    span,
    visible,
    without_overrides,
    without_terminal_codes,
)


@pytest.mark.parametrize(
    ("value", "text"), [(1.0, "1"), (0.5, "0.5"), (17.25, "17.25"), (1 / 3, "0.333333"), (-1e-9, "0"), (100.0, "100")]
)
def test_points_have_no_decimals_to_spare(value: float, text: str) -> None:
    assert points(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (23, "23 s"), (59.7, "1 min 0 s"), (125, "2 min 5 s"), (3_840, "1 h 4 min")]
)
def test_a_duration_is_read_at_a_glance(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("by", "text"),
    [
        (timedelta(seconds=5), "1 min"),
        (timedelta(minutes=25), "25 min"),
        (timedelta(hours=3, minutes=5), "3 h 5 min"),
        (timedelta(days=1), "1 day 0 h"),
        (timedelta(days=2, hours=4, minutes=59), "2 days 4 h"),
    ],
)
def test_a_span_is_said_as_a_person_says_it(by: timedelta, text: str) -> None:
    assert span(by) == text


@pytest.mark.parametrize(
    ("text", "line", "name"),
    [
        ("two\nlines\tand\x1bmore", "two lines and more", "two\ufffdlines\ufffdand\ufffdmore"),
        ("a\u2028b\u2029c\x9b", "a b c", "a\ufffdb\ufffdc\ufffd"),
        ("gnp\u202egnp\u2066", "gnpgnp", "gnp\ufffdgnp\ufffd"),
        ("\u200fעמר\u200e", "עמר", "\u200fעמר\u200e"),
        ("caf\udce9", "caf\ufffd", "caf\ufffd"),
        ("  陳大文 👩\u200d🎓  ", "陳大文 👩\u200d🎓", "  陳大文 👩\u200d🎓  "),
    ],
)
def test_nothing_in_a_name_is_obeyed_by_a_terminal(text: str, line: str, name: str) -> None:
    assert (one_line(text), printable(text)) == (line, name)


def test_a_name_covers_nothing_above_and_below_it() -> None:
    assert printable("Zoe\u0308" + "\u0301" * 200 + "!") == "Zoe\u0308" + "\u0301" * 5 + "!"


@pytest.mark.parametrize(("count", "text"), [(0, ""), (2, "a 0, a 1"), (3, "a 0, a 1, a 2"), (4, "a 0, a 1, a 2, …")])
def test_of_many_names_some_are_said(count: int, text: str) -> None:
    assert some((f"a\n{number}" for number in range(count)), 3) == text


def test_terminal_codes_are_left_out_of_what_they_colour() -> None:
    text = "\x1b[1;31mNameError\x1b[0m\n\x1b]8;;http://x.example\x07link\x1b]8;;\x1b\\ \x1bM."
    assert without_terminal_codes(text) == "NameError\nlink ."


@pytest.mark.parametrize(
    "text",
    ["", " \n\t", "\u200b\u200d\u2060\ufeff", "\u00ad", "\u3164\u115f\u2800", "\u0301\ufe0f", "\x00\x1b", "\U000e0041"],
)
def test_what_nobody_can_see_is_blank(text: str) -> None:
    assert is_blank(text)


@pytest.mark.parametrize("text", ["a", "\u200bno", "-", "\u0e01", "5", "✓", "👩‍🔬", "\u05d0\u200f"])
def test_what_can_be_seen_is_not_blank(text: str) -> None:
    assert not is_blank(text)


@pytest.mark.parametrize(
    "name",
    [
        "Zo\u200be",
        "\ufeffZoe",
        "Zo\u00ade",
        "Z\u2060oe\u200d",
        "Zoe\ufe0f",
        "Z\u034foe\u3164",
        " Zoe\u00a0",
        "Zoe\u200f",
    ],
)
def test_names_that_look_alike_are_one_to_a_reader(name: str) -> None:
    assert visible(name) == "Zoe"
    assert visible("Zoe\u0308") == "Zoë"


def test_names_are_put_in_order_as_people_do() -> None:
    names = [
        "Zoë",
        "Łucja",
        "Lars",
        "Émile",
        "E\u0301mile B",
        "Eva",
        "Åsa",
        "anna",
        "Øyvind",
        "Otto",
        "Šárka",
        "Sam",
        "İlker",
    ]
    ordered = sorted(names, key=sort_key)
    assert ordered == [
        "anna", "Åsa", "Émile", "E\u0301mile B", "Eva", "İlker", "Lars", "Łucja", "Otto", "Øyvind", "Sam", "Šárka", "Zoë"
    ]  # fmt: skip


def test_letters_stand_in_the_order_in_which_they_were_written() -> None:
    assert without_overrides("Ada \u202elive\u202c, \u2067שלום\u2069 \u200f!") == "Ada live, שלום \u200f!"


def test_a_long_name_is_shown_by_its_beginning_and_its_end() -> None:
    name = "Ada " * 1250 + "(s12)"
    assert some(["Bo", name]) == f"Bo, {short_line(name)}"
    assert len(short_line(name)) == 250 and short_line(name).startswith("Ada ") and short_line(name).endswith("(s12)")
    assert short_line("Bo\n") == "Bo"
