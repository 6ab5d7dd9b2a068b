"""Which names a piece of code asks for, and which it gives: the questions behind «what is evidence»."""

from __future__ import annotations

import ast
import builtins
import doctest

#: Parameters of a test case that the grader fills in: they are no student's answers.
GRADER_PARAMETERS = ("expect", "reference")


def code_only(source: str) -> str:
    """A cell's source without the lines that are IPython's, not Python's (``%magic``, ``!command``)."""
    return "\n".join("" if line.lstrip().startswith(("%", "!", "?")) else line for line in source.split("\n"))


def assigned_names(source: str) -> set[str]:
    """The names that code gives a value to at any depth outside functions; none if it is not valid Python."""
    try:
        tree = ast.parse(code_only(source))
    except (SyntaxError, ValueError, RecursionError):
        return set()
    names = set()
    for node in _outside_functions(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
    return names


def free_names(body: str) -> list[str]:
    """The names that an OK test case (a doctest) takes from the notebook, in the order they are met."""
    source = "\n".join(example.source for example in doctest.DocTestParser().get_examples(body))
    tree = ast.parse(code_only(source))
    loaded: dict[str, None] = {}
    own: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Load):
                loaded.setdefault(node.id)
            else:
                own.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            own.add(node.name)
        elif isinstance(node, ast.arg):
            own.add(node.arg)
        elif isinstance(node, ast.alias):
            own.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, ast.ExceptHandler) and node.name:
            own.add(node.name)
    return [name for name in loaded if name not in own and not hasattr(builtins, name)]


def keys_of(mapping: str, source: str, function: str) -> list[str]:
    """The constant keys that a function looks up in ``mapping``: ``env["x"]`` and ``env.get("x")`` give ``x``."""
    keys: dict[str, None] = {}
    for definition in ast.walk(ast.parse(source)):
        if isinstance(definition, ast.FunctionDef) and definition.name == function:
            for node in ast.walk(definition):
                key: ast.expr | None = None
                if isinstance(node, ast.Subscript) and _is_name(node.value, mapping):
                    key = node.slice
                elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                    key = node.args[0] if _is_name(node.func.value, mapping) else None
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    keys.setdefault(key.value)
    return list(keys)


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _outside_functions(tree: ast.AST) -> list[ast.AST]:
    nodes, queue = [], [tree]
    while queue:
        node = queue.pop()
        nodes.append(node)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        queue.extend(ast.iter_child_nodes(node))
    return nodes
