"""What a remote object is: of its class and of those that this one is derived from, whatever it claims."""

from __future__ import annotations

import abc
import dataclasses
import enum
import inspect
import json
import math
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from checks.test_remote_objects import Keeper, Tree, Vector
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.linear_model import LinearRegression

from autograder.checks.remote import Remote
from autograder.checks.remote_errors import is_own

Distant = Callable[..., Any]


class Point(Vector):
    """A class with a base of its own."""


def test_a_class_that_lies_is_what_it_is(remotely: Distant) -> None:
    class Lying:
        __class__ = int  # type: ignore[assignment]

    lie = remotely(Lying)()
    type(lie).__paths__[:0] = [
        ("numpy", "ndarray"),
        ("pandas", "DataFrame"),
        ("builtins", "int"),
    ]  # as a kernel may claim
    assert not isinstance(lie, int | float | list | dict | str | np.ndarray | pd.DataFrame)


@pytest.mark.parametrize("module", ["builtins", "typing", "PIL.Image"])
def test_a_class_is_of_the_notebook_whatever_module_it_says_it_is_of(remotely: Distant, module: str) -> None:
    """Else it could pass for one of the test case's own, or of one whose values are read in a different way."""
    lying = type("Lying", (Exception,), {"__module__": module})

    kind: Any = type(remotely(lying)())
    assert kind.__module__ == "__main__" and not is_own(kind)
    assert repr(kind) == "<class '__main__.Lying'>"


def test_an_object_of_a_librarys_class_is_one(remotely: Distant) -> None:
    model = remotely(LinearRegression)()
    assert isinstance(model, LinearRegression)
    kind: Any = type(model)
    assert (kind == LinearRegression, LinearRegression == kind, kind == Card) == (True, True, False)
    assert str(kind) == str(LinearRegression)
    assert model.fit([[0], [1]], [1, 3]).predict([[2]]).round(6).tolist() == [5]


def test_a_value_of_evidence_is_an_object_of_its_librarys_class_in_the_kernel(remotely: Distant) -> None:
    from PIL import Image

    def invert(image: Image.Image) -> Image.Image:
        image.paste(255, (0, 0, 1, 1))
        return image

    image = Image.new("L", (2, 2))
    assert remotely(invert)(image) is image
    assert image.getpixel((0, 0)) == 255
    assert isinstance(image, remotely(Image).Image)
    assert not isinstance(3, remotely(Image).Image)


def test_classes_are_classes(remotely: Distant) -> None:
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


class Named:
    """A class with an initializer and a text of its own."""

    def __init__(self, name: str, age: int = 3) -> None:
        self.name, self.age = name, age

    def __str__(self) -> str:
        return self.name


def test_a_class_has_the_special_methods_that_it_defines_and_no_others(remotely: Distant) -> None:
    N, P = remotely(Named, "Named"), remotely(Pile, "Pile")

    assert (N.__str__ is object.__str__, N.__init__ is object.__init__) == (False, False)
    assert (N.__repr__ is object.__repr__, N.__setattr__ is object.__setattr__) == (True, True)
    assert (P.__repr__ is list.__repr__, P.__str__ is object.__str__) == (True, True)
    assert str(inspect.signature(N.__init__)) == "(self, name: 'str', age: 'int' = 3) -> 'None'"
    assert N.__init__.__code__.co_varnames == ("self", "name", "age")
    ada = N("ada")
    assert (N.__str__(ada), ada.__str__(), f"{ada}") == ("ada", "ada", "ada")
    ada.__init__("bob")
    assert (ada.name, ada.age) == ("bob", 3)


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


def test_an_object_of_a_class_derived_from_a_built_in_type_is_of_this_type(remotely: Distant) -> None:
    C = remotely(Celsius, "Celsius")
    warm = C(20.0)
    assert isinstance(warm, float) and isinstance(warm, C) and issubclass(C, float)
    assert (warm, warm + 1, C.to_fahrenheit(warm), math.floor(warm), round(warm)) == (20, 21, 68, 20, 20)
    assert isinstance(warm + 1, C) and warm.__class__.__name__ == "Celsius"
    name = remotely(Name, "Name")("ada")
    assert isinstance(name, str)
    assert (name, name + "!", len(name), name.upper(), "".join([name, "?"])) == ("ada", "ada!", 3, "A-D-A", "ada?")


def test_a_list_of_ones_own_is_a_list_that_changes_in_the_kernel(remotely: Distant) -> None:
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
    described |= {"inherited": [], "own": []}
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


def test_a_class_is_iterated_and_asked_for_items_as_an_enumeration_is(remotely: Distant) -> None:
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


def test_a_data_class_is_one(remotely: Distant) -> None:
    C = remotely(Card, "Card")
    card = C("hearts", 3)
    assert [field.name for field in dataclasses.fields(card)] == ["suit", "value"]
    assert (dataclasses.asdict(card), dataclasses.astuple(card)) == ({"suit": "hearts", "value": 3}, ("hearts", 3))
    assert dataclasses.replace(card, value=4) == C("hearts", 4)
    suit, value = dataclasses.fields(C)
    assert (suit.type, suit.default is dataclasses.MISSING, value.default) == ("str", True, 1)


def test_functions_and_generators_are_of_their_types(remotely: Distant) -> None:
    def numbers(a: int, b: int) -> Iterator[int]:
        yield a + b

    f = remotely(numbers)
    assert (isinstance(f, types.FunctionType), f.__code__.co_argcount) == (True, 2)
    assert isinstance(f(1, 2), types.GeneratorType) and inspect.isfunction(f)
    assert isinstance(remotely(Tree)(1).grow, types.MethodType)


class Shape(abc.ABC):
    @abc.abstractmethod
    def area(self) -> float: ...


@pytest.mark.usefixtures("known")
def test_a_remote_class_is_a_subclass_of_the_librarys_class_that_it_is_derived_from(
    remotely: Distant,
) -> None:
    S = remotely(Suit, "Suit")
    assert issubclass(S, enum.Enum)
    assert not issubclass(S, enum.IntEnum)
    assert not issubclass(remotely(Vector, "Vector"), (enum.Enum, enum.Flag))
    assert (inspect.isabstract(remotely(Shape, "Shape")), inspect.isabstract(S)) == (True, False)


def test_a_remote_class_has_the_bases_that_it_has_in_the_kernel(remotely: Distant) -> None:
    P = remotely(Point, "Point")
    V = P.__mro__[1]
    assert [kind.__name__ for kind in inspect.getmro(P)] == ["Point", "Vector", "object"]
    assert (P.__bases__, V.__bases__) == ((V,), (object,))


class Slim:
    __slots__ = ("a",)


def test_an_object_without_a_dict_has_none(remotely: Distant) -> None:
    slim = remotely(Slim, "Slim")()
    assert not hasattr(slim, "__dict__")
    with pytest.raises(TypeError):
        vars(slim)


class Made:
    """A class with what classes have."""

    size: int = 3

    @classmethod
    def of(cls) -> Made:
        return cls()


def test_a_class_shows_what_it_defines(remotely: Distant) -> None:
    M = remotely(Made, "Made")
    assert isinstance(vars(M)["of"], classmethod)
    assert (M.__dict__["size"], "nothing" in vars(M), list(M.__annotations__)) == (3, False, ["size"])


def test_a_property_is_one(remotely: Distant) -> None:
    assert isinstance(remotely(Keeper, "Keeper").count, property)


def test_an_estimator_is_of_all_classes_of_scikit_learn_that_it_inherits_from(remotely: Distant) -> None:
    class Mean(RegressorMixin, BaseEstimator):  # type: ignore[misc]
        def fit(self, x: Any, y: Any) -> Mean:
            self.mean_ = float(np.mean(y))
            return self

    mean = remotely(Mean, "Mean")().fit([[0.0]], [3.0])
    assert isinstance(mean, BaseEstimator)
    assert isinstance(mean, RegressorMixin)
    assert not isinstance(mean, ClassifierMixin)
    assert (mean.get_params(), mean.mean_) == ({}, 3)
