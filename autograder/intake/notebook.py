"""Read a notebook that somebody handed in: bounded, converted to the current format, with only what will run."""

from __future__ import annotations

import json
import stat
import warnings
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.errors import Unreadable

MAX_BYTES = 50 * 1024**2
MAX_CELLS = 5_000
MAX_CELL_CHARACTERS = 2_000_000


def read(path: Path) -> tuple[NotebookNode, tuple[str, ...]]:
    """The notebook in the current format, its outputs dropped, and notes on what was made of it.

    Raises:
        Unreadable: it is no plain file, larger than 50 MB, not JSON, not a notebook, or not in Python.
    """
    text = _text(path)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"'{path.name}' is not a notebook: it is not JSON ({str(error)[:100]})") from None
    if not isinstance(document, dict) or not isinstance(document.get("nbformat"), int):
        raise Unreadable(f"'{path.name}' is not a notebook: it has no 'nbformat'")
    notebook, notes = _current(document, path.name)
    language = _language(notebook)
    if language not in ("", "python"):
        raise Unreadable(f"'{path.name}' is a notebook in {language[:40]}, not in Python")
    return notebook, notes


def _text(path: Path) -> str:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise Unreadable(f"'{path.name}' must be a plain file")
        if status.st_size > MAX_BYTES:
            size = status.st_size / 1024**2
            raise Unreadable(f"'{path.name}' must be at most {MAX_BYTES // 1024**2} MB (got {size:.0f} MB)")
        if status.st_size == 0:
            raise Unreadable(f"'{path.name}' is empty")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable(f"'{path.name}' is not a notebook: it is not UTF-8 text") from None
    except OSError as error:
        raise Unreadable(f"'{path.name}' cannot be read ({error.strerror})") from None


def _current(document: dict[str, Any], name: str) -> tuple[NotebookNode, tuple[str, ...]]:
    version = document["nbformat"]
    notes = ()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if version != 4:
                notebook = nbformat.convert(nbformat.reader.reads(json.dumps(document)), 4)
                notes = (f"the notebook was of format {version} and was converted",)
            else:
                notebook = nbformat.from_dict(document)
            cells = _cells(notebook, name)
    except Unreadable:
        raise
    except Exception as error:  # nbformat raises whatever it likes on a notebook that is not one
        raise Unreadable(f"'{name}' is not a notebook of format 1 to 4 ({type(error).__name__}: {str(error)[:100]})") from None
    fresh = nbformat.v4.new_notebook(cells=cells)
    metadata = notebook.get("metadata")
    if isinstance(metadata, dict):
        fresh.metadata = NotebookNode({key: metadata[key] for key in ("kernelspec", "language_info") if key in metadata})
    return fresh, notes


def _cells(notebook: NotebookNode, name: str) -> list[NotebookNode]:
    cells = notebook.get("cells")
    if not isinstance(cells, list):
        raise Unreadable(f"'{name}' is not a notebook: it has no list of cells")
    if len(cells) > MAX_CELLS:
        raise Unreadable(f"'{name}' must have at most {MAX_CELLS} cells (got {len(cells)})")
    return [_cell(cell, number, name) for number, cell in enumerate(cells, start=1)]


def _cell(cell: Any, number: int, name: str) -> NotebookNode:
    kind = cell.get("cell_type") if isinstance(cell, dict) else None
    makers = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell, "raw": nbformat.v4.new_raw_cell}
    source = cell.get("source", "") if isinstance(cell, dict) else None
    if isinstance(source, list):
        source = "".join(str(line) for line in source)
    if kind not in makers or not isinstance(source, str):
        raise Unreadable(f"'{name}' is not a notebook: cell {number} is of no known kind")
    if len(source) > MAX_CELL_CHARACTERS:
        raise Unreadable(f"'{name}': cell {number} must have at most {MAX_CELL_CHARACTERS} characters (got {len(source)})")
    fresh = makers[kind](source)
    metadata = cell.get("metadata")
    mark = metadata.get("autograder") if isinstance(metadata, dict) else None
    if isinstance(mark, dict) and isinstance(mark.get("question"), str):
        fresh.metadata["autograder"] = {"question": mark["question"][:200]}
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    if isinstance(tags, list):
        fresh.metadata["tags"] = [tag for tag in tags if tag == "otter_answer_cell"]
    otter = metadata.get("otter") if isinstance(metadata, dict) else None
    tests = otter.get("tests") if isinstance(otter, dict) else None
    if isinstance(tests, list):  # Otter's mark on the last cell of a question that has only hidden test cases
        fresh.metadata["otter"] = {"tests": [test[:200] for test in tests[:20] if isinstance(test, str)]}
    fresh["id"] = f"cell-{number}"
    return fresh


def _language(notebook: NotebookNode) -> str:
    for key, field in (("language_info", "name"), ("kernelspec", "language")):
        entry = notebook.metadata.get(key)
        if isinstance(entry, dict) and isinstance(entry.get(field), str):
            language = entry[field].lower()
            return "python" if language in ("python", "ipython", "python3") else language
    return ""
