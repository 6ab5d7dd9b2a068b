"""The files that a test case reads, by the names and paths in its code."""

from __future__ import annotations

import ast
from collections.abc import Mapping
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
