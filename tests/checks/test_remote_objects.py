"""Remote objects behave as the objects would in one process, but for what would let an object agree to be right."""

from __future__ import annotations

import abc
import builtins
import contextlib
import copy
import dataclasses
import enum
import functools
import inspect
import itertools
import json
import math
import random
import sqlite3
import types
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from checks.test_remote import remotely, with_its_own_random_numbers  # noqa: F401
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.linear_model import LinearRegression

from autograder.checks import remote_special
from autograder.checks.remote import Remote
from autograder.checks.remote_objects import know_remote_objects
from autograder.errors import EvidenceError
from autograder.kernel.rpc_server import RpcServer
from autograder.test_case import run_doctest, run_function

Distant = Callable[..., Any]


class Vector:
    """A vector of one number."""

    kind = "vector"

    def __init__(self, x: float) -> None:
        self.x = x

    def __add__(self, other: Any) -> Vector:
        return Vector(self.x + other.x)

    def __rmul__(self, factor: float) -> Vector:
        return Vector(factor * self.x)

    def __eq__(self, other: object) -> bool:
        return self.x == (other.x if isinstance(other, Vector) else other)

    def __hash__(self) -> int:
        return hash(self.x)

    def __lt__(self, other: Any) -> bool:
        return bool(self.x < other.x)

    def __contains__(self, number: float) -> bool:
        return number == self.x

    def __getitem__(self, place: int) -> float:
        return [self.x][place]

    def __repr__(self) -> str:
        return f"Vector({self.x})"

    def __format__(self, how: str) -> str:
        return f"<{self.x:{how}}>"

    def __float__(self) -> float:
        return float(self.x)

    def __enter__(self) -> Vector:
        self.x += 1
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> bool:
        self.x = -1.0
        return kind is KeyError


class Point(Vector):
    """A class with a base of its own."""


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


def test_operators_and_comparisons_of_a_tested_class_are_its_own(remotely: Distant) -> None:  # noqa: F811
    V = remotely(Vector, "Vector")

    assert V(1) + V(2) == V(3)
    assert V(1) != V(2)
    assert 3 * V(2) == 6
    assert V(1) < V(2)
    assert 2 in V(2)
    assert len({V(1), V(1), V(2)}) == 2
    assert (float(V(2)), f"{V(2.5):.2f}", repr(V(2)), V(2)[0]) == (2.0, "<2.50>", "Vector(2)", 2)
    with pytest.raises(IndexError):
        V(2)[5]
    with pytest.raises(TypeError):
        V(1) - V(2)
    with pytest.raises(TypeError):
        len(V(1))


def test_an_object_never_sees_what_it_is_compared_with_unless_its_class_is_tested(remotely: Distant) -> None:  # noqa: F811
    seen: list[Any] = []

    class Agreeable:
        def __eq__(self, other: object) -> bool:
            seen.append(other)
            return True

        def __sub__(self, other: object) -> int:
            return 0

        def __contains__(self, other: object) -> bool:
            seen.append(other)
            return True

    answer = remotely(Agreeable)()
    assert answer != 42
    for claim in (lambda: answer - 42, lambda: 42 in answer):
        with pytest.raises(TypeError):
            claim()
    assert seen == []


def test_a_class_that_lies_is_what_it_is(remotely: Distant) -> None:  # noqa: F811
    class Lying:
        __class__ = int  # type: ignore[assignment]

    lie = remotely(Lying)()
    type(lie).__paths__[:0] = [
        ("numpy", "ndarray"),
        ("pandas", "DataFrame"),
        ("builtins", "int"),
    ]  # as a kernel may claim
    assert not isinstance(lie, int | float | list | dict | str | np.ndarray | pd.DataFrame)


def test_an_object_of_a_librarys_class_is_one(remotely: Distant) -> None:  # noqa: F811
    model = remotely(LinearRegression)()
    assert isinstance(model, LinearRegression)
    kind: Any = type(model)
    assert (kind == LinearRegression, LinearRegression == kind, kind == Card) == (True, True, False)
    assert model.fit([[0], [1]], [1, 3]).predict([[2]]).round(6).tolist() == [5]


def test_classes_are_classes(remotely: Distant) -> None:  # noqa: F811
    P: Any = remotely(Point, "Point")
    p: Any = P(1)

    assert (type(p).__name__, p.__class__.__name__, P.__mro__[1].__name__) == ("Point", "Point", "Vector")
    assert (P.kind, P.__doc__, p.__doc__) == (
        "vector",
        "A class with a base of its own.",
        "A class with a base of its own.",
    )
    assert not isinstance(3, P)
    assert not callable(p)
    assert callable(p.__add__)
    assert isinstance(p, P)
    assert isinstance(P, type)
    assert type(p) is P
    assert issubclass(P, P.__mro__[1])


def test_attributes_are_read_set_and_deleted(remotely: Distant) -> None:  # noqa: F811
    v = remotely(Vector)(1)
    v.x = 5
    assert (v.x, vars(v), hasattr(v, "y"), "x" in dir(v)) == (5, {"x": 5}, False, True)
    del v.x
    assert not hasattr(v, "x")


def test_one_object_is_itself(remotely: Distant) -> None:  # noqa: F811
    v = remotely(Vector)(1)
    v.me = v
    assert v.me is v


def test_generators_go_on_step_by_step(remotely: Distant) -> None:  # noqa: F811
    steps: list[int] = []

    def count() -> Iterator[int]:
        for number in range(10**9):
            steps.append(number)
            yield number

    numbers = remotely(count)()
    assert [next(numbers) for _ in range(3)] == [0, 1, 2]
    assert steps == [0, 1, 2]
    assert [a for a, _ in zip(numbers, "ab", strict=False)] == [3, 4]
    assert iter(numbers) is numbers


def test_an_object_that_can_be_iterated_is_iterated_from_the_start(remotely: Distant) -> None:  # noqa: F811
    class Bag:
        def __iter__(self) -> Iterator[int]:
            return iter(range(2_500))

    bag = remotely(Bag)()
    assert list(bag) == list(bag) == list(range(2_500))
    assert next(iter(bag)) == 0


def test_endless_items_end(remotely: Distant, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    class Endless:
        def __iter__(self) -> Iterator[int]:
            return itertools.count()

    monkeypatch.setattr(remote_special, "MAX_ITEMS", 100)
    with pytest.raises(EvidenceError, match="more than 100 items"):
        list(remotely(Endless)())


def test_a_context_manager_is_entered_and_left_with_the_exception(remotely: Distant) -> None:  # noqa: F811
    v = remotely(Vector)(1)
    with v as inside:
        assert (inside is v, v.x) == (True, 2)
    assert v.x == -1
    assert v.__exit__(KeyError, KeyError("swallowed"), None) is True
    with pytest.raises(ValueError, match="not swallowed"), v:
        raise ValueError("not swallowed")


def test_functions_of_the_test_case_are_called_back(remotely: Distant) -> None:  # noqa: F811
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


def test_what_a_function_of_the_test_case_raises_passes_through_the_notebooks_code(remotely: Distant) -> None:  # noqa: F811
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


def test_a_kept_function_of_the_test_case_can_be_called_as_long_as_that_runs() -> None:
    kept: list[Any] = []

    def keep(*given: Any) -> Any:
        kept.extend(given)
        return kept[0]()

    server = RpcServer({"q": {"f": keep}}, lambda: None, {})
    remote = Remote(with_its_own_random_numbers(server.answer))
    remote.begin()
    f = remote.object("q", "f")
    assert (f(lambda: 1), f()) == (1, 1)
    remote.begin()
    with pytest.raises(RuntimeError, match="only while the test case waits"):
        f(lambda: 2)


def test_prints_reach_the_test_case(remotely: Distant) -> None:  # noqa: F811
    hello = remotely(lambda name: print("Hello,", name))

    assert run_doctest(">>> hello('Ada')\nHello, Ada\n", {"hello": hello}).status == "passed"
    assert run_doctest(">>> hello('Ada')\nHello, Eve\n", {"hello": hello}).status == "failed"


def test_own_exceptions_are_caught_by_their_class_and_by_the_nearest_built_in_one(remotely: Distant) -> None:  # noqa: F811
    wallet = remotely(Wallet)()
    with pytest.raises(wallet.Poor) as caught:
        wallet.pay()
    assert (caught.value.missing, str(caught.value)) == (3, "3 are missing")
    assert isinstance(caught.value, ValueError)
    assert issubclass(wallet.Poor, Exception)


def test_an_exception_of_a_library_is_that_exception(remotely: Distant) -> None:  # noqa: F811
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        remotely(lambda: np.linalg.inv(np.zeros((2, 2))))()


def test_seeds_reach_the_call_and_calls_in_a_row_draw_on(remotely: Distant) -> None:  # noqa: F811
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


def test_a_call_does_not_choose_the_test_cases_own_numbers(remotely: Distant) -> None:  # noqa: F811
    rig = remotely(lambda: np.random.set_state(("MT19937", np.zeros(624, dtype=np.uint32), 624, 0, 0.0)))
    rig()
    assert np.random.rand() != 0


def test_a_generator_of_random_numbers_draws_on_in_the_call(remotely: Distant) -> None:  # noqa: F811
    rng = np.random.default_rng(3)
    draw = remotely(lambda rng: float(rng.random()))
    assert [draw(rng), draw(rng)] == np.random.default_rng(3).random(2).tolist()


def test_tables_and_sets_are_changed_in_place(remotely: Distant) -> None:  # noqa: F811
    table, letters = pd.DataFrame({"a": [1, 2]}), {"a"}

    def change(table: Any, letters: Any) -> None:
        table["b"] = table["a"] * 2
        letters.add("b")

    remotely(change)(table, letters=letters)
    assert (table["b"].tolist(), letters) == ([2, 4], {"a", "b"})


@pytest.mark.usefixtures("known")
def test_signature_and_source_are_those_of_the_function(remotely: Distant) -> None:  # noqa: F811
    def area(width: float, *, height: float = 2.5) -> float:
        return width * height

    f = remotely(area)
    assert inspect.signature(f).parameters["height"].default == 2.5
    assert (f.__name__, f.__code__.co_argcount) == ("area", 1)
    assert "return width * height" in inspect.getsource(f)
    assert "def know_remote_objects" in inspect.getsource(know_remote_objects)


def test_an_object_that_looks_at_the_stack_of_its_caller_finds_no_test_case(remotely: Distant) -> None:  # noqa: F811
    def look() -> list[str]:
        return [frame.function for frame in inspect.stack()]

    f = remotely(look)

    def secret_case(f: Any) -> None:
        assert "answer" in f()  # the kernel's side is below it here, in one process
        expected = "secret"
        assert expected

    assert run_function(secret_case, {"f": f}).status == "passed"


class Tree:
    """A value with branches."""

    def __init__(self, value: int) -> None:
        self.value = value
        self.branches: list[Tree] = []
        self.notes: dict[str, Any] = {}

    def grow(self, value: int) -> None:
        self.branches.append(Tree(value))

    def total(self) -> int:
        return self.value + sum(branch.total() for branch in self.branches)


def test_a_list_that_is_an_attribute_is_the_same_on_both_sides(remotely: Distant) -> None:  # noqa: F811
    T = remotely(Tree, "Tree")
    tree = T(1)
    branches, notes = tree.branches, tree.notes
    branches.append(T(10))
    tree.notes["a"] = [1]
    assert (tree.total(), len(tree.branches), tree.branches is branches) == (11, 1, True)
    tree.grow(100)
    branches[0].branches.append(T(1000))
    assert (tree.total(), [branch.value for branch in branches], notes) == (1111, [10, 100], {"a": [1]})


class Celsius(float):
    """A temperature."""

    def to_fahrenheit(self) -> float:
        return self * 9 / 5 + 32

    def __add__(self, other: Any) -> Celsius:
        return Celsius(float(self) + other)


class Pile(list[Any]):
    """A list with a top."""

    def top(self) -> Any:
        return self[-1]

    def push(self, item: Any) -> Pile:
        self.append(item)
        return self


class Name(str):
    """A name in capitals."""

    def upper(self) -> str:
        return "-".join(super().upper())


def test_an_object_of_a_class_derived_from_a_built_in_type_is_of_this_type(remotely: Distant) -> None:  # noqa: F811
    C = remotely(Celsius, "Celsius")
    warm = C(20.0)
    assert isinstance(warm, float) and isinstance(warm, C) and issubclass(C, float)
    assert (warm, warm + 1, C.to_fahrenheit(warm), math.floor(warm), round(warm)) == (20, 21, 68, 20, 20)
    assert isinstance(warm + 1, C) and warm.__class__.__name__ == "Celsius"
    name = remotely(Name, "Name")("ada")
    assert isinstance(name, str)
    assert (name, name + "!", len(name), name.upper(), "".join([name, "?"])) == ("ada", "ada!", 3, "A-D-A", "ada?")


def test_a_list_of_ones_own_is_a_list_that_changes_in_the_kernel(remotely: Distant) -> None:  # noqa: F811
    P = remotely(Pile, "Pile")
    pile = P([1]).push(2)
    pile.append(3)
    assert (isinstance(pile, list), isinstance(pile, P)) == (True, True)
    assert (pile, len(pile), pile.top(), pile[0], sorted(pile, reverse=True)) == ([1, 2, 3], 3, 3, 1, [3, 2, 1])
    assert (list(pile), tuple(pile), 2 in pile, pile.pop(), pile.index(2), [*pile]) == (
        [1, 2, 3],
        (1, 2, 3),
        True,
        3,
        1,
        [1, 2],
    )
    assert np.array(pile).tolist() == [1, 2]
    pile.push(pile)
    assert len(pile.top()) == 3


def test_an_object_that_claims_to_be_a_number_is_that_number() -> None:
    described = {"number": 1, "name": "A", "paths": [], "bases": [], "exception": None, "built_in": "int"}
    node = {"kind": "held", "number": 2, "class": described | {"special": ["__eq__", "__add__", "__index__"]}}
    asked: list[str] = []

    def answer(request: str) -> str:
        asked.append(request)
        value = (
            node | {"plain": {"kind": "int", "value": "0x7"}} if len(asked) == 1 else {"kind": "plain", "value": True}
        )
        return json.dumps({"value": value})

    number = Remote(answer).object("q", "f")
    assert (number == 7, number == 90, isinstance(number, int), int(number)) == (True, False, True, 7)
    assert not any('"value": 90' in request for request in asked)


class Suit(enum.Enum):
    HEARTS = 1
    SPADES = 2


class Rank(enum.IntEnum):
    LOW = 1
    HIGH = 2


@dataclasses.dataclass
class Card:
    suit: str
    value: int = 1


def test_a_class_is_iterated_and_asked_for_items_as_an_enumeration_is(remotely: Distant) -> None:  # noqa: F811
    S = remotely(Suit, "Suit")
    assert ([suit.name for suit in S], len(S), S["SPADES"] is S(2), S.HEARTS in S) == (
        ["HEARTS", "SPADES"],
        2,
        True,
        True,
    )
    R = remotely(Rank, "Rank")
    assert (R(1) is R.LOW, R["LOW"] is R.HIGH, R.LOW is next(iter(R))) == (True, False, True)
    C = remotely(Card, "Card")
    assert bool(C)
    for wrong in (lambda: C["x"], lambda: len(C), lambda: iter(C)):
        with pytest.raises(TypeError):
            wrong()


@contextlib.contextmanager
def noted(log: list[Any]) -> Iterator[list[Any]]:
    log.append("in")
    try:
        yield log
    finally:
        log.append("out")


def test_a_list_that_an_object_was_given_stays_one_list_when_it_comes_back(remotely: Distant) -> None:  # noqa: F811
    log: list[Any] = []
    with remotely(noted)(log) as same:
        same.append(1)
    assert (same is log, log) == (True, ["in", 1, "out"])


def test_a_data_class_is_one(remotely: Distant) -> None:  # noqa: F811
    C = remotely(Card, "Card")
    card = C("hearts", 3)
    assert [field.name for field in dataclasses.fields(card)] == ["suit", "value"]
    assert (dataclasses.asdict(card), dataclasses.astuple(card)) == ({"suit": "hearts", "value": 3}, ("hearts", 3))
    assert dataclasses.replace(card, value=4) == C("hearts", 4)


def test_objects_are_copied_in_the_kernel(remotely: Distant) -> None:  # noqa: F811
    tree = remotely(Tree, "Tree")(1)
    tree.grow(2)
    shallow, deep = copy.copy(tree), copy.deepcopy(tree)
    tree.grow(3)
    assert (len(shallow.branches), len(deep.branches)) == (2, 1)


def test_functions_and_generators_are_of_their_types(remotely: Distant) -> None:  # noqa: F811
    def numbers(a: int, b: int) -> Iterator[int]:
        yield a + b

    f = remotely(numbers)
    assert (isinstance(f, types.FunctionType), f.__code__.co_argcount) == (True, 2)
    assert isinstance(f(1, 2), types.GeneratorType) and inspect.isfunction(f)
    assert isinstance(remotely(Tree)(1).grow, types.MethodType)


@dataclasses.dataclass(frozen=True)
class Frozen:
    x: int


class Shape(abc.ABC):
    @abc.abstractmethod
    def area(self) -> float: ...


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's functions know remote objects, as in a checker's process."""
    for module, name in ((inspect, "getsource"), (inspect, "isabstract"), (builtins, "issubclass")):
        monkeypatch.setattr(module, name, getattr(module, name))  # and takes it back
    know_remote_objects()


def test_an_exception_of_a_library_is_caught_by_its_class(remotely: Distant) -> None:  # noqa: F811
    frozen, parse = remotely(Frozen, "Frozen")(1), remotely(json.loads)
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'x'"):
        frozen.x = 2
    with pytest.raises(json.JSONDecodeError) as caught:
        parse("[1,")
    assert caught.value.pos == 3


@pytest.mark.usefixtures("known")
def test_a_remote_class_is_a_subclass_of_the_librarys_class_that_it_is_derived_from(
    remotely: Distant,  # noqa: F811
) -> None:
    S = remotely(Suit, "Suit")
    assert issubclass(S, enum.Enum)
    assert not issubclass(S, enum.IntEnum)
    assert not issubclass(remotely(Vector, "Vector"), (enum.Enum, enum.Flag))
    assert (inspect.isabstract(remotely(Shape, "Shape")), inspect.isabstract(S)) == (True, False)


def test_a_signature_has_the_annotations_of_the_function(remotely: Distant) -> None:  # noqa: F811
    def area(width: float, height: float = 2.5, *, unit: str | None = None) -> float:
        return width * height

    area.__annotations__ |= {"width": float, "return": float}  # this module's annotations are texts
    signature = inspect.signature(remotely(area))
    assert signature.return_annotation is signature.parameters["width"].annotation is float
    assert [p.default for p in signature.parameters.values()] == [inspect.Parameter.empty, 2.5, None]
    assert inspect.signature(remotely(lambda x: x)).return_annotation is inspect.Signature.empty


def test_a_decorator_finds_name_and_docstring_of_the_test_cases_function(remotely: Distant) -> None:  # noqa: F811
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


def test_what_can_be_called_and_is_more_than_a_function_has_to_be_there(remotely: Distant) -> None:  # noqa: F811
    connection = sqlite3.connect(":memory:")
    rows = remotely(lambda c: c.execute("select 1").fetchall())
    with pytest.raises(AttributeError, match="execute"):
        rows(connection)
    connection.close()
    assert type(rows)._remote.is_stuck
    apply = remotely(lambda f: f(2))
    assert apply(lambda x: x + 1) == 3
    assert not type(apply)._remote.is_stuck


def test_what_an_object_keeps_of_its_arguments_stays_the_test_cases_own(remotely: Distant) -> None:  # noqa: F811
    @contextlib.contextmanager
    def setting(settings: dict[str, int], **changes: int) -> Iterator[dict[str, int]]:
        before = dict(settings)
        settings.update(changes)
        yield settings
        settings.clear()
        settings.update(before)

    settings = {"a": 1}
    with remotely(setting)(settings, a=2, b=3):
        assert settings == {"a": 2, "b": 3}
        settings["c"] = 4
    assert settings == {"a": 1}
    items = [1]
    tree = remotely(Tree, "Tree")(1)
    keeper = remotely(Keeper, "Keeper")(items)
    items.append(2)
    assert keeper.total() == 3
    keeper.add(3)
    assert (items, tree.branches) == ([1, 2, 3], [])


class Life:
    """A game on a board that test cases set up and look at."""

    def __init__(self, board: np.ndarray) -> None:
        self.board = board
        self.moves = pd.DataFrame({"move": [0]})

    def step(self) -> None:
        self.board += 1
        self.moves.loc[len(self.moves)] = [int(self.board.sum())]


def test_arrays_and_tables_of_an_object_are_its_own(remotely: Distant) -> None:  # noqa: F811
    start = np.zeros((2, 2))
    game = remotely(Life, "Life")(start)
    start[1, 1] = 4
    game.board[0, 0] = 9
    board = game.board
    game.step()
    assert board.tolist() == game.board.tolist() == start.tolist() == [[10, 1], [1, 5]]
    assert board is game.board
    game.moves["late"] = True
    assert (game.moves["move"].tolist(), game.moves["late"].all()) == ([0, 17], True)


def test_a_property_is_one(remotely: Distant) -> None:  # noqa: F811
    assert isinstance(remotely(Keeper, "Keeper").count, property)


class Keeper:
    def __init__(self, items: list[int]) -> None:
        self.items = items

    @property
    def count(self) -> int:
        return len(self.items)

    def total(self) -> int:
        return sum(self.items)

    def add(self, item: int) -> None:
        self.items.append(item)


def test_warnings_in_the_kernel_reach_the_test_case(remotely: Distant) -> None:  # noqa: F811
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


def test_an_estimator_is_of_all_classes_of_scikit_learn_that_it_inherits_from(remotely: Distant) -> None:  # noqa: F811
    class Mean(RegressorMixin, BaseEstimator):  # type: ignore[misc]
        def fit(self, x: Any, y: Any) -> Mean:
            self.mean_ = float(np.mean(y))
            return self

    mean = remotely(Mean, "Mean")().fit([[0.0]], [3.0])
    assert isinstance(mean, BaseEstimator)
    assert isinstance(mean, RegressorMixin)
    assert not isinstance(mean, ClassifierMixin)
    assert (mean.get_params(), mean.mean_) == ({}, 3)


def test_an_exception_has_those_that_led_to_it(remotely: Distant) -> None:  # noqa: F811
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
