"""Containers that two sides share: what one changes in its own, the other learns."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from autograder.evidence import shared
from autograder.evidence.nodes import Node
from autograder.evidence.shared import Shared


def write(value: Any) -> Node:
    return {"kind": type(value).__name__, "value": sorted(value) if isinstance(value, set) else copy.deepcopy(value)}


def read(node: Node) -> Any:
    return set(node["value"]) if node["kind"] == "set" else copy.deepcopy(node["value"])


@pytest.fixture
def sides() -> tuple[Shared, Shared]:
    return Shared(write, read), Shared(write, read)


@pytest.mark.parametrize("container", [[1], {"a": 1}, {1}])
def test_what_one_side_changes_the_other_changes_too(sides: tuple[Shared, Shared], container: Any) -> None:
    here, there = sides
    number = here.number(container)
    assert number is not None
    other = there.known(number, read(write(container)))
    assert (here.number(container), there.known(number, [])) == (number, other)
    assert here.changes() == there.changes() == {}

    container.clear()
    there.take(here.changes())
    assert other == container
    shared.update(
        other, read(write([2, 3] if isinstance(other, list) else {"b": 2} if isinstance(other, dict) else {2}))
    )
    here.take(there.changes())
    assert container == other != type(container)()
    assert here.changes() == there.changes() == {}


def test_both_sides_forget_the_same(sides: tuple[Shared, Shared]) -> None:
    here, there = sides
    containers: list[list[Any]] = [[n] for n in range(shared.MAX_SHARED + 1)]
    others = [there.known(here.number(one) or 0, list(one)) for one in containers]
    for container in containers:
        container.append("more")
    there.take(here.changes())
    assert [len(other) for other in others] == [1, *[2] * shared.MAX_SHARED]


def test_what_is_too_large_or_no_container_is_not_shared(sides: tuple[Shared, Shared]) -> None:
    here, there = sides
    assert here.number(["x" * shared.MAX_SIZE]) is None
    assert here.number("text") is None
    there.take({"7": write([1]), "x": write([2])})  # of a number that nobody knows
    assert there.changes() == {}
