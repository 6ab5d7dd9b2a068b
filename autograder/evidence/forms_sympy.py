"""SymPy's expressions, sets and matrices in evidence: what each is made of, once, and how that makes it again.

An expression is a list of entries, each of which may use earlier ones by their places: ``[["symbol", "x", {…}],
["number", 2, 1], ["of", "sympy.core.power", "Pow", [0, 1]]]`` is ``x**2``. No text is ever read as an expression, for
SymPy does that by running it. Nothing is computed where it is made again, for it may be ``10**10**10``.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from typing import Any

from autograder.errors import EvidenceError
from autograder.evidence.form import Form, checked
from autograder.evidence.nodes import NoForm, type_name

#: Entries of an expression at most, each counted as often as it is used: SymPy compares it as often.
MAX_SIZE = 20_000
#: Packages of SymPy whose classes only compute.
_PACKAGES = ("core", "concrete", "functions", "geometry", "integrals", "logic", "matrices", "series", "sets")
_DOMAINS = ("ZZ", "QQ", "EX")
#: What SymPy assumes of any symbol.
_ASSUMED = ("commutative", True)
#: A number as SymPy writes it, with all its digits, and with its bits.
_FLOAT: Any = re.compile(r"Float\('([-+.0-9e]+)', precision=([0-9]+)\)")
_DIGITS = re.compile(r"-?[.0-9]{1,99999}(e[-+]?[0-9]{1,5})?")


class _Entries(list[list[Any]]):
    """The entries of a value; those of what it is made of come first."""

    def __init__(self) -> None:
        self._places: dict[int, int] = {}
        self._kept: list[Any] = []

    def add(self, value: Any) -> int:
        """The place of the entry of a value, which is added if it has none."""
        if (place := self._places.get(id(value))) is None:
            self.append(self._entry(value))
            self._kept.append(value)  # so that nothing else gets its id
            place = self._places[id(value)] = len(self) - 1
        return place

    def _entry(self, value: Any) -> list[Any]:
        import sympy
        from sympy.core.function import AppliedUndef
        from sympy.core.singleton import Singleton
        from sympy.core.symbol import Str

        kind = type(value)
        if isinstance(value, sympy.Rational):
            return ["number", int(value.p), int(value.q)]
        if isinstance(kind, Singleton):
            return ["singleton", kind.__name__]
        if kind is sympy.Float:
            text, precision = _FLOAT.fullmatch(sympy.srepr(value)).groups()
            return ["float", text, int(precision)]
        if kind in (sympy.Symbol, sympy.Dummy):
            index = [value.dummy_index] if kind is sympy.Dummy else []
            assumed = {name: value for name, value in value.assumptions0.items() if (name, value) != _ASSUMED}
            return ["symbol", value.name, assumed, *index]
        if kind is Str:
            return ["text", value.name]
        if isinstance(value, sympy.MatrixBase):
            return ["matrix", kind.__name__, *value.shape, [*map(self.add, value.flat())]]
        made_of = [self.add(argument) for argument in value.args]
        if kind is sympy.Poly:
            return ["polynomial", str(value.domain), made_of]
        if isinstance(value, AppliedUndef):
            return ["applied", kind.__name__, made_of]
        return ["of", kind.__module__, kind.__name__, made_of]


def _make_number(over: Any, under: Any) -> Any:
    import sympy

    return sympy.Rational(checked(over, int), checked(under, int))


def _make_float(digits: Any, precision: Any) -> Any:
    import sympy

    if not _DIGITS.fullmatch(checked(digits, str)):
        raise EvidenceError("the digits of a number were expected")
    return sympy.Float(digits, precision=min(checked(precision, int), 10**5))


def _make_singleton(name: Any) -> Any:
    import sympy

    made = getattr(sympy.S, checked(name, str))
    if not isinstance(made, sympy.Basic):
        raise EvidenceError("a constant of SymPy's was expected")
    return made


def _make_symbol(name: Any, assumptions: Any, *index: Any) -> Any:
    import sympy

    kind = sympy.Dummy if index else sympy.Symbol
    numbered = {"dummy_index": checked(index[0], int)} if index else {}
    return kind(checked(name, str), **numbered, **checked(assumptions, dict))


def _make_text(text: Any) -> Any:
    from sympy.core.symbol import Str

    return Str(checked(text, str))


def _make_matrix(name: Any, rows: Any, columns: Any, items: list[Any]) -> Any:
    import sympy

    kind = getattr(sympy, checked(name, str))
    if not (isinstance(kind, type) and issubclass(kind, sympy.MatrixBase)):
        raise EvidenceError("a matrix of SymPy's was expected")
    return kind(checked(rows, int), checked(columns, int), items)


def _make_polynomial(domain: Any, made_of: list[Any]) -> Any:
    import sympy

    if domain not in _DOMAINS:
        raise EvidenceError("a domain of SymPy's was expected")
    return sympy.Poly(*made_of, domain=domain)


def _make_applied(name: Any, made_of: list[Any]) -> Any:
    import sympy

    return sympy.Function(checked(name, str))(*made_of)


def _make_of(module: Any, name: Any, made_of: list[Any]) -> Any:
    import sympy

    package, _, rest = checked(module, str).removeprefix("sympy.").partition(".")
    kind = getattr(sys.modules.get(f"sympy.{package}.{rest}"), checked(name, str), None)
    if package not in _PACKAGES or not (isinstance(kind, type) and issubclass(kind, sympy.Basic)):
        raise EvidenceError("a class of SymPy's was expected")
    try:
        return kind(*made_of, evaluate=False)
    except TypeError:  # it computes nothing
        return kind(*made_of)


_MAKE: Mapping[str, Callable[..., Any]] = {
    "number": _make_number,
    "float": _make_float,
    "singleton": _make_singleton,
    "symbol": _make_symbol,
    "text": _make_text,
    "matrix": _make_matrix,
    "polynomial": _make_polynomial,
    "applied": _make_applied,
    "of": _make_of,
}
#: The entries whose last part are the places of what they are made of.
_COMPOUND = ("matrix", "polynomial", "applied", "of")


def _make(entries: Any) -> Any:
    made: list[Any] = []
    sizes: list[int] = []
    for name, *parts in checked(entries, list):
        places: list[int] = checked(parts.pop(), list) if name in _COMPOUND else []
        if any(not 0 <= checked(place, int) < len(made) for place in places):
            raise EvidenceError("places of earlier entries were expected")
        sizes.append(1 + sum(sizes[place] for place in places))
        if sizes[-1] > MAX_SIZE:
            raise NoForm("other", "an expression that is too large")
        made.append(_MAKE[name](*parts, *([[made[place] for place in places]] if name in _COMPOUND else [])))
    return made[-1]


def _parts(value: Any) -> list[Any]:
    entries = _Entries()
    entries.add(value)
    parts = [list(entries)]
    again = _make(*parts)
    if type(again) is not type(value) or again != value:
        raise NoForm("other", type_name(value))
    return parts


def forms() -> Mapping[str, Form]:
    import sympy

    return {"sympy": Form((sympy.Basic, sympy.MatrixBase), _parts, _make)}
