"""Remote objects behave as the objects would in one process, but for what would let an object agree to be right."""

from __future__ import annotations

import collections
import contextlib
import copy
import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from autograder.checks import remote_special
from autograder.checks.remote import Remote
from autograder.errors import EvidenceError
from autograder.kernel.rpc_server import RpcServer

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

    def _repr_html_(self) -> str:
        return f"<b>{self.x}</b>"

    def __float__(self) -> float:
        return float(self.x)

    def __divmod__(self, step: float) -> tuple[Vector, float]:
        return Vector(self.x // step), self.x % step

    def __ceil__(self) -> int:
        return math.ceil(self.x) + 100

    def __bytes__(self) -> bytes:
        return b"v"

    def __enter__(self) -> Vector:
        self.x += 1
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> bool:
        self.x = -1.0
        return kind is KeyError


def test_operators_and_comparisons_of_a_tested_class_are_its_own(remotely: Distant) -> None:
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


def test_what_python_makes_of_an_object_is_its_own(remotely: Distant) -> None:
    v = remotely(Vector, "Vector")(7)
    quotient, rest = divmod(v, 2)
    assert (quotient.x, rest, math.ceil(v), bytes(v), v._repr_html_()) == (3, 1, 107, b"v", "<b>7</b>")


def test_an_object_never_sees_what_it_is_compared_with_unless_its_class_is_tested(remotely: Distant) -> None:
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


class Symbol:
    """An object of a library that test cases calculate with."""

    __module__ = "symbols.core"

    def __eq__(self, other: object) -> bool:
        return other == 0

    def __gt__(self, other: int) -> Any:
        return [self, other]

    def __float__(self) -> float:
        return 2.5


def test_an_object_of_a_library_that_the_test_case_uses_is_compared_as_the_library_does() -> None:
    remote = Remote(RpcServer({"q": {"f": Symbol()}}, lambda: None, {}, {}).answer)
    for libraries in ([], ["symbol", "numpy"]):
        remote.begin((), libraries)
        assert remote.object("q", "f") != 0
    remote.begin((), ["symbols"])
    symbol = remote.object("q", "f")
    assert (symbol == 0, symbol == 1, (symbol > 3)[1], float(symbol)) == (True, False, 3, 2.5)


def test_an_object_is_the_array_that_it_gives_where_the_test_case_uses_its_class(remotely: Distant) -> None:
    class Matrix:
        def __init__(self, rows: Any) -> None:
            self.rows = np.array(rows)

        def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
            return self.rows

    matrix, other = remotely(Matrix([[1, 2], [3, 4]]), "Matrix"), remotely(Matrix([[1, 2], [3, 4]]))
    assert np.asarray(matrix).tolist() == [[1, 2], [3, 4]] and np.sqrt(matrix)[1, 1] == 2
    assert np.asarray(other).shape == ()


def test_attributes_are_read_set_and_deleted(remotely: Distant) -> None:
    v = remotely(Vector)(1)
    v.x = 5
    assert (v.x, vars(v), hasattr(v, "y"), "x" in dir(v)) == (5, {"x": 5}, False, True)
    del v.x
    assert not hasattr(v, "x")


def test_no_name_of_an_attribute_is_taken(remotely: Distant) -> None:
    class Taken:
        _number, _remote, _plain, _ahead = 1, 2, 3, 4

    kind = remotely(Taken, "Taken")
    for taken in (kind, kind()):
        assert (taken._number, taken._remote, taken._plain, taken._ahead) == (1, 2, 3, 4)
    kind._number = 5
    assert kind()._number == Taken._number == 5
    del kind._number
    assert not hasattr(Taken, "_number")


def test_one_object_is_itself(remotely: Distant) -> None:
    v = remotely(Vector)(1)
    v.me = v
    assert v.me is v


def test_generators_go_on_step_by_step(remotely: Distant) -> None:
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


def test_a_generator_gives_at_its_end_what_it_returns(remotely: Distant) -> None:
    def count() -> Iterator[int]:
        yield 1
        return "done"  # type: ignore[return-value]

    numbers = remotely(count)()
    assert next(numbers) == 1
    with pytest.raises(StopIteration) as end:
        next(numbers)
    assert end.value.value == "done"
    with pytest.raises(StopIteration) as end:
        next(numbers)
    assert end.value.args == ()


def test_an_object_that_can_be_iterated_is_iterated_from_the_start(remotely: Distant) -> None:
    class Bag:
        def __iter__(self) -> Iterator[int]:
            return iter(range(2_500))

    bag = remotely(Bag)()
    assert list(bag) == list(bag) == list(range(2_500))
    assert next(iter(bag)) == 0


def test_endless_items_end(remotely: Distant, monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless:
        def __iter__(self) -> Iterator[int]:
            return itertools.count()

    monkeypatch.setattr(remote_special, "MAX_ITEMS", 100)
    for endless in (remotely(Endless)(), remotely(itertools.cycle([1])), remotely(iter(int, 1))):
        with pytest.raises(EvidenceError, match="more than 100 items"):
            list(endless)


def test_a_long_generator_gives_all_its_items_in_order(remotely: Distant) -> None:
    def count() -> Iterator[int]:
        yield from range(60_000)

    numbers = remotely(count)()
    assert [*itertools.islice(numbers, 2_500), next(numbers)] == list(range(2_501))
    assert sum(1 for _ in itertools.islice(numbers, 57_000)) == 57_000


def test_an_iterator_of_an_own_class_is_as_far_as_it_was_asked(remotely: Distant) -> None:
    class Count:
        number = 0

        def __iter__(self) -> Count:
            return self

        def __next__(self) -> int:
            self.number += 1
            return self.number

    count = remotely(Count)()
    assert [*itertools.islice(count, 1_500)][-1] == count.number == 1_500


def test_a_context_manager_is_entered_and_left_with_the_exception(remotely: Distant) -> None:
    v = remotely(Vector)(1)
    with v as inside:
        assert (inside is v, v.x) == (True, 2)
    assert v.x == -1
    assert v.__exit__(KeyError, KeyError("swallowed"), None) is True
    with pytest.raises(ValueError, match="not swallowed"), v:
        raise ValueError("not swallowed")


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


def test_a_list_that_is_an_attribute_is_the_same_on_both_sides(remotely: Distant) -> None:
    T = remotely(Tree, "Tree")
    tree = T(1)
    branches, notes = tree.branches, tree.notes
    branches.append(T(10))
    tree.notes["a"] = [1]
    assert (tree.total(), len(tree.branches), tree.branches is branches) == (11, 1, True)
    tree.grow(100)
    branches[0].branches.append(T(1000))
    assert (tree.total(), [branch.value for branch in branches], notes) == (1111, [10, 100], {"a": [1]})


@contextlib.contextmanager
def noted(log: list[Any]) -> Iterator[list[Any]]:
    log.append("in")
    try:
        yield log
    finally:
        log.append("out")


def test_a_list_that_an_object_was_given_stays_one_list_when_it_comes_back(remotely: Distant) -> None:
    log: list[Any] = []
    with remotely(noted)(log) as same:
        same.append(1)
    assert (same is log, log) == (True, ["in", 1, "out"])


def test_a_list_in_itself_is_the_list_that_it_is_in(remotely: Distant) -> None:
    first: list[Any] = [1]
    first.append([2, first])
    ring = remotely(lambda: first)()
    assert (ring[1][1] is ring, next(iter(ring)), len(ring[1]), repr(ring)) == (True, 1, 2, "[1, [2, [...]]]")
    assert remotely(lambda: [[3], first])()[0] == [3]


def test_objects_are_copied_in_the_kernel(remotely: Distant) -> None:
    tree = remotely(Tree, "Tree")(1)
    tree.grow(2)
    shallow, deep = copy.copy(tree), copy.deepcopy(tree)
    tree.grow(3)
    assert (len(shallow.branches), len(deep.branches)) == (2, 1)


def test_what_an_object_keeps_of_its_arguments_stays_the_test_cases_own(remotely: Distant) -> None:
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


def test_what_a_call_keeps_of_its_arguments_is_shared_whatever_it_gives(remotely: Distant) -> None:
    class Shelf:
        def __init__(self) -> None:
            self.things: dict[str, Any] = {}

        def put(self, name: str, thing: Any) -> None:
            self.things[name] = thing

        def put_copy(self, name: str, thing: Any) -> None:
            self.things[name] = copy.copy(thing)

        def get(self, name: str) -> Any:
            return self.things[name]

    shelf, items = remotely(Shelf)(), [1]
    shelf.put("own", items)
    shelf.put_copy("copied", items)
    items.append(2)
    assert shelf.get("own") is items
    assert (shelf.get("own"), shelf.get("copied")) == ([1, 2], [1])


def test_an_iterator_that_an_object_keeps_is_as_far_as_both_sides_took_it(remotely: Distant) -> None:
    line = iter([1, 2, 3, 4])
    rest = remotely(itertools.chain)(line)
    assert [next(rest), next(line), next(rest), list(line), list(rest)] == [1, 2, 3, [4], []]


class Life:
    """A game on a board that test cases set up and look at."""

    def __init__(self, board: np.ndarray) -> None:
        self.board = board
        self.moves = pd.DataFrame({"move": [0]})

    def step(self) -> None:
        self.board += 1
        self.moves.loc[len(self.moves)] = [int(self.board.sum())]


def test_a_list_that_a_method_gives_away_is_the_objects_own_and_a_copy_of_it_is_not(remotely: Distant) -> None:
    class Given:
        def __init__(self, *items: int) -> None:
            self.items, self.line = list(items), collections.deque(items)

        def own(self) -> list[int]:
            return self.items

        def copied(self) -> list[int]:
            return list(self.items)

    given = remotely(Given)(1)
    own, copied = given.own(), given.copied()
    own.append(2)
    copied.append(3)
    given.line.append(4)
    assert (given.copied(), list(given.line)) == ([1, 2], [1, 4])
    assert given.own() is own
    assert given.copied() is not given.copied()


def test_a_list_that_an_object_was_given_is_one_list_in_a_function_that_it_calls_back(remotely: Distant) -> None:
    log: list[Any] = []

    @remotely(noted)(log)  # type: ignore[untyped-decorator]
    def work() -> None:
        log.append("work")

    work()
    assert log == ["in", "work", "out"]


def test_arrays_and_tables_of_an_object_are_its_own(remotely: Distant) -> None:
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
