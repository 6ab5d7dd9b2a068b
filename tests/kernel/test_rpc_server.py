"""The kernel answers remote procedure calls: with the value, or with the exception of the student's code."""

from __future__ import annotations

import json
from typing import Any

import pytest

from autograder.evidence.inline import MAX_BYTES
from autograder.kernel.rpc_server import RpcServer


def call(value: Any, *arguments: Any, operation: str = "call", reseed: Any = lambda: None) -> Any:
    nodes = [{"kind": "plain", "value": argument} for argument in arguments]
    request = {"target": ["q", "f"], "operation": operation, "arguments": nodes, "keywords": {}}
    return json.loads(RpcServer({"q": {"f": value}}, reseed).answer(json.dumps(request)))


def test_the_outcome_is_the_value_and_the_arguments_that_the_call_changed() -> None:
    request = {
        "target": ["q", "f"],
        "operation": "call",
        "arguments": [{"kind": "plain", "value": 2}, {"kind": "list", "items": []}],
        "keywords": {},
    }

    def append(number: int, numbers: list[int]) -> int:
        numbers.append(number)
        return number + 1

    answer = json.loads(RpcServer({"q": {"f": append}}, lambda: None).answer(json.dumps(request)))

    assert answer["value"] == {"kind": "plain", "value": 3}
    assert answer["arguments"] == [None, {"kind": "list", "items": [{"kind": "plain", "value": 2}]}]


def test_random_numbers_are_reset_before_each_operation() -> None:
    events: list[str] = []
    call(lambda: events.append("call"), reseed=lambda: events.append("reseed"))

    assert events == ["reseed", "call"]


def test_an_exception_is_an_outcome_named_by_its_nearest_built_in_class() -> None:
    class Own(KeyError):
        def __str__(self) -> str:
            raise RuntimeError("mute")

    def fail() -> None:
        raise Own

    assert call(fail) == {"raised": "KeyError", "type": "Own", "message": ""}


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
def test_what_would_end_the_kernel_is_an_outcome(error: type[BaseException]) -> None:
    def fail() -> None:
        raise error("bye")

    assert call(fail) == {"raised": error.__name__, "type": error.__name__, "message": "bye"}


def test_a_value_without_a_form_stays_and_can_be_used_again() -> None:
    server = RpcServer({"q": {"f": lambda: {1, object()}}}, lambda: None)
    request = {"target": ["q", "f"], "operation": "call", "arguments": [], "keywords": {}}
    answer = json.loads(server.answer(json.dumps(request)))
    again = json.loads(
        server.answer(json.dumps(request | {"target": answer["value"]["number"], "operation": "length"}))
    )

    assert answer["value"] == {"kind": "held", "number": 0, "type": "set"}
    assert again["value"] == {"kind": "plain", "value": 2}


def test_an_outcome_that_is_too_large_is_an_error() -> None:
    answer = call(lambda: ["x" * 900_000] * (MAX_BYTES // 900_000 + 1))

    assert (answer["raised"], answer["message"]) == ("ValueError", "its result is too large")


def test_an_endless_value_is_not_iterated_to_its_end() -> None:
    import itertools

    assert "more than 100,000 items" in call(itertools.count(), operation="items")["message"]
