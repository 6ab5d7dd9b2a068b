"""nbgrader's source notebooks as masters in Otter Assign's format.

A cell's ``grade_id`` becomes the name of a question, by which hand-ins of nbgrader's students are matched (see
``intake.notebook``). A test cell with hidden tests becomes two test cases: what students see, for no points, and the
whole cell, for all of them.
"""

from __future__ import annotations

import ast
import copy
import json
import re
from collections.abc import Collection, Iterable, Mapping
from contextlib import nullcontext
from pathlib import Path, PurePosixPath
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell

from autograder.assignment.code_names import assigned_names, names_used, parsed
from autograder.authoring.imported import Files, toml_text
from autograder.authoring.otter_output import MAX_FILE_BYTES, MAX_FILES, is_master, read_notebook
from autograder.errors import ConfigError, Unreadable
from autograder.files import is_notebook, is_zip
from autograder.intake.listing import Listing, listed, opened
from autograder.lms.download import File

_BEGIN = re.compile(r"^(\s*)#+\s*BEGIN SOLUTION\s*$", re.MULTILINE)
_END = re.compile(r"^(\s*)#+\s*END SOLUTION\s*$", re.MULTILINE)
_HIDDEN = re.compile(
    r"^[ \t]*#+\s*BEGIN HIDDEN TESTS.*?^[ \t]*#+\s*END HIDDEN TESTS[^\n]*\n?", re.MULTILINE | re.DOTALL
)
_AUTOTEST = re.compile(r"^[ \t]*#[# \t]*(HASHED )?AUTOTEST\b.*$", re.MULTILINE)
_CONFIG = "# ASSIGNMENT CONFIG\nexport_cell: false\ntests: {ok_format: false}"
#: What nbgrader puts in the place of a solution.
_STUBS = {"code": "# YOUR CODE HERE\nraise NotImplementedError()", "markdown": "YOUR ANSWER HERE"}


def read(path: Path) -> Files | None:
    """The masters and settings of the assignments at a path, a folder for each notebook if there are several.

    None where there is no notebook of nbgrader's.

    Raises:
        ConfigError: a notebook is too large, damaged or not in nbgrader's format, or a master already.
    """
    if not (path.is_dir() or is_notebook(path) or is_zip(path)):
        return None
    try:
        with opened(path) if not is_notebook(path) else nullcontext(listed([path])) as listing:
            found = [file for file in listing.files if not file.is_link and not file.is_empty_folder]
            sources = _sources(listing, [file for file in found if is_notebook(file.path)])
            beside = _beside(found, {place.parent for place in sources}) if not is_notebook(path) else {}
            if len(beside) > MAX_FILES:
                raise ConfigError(f"{path}: must hold at most {MAX_FILES:,} files beside the notebooks")
            others = {file: listing.read(file, MAX_FILE_BYTES) for file in beside}
    except Unreadable as error:
        raise ConfigError(f"{path}: {error}") from None
    files: dict[PurePosixPath, bytes] = {}
    for place, notebook in sources.items():
        folder = PurePosixPath() if len(sources) == 1 else PurePosixPath(place.stem)
        given = {file.path.relative_to(home): others[file] for file, home in beside.items() if home == place.parent}
        files[folder / place.name] = nbformat.writes(_master(notebook, sorted(map(str, given)))).encode()
        files[folder / "course.toml"] = f"title = {toml_text(place.stem)}\nmaster = {toml_text(place.name)}\n".encode()
        files |= {folder / name: text for name, text in given.items()}
    return files or None


def _beside(files: Iterable[File], homes: Collection[PurePosixPath]) -> dict[File, PurePosixPath]:
    """The files beside notebooks and in the folders there, each with the folder of its notebooks: the nearest one."""
    beside = {}
    for file in files:
        home = next((parent for parent in file.path.parents if parent in homes), None)
        is_data = not is_notebook(file.path) and not any(part.startswith(".") for part in file.path.parts)
        if home is not None and is_data:
            beside[file] = home
    return beside


def _sources(listing: Listing, notebooks: Iterable[File]) -> dict[PurePosixPath, NotebookNode]:
    """The notebooks of nbgrader's among some, by their paths."""
    sources = {}
    for file in notebooks:
        notebook = read_notebook(listing, file)
        if is_master(notebook):
            raise ConfigError(
                f"{listing.path}: {file.path} is a master in Otter Assign's format already; let it be the only one in "
                "its folder, then run autograder build with that folder"
            )
        if any(_mark(cell) for cell in notebook.cells):
            sources[file.path] = notebook
    return sources


def _mark(cell: NotebookNode) -> Mapping[str, Any]:
    mark = cell.metadata.get("nbgrader")
    is_graded = isinstance(mark, Mapping) and any(mark.get(key) is True for key in ("grade", "solution", "task"))
    return mark if is_graded and mark is not None else {}


def _master(notebook: NotebookNode, files: list[str]) -> NotebookNode:
    master = copy.deepcopy(notebook)
    master.cells = [new_raw_cell("\n".join([_CONFIG, f"files: {json.dumps(files)}"]))]
    waiting: list[NotebookNode] = []  # answers, and what stands after them, up to their test cell
    kept = {name for cell in notebook.cells if cell.cell_type == "code" for name in _bound(_public(cell))}
    before: list[tuple[set[str], str]] = []
    for number, cell in enumerate(notebook.cells, start=1):
        mark = _mark(cell)
        if mark.get("solution") and not mark.get("grade"):
            waiting.append(cell)
        elif mark.get("grade") and not mark.get("solution"):
            master.cells += _question(cell, mark, waiting, _tests(cell, mark, before))
            before.append((_bound(cell.source) - kept, _earlier(cell.source, before) + cell.source))
            waiting = []
            public = _plain(cell)
            public.source = _public(cell)
            if _is_used(_bound(public.source), notebook.cells[number:]):
                master.cells.append(public)
        elif mark:
            master.cells += _ungraded(waiting)
            waiting = []
            master.cells += _manual(cell, mark)
        elif waiting:
            waiting.append(_plain(cell))
        else:
            master.cells.append(_plain(cell))
    master.cells += _ungraded(waiting)
    for number, cell in enumerate(master.cells, start=1):
        cell["id"] = f"cell-{number}"
    master.nbformat, master.nbformat_minor = 4, 5
    return master


def _public(cell: NotebookNode) -> str:
    """The source of a cell without hidden tests."""
    return _HIDDEN.sub("", cell.source)


def _bound(source: str) -> set[str]:
    """The names that a cell assigns or imports."""
    aliases = [node for node in ast.walk(parsed(source) or ast.Module([], [])) if isinstance(node, ast.alias)]
    return assigned_names(source) | {(alias.asname or alias.name).partition(".")[0] for alias in aliases}


def _earlier(source: str, before: Iterable[tuple[set[str], str]]) -> str:
    """Code that gives a test cell the names that it uses of hidden tests in test cells ``before`` it.

    nbgrader's test cells run in the notebook, one after the other.
    """
    used = names_used(parsed(source) or ast.Module([], []))
    return "".join(_giving(code, sorted(wanted)) for bound, code in before if (wanted := bound.intersection(used)))


def _giving(code: str, names: list[str]) -> str:
    """Code that runs other code, and binds no names but these of it."""
    tree = parsed(code) or ast.Module([], [])
    given, taken = ", ".join(names_used(tree)), ", ".join(names)
    function = ast.parse(f"def earlier({given}):\n    pass")
    function.body[0].body = [*tree.body, *ast.parse(f"return {taken},").body]  # type: ignore[attr-defined]
    return f"{ast.unparse(function)}\n{taken}, = earlier({given})\n"


def _is_used(names: set[str], cells: Iterable[NotebookNode]) -> bool:
    """Whether one of these cells uses names before another one binds them."""
    for cell in cells:
        tree = parsed(cell.source) if cell.cell_type == "code" else None
        if tree is not None and not names.isdisjoint(names_used(tree)):
            return True
        names = names - _bound(cell.source) if tree is not None else names
    return False


def _question(
    cell: NotebookNode, mark: Mapping[str, Any], waiting: Iterable[NotebookNode], tests: list[NotebookNode]
) -> list[NotebookNode]:
    cells = [_begin(mark, not tests and _points(mark) > 0)]
    for one in waiting:
        cells += _block("SOLUTION", [_solution(one)]) if _mark(one) else [one]
    return [*cells, *_block("TESTS", tests), new_raw_cell("# END QUESTION")]


def _ungraded(waiting: list[NotebookNode]) -> list[NotebookNode]:
    """Answers that nothing tests: students get them without their solutions."""
    if not waiting:
        return []
    return _question(waiting[0], {**_mark(waiting[0]), "points": 0}, waiting, [])


def _manual(cell: NotebookNode, mark: Mapping[str, Any]) -> list[NotebookNode]:
    """An answer that a person marks, or a task, whose text students keep."""
    if mark.get("task"):
        stub, solution, text = new_markdown_cell(_STUBS["markdown"]), new_markdown_cell("(a task)"), [_plain(cell)]
    else:
        stub, solution, text = _solution(cell), _solution(cell), []
        stub.source = _STUBS.get(cell.cell_type, "")
    blocks = [*_block("PROMPT", [stub]), *_block("SOLUTION", [solution])]
    return [_begin(mark, True), *text, *blocks, new_raw_cell("# END QUESTION")]


def _tests(cell: NotebookNode, mark: Mapping[str, Any], before: Collection[tuple[set[str], str]]) -> list[NotebookNode]:
    """The test cases of a test cell: the part that students see, and with hidden tests the whole.

    What needs hidden tests of the test cells ``before`` it is hidden, too.

    Raises:
        ConfigError: nbgrader would make test cases of it by running the solution.
    """
    public, name = _public(cell), re.sub(r"\W", "_", f"test_{mark['grade_id']}")
    points, earlier = _points(mark), _earlier(cell.source, before)
    if (autotest := _AUTOTEST.search(cell.source)) is not None:
        raise ConfigError(
            f"test cell '{mark['grade_id']}': nbgrader makes a test case of `{autotest[0].strip()}` by running the "
            "solution, which is not done here; write it as an assertion, such as assert squares(2) == [1, 4]"
        )
    if public == cell.source and not earlier:
        return _test(name, cell.source, {"points": points})
    return [
        *(_test(name, public, {"points": 0}) if not _earlier(public, before) else ()),
        *_test(f"{name}_hidden", earlier + cell.source, {"points": points, "hidden": True}),
    ]


def _test(name: str, source: str, settings: Mapping[str, Any]) -> list[NotebookNode]:
    """A test case: a function of the names that its code uses; none without code."""
    tree = parsed(source)
    if tree is None:
        raise ConfigError(f"test cell '{name.removeprefix('test_')}' must be plain Python")
    if not tree.body:
        return []
    needed = names_used(tree)
    if _deletes(tree, needed):  # in the notebook, where its functions miss them
        tree = ast.parse(f"import __main__\nexec({ast.unparse(tree)!r}, vars(__main__))")
    function = ast.parse(f"def {name}({', '.join(needed)}):\n    pass")
    if isinstance(last := tree.body[-1], ast.Expr):  # nbgrader: a number that the cell shows is a part of the points
        tree.body[-1] = ast.Return(ast.Dict([ast.Constant("shown")], [last.value]))
    function.body[0].body = tree.body  # type: ignore[attr-defined]
    config = "\n".join(f"{key}: {json.dumps(value)}" for key, value in settings.items())
    text = f'""" # BEGIN TEST CONFIG\n{config}\n""" # END TEST CONFIG\n{ast.unparse(function)}'
    return [new_code_cell(text)]


def _deletes(tree: ast.AST, names: Collection[str]) -> bool:
    """Whether code deletes one of these names."""
    targets = [target for node in ast.walk(tree) if isinstance(node, ast.Delete) for target in node.targets]
    return any(isinstance(target, ast.Name) and target.id in names for target in targets)


def _begin(mark: Mapping[str, Any], manual: bool) -> NotebookNode:
    settings = {"name": str(mark.get("grade_id")), "points": _points(mark)} | ({"manual": True} if manual else {})
    begin: NotebookNode = new_raw_cell(f"# BEGIN QUESTION\n{json.dumps(settings)}")
    return begin


def _solution(cell: NotebookNode) -> NotebookNode:
    """An answer with Otter's marks around what students do not get."""
    plain = _plain(cell)
    if cell.cell_type == "code":
        marked = _END.sub(r"\1# END SOLUTION", _BEGIN.sub(r"\1# BEGIN SOLUTION", cell.source))
        plain.source = marked if _BEGIN.search(cell.source) else f"# BEGIN SOLUTION\n{marked}\n# END SOLUTION"
    return plain


def _plain(cell: NotebookNode) -> NotebookNode:
    """A cell without nbgrader's marks and without outputs."""
    plain: NotebookNode = copy.deepcopy(cell)
    plain.metadata = NotebookNode({key: value for key, value in cell.metadata.items() if key != "nbgrader"})
    if plain.cell_type == "code":
        plain.outputs, plain.execution_count = [], None
    return plain


def _block(kind: str, cells: list[NotebookNode]) -> list[NotebookNode]:
    return [new_raw_cell(f"# BEGIN {kind}"), *cells, new_raw_cell(f"# END {kind}")] if cells else []


def _points(mark: Mapping[str, Any]) -> float:
    points: Any = mark.get("points", 0)
    if not isinstance(points, int | float) or isinstance(points, bool) or points < 0:
        raise ConfigError(f"cell '{mark.get('grade_id')}': 'points' must be a number, at least 0 (got {points!r})")
    return points
