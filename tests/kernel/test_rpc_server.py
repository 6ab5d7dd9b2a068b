"""The kernel answers remote procedure calls: with the value, or with the exception of the student's code."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import Any

import pytest

from autograder.evidence.inline import MAX_BYTES
from autograder.kernel.rpc_server import RpcServer


def call(value: Any, *arguments: Any, operation: str = "call", reseed: Any = lambda: None) -> Any:
    nodes = [{"kind": "plain", "value": argument} for argument in arguments]
    request = {"target": ["q", "f"], "operation": operation, "arguments": nodes, "keywords": {}}
    return json.loads(RpcServer({"q": {"f": value}}, reseed, {}, {}).answer(json.dumps(request)))


def test_the_outcome_is_the_value_and_the_arguments_that_the_call_changed() -> None:
    request = {
        "target": ["q", "f"],
        "operation": "call",
        "arguments": [{"kind": "plain", "value": 2}, {"kind": "list", "items": []}],
        "keywords": {},
        "parts": 1,
    }

    def append(number: int, numbers: list[int]) -> int:
        numbers.append(number)
        return number + 1

    answer = json.loads(RpcServer({"q": {"f": append}}, lambda: None, {}, {}).answer(json.dumps(request)))

    assert answer["value"] == {"kind": "plain", "value": 3}
    assert answer["arguments"] == [None, {"kind": "list", "items": [{"kind": "plain", "value": 2}], "places": [0]}]


def test_random_numbers_are_reset_before_each_test_case_and_not_between_its_calls() -> None:
    events: list[str] = []
    server = RpcServer({"q": {"f": lambda: events.append("call")}}, lambda: events.append("reseed"), {}, {})
    server.answer(json.dumps({"operation": "begin"}))
    request = json.dumps({"target": ["q", "f"], "operation": "call", "arguments": [], "keywords": {}})
    server.answer(request)
    server.answer(request)

    assert events == ["reseed", "call", "call"]


def test_an_exception_is_an_outcome_named_by_its_nearest_built_in_class() -> None:
    class Own(KeyError):
        def __str__(self) -> str:
            raise RuntimeError("mute")

    def fail() -> None:
        raise Own

    answer = call(fail)
    assert (answer["raised"], answer["type"], "message" in answer) == ("KeyError", "Own", False)
    assert answer["value"]["class"]["exception"] == "KeyError"


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
def test_what_would_end_the_kernel_is_an_outcome(error: type[BaseException]) -> None:
    def fail() -> None:
        raise error("bye")

    answer = call(fail)
    assert (answer["raised"], answer["type"], answer["message"]) == (error.__name__, error.__name__, "bye")


def request(target: Any, operation: str, **more: Any) -> str:
    return json.dumps({"target": target, "operation": operation, "arguments": [], "keywords": {}} | more)


class Card:
    """A class of which a test case gets an object in a list."""

    def __len__(self) -> int:
        return 2


def test_a_value_without_a_form_stays_under_one_number_until_the_test_case_lets_it_go() -> None:
    card = Card()
    server = RpcServer({"q": {"f": lambda: [1, card]}}, lambda: None, {}, {})
    one, held = json.loads(server.answer(request(["q", "f"], "call")))["value"]["items"]
    again = json.loads(server.answer(request(["q", "f"], "call")))["value"]["items"][1]

    assert (one["value"], held["kind"], held["class"]["name"]) == (1, "held", "Card")
    assert held["number"] == again["number"]
    assert json.loads(server.answer(request(held["number"], "len")))["value"]["value"] == 2
    gone = json.loads(server.answer(request(held["number"], "len", release=[held["number"]])))
    assert gone["raised"] == "KeyError"


def test_a_test_case_can_run_over_the_names_as_they_were_at_the_check() -> None:
    names = {"q": {"x": 1}}
    server = RpcServer({}, lambda: None, names, {})
    ask = {"operation": "test", "target": "q"}
    right = server.answer(json.dumps(ask | {"name": "", "source": ">>> 'x' in dir()\nTrue"}))
    wrong = server.answer(
        json.dumps(ask | {"name": "case", "source": "def case():\n    del globals()['x']\n    assert 0"})
    )

    assert json.loads(right) == {"status": "passed", "message": "", "points": None}
    assert json.loads(wrong) == {"status": "failed", "message": "this is not true: 0", "points": None}
    assert names == {"q": {"x": 1}}


def test_a_test_case_may_run_coroutines_though_the_kernels_loop_runs() -> None:
    async def double(x: int) -> int:
        await asyncio.sleep(0)
        return 2 * x

    async def kernel() -> Any:
        names = {"double": double, "asyncio": asyncio}
        server = RpcServer({}, lambda: None, {"q": names}, {})
        ask = {"operation": "test", "target": "q", "name": "", "source": ">>> asyncio.run(double(2))\n4"}
        answers = [json.loads(server.answer(json.dumps(ask))) for _ in range(2)]
        await asyncio.sleep(0)
        assert asyncio.get_running_loop() is asyncio.get_event_loop()
        return [answer["status"] for answer in answers]

    assert asyncio.run(kernel()) == ["passed", "passed"]


def test_a_function_finds_the_names_as_they_were_at_the_check_of_its_question() -> None:
    notebook: dict[str, Any] = {"data": [1, 2, 3]}
    exec("def count(): return len(data) + len(extra)", notebook)
    names = {"q": dict(notebook), "r": notebook | {"data": [1]}}
    notebook.update(data=[], extra=[7])
    server = RpcServer({question: {"f": notebook["count"]} for question in names}, lambda: None, names, notebook)

    def count(question: str) -> int:
        request = {"target": [question, "f"], "operation": "call", "arguments": [], "keywords": {}}
        found: int = json.loads(server.answer(json.dumps(request)))["value"]["value"]
        return found

    assert [count("q"), count("r"), count("q")] == [4, 2, 4]


def test_a_class_that_a_library_has_is_of_it_whatever_a_notebooks_own_says() -> None:
    lying = type("HTTPStatus", (int,), {"__module__": "http", "__class__": HTTPStatus})

    assert call(lambda: HTTPStatus.OK)["value"]["library"] is True
    assert call(lambda: lying(200))["value"]["library"] is False


def test_an_outcome_that_is_too_large_is_an_error() -> None:
    answer = call(lambda: ["x" * 900_000] * (MAX_BYTES // 900_000 + 1))

    assert (answer["raised"], answer["message"]) == ("ValueError", "its result is too large")
