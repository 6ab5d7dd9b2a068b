"""The tree at the top of ``errors.py`` shows each exception of the package, where it belongs."""

from __future__ import annotations

import ast
import builtins
import re
from pathlib import Path

import autograder
from autograder import errors

ROOT = Path(autograder.__file__).parent


def shown() -> dict[str, str]:
    """The classes of the tree, each with the one above it."""
    path: list[str] = []
    tree = {}
    for line in (errors.__doc__ or "").splitlines():
        if entry := re.match(r"(?:[│ ]   )*[├└]── (\w+)", line):
            depth = line.index("─") // 4 + 1
            path[depth - 1 :] = [entry[1]]
            tree[entry[1]] = path[depth - 2] if depth > 1 else "GradingError"
    return tree


def defined() -> dict[str, tuple[str, str]]:
    """All exception classes of the package: module and base class by name."""
    classes = {}
    for path in ROOT.rglob("*.py"):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and node.bases and isinstance(node.bases[0], ast.Name):
                classes[node.name] = (module, node.bases[0].id)

    def is_exception(name: str) -> bool:
        known = getattr(builtins, name, None)
        if isinstance(known, type):
            return issubclass(known, BaseException)
        return name in classes and is_exception(classes[name][1])

    return {name: entry for name, entry in classes.items() if is_exception(name)}


def is_public(name: str, classes: dict[str, tuple[str, str]]) -> bool:
    """Whether an exception is of the tree."""
    return name == "GradingError" or (name in classes and is_public(classes[name][1], classes))


def test_the_tree_shows_all_errors_of_the_package() -> None:
    classes = defined()
    ours = {name: base for name, (_, base) in classes.items() if is_public(base, classes)}

    assert shown() == ours


def test_private_exceptions_are_listed_with_their_modules() -> None:
    classes = defined()
    private = {f"{module}.{name}" for name, (module, _) in classes.items() if not is_public(name, classes)}
    listed = set(re.findall(r"^([a-z_]+\.[\w.]+) ", errors.__doc__ or "", re.MULTILINE))

    assert listed == private
