"""What a test case needs, read off its code: names of the notebook, files, accuracies, or the notebook itself.

A test case is a doctest as text (Otter's OK format), or a function.
"""

from __future__ import annotations

import ast
import doctest
import sys
from collections.abc import Collection

from autograder.assignment.code_names import GRADER_NAMES


def doctest_code(body: str) -> ast.Module:
    return ast.parse("\n".join(example.source for example in doctest.DocTestParser().get_examples(body)))


def parameter_names(function: ast.FunctionDef, assigned: Collection[str] = ()) -> list[str]:
    """The names that a test function takes from the notebook: its parameters without a default.

    For a parameter ``env`` (all names), these are the keys that it looks up there. The grader's own names are left out,
    except those in ``assigned``.
    """
    plain = [*function.args.posonlyargs, *function.args.args]
    plain = plain[: len(plain) - len(function.args.defaults)]
    keywords = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
    names = [argument.arg for argument in (*plain, *(argument for argument, default in keywords if default is None))]
    keys = keys_of("env", function) if "env" in names else []
    names = [name for name in names if name != "env" and (name in assigned or name not in GRADER_NAMES)]
    return list(dict.fromkeys(names + keys))


def keys_of(mapping: str, function: ast.FunctionDef) -> list[str]:
    """The constant keys that a function looks up in ``mapping``, in the order of the source.

    ``env["x"]``, ``env.get("x")`` and ``"x" in env`` give ``x``.
    """
    keys: list[tuple[int, int, str]] = []
    for node in ast.walk(function):
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


def names_called(code: ast.AST) -> set[str]:
    """The names that a piece of code calls as functions."""
    called = [node.func for node in ast.walk(code) if isinstance(node, ast.Call)]
    return {function.id for function in called if isinstance(function, ast.Name)}


#: Functions that work with the names of the notebook, or with the state that it left in a library, and attributes.
_NAMESPACE = ("dir", "exec", "eval", "get_ipython", "globals", "locals", "patch", "vars")
_STATE = (
    "gca",
    "gcf",
    "get_fignums",
    "gci",
    "get_option",
    "get_printoptions",
    "getcontext",
    "getLogger",
    "patch",
    "rcParams",
)
#: Functions that ask whether two values are one in memory, as their copies elsewhere are not.
_MEMORY = ("may_share_memory", "shares_memory")


def quoted_names(code: ast.AST, assigned: Collection[str]) -> list[str]:
    """The names of the notebook that a piece of code may look up there as texts: ``'f' in dir()``."""
    if names_called(code).isdisjoint(_NAMESPACE):
        return []
    texts = [node.value for node in ast.walk(code) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return [text for text in texts if text in assigned]


def needs_notebook(code: ast.AST, names: Collection[str] = ()) -> bool:
    """Whether a test case needs the notebook's own names, and not only their values.

    It lists, replaces or deletes them (``dir()``, ``globals()``, ``__main__``, ``mock.patch``, ``del x``) or what a
    module has (``builtins.input = …``), uses the current figure (``plt.gca()``) or the settings of a library, asks
    whether two values share memory or items (``a[0] is b[0]``), writes files for the notebook's functions, or derives a
    class from one of its ``names``.
    """
    return any(_needs_notebook(node, names) for node in ast.walk(code))


def _needs_notebook(node: ast.AST, names: Collection[str]) -> bool:
    if isinstance(node, ast.ClassDef):
        return any(isinstance(base, ast.Name) and base.id in names for base in node.bases)
    if isinstance(node, ast.Attribute):
        return node.attr in (*_STATE, *_MEMORY)
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Is | ast.IsNot):
        sides = [side.value for side in (node.left, *node.comparators) if isinstance(side, ast.Subscript)]
        return len(sides) > 1 and all(isinstance(side, ast.Name) and side.id in names for side in sides)
    if isinstance(node, ast.Delete):
        return any(isinstance(target, ast.Name) for target in node.targets)
    if isinstance(node, ast.Import | ast.ImportFrom) and "__main__" in modules_imported(node):
        return True
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _NAMESPACE:
        return not (node.args and node.func.id in ("dir", "vars"))
    return _writes_file(node) or _replaces_in_module(node)


#: Functions that write a file, or make a folder for some.
_WRITERS = ("makedirs", "mkdir", "savetxt", "to_csv", "to_json", "write_bytes", "write_text")


def _writes_file(node: ast.AST) -> bool:
    if isinstance(node, ast.Import | ast.ImportFrom):
        return "tempfile" in modules_imported(node)
    if not isinstance(node, ast.Call):
        return False
    function = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    modes = [*node.args[1:2], *(keyword.value for keyword in node.keywords if keyword.arg == "mode")]
    return function in _WRITERS or (
        function == "open"
        and any(isinstance(mode, ast.Constant) and set("wax+") & set(str(mode.value)) for mode in modes)
    )


#: What prints go to: remote calls print there, too.
_STREAMS = ("sys.stdout", "sys.stderr")


def _replaces_in_module(node: ast.AST) -> bool:
    """Whether a statement replaces what a module of Python's library has: ``sys.stdin = io.StringIO("3")``."""
    targets = node.targets if isinstance(node, ast.Assign) else []
    replaced = [target for target in targets if isinstance(target, ast.Attribute)]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "setattr" and node.args:
        return isinstance(node.args[0], ast.Name) and node.args[0].id in sys.stdlib_module_names
    return any(
        isinstance(target.value, ast.Name)
        and target.value.id in sys.stdlib_module_names
        and ast.unparse(target) not in _STREAMS
        for target in replaced
    )


#: Functions that look at the file that their first argument names.
_READING = """
    Path exists genfromtxt getsize imread is_file isdir isfile listdir load load_model loadtxt open read_csv read_excel
    read_json read_parquet read_table
"""
_READERS = frozenset(_READING.split())


def files_read(code: ast.AST) -> set[str]:
    """The files that a test case reads by names in its text, relative to the folder that it runs in."""
    found = set()
    for node in ast.walk(code):
        if isinstance(node, ast.Call) and node.args:
            called, named = node.func, node.args[0]
            function = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
            if function in _READERS and isinstance(named, ast.Constant) and isinstance(named.value, str):
                found.add(named.value)
    return {name for name in found if name and not name.startswith("/") and "://" not in name}


def modules_imported(code: ast.AST) -> set[str]:
    """The modules that code imports, by the first parts of their names."""
    found = set()
    for node in ast.walk(code):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def accuracies_asked(code: ast.Module | ast.FunctionDef) -> tuple[str, ...]:
    """The accuracies that a test case asks for, if it does nothing else: all of it is ``reference.accuracy(…, "mlp")``.

    Docstrings and imports do not count.
    """
    asked = []
    for statement in code.body:
        if isinstance(statement, ast.Import | ast.ImportFrom | ast.Pass):
            continue
        if not isinstance(statement, ast.Expr):
            return ()
        if isinstance(statement.value, ast.Constant):
            continue
        name = accuracy_name(statement.value)
        if name is None:
            return ()
        asked.append(name)
    return tuple(asked)


def accuracy_name(node: ast.AST) -> str | None:
    """The name of the accuracy in ``reference.accuracy(model, "name")``; None for other code, or a computed name."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "accuracy"):
        return None
    named = [*node.args[1:2], *(keyword.value for keyword in node.keywords if keyword.arg == "threshold")]
    return str(named[0].value) if named and isinstance(named[0], ast.Constant) else None


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
