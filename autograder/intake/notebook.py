"""Read a student's notebook: bounded, converted to the current format, without outputs and foreign metadata."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from autograder.errors import Unreadable
from autograder.files import DISGUISED_SUFFIXES, is_zip
from autograder.intake.archive import read_zipped
from autograder.intake.files import brief, open_plain, read_notebook, size_notes
from autograder.messages import message
from autograder.messages.language import SOURCE, languages
from autograder.text import printable

MAX_VALUES = 5_000_000
MAX_CELLS = 5_000
MAX_CELL_CHARACTERS = 2_000_000
#: The languages of a notebook in Python, as it names them.
PYTHON = ("", "python", "python3", "ipython")
IGNORE_TAG = "otter_ignore"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
_KINDS = ("code", "markdown", "raw")
#: Levels of a heading.
MAX_LEVEL = 6
#: The mark of a merge conflict, at the beginning of a line.
_CONFLICT = re.compile(r"^<{7} |^>{7} ", re.MULTILINE)
_PICTURES = ("image/png", "image/jpeg", "image/gif")


def read(path: Path, notebook_name: str = "") -> tuple[NotebookNode, tuple[str, ...]]:
    """The notebook at a path, or in a zip file there, in the current format without outputs; and notes on the changes.

    ``notebook_name`` is the assignment's, by which it is found among several in a zip file. Cells keep their numbers: a
    cell of an unknown type becomes an empty one. The kernel is always Python's, whichever the notebook names.

    Raises:
        Unreadable: it is not a plain file, larger than 50 MB without its outputs, not JSON, not a notebook, or not in
            Python.
        NoNotebook: there is none in the zip file, or there are several.
    """
    name, document, notes = _document(path, notebook_name)
    version = document.get("nbformat") if isinstance(document, dict) else None
    if isinstance(version, bool) or not isinstance(version, int | float):
        raise Unreadable(message("intake.no_format", name=name))
    if version != 4:
        document = _converted(document, name)
        notes.append(message("intake.converted", version=version))
    written_in = language(document.get("metadata"))
    if written_in not in PYTHON:
        raise Unreadable(message("intake.language", name=name, language=printable(written_in[:40])))
    cells = document.get("cells")
    if not isinstance(cells, list):
        raise Unreadable(message("intake.no_cells", name=name))
    if len(cells) > MAX_CELLS:
        raise Unreadable(message("intake.cells", name=name, limit=MAX_CELLS, count=len(cells)))
    fresh = [_cell(cell, number, name) for number, cell in enumerate(cells, start=1)]
    unknown = [str(number) for number, cell in enumerate(fresh, start=1) if cell is None]
    if unknown:
        notes.append(message("intake.unknown_cells", cells=", ".join(unknown[:20])))
    if ignored := [str(number) for number, cell in enumerate(cells, start=1) if _is_ignored(cell)]:
        notes.append(message("intake.ignored_cells", cells=", ".join(ignored[:20])))
    numbered = [
        {**(_new("raw", "") if cell is None else cell), "id": f"cell-{number}"}
        for number, cell in enumerate(fresh, start=1)
    ]
    notebook: NotebookNode = new_notebook(cells=nbformat.from_dict(numbered), metadata=METADATA)
    return notebook, tuple(notes)


def tests(path: Path) -> Mapping[str, Any]:
    """The public test cases that Otter keeps in a notebook's metadata, by question, unchecked.

    Raises:
        Unreadable, NoNotebook: as ``read`` does.
    """
    found = _metadata(path, "otter", "tests")
    return found if isinstance(found, dict) else {}


def course_language(path: Path) -> str:
    """The language of the course, if ``autograder build`` noted it in the notebook's metadata; otherwise English.

    Raises:
        Unreadable, NoNotebook: as ``read`` does.
    """
    noted = _metadata(path, "autograder", "language")
    return noted if isinstance(noted, str) and noted in languages() else SOURCE


def _metadata(path: Path, *keys: str) -> Any:
    part: Any = _document(path, "")[1]
    for key in ("metadata", *keys):
        part = part.get(key) if isinstance(part, dict) else None
    return part


def _document(path: Path, notebook_name: str) -> tuple[str, Any, list[str]]:
    """The notebook's name in messages, its JSON document, and notes on how it was handed in."""
    name, content, notes = _content(path, notebook_name)
    text = _text(content, name)
    if name.lower().endswith(DISGUISED_SUFFIXES):
        notes = (*notes, message("intake.disguised", name=name))
    try:
        return name, json.loads(text), list(notes)
    except (ValueError, RecursionError) as error:
        if conflict := _CONFLICT.search(text):
            line = text.count("\n", 0, conflict.start()) + 1
            raise Unreadable(message("intake.merge_conflict", name=name, line=line)) from None
        raise Unreadable(message("intake.not_json", name=name, error=str(error)[:100])) from None


def _content(path: Path, notebook_name: str) -> tuple[str, bytearray, tuple[str, ...]]:
    if is_zip(path):
        return read_zipped(path, notebook_name)
    name = brief(path.name)
    with open_plain(path, name) as file:
        size = os.fstat(file.fileno()).st_size
        return name, read_notebook(file, size, name), size_notes(size)


def _text(content: bytearray, name: str) -> str:
    try:
        text = content.decode(json.detect_encoding(content)).removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise Unreadable(message("intake.not_text", name=name)) from None
    if not text.strip():
        raise Unreadable(message("intake.empty", name=name))
    if text.count(",") > MAX_VALUES:
        raise Unreadable(message("intake.values", name=name, limit=MAX_VALUES, count=text.count(",")))
    return text


def _converted(document: dict[str, Any], name: str) -> dict[str, Any]:
    """A notebook of format 1 to 3 as one of format 4, as far as it is needed.

    nbformat would check each output by the schema, for minutes, and write as many signs before a heading as its cell
    says, which may be billions.
    """
    version = document["nbformat"]
    if version not in (1, 2, 3):
        raise Unreadable(message("intake.format", name=name, error=f"nbformat: {str(version)[:20]}"))
    try:
        sheets = [document] if version == 1 else document["worksheets"]
        return {**document, "cells": [_newer(cell) for sheet in sheets for cell in sheet["cells"]]}
    except (KeyError, TypeError) as error:
        raise Unreadable(message("intake.format", name=name, error=f"{type(error).__name__}: {error}"[:100])) from None


def _newer(cell: Any) -> Any:
    """A cell of format 1 to 3 as one of format 4; what is no cell stays as it is."""
    if not isinstance(cell, dict):
        return cell
    source = next((cell[key] for key in ("input", "code", "text", "source") if key in cell), "")
    kind = cell.get("cell_type")
    if kind == "heading":
        level = cell.get("level")
        signs = "#" * level if type(level) is int and 1 <= level <= MAX_LEVEL else "#"
        source = f"{signs} {' '.join(''.join(source).splitlines())}"
    return {**cell, "cell_type": "markdown" if kind in ("heading", "html", "text") else kind, "source": source}


def _cell(cell: Any, number: int, name: str) -> dict[str, Any] | None:
    """A fresh cell with the source, the marks and the pictures of ``cell``; None if its type is unknown."""
    source = cell.get("source", "") if isinstance(cell, dict) else None
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    kind = cell.get("cell_type") if isinstance(cell, dict) else None
    if not isinstance(source, str) or not isinstance(kind, str) or kind not in _KINDS:
        return None
    if kind == "code" and _is_ignored(cell):
        kind = "raw"
    if len(source) > MAX_CELL_CHARACTERS:
        raise Unreadable(message("intake.cell", name=name, cell=number, limit=MAX_CELL_CHARACTERS, count=len(source)))
    fresh = _new(kind, source)
    if isinstance(metadata := cell.get("metadata"), dict):
        fresh["metadata"] = _marks(metadata)
    if kind == "markdown" and isinstance(attachments := cell.get("attachments"), dict):
        fresh["attachments"] = _pictures(attachments)
    whole: dict[str, Any] = _in_whole_characters(fresh)
    return whole


def _in_whole_characters(value: Any) -> Any:
    """Plain data without the halves of characters that JSON can have: they can be neither sent nor written."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_in_whole_characters(item) for item in value]
    if isinstance(value, dict):
        return {_in_whole_characters(key): _in_whole_characters(item) for key, item in value.items()}
    return value


def _new(kind: str, source: str) -> dict[str, Any]:
    """A cell without an id. nbformat's own makers check each one by the schema, slowly; ``new_notebook`` checks all."""
    own: dict[str, Any] = {"execution_count": None, "outputs": []} if kind == "code" else {}
    return {"cell_type": kind, "metadata": {}, "source": source, **own}


def _is_ignored(cell: Any) -> bool:
    """Whether Otter leaves a cell out when it grades: the tag is the author's, or the student's at their own cost."""
    metadata = cell.get("metadata") if isinstance(cell, dict) else None
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    otter = metadata.get("otter") if isinstance(metadata, dict) else None
    return (isinstance(tags, list) and IGNORE_TAG in tags) or (isinstance(otter, dict) and otter.get("ignore") is True)


def _marks(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata that the grader needs: the question that a cell answers, and Otter's tags and checks.

    A cell that cannot be edited came with the assignment.
    """
    marks: dict[str, Any] = {}
    mark = metadata.get("autograder")
    if isinstance(mark, dict) and isinstance(mark.get("question"), str):
        keys = [key for key in ("question", "given") if isinstance(mark.get(key), str)]
        marks["autograder"] = {key: mark[key][:200] for key in keys}
    if metadata.get("editable") is False:
        marks["editable"] = False
    tags = metadata.get("tags")
    if isinstance(tags, list) and "otter_answer_cell" in tags:
        marks["tags"] = ["otter_answer_cell"]
    marks |= _nbgrader_marks(metadata.get("nbgrader"))
    otter = metadata.get("otter")
    tests = otter.get("tests") if isinstance(otter, dict) else None
    if isinstance(tests, list):  # Otter's mark on the last cell of a question that has only hidden test cases
        marks["otter"] = {"tests": [test[:200] for test in tests[:20] if isinstance(test, str)]}
    return marks


def _nbgrader_marks(mark: Any) -> dict[str, Any]:
    """nbgrader's mark on a test cell as Otter's on a check, and that on an answer that a person marks as ours."""
    if not isinstance(mark, dict) or mark.get("grade") is not True or not isinstance(mark.get("grade_id"), str):
        return {}
    id = mark["grade_id"][:200]
    return {"autograder": {"question": id}} if mark.get("solution") is True else {"otter": {"tests": [id]}}


def _pictures(attachments: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """The pictures that were pasted into a text, for the person who marks it."""
    pictures = {}
    for name, bundle in attachments.items():
        if isinstance(bundle, dict):
            pictures[name] = {kind: bundle[kind] for kind in _PICTURES if isinstance(bundle.get(kind), str)}
    return pictures


def language(metadata: Any) -> str:
    """The language that a notebook names, in lower case; else the language of its kernel, by the kernel's name."""
    for key, field in (("language_info", "name"), ("kernelspec", "language")):
        entry = metadata.get(key) if isinstance(metadata, dict) else None
        if isinstance(entry, dict) and isinstance(entry.get(field), str):
            return str(entry[field]).lower()
    spec = metadata.get("kernelspec") if isinstance(metadata, dict) else None
    kernel = str(spec.get("name", "")).lower() if isinstance(spec, dict) else ""
    return "r" if kernel == "ir" else "julia" if kernel.startswith("julia") else ""
