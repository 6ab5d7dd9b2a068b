"""The settings of questions and test cases in a master, checked, and handed on to Otter Assign where it knows them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

import yaml
from nbformat import NotebookNode

from autograder.assignment.question_texts import MAX_TITLE
from autograder.authoring.otter_settings import GRADERS, QUESTION, SWITCHES, TEST_CASE
from autograder.authoring.packages import Note
from autograder.authoring.settings_text import broken_rule, near_names, read_mapping

_TEST_CONFIG = re.compile(
    r"""(?:.\s*=\s*)?["']{1,3}\s*#\s*BEGIN\s*TEST\s*CONFIG\n(.*?)\n["']{1,3};?\s*#\s*END""", re.DOTALL | re.IGNORECASE
)


def read_question(cell: NotebookNode, place: str, note: Note) -> dict[str, Any]:
    """The settings of a question, with its name as a text; ``place`` is that of its cell, in messages.

    Raises:
        ConfigError: they are not YAML, the title is not one line of text, the points are not numbers, or a switch is
            neither true nor false.
    """
    settings = read_mapping(cell.source, f"{place}: a question's settings")
    if not isinstance(settings.get("name"), list | dict | None):
        settings["name"] = read_mapping(cell.source, place, yaml.BaseLoader)["name"]  # 1.10 as it is written
    for key in [key for key in settings if key not in QUESTION]:
        del settings[key]
        note(
            f"question '{settings.get('name')}': Otter has no setting '{key}' for a question{near_names(key, QUESTION)}"
        )
    place = f"{place}: question '{settings.get('name')}'"
    _check_switches(settings, place)
    title, points = settings.get("title"), settings.get("points")
    if title is not None and (
        not isinstance(title, str) or not 0 < len(title.strip()) <= MAX_TITLE or "\n" in title.strip()
    ):
        raise broken_rule(place, "title", f"one line of at most {MAX_TITLE} characters", title)
    listed = list(points.values()) if isinstance(points, dict) else points if isinstance(points, list) else [points]
    if not all(one is None or _is_points(one) for one in listed):
        raise broken_rule(place, "points", "a number from 0, a list of these, or {each: 2}", points)
    return settings


def hand_on(cell: NotebookNode, settings: Mapping[str, Any], stated: float) -> None:
    """Leave in the cell of a question those of its settings that Otter knows.

    Points that are exceeded by those that its test cases have ``stated`` are left out, because Otter refuses a rounding
    error, too (0.1 + 0.2 of 0.3): ``test_cases`` compares the two.
    """
    for_otter = {key: value for key, value in settings.items() if key not in GRADERS}
    if isinstance(points := settings.get("points"), int | float) and stated > points:
        del for_otter["points"]
    cell.source = f"# BEGIN QUESTION\n{json.dumps(for_otter, default=str)}"


def read_test_case(source: str, question: str, place: str, note: Note) -> tuple[dict[str, tuple[str, ...]], float]:
    """The settings of a test case that Otter does not know but the grader does, names by setting; and its points.

    ``place`` is that of its cell, in messages.

    Raises:
        ConfigError: they are not YAML, one of them is not a name or a list of names, the points are not a number, or a
            switch is neither true nor false.
    """
    settings = _TEST_CONFIG.match(source)
    place = f"{place}: question '{question}'"
    own: dict[str, tuple[str, ...]] = {}
    stated = 0.0
    written = read_mapping(settings[1], f"{place}: the settings of a test case") if settings else {}
    _check_switches(written, f"{place}, test case")
    for key, value in written.items():
        if key not in TEST_CASE:
            note(f"question '{question}': Otter has no setting '{key}' for a test case{near_names(key, TEST_CASE)}")
        elif key in GRADERS:
            names = value if isinstance(value, list) else [value]
            if not all(isinstance(name, str) for name in names):
                raise broken_rule(place, key, "a name or a list of names", value)
            own[key] = tuple(dict.fromkeys(names))
        elif key == "points" and value is not None:
            if not _is_points(value):
                raise broken_rule(f"{place}, test case", key, "a number from 0", value)
            stated = float(value)
    return own, stated


def with_written_messages(source: str) -> str:
    """A test cell whose messages can stand in the code of a test file, where Otter writes them as they are."""
    if (stated := _TEST_CONFIG.match(source)) is None:
        return source
    settings = read_mapping(stated[1], "the settings of a test case")
    for key in ("success_message", "failure_message"):
        if isinstance(text := settings.get(key), str):
            settings[key] = json.dumps(text)[1:-1]
    return f"{source[: stated.start(1)]}{json.dumps(settings, default=str)}{source[stated.end(1) :]}"


def _check_switches(settings: Mapping[str, Any], place: str) -> None:
    for key in SWITCHES:
        if not isinstance(value := settings.get(key), bool | None):
            raise broken_rule(place, key, "true or false", value)


def _is_points(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf
