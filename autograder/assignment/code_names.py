"""Which names a piece of code asks for, and which it gives: the questions behind «what is evidence»."""

from __future__ import annotations

import ast
import builtins
import doctest
from collections.abc import Collection, Iterable

#: Names that the grader gives to test cases, unless the notebook has a variable of that name: they are no answers.
GRADER_NAMES = ("expect", "reference")

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def assigned_names(source: str) -> set[str]:
    """The names that a cell gives a value to outside functions and classes; none if it is not valid Python."""
    tree = _parsed(source) or _parsed(_without_magics(source))
    names = set()
    for node in _own_nodes(tree) if tree else ():
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
    return names


#: Libraries whose values evidence has forms for; what comes of a call to another is an object of its own.
_DATA = "builtins collections datetime decimal fractions keras math numpy pandas random statistics string tensorflow"
_DATA_LIBRARIES = frozenset(_DATA.split())


def live_names(sources: Iterable[str]) -> set[str]:
    """The names that a notebook's cells, in order, leave bound to code, or to an object that no data can stand for.

    That is a function, a class, an object of a class of the notebook's own, or what comes of a call to a library that
    evidence has no forms for; the last binding outside functions and classes counts.
    """
    live: set[str] = set()
    classes: set[str] = set()
    foreign: set[str] = set()

    def is_live(value: ast.expr | None) -> bool:
        if isinstance(value, ast.Lambda) or (isinstance(value, ast.Name) and value.id in live):
            return True
        if not isinstance(value, ast.Call):
            return False
        root: ast.expr = value
        while isinstance(root, ast.Call | ast.Attribute):
            root = root.func if isinstance(root, ast.Call) else root.value
        return isinstance(root, ast.Name) and root.id in classes | foreign

    for source in sources:
        tree = _parsed(source) or _parsed(_without_magics(source))
        statements = [node for node in _own_nodes(tree) if isinstance(node, ast.stmt)] if tree else []
        for node in sorted(statements, key=lambda node: (node.lineno, node.col_offset)):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                live.add(node.name)
                (classes.add if isinstance(node, ast.ClassDef) else classes.discard)(node.name)
            elif isinstance(node, ast.Import | ast.ImportFrom):
                foreign |= _foreign(node)
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    if isinstance(target, ast.Name):
                        (live.add if is_live(node.value) else live.discard)(target.id)
    return live


def _foreign(node: ast.Import | ast.ImportFrom) -> set[str]:
    """The names that an import binds to what is of no library with forms in evidence."""
    module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
    found = set()
    for alias in node.names:
        package = (module or alias.name).partition(".")[0]
        if package not in _DATA_LIBRARIES:
            found.add(alias.asname or alias.name.partition(".")[0])
    return found


def free_names(body: str, given: Collection[str] = ()) -> list[str]:
    """The names that an OK test case (a doctest) takes from the notebook, in the order they are met.

    Builtins and the grader's own names are none of them, except those in ``given``: what the notebook assigns.
    """
    source = "\n".join(example.source for example in doctest.DocTestParser().get_examples(body))
    scope = _Scope()
    scope.visit(ast.parse(source))
    return [name for name in scope.free() if name in given or not _is_known(name)]


def keys_of(mapping: str, source: str, function: str) -> list[str]:
    """The constant keys that a function looks up in ``mapping``, in the order of the source.

    ``env["x"]``, ``env.get("x")`` and ``"x" in env`` give ``x``.
    """
    keys: list[tuple[int, int, str]] = []
    for definition in ast.walk(ast.parse(source)):
        if isinstance(definition, ast.FunctionDef) and definition.name == function:
            for node in ast.walk(definition):
                key: ast.expr | None = None
                if isinstance(node, ast.Subscript) and _is_name(node.value, mapping):
                    key = node.slice
                elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                    key = node.args[0] if _is_name(node.func.value, mapping) else None
                elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
                    key = node.left if _is_name(node.comparators[0], mapping) else None
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    keys.append((key.lineno, key.col_offset, key.value))
    return list(dict.fromkeys(key for _, _, key in sorted(keys)))


class _Scope(ast.NodeVisitor):
    """Follows code in the order it runs: a name that is loaded before it is bound comes from outside.

    The body of a function runs later, so its names count only if nothing outside functions ever binds them.
    """

    def __init__(self) -> None:
        self.bound: set[str] = set()
        self.loaded: dict[str, bool] = {}

    def free(self) -> list[str]:
        return [name for name, surely in self.loaded.items() if surely or name not in self.bound]

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self.bound.add(node.id)
        elif node.id not in self.bound:
            self.loaded[node.id] = True

    def visit_Assign(self, node: ast.Assign) -> None:
        self._in_order(node.value, *node.targets)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self._in_order(*([node.value] if node.value else []), node.target)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self.visit(ast.Name(node.target.id, ast.Load()))
        self._in_order(node.value, node.target)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self._in_order(node.value, node.target)

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self._in_order(node.iter, node.target, *node.body, *node.orelse)

    visit_AsyncFor = visit_For

    def visit_alias(self, node: ast.alias) -> None:
        self.bound.add((node.asname or node.name).split(".")[0])

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        self.bound.update([node.name] if node.name else [])
        self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        self.bound.update([node.name] if node.name else [])
        self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._in_order(*node.decorator_list, *node.bases, *node.keywords)
        outside = set(self.bound)
        self._in_order(*node.body)
        self.bound = outside | {node.name}

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._in_order(*node.decorator_list)
        self._function(node, node.body)
        self.bound.add(node.name)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._function(node, [node.body])

    def _function(self, node: _Function, body: list[ast.stmt] | list[ast.expr]) -> None:
        self._in_order(*node.args.defaults, *(default for default in node.args.kw_defaults if default))
        inside = _Scope()
        inside.bound = {argument.arg for argument in ast.walk(node.args) if isinstance(argument, ast.arg)}
        inside._in_order(*body)
        for name in inside.free():
            self.loaded.setdefault(name, False)

    def _comprehension(self, node: _Comprehension) -> None:
        outside = set(self.bound)
        for part in node.generators:
            self._in_order(part.iter, part.target, *part.ifs)
        self._in_order(*([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]))
        walrus = {part.target.id for part in ast.walk(node) if isinstance(part, ast.NamedExpr)}
        self.bound = outside | walrus

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension

    def _in_order(self, *nodes: ast.AST) -> None:
        for node in nodes:
            self.visit(node)


def _is_known(name: str) -> bool:
    return hasattr(builtins, name) or name in GRADER_NAMES


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _parsed(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return None


def _without_magics(source: str) -> str:
    """A cell's source without the lines that are IPython's, not Python's (``%magic``, ``!command``, ``name?``)."""
    lines = source.split("\n")
    return "\n".join("" if line.lstrip().startswith(("%", "!", "?")) or line.endswith("?") else line for line in lines)


def _own_nodes(tree: ast.AST) -> list[ast.AST]:
    """The nodes of a tree that are not in a function, a class or a comprehension within it."""
    nodes, queue = [], [tree]
    while queue:
        node = queue.pop()
        nodes.append(node)
        if not isinstance(node, _Function | ast.ClassDef | _Comprehension):
            queue.extend(ast.iter_child_nodes(node))
    return nodes
