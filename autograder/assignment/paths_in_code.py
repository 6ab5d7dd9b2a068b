"""The files that a test case reads, by the names and paths in its code."""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Mapping
from pathlib import PurePosixPath
from types import MappingProxyType

#: Functions that look at the file that their first argument names, and methods of a path.
_READING = """
    File Path TarFile ZipFile connect exists fromfile genfromtxt getmtime getsize glob imread is_dir is_file isdir
    isfile iterdir listdir load load_model load_workbook loadtxt memmap open read_bytes read_csv read_excel read_feather
    read_hdf read_html read_json read_parquet read_pickle read_stata read_table read_text read_xml rglob scandir stat
    walk
"""
_READERS = frozenset(_READING.split())
#: Functions that put a path together of their arguments.
_JOINING = ("Path", "PurePath", "fspath", "join", "joinpath", "str")


def files_read(code: ast.AST, paths: Mapping[str, str] = MappingProxyType({})) -> set[str]:
    """The files that a test case reads, relative to the folder that it runs in: by names in its text, or in ``paths``.

    ``paths`` are texts and paths that the notebook has, by name. Other computed names of files are not known.
    """
    paths = {**paths, **paths_assigned(code, paths)}
    found: set[str] = set()
    for node in ast.walk(code):
        if isinstance(node, ast.For) and isinstance(node.target, ast.Name):
            listed = node.iter.elts if isinstance(node.iter, ast.List | ast.Tuple) else ()
            for path in filter(None, (path_in(one, paths) for one in listed)):
                found |= files_read(ast.Module(node.body, []), {**paths, node.target.id: path})
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        function = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
        if function in _READERS:
            on = called.value if isinstance(called, ast.Attribute) else None
            found.update(filter(None, (path_in(part, paths) for part in (on, *node.args[:1]))))
    return {name for name in found if not name.startswith(("/", ":")) and "://" not in name}


#: Methods of a path that look at its file; functions that make a file of a text, and an absolute path.
_OF_PATHS = ("exists", "is_dir", "is_file", "iterdir", "read_bytes", "read_text", "stat")
_OF_TEXTS = ("BytesIO", "StringIO")
#: Names that a notebook imports and does not make.
_NOT_MADE = frozenset([*_READERS, *_JOINING, *sys.stdlib_module_names])
_ABSOLUTE = ("abspath", "absolute", "realpath", "resolve")


def reads_of_notebook(code: ast.AST, names: Collection[str], paths: Mapping[str, str] = MappingProxyType({})) -> bool:
    """Whether a test case looks at a file whose name it has from one of the notebook's ``names``, or makes a path
    absolute: ``open(save([1]))``, ``made.exists()``, ``Path("a.csv").resolve()``. ``paths`` as for ``files_read``.
    """
    paths = {**paths, **paths_assigned(code, paths)}
    calls = [node for node in ast.walk(code) if isinstance(node, ast.Call) and ast.unparse(node.func) not in names]
    names = {name for name in names if not (name in paths or name in _NOT_MADE)}
    made = _made_by(code, {name for name in names if any(_calls(node, name) for node in ast.walk(code))})
    return any(_is_absolute(call) or _reads(call, names, made, paths) for call in calls)


def _reads(call: ast.Call, names: Collection[str], made: Collection[str], paths: Mapping[str, str]) -> bool:
    function = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    looked_at = call.args[:1] if function in _READERS and function not in _JOINING else []
    if isinstance(call.func, ast.Attribute) and function in _OF_PATHS:
        looked_at = [call.func.value, *looked_at]
    unknown = [part for part in looked_at if path_in(part, paths) is None and not any(map(_is_of_text, ast.walk(part)))]
    return any(
        isinstance(node, ast.Name) and (node.id in made or (node.id in names and node.id not in _called_on(part)))
        for part in unknown
        for node in ast.walk(part)
    )


def _made_by(code: ast.AST, functions: Collection[str]) -> set[str]:
    """These functions, and the names that code assigns what comes of a call of them."""
    made = set(functions)
    for node in ast.walk(code):
        if isinstance(node, ast.Assign) and any(isinstance(n, ast.Name) and n.id in made for n in ast.walk(node.value)):
            made |= {n.id for target in node.targets for n in ast.walk(target) if isinstance(n, ast.Name)}
    return made


def _calls(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name


def _is_of_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in _OF_TEXTS


def _called_on(code: ast.AST) -> set[str]:
    """The names of whose attributes code calls some, as those of a module: ``os.path.join(…)``."""
    called = [node.func for node in ast.walk(code) if isinstance(node, ast.Call)]
    return {ast.unparse(function).partition(".")[0] for function in called if isinstance(function, ast.Attribute)}


def _is_absolute(call: ast.Call) -> bool:
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in _ABSOLUTE:
        return False
    on = ast.unparse(call.func.value)
    return on.endswith("path") if call.args else "Path(" in on


def paths_assigned(code: ast.AST, known: Mapping[str, str] = MappingProxyType({})) -> dict[str, str]:
    """The texts and paths that code assigns to names, as far as they stand in it: ``file = Path("a") / "b.csv"``."""
    found: dict[str, str] = {}
    for node in ast.walk(code):
        if isinstance(node, ast.Assign) and (path := path_in(node.value, {**known, **found})) is not None:
            found |= {target.id: path for target in node.targets if isinstance(target, ast.Name)}
    return found


def path_in(node: ast.expr | None, paths: Mapping[str, str]) -> str | None:
    """The text or path that an expression stands for, with names that stand for some; None for any other."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Name):
        return paths.get(node.id)
    parts: list[ast.expr] = []
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        parts = [node.left, node.right]
    elif isinstance(node, ast.Call):
        function = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        on = [node.func.value] if isinstance(node.func, ast.Attribute) and function == "joinpath" else []
        parts = [*on, *node.args] if function in _JOINING else []
    texts = [path_in(part, paths) for part in parts]
    return str(PurePosixPath(*filter(None, texts))) if texts and None not in texts else None
