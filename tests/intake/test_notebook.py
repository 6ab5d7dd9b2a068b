"""Reading notebooks as they are handed in: old, broken, huge, in other languages."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode

from autograder.errors import Unreadable
from autograder.intake.files import MAX_BYTES
from autograder.intake.notebook import METADATA, read

Put = Callable[..., Path]


@pytest.fixture
def put(tmp_path: Path) -> Put:
    def write(content: bytes | str | dict[str, Any] | list[Any], name: str = "mnist.ipynb") -> Path:
        text = content if isinstance(content, str | bytes) else json.dumps(content)
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
        return path

    return write


def notebook(*cells: Any, **changes: Any) -> dict[str, Any]:
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)} | changes


def code(source: Any = "x = 1", **changes: Any) -> dict[str, Any]:
    return {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": 1} | changes


def in_language(**metadata: Any) -> dict[str, Any]:
    return notebook(code(), metadata=metadata)


def cells(read_notebook: NotebookNode) -> list[tuple[str, str]]:
    return [(cell.cell_type, cell.source) for cell in read_notebook.cells]


@pytest.mark.parametrize("minor", [0, 1, 2, 3, 4, 5, 9])
@pytest.mark.parametrize("major", [4, 4.0])
def test_any_minor_version_of_the_current_format_is_read_without_its_outputs(
    put: Put, minor: int, major: float
) -> None:
    output = {"output_type": "stream", "name": "stdout", "text": "hello"}
    given = notebook(code(outputs=[output], id="a b"), {"cell_type": "markdown", "source": ["# Hi\n", "there"]})
    made, notes = read(put(given | {"nbformat": major, "nbformat_minor": minor}))
    assert (cells(made), notes, made.cells[0].outputs) == ([("code", "x = 1"), ("markdown", "# Hi\nthere")], (), [])
    nbformat.validate(made)


OLD = {
    1: {"nbformat": 1, "cells": [{"cell_type": "code", "code": "x = 1"}, {"cell_type": "text", "text": "Hi"}]},
    2: {
        "nbformat": 2,
        "metadata": {"name": "old"},
        "worksheets": [
            {"cells": [{"cell_type": "code", "input": "x = 1", "outputs": [], "language": "python"},
                       {"cell_type": "markdown", "source": "Hi"}]}
        ],
    },
    3: {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {"name": "old"},
        "worksheets": [
            {"cells": [{"cell_type": "code", "input": ["x = (\n", "1)"], "outputs": [], "language": "python"}]},
            {"cells": [{"cell_type": "heading", "level": 2, "source": "Hi", "metadata": {}}]},
        ],
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("version", "source", "text"), [(1, "x = 1", "Hi"), (2, "x = 1", "Hi"), (3, "x = (\n1)", "## Hi")]
)
def test_older_formats_are_converted_and_it_is_noted(put: Put, version: int, source: str, text: str) -> None:
    made, notes = read(put(OLD[version]))
    assert cells(made) == [("code", source), ("markdown", text)]
    assert notes == (f"the notebook was converted from format {version}",)


def test_a_heading_of_format_3_has_six_signs_at_most_whatever_its_level(put: Put) -> None:
    levels = [6, 10**10, -1, "6", None, [6]]
    headings = [{"cell_type": "heading", "level": level, "source": ["Hi\n", "there"]} for level in levels]
    made, _ = read(put({"nbformat": 3, "worksheets": [{"cells": headings}]}))
    assert [text for _, text in cells(made)] == [f"{signs} Hi there" for signs in ("######", "#", "#", "#", "#", "#")]


def test_a_notebook_of_format_3_is_refused_for_the_number_of_its_cells(put: Put) -> None:
    sheets = [{"cells": [{"cell_type": "markdown", "source": "x"}]}] * 5_001
    with pytest.raises(Unreadable, match="at most 5000 cells"):
        read(put({"nbformat": 3, "worksheets": sheets}))


def test_byte_order_marks_and_other_unicodes_are_read(put: Put) -> None:
    text = json.dumps(notebook(code("été = '日本'")), ensure_ascii=False)
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"):
        assert cells(read(put(text.encode(encoding)))[0]) == [("code", "été = '日本'")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "'mnist.ipynb' is empty"),
        (b" \n", "'mnist.ipynb' is empty"),
        (b"%PDF-1.7 not a notebook", "'mnist.ipynb' is not a notebook: it is not JSON (Expecting value"),
        (b"{", "'mnist.ipynb' is not a notebook: it is not JSON (Expecting property name"),
        (b'{\n "cells": [\n<<<<<<< HEAD\n 1\n=======\n 2\n>>>>>>> mine\n]}', "'mnist.ipynb' holds a merge conflict (line 3)"),
        ('{"cells": ["é"]}'.encode("latin-1"), "'mnist.ipynb' is not a notebook: it is not UTF-8 text"),
        (b"[" * 100_000, "'mnist.ipynb' is not a notebook: it is not JSON ("),
        (b'{"nbformat": ' + b"9" * 5_000 + b"}", "'mnist.ipynb' is not a notebook: it is not JSON ("),
        (b"[1]", "'mnist.ipynb' is not a notebook: it has no 'nbformat'"),
        (b'"nbformat"', "'mnist.ipynb' is not a notebook: it has no 'nbformat'"),
        (notebook(nbformat="4"), "'mnist.ipynb' is not a notebook: it has no 'nbformat'"),
        (notebook(nbformat=True), "'mnist.ipynb' is not a notebook: it has no 'nbformat'"),
        (notebook(nbformat=5), "'mnist.ipynb' is not a notebook of format 1 to 4 ("),
        (notebook(nbformat=-1), "'mnist.ipynb' is not a notebook of format 1 to 4 ("),
        ({"nbformat": 3}, "'mnist.ipynb' is not a notebook of format 1 to 4 ("),
        ({"nbformat": 2, "worksheets": 3}, "'mnist.ipynb' is not a notebook of format 1 to 4 ("),
        ({"nbformat": 4}, "'mnist.ipynb' is not a notebook: it has no list of cells"),
        (notebook(cells={"a": 1}), "'mnist.ipynb' is not a notebook: it has no list of cells"),
        (notebook(*[code("")] * 5_001), "'mnist.ipynb' must have at most 5000 cells (got 5001)"),
        (notebook(code("x" * 2_000_001)), "'mnist.ipynb': cell 1 must have at most 2000000 characters (got 2000001)"),
        (b"[" + b"1," * 5_000_001 + b"1]", "'mnist.ipynb' must hold at most 5,000,000 values (got 5,000,001)"),
        (in_language(language_info={"name": "R"}), "'mnist.ipynb' is a notebook in r, not in Python"),
        (in_language(kernelspec={"name": "x", "language": "Julia"}), "'mnist.ipynb' is a notebook in julia, not in"),
        (in_language(kernelspec={"name": "ir"}), "'mnist.ipynb' is a notebook in r, not in Python"),
        (in_language(kernelspec={"name": "julia-1.9"}), "'mnist.ipynb' is a notebook in julia, not in Python"),
        (in_language(language_info={"name": "a\nb" * 99}), "'mnist.ipynb' is a notebook in a\ufffdb"),
    ],
)  # fmt: skip
def test_what_is_no_python_notebook_is_unreadable_and_says_why(put: Put, content: Any, message: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(put(content))
    assert str(caught.value).startswith(message) and len(str(caught.value)) < 300


def test_a_file_of_600_mb_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "big.ipynb"
    with path.open("wb") as file:
        file.truncate(600 * 1024**2)  # a hole: no block is written
    with pytest.raises(Unreadable, match=r"'big\.ipynb' must be at most 500 MB \(got 600 MB\)"):
        read(path)
    os.truncate(path, MAX_BYTES)
    with pytest.raises(Unreadable, match=r"is not a notebook"):
        read(path)


def test_what_is_no_plain_file_is_refused_without_opening_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.ipynb")
    (tmp_path / "folder.ipynb").mkdir()
    for name in ("pipe.ipynb", "folder.ipynb"):
        with pytest.raises(Unreadable, match=rf"'{name}' must be a plain file"):
            read(tmp_path / name)


def test_a_dangling_and_a_circular_link_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "gone.ipynb").symlink_to("nowhere")
    (tmp_path / "loop.ipynb").symlink_to("loop.ipynb")
    for name in ("gone.ipynb", "loop.ipynb"):
        with pytest.raises(Unreadable, match=rf"'{name}' is a symbolic link, and links are not followed"):
            read(tmp_path / name)


def test_a_message_shows_a_file_name_without_control_characters(put: Put) -> None:
    with pytest.raises(Unreadable) as caught:
        read(put("", "a\nb.ipynb"))
    assert str(caught.value) == "'a\ufffdb.ipynb' is empty"


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        None,
        "metadata",
        {"kernelspec": {"name": "my-conda-env", "display_name": "Mine"}},
        {"kernelspec": "python3", "language_info": ["python"]},
        {"kernelspec": {"name": None, "language": 3}},
        {"kernelspec": {"name": "python3", "language": "Python"}, "language_info": {"name": "ipython"}},
        {"kernelspec": {"name": "ir"}, "language_info": {"name": "python"}},
    ],
)
def test_any_other_kernel_is_graded_in_python(put: Put, metadata: Any) -> None:
    made, _ = read(put(notebook(code(), metadata=metadata)))
    assert made.metadata == METADATA
    nbformat.validate(made)


def test_what_becomes_of_one_notebook_changes_no_other(put: Put) -> None:
    path = put(notebook(code()))
    read(path)[0].metadata.kernelspec["name"] = "other"
    assert read(path)[0].metadata.kernelspec.name == "python3"


def test_a_cell_of_no_known_kind_is_left_empty_and_noted(put: Put) -> None:
    unlike: list[Any] = [
        {"cell_type": "sql", "source": "SELECT"},
        {"source": "x"},
        {"cell_type": ["code"], "source": "x"},
    ]
    odd = [*unlike, code(None), code(3), code(["x", 3]), "x", None, []]
    made, notes = read(put(notebook(code("first"), *odd, code("last"))))
    assert cells(made) == [("code", "first"), *[("raw", "")] * len(odd), ("code", "last")]
    assert notes == ("cells of an unknown type were left out: 2, 3, 4, 5, 6, 7, 8, 9, 10",)
    nbformat.validate(made)


def test_missing_and_odd_parts_of_a_cell_are_made_up_for(put: Put) -> None:
    bare = [
        {"cell_type": "code"},
        {"cell_type": "markdown", "source": [], "metadata": None, "attachments": 3},
        {"cell_type": "raw", "source": "r", "metadata": [1], "id": "x"},
        code(id="x", outputs=None, execution_count="a"),
    ]
    made, notes = read(put(notebook(*bare)))  # fmt: skip
    assert cells(made) == [("code", ""), ("markdown", ""), ("raw", "r"), ("code", "x = 1")]
    assert ([cell.id for cell in made.cells], notes) == (["cell-1", "cell-2", "cell-3", "cell-4"], ())
    nbformat.validate(made)


def test_half_a_character_in_a_source_can_still_be_sent_to_a_kernel(put: Put) -> None:
    made, _ = read(put('{"nbformat": 4, "cells": [{"cell_type": "code", "source": "x = \'\\ud83d\'"}]}'))
    assert cells(made) == [("code", "x = '?'")]


@pytest.mark.parametrize(
    "cell",
    [
        {"cell_type": "markdown", "attachments": {"\ud83d.png": {"image/png": "\udc00"}}},
        code(metadata={"autograder": {"question": "\ud800"}}),
        code(metadata={"otter": {"tests": ["\ud800"]}}),
    ],
)
def test_no_half_a_character_is_left_that_could_not_be_written(put: Put, cell: dict[str, Any]) -> None:
    made, _ = read(put(notebook(cell)))
    nbformat.writes(made).encode()


def test_of_metadata_only_the_graders_and_otters_marks_are_kept(put: Put) -> None:
    marks = {"autograder": {"question": "q" * 300, "given": "12"}, "tags": ["hide", "otter_answer_cell"],
             "otter": {"tests": ["q1", 3]}}  # fmt: skip
    others = {"collapsed": True, "tags": [["x"]], "autograder": {"question": 3}, "otter": {"tests": "q"}}
    made, _ = read(put(notebook(code(metadata=marks | {"secret": 1}), code(metadata=others))))
    assert [cell.metadata for cell in made.cells] == [
        {
            "autograder": {"question": "q" * 200, "given": "12"},
            "tags": ["otter_answer_cell"],
            "otter": {"tests": ["q1"]},
        },
        {},
    ]


def test_pasted_pictures_are_kept_and_other_attachments_are_not(put: Put) -> None:
    attachments = {
        "a.png": {"image/png": "aGk=", "image/gif": 3, "text/html": "<script>"},
        "b.svg": {"image/svg+xml": "<svg>"},
        "c": 3,
    }
    made, _ = read(put(notebook({"cell_type": "markdown", "source": "!", "attachments": attachments})))
    assert made.cells[0].attachments == {"a.png": {"image/png": "aGk="}, "b.svg": {}}
    nbformat.validate(made)


@pytest.mark.parametrize("metadata", [{"tags": ["otter_ignore"]}, {"otter": {"ignore": True}}])
def test_cells_that_otter_ignores_are_not_run_and_it_is_noted(put: Put, metadata: dict[str, Any]) -> None:
    made, notes = read(put(notebook(code(), code(metadata=metadata), code(metadata={"tags": "otter_ignore"}))))
    assert [cell.cell_type for cell in made.cells] == ["code", "raw", "code"]
    assert notes == ("cells with the tag otter_ignore were not run: 2",)
