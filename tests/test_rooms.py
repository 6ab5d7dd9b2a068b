"""The rooms of the package, and the walls between them: which room may import which, without a circle.

The table is the design. A line that breaks a rule is named by file, line number and text; lazy imports and those for
types only count, too.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

import autograder
from autograder.execution.launch import KERNEL_ROOMS

PACKAGE = Path(autograder.__file__).parent
#: What every room may import: what can go wrong, and the words for people.
EVERYWHERE = {"errors", "messages"}
#: The other rooms, and modules at the top, that each room may import.
MAY_IMPORT = {
    "errors": "",
    "messages": "",
    "files": "",
    "text": "",
    "results": "",
    "test_case": "",
    "sandbox": "",
    "datasets": "files",
    "networks": "datasets sandbox",
    "evidence": "networks",
    "kernel": "evidence networks datasets sandbox test_case",
    "assignment": "datasets",
    "training": "assignment datasets evidence networks sandbox files",
    "execution": "assignment datasets evidence results sandbox training",
    "checks": "assignment datasets evidence networks results sandbox test_case training",
    "lms": "text files",
    "intake": "lms datasets files text",
    "gradebook": "assignment intake results text",
    "reports": "assignment gradebook intake lms results text files",
    "review": "assignment gradebook reports",
    "similarity": "assignment files gradebook reports results text",
    "grading": "assignment checks datasets execution files gradebook intake reports results sandbox text training",
    "cluster": "assignment datasets evidence execution files grading intake networks results sandbox training",
    "gradescope": "assignment datasets execution grading intake reports results sandbox text",
    "authoring": "assignment datasets evidence execution files grading intake lms results text training",
    "cli": "assignment authoring cluster datasets files gradebook gradescope grading intake lms reports review results "
    "sandbox similarity text",
    "__main__": "cli",
    "__init__": "assignment gradebook grading intake results",
}
#: What runs beside student code is visible from the folder list: kernel/, and what it imports. Kernels see nothing else.
BESIDE_STUDENT_CODE = set(KERNEL_ROOMS)
#: Modules that need no name on the door: what a fork server imports first, and what ``python -m`` runs.
UNNAMED = {"preload", "__main__"}


@dataclass(frozen=True)
class Import:
    """An import of one module of the package by another, by their dotted names below it."""

    importer: str
    imported: str
    place: str

    @property
    def rooms(self) -> tuple[str, str]:
        return room(self.importer), room(self.imported)


def room(module: str) -> str:
    return module.split(".")[0]


def modules() -> Mapping[str, Path]:
    """The modules of the package by their dotted names; a package by the name of its folder."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts[-1] == "__init__" and len(parts) > 1:
            parts = parts[:-1]
        found[".".join(parts)] = path
    return found


@cache
def imports() -> tuple[Import, ...]:
    return tuple(_imports(modules()))


def _imports(known: Mapping[str, Path]) -> Iterator[Import]:
    for name, path in known.items():
        lines = path.read_text(encoding="utf-8").splitlines()
        for node in ast.walk(ast.parse("\n".join(lines))):
            for imported in sorted(set(_imported(node, known))):
                place = f"autograder/{path.relative_to(PACKAGE)}:{node.lineno}: {lines[node.lineno - 1].strip()}"  # type: ignore[attr-defined]
                yield Import(name, imported, place)


def _imported(node: ast.AST, known: Mapping[str, Path]) -> Iterator[str]:
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, (
            f"imports are absolute in this package: from {'.' * node.level}{node.module or ''} import …"
        )
        if node.module and node.module.split(".")[0] == "autograder":
            base = node.module.removeprefix("autograder").removeprefix(".")
            for alias in node.names:
                inner = f"{base}.{alias.name}" if base else alias.name
                if inner in known:
                    yield inner
                elif base:
                    yield base
    elif isinstance(node, ast.Import):
        for alias in node.names:
            if alias.name.startswith("autograder."):
                yield alias.name.removeprefix("autograder.")


def test_every_room_is_in_the_table() -> None:
    assert {room(name) for name in modules()} == set(MAY_IMPORT)


def test_each_room_imports_only_what_the_table_allows() -> None:
    broken = [
        f"{one.place}\n    {importer} may not import {imported} (it may: {MAY_IMPORT[importer]})"
        for one in imports()
        for importer, imported in [one.rooms]
        if importer != imported and imported not in {*MAY_IMPORT[importer].split(), *EVERYWHERE}
    ]
    assert not broken, "\n" + "\n".join(broken)


def test_the_table_allows_nothing_that_is_not_needed() -> None:
    used = {one.rooms for one in imports()}
    unused = [f"{name} → {other}" for name, others in MAY_IMPORT.items() for other in others.split()
              if (name, other) not in used]  # fmt: skip
    assert not unused


def test_nobody_imports_the_kernel() -> None:
    assert [one.place for one in imports() if room(one.imported) == "kernel" and room(one.importer) != "kernel"] == []


def test_what_runs_beside_student_code_imports_nothing_else() -> None:
    outside = [one.place for one in imports()
               if room(one.importer) in BESIDE_STUDENT_CODE and room(one.imported) not in BESIDE_STUDENT_CODE]  # fmt: skip
    assert outside == []


@pytest.mark.parametrize("level", ["rooms", "modules"])
def test_there_is_no_circle(level: str) -> None:
    edges: dict[str, dict[str, str]] = {}
    for one in imports():
        importer, imported = one.rooms if level == "rooms" else (one.importer, one.imported)
        if importer != imported:
            edges.setdefault(importer, {}).setdefault(imported, one.place)
    circle = _circle(edges)
    assert not circle, "\n" + "\n".join(circle)


def _circle(edges: Mapping[str, Mapping[str, str]]) -> list[str]:
    """The places of the imports that form a circle, the first that is found."""
    done: set[str] = set()

    def visit(node: str, way: list[str]) -> list[str]:
        if node in way:
            steps = [*way[way.index(node) :], node]
            return [edges[a][b] for a, b in pairwise(steps)]
        if node in done:
            return []
        for other in edges.get(node, {}):
            if found := visit(other, [*way, node]):
                return found
        done.add(node)
        return []

    return next((found for node in edges if (found := visit(node, []))), [])


@pytest.mark.parametrize(
    "room", sorted(path.parent for path in PACKAGE.glob("*/__init__.py")), ids=lambda room: room.name
)
def test_the_door_of_a_room_names_its_modules(room: Path) -> None:
    plate = ast.get_docstring(ast.parse((room / "__init__.py").read_text(encoding="utf-8"))) or ""
    modules = {path.stem for path in room.glob("*.py")} - {"__init__", *UNNAMED}
    if room.name == "messages":  # its modules are named after the stages
        modules -= {path.stem for path in room.glob("*.py") if "\nTEXTS" in path.read_text(encoding="utf-8")}
    named = set(re.findall(r"``([\w.]+)/?``", plate))
    assert sorted(modules - named) == []


def test_every_room_is_linted() -> None:
    """The lab's folder is called as a room is: what leaves one out must not leave out the other."""
    ruff = Path(sys.executable).with_name("ruff")
    shown = subprocess.run([ruff, "check", "--show-files", PACKAGE], capture_output=True, text=True, check=True)
    assert sorted(PACKAGE.rglob("*.py")) == sorted(map(Path, shown.stdout.split()))
