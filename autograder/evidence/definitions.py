"""Digests of functions and classes by what they do: is one still as students received it?

The kernel has the objects and the checker the source of the student notebook; both know the same code objects.
"""

from __future__ import annotations

import ast
import hashlib
import types
from collections.abc import Iterable, Iterator
from typing import Any


def digest_of_value(value: Any) -> str:
    """The digest of a function, or of a class: of its functions and of the names of attributes that are `...`.

    It is empty for what is neither, and for a class that has none of these.
    """
    members = vars(value) if isinstance(value, type) else {"": value}
    functions = [getattr(member, "__func__", member) for member in members.values()]  # of static and class methods
    codes = [function.__code__ for function in functions if isinstance(function, types.FunctionType)]
    return _digest(codes, [name for name, member in members.items() if member is ...])


def digest_of_source(definition: ast.stmt) -> str:
    """The digest of the function or class that a statement defines; empty if Python does not take it without the
    solution (`nonlocal` of a name that this assigns)."""
    try:
        module = compile(ast.Module([definition], []), "<definition>", "exec")
    except SyntaxError:
        return ""
    codes = [constant for constant in module.co_consts if isinstance(constant, types.CodeType)]
    if not isinstance(definition, ast.ClassDef):
        return _digest(codes)
    codes = [constant for code in codes for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return _digest(codes, _blanks(definition))


def _blanks(definition: ast.ClassDef) -> Iterator[str]:
    """The names to which the body of a class assigns `...`."""
    for statement in definition.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            is_blank = isinstance(statement.value, ast.Constant) and statement.value.value is ...
            yield from (target.id for target in targets if is_blank and isinstance(target, ast.Name))


def _digest(codes: Iterable[types.CodeType], blanks: Iterable[str] = ()) -> str:
    described = sorted([*(repr(_described(code)) for code in codes), *blanks])
    return hashlib.sha256("\n".join(described).encode("utf-8", "replace")).hexdigest() if described else ""


def _described(code: types.CodeType) -> tuple[Any, ...]:
    constants = [_described(part) if isinstance(part, types.CodeType) else part for part in code.co_consts]
    return code.co_name, code.co_code, code.co_names, code.co_varnames, constants
