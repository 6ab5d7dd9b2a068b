"""Submodules that test cases use by their full names, without importing them: in the notebook somebody else did.

``import sklearn`` makes ``sklearn.metrics`` known only where something has imported that, as notebooks often have.
"""

from __future__ import annotations

import ast
import importlib
import types
from collections.abc import Mapping
from typing import Any


def import_submodules(code: ast.AST, values: Mapping[str, Any]) -> None:
    """Import the submodules that code uses of the modules that it imports, or that are among ``values``."""
    modules = {name: value.__name__ for name, value in values.items() if isinstance(value, types.ModuleType)}
    for node in ast.walk(code):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                modules |= {alias.asname: alias.name} if alias.asname else {first: first}
    for node in ast.walk(code):
        if isinstance(node, ast.Attribute) and (path := _path(node))[0] in modules:
            _import(modules[path[0]], path[1:])


def _path(node: ast.expr) -> list[str]:
    """The names of ``a.b.c``; of an attribute of anything else, the first is empty."""
    path: list[str] = []
    while isinstance(node, ast.Attribute):
        path.insert(0, node.attr)
        node = node.value
    return [node.id if isinstance(node, ast.Name) else "", *path]


def _import(name: str, path: list[str]) -> None:
    """Import the modules along a path of attributes, as far as there are any."""
    try:
        for part in path:
            module = importlib.import_module(name)
            name = f"{name}.{part}"
            if not hasattr(module, part):
                importlib.import_module(name)
            elif not isinstance(getattr(module, part), types.ModuleType):
                return
    except Exception:  # there is no such module, or it cannot be imported: the test case will say so
        return
