"""What a remote call exchanges: arguments that it changes, functions that it calls back, exceptions, prints, random numbers."""

from __future__ import annotations

import collections
import dataclasses
import functools
import inspect
import json
import math
import random
import sqlite3
import sys
import time
import typing
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
import pytest
from checks.conftest import with_its_own_random_numbers

from autograder.checks.remote import Remote
from autograder.checks.remote_channel import Channel
from autograder.checks.remote_objects import know_remote_objects
from autograder.checks.remote_special import REMOTE
from autograder.errors import EvidenceError
from autograder.evidence.inline import LIBRARY, MAX_BYTES, MAX_PIECE, NOTEBOOK
from autograder.kernel.rpc_server import RpcServer
from autograder.test_case import run_doctest, run_function

Distant = Callable[..., Any]


class Poor(ValueError):
    """An exception with an attribute."""

    def __init__(self, missing: int) -> None:
        super().__init__(f"{missing} are missing")
        self.missing = missing


class Wallet:
    """A class whose method raises an exception of its own."""

    Poor = Poor

    def pay(self) -> None:
        raise Poor(3)


def test_a_parameter_may_have_any_name(remotely: Distant) -> None:
    class Search:
        def __init__(self, target: int, value: int, cls: int) -> None:
            self.found = [target, value, cls]

        def __call__(self, /, **named: int) -> dict[str, int]:
            return named

    named = {"target": 1, "operation": 2, "value": 3, "self": 4, "name": 5, "arguments": 6, "keywords": 7}
    assert remotely(lambda **given: given)(**named) == named
    search = remotely(Search)(target=1, value=2, cls=3)
    assert (search.found, search(**named)) == ([1, 2, 3], named)


def test_functions_of_the_test_case_are_called_back(remotely: Distant) -> None:
    def twice(f: Callable[[Any], Any], x: Any) -> Any:
        return f(f(x))

    f = remotely(twice)
    calls: list[int] = []

    def note(x: int) -> int:
        calls.append(x)
        return x + 1

    assert f(note, 0) == 2
    assert calls == [0, 1]
    assert f(lambda x: f(lambda y: y * 2, x), 1) == 16  # back and forth
    assert f(str.upper, "a") == "A"
    assert remotely(lambda key: sorted(["bb", "a"], key=key))(len) == ["a", "bb"]


def test_threads_of_the_test_case_get_each_its_own_answer(remotely: Distant) -> None:
    under_way: list[int] = []

    def square(x: int) -> int:
        under_way.append(x)
        time.sleep(0.001)  # another thread might call meanwhile
        assert under_way == [x]
        return under_way.pop() ** 2

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(remotely(square), range(100))) == [x * x for x in range(100)]


def test_what_an_argument_lacks_in_the_kernel_has_a_failed_test_case_judged_there(remotely: Distant) -> None:
    def is_stuck_with(argument: Any) -> Any:
        function = remotely(lambda given: None)
        function(argument)
        return getattr(type(function), REMOTE).is_stuck

    counters: Any = collections.defaultdict(collections.Counter)
    lists: Any = collections.defaultdict(list)
    assert (is_stuck_with(counters), is_stuck_with(lists)) == (True, False)
    given: Any = collections.defaultdict(lambda: 3)
    assert not is_stuck_with(remotely(lambda: given)())


def test_functions_of_the_test_case_are_called_back_from_threads(remotely: Distant) -> None:
    def in_threads(f: Callable[[int], int], xs: list[int]) -> list[int]:
        with ThreadPoolExecutor(4) as pool:
            return list(pool.map(f, xs))

    def square(x: int) -> int:
        time.sleep(0.01)
        return x * x

    assert remotely(in_threads)(square, list(range(8))) == [x * x for x in range(8)]


def test_a_class_of_the_test_case_derived_from_a_built_in_one_has_to_be_there(remotely: Distant) -> None:
    first = remotely(lambda d: d["a"])
    assert (first({"a": True}), first({"a": 3}), getattr(type(first), REMOTE).is_stuck) == (True, 3, False)
    assert (
        run_doctest(">>> class Spy(dict):\n...     pass\n>>> first(Spy(a=3))\n3", {"first": first}).status == "passed"
    )
    assert getattr(type(first), REMOTE).is_stuck


class Row(tuple[int, ...]):
    """A tuple with names for its items."""

    def __getattr__(self, name: str) -> int:
        return self[("a", "b").index(name)]


class History(collections.deque[int]):
    """A deque with a method of its own."""

    def last(self) -> int:
        return self[-1]


Point = collections.namedtuple("Point", "x y")


class Rows:
    """Rows and points, and what asks them for what a plain tuple has not."""

    first, other, here = Row((3, 4)), Row((1, 2)), Point(0, 1)

    def history(self) -> History:
        return History([1, 2])

    def b(self, row: Any) -> int:
        return int(row.b)

    def all_b(self, rows: Any) -> list[int]:
        return [row.b for row in rows]

    def is_point(self, point: Any) -> bool:
        return type(point) is Point


def test_a_plain_value_that_is_given_back_is_the_original(remotely: Distant) -> None:
    rows = remotely(Rows)()
    row = rows.first
    assert (type(row), row, rows.b(row), rows.all_b([row, rows.other])) == (tuple, (3, 4), 4, [4, 2])
    with pytest.raises(AttributeError):
        rows.b((3, 4))  # an equal one is another one


def test_a_named_tuple_that_is_given_back_is_of_the_notebooks_class(remotely: Distant) -> None:
    rows = remotely(Rows)()
    assert rows.is_point(rows.here._replace(x=3))


def test_a_test_case_that_needs_more_than_plain_values_gets_remote_objects(remotely: Distant) -> None:
    rows = remotely(Rows)()
    remote = getattr(type(rows), REMOTE)
    assert rows.first == (3, 4) and remote.plain_of
    remote.begin()
    assert rows.history() == collections.deque([1, 2]) and remote.plain_of
    remote.begin(derived=(NOTEBOOK, LIBRARY))
    assert (rows.history().last(), list(rows.history())) == (2, [1, 2])
    row = rows.first
    assert (isinstance(row, tuple), row.b, row, len(row), {row: 1}[3, 4], sorted(row)) == (
        True,
        4,
        (3, 4),
        2,
        1,
        [3, 4],
    )


def test_what_a_function_of_the_test_case_raises_passes_through_the_notebooks_code(remotely: Distant) -> None:
    def careful(f: Callable[[], Any]) -> str:
        try:
            f()
        except ZeroDivisionError as error:
            return str(error)
        return ""

    f = remotely(careful)
    assert f(lambda: 1 / 0) == "division by zero"
    with pytest.raises(KeyError):
        f(lambda: dict[str, int]()["k"])


def test_it_has_the_arguments_that_it_was_raised_with(remotely: Distant) -> None:
    def say(function: Callable[[], Any]) -> str:
        try:
            function()
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        return "nothing"

    said: Any = remotely(say)
    assert said(lambda: dict[str, int]()["k"]) == "KeyError: 'k'"
    assert not getattr(type(said), REMOTE).is_stuck
    run_doctest(">>> class Own(Exception):\n...     pass\n>>> def f():\n...     raise Own\n>>> said(f)", {"said": said})
    assert getattr(type(said), REMOTE).is_stuck  # the notebook's code does not know the test case's class


def test_an_exception_of_the_test_cases_own_class_comes_back_as_it_is(remotely: Distant) -> None:
    def tried(function: Callable[[], Any], times: int) -> Any:
        for left in reversed(range(times)):
            try:
                return function()
            except ValueError as error:
                if not left:
                    raise
                print(type(error).__name__, error)
        return None

    body = """
    >>> class Own(ValueError):
    ...     places = 3
    >>> def f():
    ...     raise Own('no')
    >>> try:
    ...     tried(f, 2)
    ... except Own as error:
    ...     print(error, error.places)
    Own no
    no 3
    """
    assert run_doctest(body, {"tried": remotely(tried)}).status == "passed"


def test_nobody_gets_into_the_kernel_by_the_error_of_a_library(remotely: Distant) -> None:
    def inverse_or_none(invert: Callable[[Any], Any], rows: Any) -> Any:
        try:
            return invert(rows)
        except np.linalg.LinAlgError as error:
            return str(error)

    careful, careless = remotely(inverse_or_none), remotely(lambda invert, rows: invert(rows))
    assert careful(lambda rows: np.linalg.inv(rows), np.zeros((2, 2))) == "Singular matrix"
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        careless(lambda rows: np.linalg.inv(rows), np.zeros((2, 2)))
    with pytest.raises(ValueError, match="Expecting value"):
        careless(lambda text: json.loads(text), "x")
    assert not getattr(type(careful), REMOTE).is_stuck
    assert not getattr(type(careless), REMOTE).is_stuck


def test_a_kept_function_of_the_test_case_can_be_called_as_long_as_that_runs() -> None:
    kept: list[Any] = []

    def keep(*given: Any) -> Any:
        kept.extend(given)
        return kept[0]()

    server = RpcServer({"q": {"f": keep}}, lambda: None, {}, {})
    remote = Remote(with_its_own_random_numbers(server.answer))
    remote.begin()
    f = remote.object("q", "f")
    assert (f(lambda: 1), f()) == (1, 1)
    remote.begin()
    with pytest.raises(RuntimeError, match="only while the test case waits"):
        f(lambda: 2)


def test_a_large_outcome_comes_in_pieces(remotely: Distant) -> None:
    drawn = np.random.default_rng(0).normal(size=1_500_000)

    assert np.array_equal(remotely(lambda: drawn)(), drawn)
    assert remotely(lambda: list(range(1_500_000)))()[-1] == 1_499_999


def test_a_kernel_that_promises_more_without_end_is_asked_a_few_times() -> None:
    asked: list[str] = []

    def promise(request: str) -> str:
        asked.append(request)
        return "+"

    with pytest.raises(EvidenceError, match="malformed"):
        Channel(promise).request({"operation": "begin"})
    assert len(asked) == MAX_BYTES // MAX_PIECE + 1


def test_prints_reach_the_test_case(remotely: Distant) -> None:
    hello = remotely(lambda name: print("Hello,", name))

    assert run_doctest(">>> hello('Ada')\nHello, Ada\n", {"hello": hello}).status == "passed"
    assert run_doctest(">>> hello('Ada')\nHello, Eve\n", {"hello": hello}).status == "failed"


def test_so_do_prints_to_the_stream_of_errors(remotely: Distant, capsys: pytest.CaptureFixture[str]) -> None:
    remotely(lambda: print("bad", file=sys.stderr))()
    assert capsys.readouterr() == ("", "bad\n")


def test_own_exceptions_are_caught_by_their_class_and_by_the_nearest_built_in_one(remotely: Distant) -> None:
    wallet = remotely(Wallet)()
    with pytest.raises(wallet.Poor) as caught:
        wallet.pay()
    assert (caught.value.missing, str(caught.value)) == (3, "3 are missing")
    assert isinstance(caught.value, ValueError)
    assert caught.value.args == ("3 are missing",)
    assert issubclass(wallet.Poor, Exception)
    assert wallet.Poor(4).args == ("4 are missing",)


def test_one_of_several_built_in_kinds_is_caught_as_each_of_them(remotely: Distant, known: None) -> None:
    class Own(Exception):
        pass

    class Low(Own, ValueError):
        pass

    class Missing(KeyError, AttributeError):
        pass

    def fail(kind: Any) -> None:
        raise (Low if kind == "low" else Missing)("x")

    for name, kinds in (("low", (ValueError, Exception)), ("missing", (KeyError, AttributeError, LookupError))):
        for kind in kinds:
            with pytest.raises(kind) as caught:
                remotely(fail)(name)
            assert not isinstance(caught.value, TypeError)


def test_an_exception_of_a_library_is_that_exception(remotely: Distant) -> None:
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        remotely(lambda: np.linalg.inv(np.zeros((2, 2))))()


def test_seeds_reach_the_call_and_calls_in_a_row_draw_on(remotely: Distant) -> None:
    draw = remotely(lambda: (float(np.random.rand()), random.random()))
    np.random.seed(7)
    random.seed(7)
    first, second = draw(), draw()
    np.random.seed(7)
    random.seed(7)
    again = draw()

    expected = np.random.RandomState(7).rand(2)
    assert (first[0], second[0]) == tuple(expected)
    assert first == again != second
    assert first[1] == random.Random(7).random()


def test_a_call_does_not_choose_the_test_cases_own_numbers(remotely: Distant) -> None:
    rig = remotely(lambda: np.random.set_state(("MT19937", np.zeros(624, dtype=np.uint32), 624, 0, 0.0)))
    rig()
    assert np.random.rand() != 0


def test_a_generator_of_random_numbers_draws_on_in_the_call(remotely: Distant) -> None:
    rng = np.random.default_rng(3)
    draw = remotely(lambda rng: float(rng.random()))
    assert [draw(rng), draw(rng)] == np.random.default_rng(3).random(2).tolist()


def test_tables_and_sets_are_changed_in_place(remotely: Distant) -> None:
    table, letters = pd.DataFrame({"a": [1, 2]}), {"a"}

    def change(table: Any, letters: Any) -> None:
        table["b"] = table["a"] * 2
        letters.add("b")

    remotely(change)(table, letters=letters)
    assert (table["b"].tolist(), letters) == ([2, 4], {"a", "b"})


@pytest.mark.parametrize("items", [[1, 2, 3], (1, 2, 3), range(1, 4), {1: 0, 2: 0, 3: 0}], ids=str)
def test_an_iterator_goes_on_where_the_function_left_it(remotely: Distant, items: Any) -> None:
    iterator = iter(items)
    assert remotely(lambda it: [next(it), next(it)])(iterator) == [1, 2]
    assert list(iterator) == [3]


@pytest.mark.usefixtures("known")
def test_signature_and_source_are_those_of_the_function(remotely: Distant) -> None:
    def area(width: float, *, height: float = 2.5) -> float:
        return width * height

    f = remotely(area)
    assert inspect.signature(f).parameters["height"].default == 2.5
    assert (f.__name__, f.__code__.co_argcount) == ("area", 1)
    assert "return width * height" in inspect.getsource(f)
    assert "return width * height" in "".join(inspect.getsourcelines(f)[0])
    assert "def know_remote_objects" in inspect.getsource(know_remote_objects)


def test_an_object_that_looks_at_the_stack_of_its_caller_finds_no_test_case(remotely: Distant) -> None:
    def look() -> list[str]:
        return [frame.function for frame in inspect.stack()]

    f = remotely(look)

    def secret_case(f: Any) -> None:
        assert "answer" in f()  # the kernel's side is below it here, in one process
        expected = "secret"
        assert expected

    assert run_function(secret_case, {"f": f}).status == "passed"


@dataclasses.dataclass(frozen=True)
class Frozen:
    x: int


def test_an_exception_of_a_library_is_caught_by_its_class(remotely: Distant) -> None:
    frozen, parse = remotely(Frozen, "Frozen")(1), remotely(json.loads)
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'x'"):
        frozen.x = 2
    with pytest.raises(json.JSONDecodeError) as caught:
        parse("[1,")
    assert caught.value.pos == 3


def test_a_signature_has_the_annotations_of_the_function(remotely: Distant) -> None:
    def area(width: float, height: float = 2.5, *, unit: str | None = None) -> float:
        return width * height

    area.__annotations__ |= {"width": float, "return": float}  # this module's annotations are texts
    signature = inspect.signature(remotely(area))
    assert signature.return_annotation is signature.parameters["width"].annotation is float
    assert [p.default for p in signature.parameters.values()] == [inspect.Parameter.empty, 2.5, None]
    assert inspect.signature(remotely(lambda x: x)).return_annotation is inspect.Signature.empty


@pytest.mark.usefixtures("known")
def test_a_text_that_is_an_annotation_is_evaluated_in_the_kernel_alone(remotely: Distant) -> None:
    def area(width: int) -> float:
        return width

    in_kernel = "list if any('rpc_server' in frame.filename for frame in __import__('inspect').stack()) else set"
    area.__annotations__ = {"width": in_kernel, "return": list[int]}
    f = remotely(area)
    assert typing.get_type_hints(f) == {"width": list, "return": list[int]} == inspect.get_annotations(f, eval_str=True)


def test_a_decorator_finds_name_and_docstring_of_the_test_cases_function(remotely: Distant) -> None:
    def deco(function: Any) -> Any:
        @functools.wraps(function)
        def inner(*arguments: Any) -> Any:
            return function(*arguments)

        return inner

    @remotely(deco)  # type: ignore[untyped-decorator]
    def square(x: float) -> float:
        """Squares."""
        return x * x

    assert (square.__name__, square.__doc__, square(3), square.__wrapped__(4)) == ("square", "Squares.", 9, 16)


def test_what_can_be_called_and_is_more_than_a_function_has_to_be_there(remotely: Distant) -> None:
    connection = sqlite3.connect(":memory:")
    rows = remotely(lambda c: c.execute("select 1").fetchall())
    with pytest.raises(AttributeError, match="execute"):
        rows(connection)
    connection.close()
    assert getattr(type(rows), REMOTE).is_stuck
    apply = remotely(lambda f: f(2))
    assert apply(lambda x: x + 1) == 3
    assert not getattr(type(apply), REMOTE).is_stuck


def test_warnings_in_the_kernel_reach_the_test_case(remotely: Distant) -> None:
    class Own(RuntimeWarning):
        pass

    def ratio(a: float, b: float) -> float:
        if b == 0:
            warnings.warn("division by zero", Own, stacklevel=1)
            return math.nan
        return a / b

    f = remotely(ratio)
    with pytest.warns(RuntimeWarning, match="by zero") as caught:
        assert math.isnan(f(1, 0))
    assert len(caught) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert f(3, 2) == 1.5
        with pytest.raises(RuntimeWarning):
            f(1, 0)


def test_a_warning_of_ones_own_class_is_of_that_class(remotely: Distant) -> None:
    class Careful:
        class Odd(UserWarning):
            pass

        def root(self, x: float) -> None:
            warnings.warn(self.Odd(f"{x} is odd"), stacklevel=1)

    careful = remotely(Careful)()
    with pytest.warns(careful.Odd, match="3 is odd"):
        careful.root(3)


def test_a_function_in_a_class_of_the_test_case_gets_that_classs_objects_there(remotely: Distant) -> None:
    class Own:
        more = remotely(lambda self: self.x + 1)

    with pytest.raises(EvidenceError):
        Own().more()
    assert getattr(type(vars(Own)["more"]), REMOTE).is_stuck


def test_an_exception_has_those_that_led_to_it(remotely: Distant) -> None:
    def retry(function: Callable[[], Any]) -> None:
        try:
            function()
        except ValueError as error:
            raise RuntimeError("failed") from error

    def never() -> None:
        raise ValueError("no")

    with pytest.raises(RuntimeError) as caught:
        remotely(retry)(never)
    cause = caught.value.__cause__
    assert (type(cause), str(cause), cause and cause.__cause__) == (ValueError, "no", None)
