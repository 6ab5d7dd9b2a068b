"""Remote objects: a test case works with a student's function or object where it is, and gets data back."""

from __future__ import annotations

import collections
import inspect
import json
from array import array
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autograder.checks.remote import Remote
from autograder.checks.remote_objects import RemoteClass
from autograder.checks.remote_special import REMOTE
from autograder.errors import EvidenceError
from autograder.kernel.rpc_server import RpcServer
from autograder.test_case import run_function

Distant = Callable[..., Any]


def answering(answer: str) -> Any:
    """A remote object of a kernel that answers what it likes, once it has given the object."""
    described = {
        "number": 1,
        "name": "f",
        "paths": [],
        "bases": [],
        "special": ["__call__"],
        "inherited": [],
        "own": [],
        "built_in": None,
        "exception": None,
    }
    first = json.dumps({"value": {"kind": "held", "number": 2, "class": described}})
    answers = iter((first,))
    return Remote(lambda request: next(answers, answer)).object("q", "f")


def test_a_class_with_a_form_among_the_answers_keeps_no_values_in_the_kernel() -> None:
    live: dict[str, Any] = {"q": {"f": lambda: [3, "a"]}, "kinds": {"kind": int, "other": str, "array": np.ndarray}}
    found = Remote(RpcServer(live, lambda: None, {}, {}).answer).object("q", "f")()
    assert (found, type(found[0])) == ([3, "a"], int)


class Stack:
    """What a student's class may look like."""

    def __init__(self) -> None:
        self.items: list[Any] = []

    def push(self, item: Any) -> Stack:
        self.items.append(item)
        return self

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, position: int) -> Any:
        return self.items[position]


class Agreeable:
    """Equal to all, larger than all, full of everything."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0

    def __contains__(self, item: object) -> bool:
        return True

    def __gt__(self, other: object) -> bool:
        return True

    def __float__(self) -> float:
        return 9.0

    def __index__(self) -> int:
        return 9


def test_a_call_takes_and_gives_plain_values(remotely: Distant) -> None:
    f = remotely(lambda x, *, power=2: {"is": x**power})

    assert f(3) == {"is": 9}
    assert f(2, power=5) == {"is": 32}


def test_arrays_go_and_come(remotely: Distant) -> None:
    found = remotely(lambda array: array.T + 0.5)(np.arange(6).reshape(2, 3))

    assert type(found) is np.ndarray
    assert found.tolist() == [[0.5, 3.5], [1.5, 4.5], [2.5, 5.5]]


def test_what_a_function_does_to_its_arguments_is_seen(remotely: Distant) -> None:
    numbers, table, array = [3, 1, 2], {"a": 1}, np.zeros(3)

    def change(numbers: Any, table: Any, array: Any) -> None:
        numbers.sort()
        table["b"] = 2
        array += 1

    remotely(change)(numbers, table, array)
    assert (numbers, table, array.tolist()) == ([1, 2, 3], {"a": 1, "b": 2}, [1, 1, 1])


def test_so_is_what_it_does_to_a_namespace_and_to_an_array_of_python(remotely: Distant) -> None:
    namespace, numbers = SimpleNamespace(x=1, y=2), array("i", [1])

    def change(namespace: Any, numbers: Any) -> Any:
        del namespace.y
        namespace.x = 3
        numbers.append(2)
        return namespace

    assert remotely(change)(namespace, numbers) is namespace
    assert (vars(namespace), list(numbers)) == ({"x": 3}, [1, 2])


@pytest.mark.parametrize("value", [[1], {"k": [1]}, np.ones(3), abs, None], ids=str)
def test_an_argument_that_comes_back_is_the_very_object(remotely: Distant, value: Any) -> None:
    for function in (lambda one, two: two, lambda one, *, two: two):
        assert remotely(function)(0, two=value) is value
    assert remotely(lambda two: two[:])([1]) == [1]

    def grown(numbers: list[int]) -> list[int]:
        numbers.append(2)
        return numbers

    numbers = [1]
    assert remotely(grown)(numbers) is numbers
    assert numbers == [1, 2]


def test_what_is_in_an_argument_is_changed_in_its_place_and_comes_back_as_itself(remotely: Distant) -> None:
    def move(rows: list[list[int]], named: dict[str, list[int]], line: Any) -> list[Any]:
        rows.reverse()
        rows[0].append(9)
        named["a"] = [*named["a"], 3]
        named["b"].append(4)
        line.rotate()
        return [rows[1], {"b": (named["b"], 0)}]

    first, last, a, b = [1], [2], [3], [4]
    rows, named, line = [first, last], {"a": a, "b": b}, collections.deque([1, 2])
    outcome = remotely(move)(rows, named, line)
    assert (first, last, a, b, line) == ([1], [2, 9], [3], [4, 4], collections.deque([2, 1]))
    assert rows[0] is last and rows[1] is first
    assert named["a"] == [3, 3] and named["b"] is b
    assert outcome[0] is first and outcome[1]["b"][0] is b


def test_a_function_that_is_called_back_gets_and_changes_what_it_would_alone(remotely: Distant) -> None:
    def each(f: Callable[[Any], Any], rows: list[Any]) -> list[Any]:
        rows.append([3])
        return [f(rows[0]), f([2])[0], f(rows)]

    def grow(row: list[Any]) -> list[Any]:
        row.append(0)
        return row

    first = [1]
    rows: list[Any] = [first]
    outcome = remotely(each)(grow, rows)
    assert (outcome, rows, first) == ([[1, 0], 2, [[1, 0], [3], 0]], [[1, 0], [3], 0], [1, 0])
    assert outcome[0] is rows[0] is first and outcome[2] is rows


def test_what_it_raises_is_raised_as_the_built_in_kind(remotely: Distant) -> None:
    class Own(ValueError):
        pass

    def refuse(kind: str) -> None:
        raise {"own": Own("no"), "key": KeyError("k"), "assert": AssertionError("made up"), "exit": SystemExit(3)}[kind]

    f = remotely(refuse)
    with pytest.raises(ValueError, match="no"):
        f("own")
    with pytest.raises(KeyError):
        f("key")
    with pytest.raises(AssertionError):
        f("assert")
    with pytest.raises(SystemExit):
        f("exit")


def test_an_error_of_the_system_names_its_file(remotely: Distant) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        remotely(open)("there is none.txt")
    assert (caught.value.filename, len(caught.value.args)) == ("there is none.txt", 2)


def test_a_value_that_raises_whatever_it_is_asked_costs_no_other_one() -> None:
    class Unasked(type):
        """A class that raises whatever it is asked, and so do its objects."""

        def __getattribute__(cls, name: str) -> Any:
            raise GeneratorExit(name)

    class Unaskable(metaclass=Unasked):
        def __getattribute__(self, name: str) -> Any:
            raise KeyboardInterrupt(name)

    live: dict[str, dict[str, Any]] = {"one": {"f": Unaskable()}, "two": {"f": Unaskable}, "three": {"f": abs}}
    remote = Remote(RpcServer(live, lambda: None, {}, {}).answer)
    for question in ("one", "two"):
        with pytest.raises((RuntimeError, KeyboardInterrupt, EvidenceError)):
            remote.object(question, "f")
    assert remote.object("three", "f")(-3) == 3


def test_an_assertion_that_student_code_raises_is_no_message_of_the_test_case(remotely: Distant) -> None:
    def test_case(f: Any) -> None:
        f()

    def lie() -> None:
        raise AssertionError("all is well")

    assert run_function(test_case, {"f": remotely(lie)}).status == "error"


def test_an_object_is_worked_with_where_it_is(remotely: Distant) -> None:
    stack = remotely(Stack)()

    assert isinstance(type(stack), RemoteClass)
    assert stack.push(1).push("two").items == [1, "two"]
    assert (len(stack), stack[1], list(stack), 1 in stack, 3 in stack) == (2, "two", [1, "two"], True, False)
    stack.items = [5]
    assert stack[0] == 5
    with pytest.raises(AttributeError):
        stack.pop()


def test_a_remote_object_can_be_an_argument(remotely: Distant) -> None:
    stack = remotely(Stack)()
    stack.push(stack.push(1))

    assert len(stack[1]) == 2


@pytest.mark.parametrize(
    "claim",
    [
        lambda x: x == 9,
        lambda x: x in (9, 10),
        lambda x: x in {9: "nine"},
        lambda x: 9 in x,
        lambda x: x > 8,
        lambda x: abs(x - 9) < 1,
        lambda x: np.isclose(x, 9),
        lambda x: float(x) == 9.0,
        lambda x: int(x) == 9,
        lambda x: isinstance(x, int),
        lambda x: np.array_equal(x, [9]),
    ],
)
def test_no_object_of_a_students_passes_for_a_value(remotely: Distant, claim: Callable[[Any], Any]) -> None:
    def test_case(f: Any) -> None:
        assert claim(f())

    assert run_function(test_case, {"f": remotely(Agreeable)}).status in ("failed", "error")


def test_subclasses_come_down_to_the_plain_value(remotely: Distant) -> None:
    class Lying(int):
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = int.__hash__

    found = remotely(lambda: Lying(7))()
    assert type(found) is int
    assert found != 9


def test_name_doc_and_signature_are_known(remotely: Distant) -> None:
    def area(width: float, height: float = 1.0, *rest: float) -> float:
        """Of a rectangle."""
        return width * height

    f = remotely(area)
    assert (callable(f), f.__name__, f.__doc__) == (True, "area", "Of a rectangle.")
    assert list(inspect.signature(f).parameters) == ["width", "height", "rest"]
    assert inspect.signature(f).parameters["height"].default is not inspect.Parameter.empty


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "[",
        "[]",
        "3",
        '{"value": {"kind": "library", "module": "os", "name": "system"}, "arguments": []}',
        '{"value": {"kind": "array", "data": "!"}, "arguments": []}',
        '{"value": {"kind": "array", "file": "/etc/passwd"}, "arguments": []}',
        '{"value": {"kind": "model", "config": {}, "weights": []}, "arguments": []}',
        '{"value": 3, "arguments": []}',
        "[" * 100_000,
    ],
    ids=range(10),
)
def test_an_answer_of_another_form_is_an_error(answer: str) -> None:
    def test_case(f: Any) -> None:
        f()

    assert run_function(test_case, {"f": answering(answer)}).status == "error"


def test_pickles_in_an_answer_are_never_opened(tmp_path: Any) -> None:
    import base64
    import io

    class Opens:
        def __reduce__(self) -> Any:
            return (open, (str(tmp_path / "opened"), "w"))

    file = io.BytesIO()
    np.save(file, np.array([Opens()], dtype=object), allow_pickle=True)
    node = {"kind": "array", "data": base64.b64encode(file.getvalue()).decode()}
    f = answering(json.dumps({"value": node, "arguments": []}))

    with pytest.raises(EvidenceError):
        f()
    assert list(tmp_path.iterdir()) == []


def test_what_the_checker_has_no_form_for_is_not_handed_over(remotely: Distant) -> None:
    f = remotely(lambda f: f(1))
    with pytest.raises(EvidenceError, match="cannot pass"):
        f(object())
    assert getattr(type(f), REMOTE).is_stuck


def test_a_network_that_a_test_case_made_leads_into_the_kernel_and_one_of_the_notebook_does_not(
    remotely: Distant, carry: Callable[[Any], Any]
) -> None:
    import keras

    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    count = remotely(lambda model: model.count_params())
    assert (count(carry(network)), getattr(type(count), REMOTE).is_stuck) == (3, False)
    assert (count(network), getattr(type(count), REMOTE).is_stuck) == (3, True)


def test_a_value_that_is_too_large_to_hand_over_does_not_lead_into_the_kernel(remotely: Distant) -> None:
    f = remotely(len)
    with pytest.raises(EvidenceError, match="an array of"):
        f(np.zeros(5_000_000))
    assert not getattr(type(f), REMOTE).is_stuck


def test_results_that_are_too_large_are_errors(remotely: Distant) -> None:
    with pytest.raises(ValueError, match="too large"):
        remotely(lambda: ["x" * 900_000 for _ in range(80)])()


def test_one_test_case_makes_so_many_calls_and_moves_so_much_at_most(
    remotely: Distant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autograder.checks.remote_channel.MAX_REQUESTS", 20)
    double = remotely(lambda value: value * 2)
    with pytest.raises(EvidenceError, match="at most 20 calls"):
        for _ in range(20):
            double(1)

    monkeypatch.setattr("autograder.checks.remote_channel.MAX_REQUESTS", 50_000)
    monkeypatch.setattr("autograder.checks.remote_channel.MAX_EXCHANGED", 1_000_000)
    double = remotely(lambda value: value * 2)
    with pytest.raises(EvidenceError, match="at most 0 MB"):
        for _ in range(20):
            double("x" * 30_000)
