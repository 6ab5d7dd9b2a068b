"""Digests of functions and classes by what they do: is one still as students received it?

The kernel has the objects and the checker the source of the student notebook; both know the same code objects.
"""

from __future__ import annotations

import ast
import hashlib
import types
from collections.abc import Iterable
from typing import Any


def digest_of_value(value: Any) -> str:
    """The digest of a function, or of the functions of a class; empty if it is neither, or a class without any."""
    members = vars(value).values() if isinstance(value, type) else (value,)
    functions = (getattr(member, "__func__", member) for member in members)  # of static methods and class methods
    return _digest(function.__code__ for function in functions if isinstance(function, types.FunctionType))


def digest_of_source(definition: ast.stmt) -> str:
    """The digest of the function or class that a statement defines."""
    module = compile(ast.Module([definition], []), "<definition>", "exec")
    codes = [constant for constant in module.co_consts if isinstance(constant, types.CodeType)]
    if isinstance(definition, ast.ClassDef):
        codes = [constant for code in codes for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return _digest(codes)


def _digest(codes: Iterable[types.CodeType]) -> str:
    described = sorted(repr(_described(code)) for code in codes)
    return hashlib.sha256("\n".join(described).encode("utf-8", "replace")).hexdigest() if described else ""


def _described(code: types.CodeType) -> tuple[Any, ...]:
    constants = [_described(part) if isinstance(part, types.CodeType) else part for part in code.co_consts]
    return code.co_name, code.co_code, code.co_names, code.co_varnames, constants
