"""The digest of a definition is the same from its source and from its value, and another one once it is changed."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from autograder.evidence.definitions import digest_of_source, digest_of_value

CAT = "class Cat:\n    legs = ...\n    name: str = ...\n    @classmethod\n    def say(cls):\n        ..."


def digests(source: str) -> tuple[str, str]:
    names: dict[str, Any] = {}
    exec(source, names)
    definition = ast.parse(source).body[0]
    assert isinstance(definition, ast.FunctionDef | ast.ClassDef)
    return digest_of_source(definition), digest_of_value(names[definition.name])


@pytest.mark.parametrize("source", [CAT, "class Cat:\n    legs = ...", "def f(x):\n    return lambda: x + 1"])
def test_source_and_value_have_one_digest(source: str) -> None:
    of_source, of_value = digests(source)
    assert of_source == of_value != ""


@pytest.mark.parametrize(
    "change", [("legs = ...", "legs = 4"), ("str = ...", "str = 'Tom'"), ("    ...", "    return 1")]
)
def test_a_class_is_changed_by_a_function_or_by_an_attribute_that_is_filled_in(change: tuple[str, str]) -> None:
    assert digests(CAT.replace(*change))[1] != digests(CAT)[0]


def test_what_python_does_not_take_has_no_digest() -> None:
    counter = "def counter():\n    def count():\n        nonlocal n\n        n += 1\n    return count"
    assert digest_of_source(ast.parse(counter).body[0]) == ""
