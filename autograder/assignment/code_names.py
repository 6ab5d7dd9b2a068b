"""Which names a piece of code uses, and to which it assigns: they decide what is recorded as evidence."""

from __future__ import annotations

import ast
import builtins
import re
import sys
from collections.abc import Collection, Iterable

#: Names that the grader passes to test cases, unless the notebook has a variable of that name; not answers.
GRADER_NAMES = ("expect", "reference")

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def assigned_names(source: str) -> set[str]:
    """The names to which a cell assigns outside functions and classes; none if it is not valid Python."""
    tree = parsed(source)
    names = set()
    for node in _own_nodes(tree) if tree else ():
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
    return names


def definitions(source: str) -> dict[str, Definition]:
    """The functions and classes that a cell defines outside functions, by name; none if it is not valid Python."""
    tree = parsed(source)
    return {node.name: node for node in (_own_nodes(tree) if tree else ()) if isinstance(node, Definition)}


#: Methods that change a collection.
_CHANGING = """
    add append appendleft clear discard extend insert pop popitem popleft remove reverse setdefault sort subtract update
"""
_CHANGES = frozenset(_CHANGING.split())


def collections_changed(definition: Definition) -> set[str]:
    """The names of the notebook whose collections a function or class changes: ``seen.append(x)``, ``seen[x] = y``."""
    outside = set(names_used(ast.Module([definition, ast.Expr(ast.Name(definition.name, ast.Load()))], [])))
    changed = set()
    for node in ast.walk(definition):
        target: ast.AST | None = None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGES:
            target = node.func.value
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
            target = node.value
        if isinstance(target, ast.Name):
            changed.add(target.id)
    return changed & outside


#: Libraries whose values can be recorded as evidence; a call to any other library gives an object of its own.
_DATA = "builtins collections datetime decimal fractions keras math numpy pandas random statistics string tensorflow"
_DATA_LIBRARIES = frozenset(_DATA.split())


def live_names(sources: Iterable[str]) -> set[str]:
    """The names that a notebook's cells, in order, leave bound to code, or to an object that cannot be recorded.

    That is a function, a class, an object of a class of the notebook's own, the result of a call to a library whose
    values cannot be recorded, or a network with functions or classes of the notebook's own in it. The last binding
    outside functions and classes counts.
    """
    bindings = _Bindings()
    for source in sources:
        tree = parsed(source)
        statements = [node for node in _own_nodes(tree) if isinstance(node, ast.stmt)] if tree else []
        for statement in sorted(statements, key=lambda node: (node.lineno, node.col_offset)):
            bindings.follow(statement)
    return bindings.live


class _Bindings:
    """What the names of a notebook are bound to, statement by statement: code, its own classes, foreign libraries."""

    def __init__(self) -> None:
        self.live: set[str] = set()
        self._classes: set[str] = set()
        self._foreign: set[str] = set()
        self._keras: set[str] = set()

    def follow(self, statement: ast.stmt) -> None:
        if isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            self.live.add(statement.name)
            (self._classes.add if isinstance(statement, ast.ClassDef) else self._classes.discard)(statement.name)
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            self._foreign |= _foreign(statement).keys()
            libraries = _imported(statement).items()
            self._keras |= {name for name, library in libraries if library in ("keras", "tensorflow")}
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            is_live = self._is_live(statement.value)
            for target in statement.targets if isinstance(statement, ast.Assign) else [statement.target]:
                for node in ast.walk(target):  # `figure, axes = …` has two names
                    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                        (self.live.add if is_live else self.live.discard)(node.id)
        elif isinstance(statement, ast.Expr):
            match statement.value:
                case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="add")) as call if self._has_code(call):
                    self.live.add(name)

    def _is_live(self, value: ast.expr | None) -> bool:
        if isinstance(value, ast.Lambda) or (isinstance(value, ast.Name) and value.id in self.live):
            return True
        if not isinstance(value, ast.Call):
            return False
        root: ast.expr = value
        while isinstance(root, ast.Call | ast.Attribute):
            root = root.func if isinstance(root, ast.Call) else root.value
        if not isinstance(root, ast.Name):
            return False
        return root.id in self._classes | self._foreign or (root.id in self._keras and self._has_code(value))

    def _has_code(self, call: ast.Call) -> bool:
        """Whether there are functions or classes of the notebook's own among the arguments of a call, or in these."""
        arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
        parts = [part for argument in arguments for part in ast.walk(argument)]
        return any(
            isinstance(part, ast.Lambda) or (isinstance(part, ast.Name) and part.id in self.live) for part in parts
        )


def library_names(sources: Iterable[str]) -> dict[str, str]:
    """The names that a notebook's cells import from libraries whose values cannot be recorded, and these libraries."""
    nodes = (node for source in sources if (tree := parsed(source)) for node in _own_nodes(tree))
    imports = (node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom))
    return {name: library for node in imports for name, library in _foreign(node).items()}


def _foreign(statement: ast.Import | ast.ImportFrom) -> dict[str, str]:
    """The names that an import binds to libraries whose values cannot be recorded, or to parts of them."""
    return {name: library for name, library in _imported(statement).items() if library not in _DATA_LIBRARIES}


def _imported(statement: ast.Import | ast.ImportFrom) -> dict[str, str]:
    """The names that an import binds, with the library that each is of."""
    module = statement.module or "" if isinstance(statement, ast.ImportFrom) else ""
    return {
        alias.asname or alias.name.partition(".")[0]: (module or alias.name).partition(".")[0]
        for alias in statement.names
    }


def names_used(code: ast.AST, assigned: Collection[str] = ()) -> list[str]:
    """The names that code takes from the notebook, in the order of their first use.

    Builtins and the grader's own names are left out, except those in ``assigned``: the notebook gives them a value.
    """
    scope = _Scope(_read(code))
    scope.visit(code)
    known = {*dir(builtins), *GRADER_NAMES}
    return [name for name in scope.free() if name in assigned or name not in known]


class _Scope(ast.NodeVisitor):
    """Follows code in the order it runs: a name that is loaded before it is bound comes from outside.

    The body of a function runs later, so its names count only if nothing outside functions ever binds them; that of a
    function whose name is not among those that the code ``reads`` never runs.
    """

    def __init__(self, reads: Collection[str]) -> None:
        self.reads = reads
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
        annotations = [part.annotation for part in ast.walk(node.args) if isinstance(part, ast.arg)]
        self._in_order(*node.decorator_list, *filter(None, [*annotations, node.returns]))
        self._function(node, node.body if node.decorator_list or node.name in self.reads else [])
        self.bound.add(node.name)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._function(node, [node.body])

    def _function(self, node: _Function, body: list[ast.stmt] | list[ast.expr]) -> None:
        self._in_order(*node.args.defaults, *(default for default in node.args.kw_defaults if default))
        inside = _Scope(self.reads)
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


def _read(code: ast.AST) -> set[str]:
    """The names that code reads anywhere, as variables or as attributes, and those of the methods of its classes."""
    read = set()
    for node in ast.walk(code):
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
            read.add(node.id if isinstance(node, ast.Name) else node.attr)
        elif isinstance(node, ast.ClassDef):
            read |= {part.name for part in node.body if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)}
    return read


def parsed(source: str) -> ast.Module | None:
    """A cell's code, without what IPython adds to Python if there is any; None if it is not valid Python."""
    return _tree(source) or _tree(_without_magics(source))


def _tree(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def modules_named(source: str) -> set[str]:
    """The modules whose files code names, perhaps to write them: ``%%writefile sums.py``, ``open("sums.py", "w")``."""
    return set(re.findall(r"(\w+)\.py\b", source)) - sys.stdlib_module_names


_MAGIC = re.compile(r"\s*[%!?].*|\s*\S+\?")


def _without_magics(source: str) -> str:
    """A cell's source without the lines for IPython alone (``%magic``, ``!command``, ``name?``)."""
    return "\n".join("" if _MAGIC.fullmatch(line) else line for line in source.split("\n"))


def _own_nodes(tree: ast.AST) -> list[ast.AST]:
    """The nodes of a tree outside the functions, classes and comprehensions in it."""
    nodes, queue = [], [tree]
    while queue:
        node = queue.pop()
        nodes.append(node)
        if not isinstance(node, _Function | ast.ClassDef | _Comprehension):
            queue.extend(ast.iter_child_nodes(node))
    return nodes
