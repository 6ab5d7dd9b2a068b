"""The tables of Otter's settings have exactly those that Otter has."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping

import fica
import pytest
from otter.assign.assignment import Assignment
from otter.assign.question_config import QuestionConfig
from otter.assign.tests_manager import AssignmentTestsManager

from autograder.authoring.otter_settings import ASSIGNMENT, GRADERS, QUESTION, TEST_CASE, Setting


def keys(config: type[fica.Config], path: str = "") -> set[str]:
    """The settings of a class of Otter's, those of tables in it by dotted paths."""
    found = set()
    for name in dir(config):
        key = getattr(config, name)
        if isinstance(key, fica.Key):
            found.add(f"{path}{name}")
            if key.subkey_container is not None:
                found |= keys(key.subkey_container, f"{path}{name}.")
    return found


@pytest.mark.parametrize(("config", "table"), [(Assignment, ASSIGNMENT), (QuestionConfig, QUESTION)])
def test_every_setting_of_otters_has_a_verdict(config: type[fica.Config], table: Mapping[str, Setting]) -> None:
    assert set(table) - set(GRADERS) == keys(config)
    assert [name for name, setting in table.items() if not setting.words] == []


def test_every_setting_of_a_test_case_has_a_verdict() -> None:
    read = re.findall(r'config\.get\("(\w+)"', inspect.getsource(AssignmentTestsManager.read_test))
    assert set(TEST_CASE) - set(GRADERS) == set(read)
