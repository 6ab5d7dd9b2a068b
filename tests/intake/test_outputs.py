"""A notebook is read without its outputs where they make it too large, and nothing else of it changes."""

from __future__ import annotations

import json
import time
import zipfile
from pathlib import Path

import pytest

from autograder.errors import Unreadable
from autograder.intake import files, find, notebook
from autograder.intake.outputs import TooManyTokens, without_outputs

TRICKY = {
    'outputs"': [1], '"outputs': [1], "outputs\\": [1], "out\"puts": [1], "outputs\n": [1], "": [1],
    "cells": [
        {"cell_type": "code", "source": ['x = {"outputs": [1]}\\n', "y = '[\\\\\"'"], "outputs": [{"text": ["a]", '"]\\\\']}], "n": 1},
        {"cell_type": "code", "outputs": [], "source": "z", "metadata": {"outputs": {"outputs": [[]]}, "tags": ["outputs"]}},
        {"cell_type": "markdown", "source": "outputs", "outputsx": [1], "xoutputs": [2]},
    ],
    "nbformat": 4,
}  # fmt: skip


def emptied(value: object, key: str = "") -> object:
    if isinstance(value, list):
        return [] if key == "outputs" else [emptied(one) for one in value]
    return {name: emptied(one, name) for name, one in value.items()} if isinstance(value, dict) else value


@pytest.mark.parametrize("size", [1, 2, 3, 7, 10_000])
@pytest.mark.parametrize("indent", [None, 1])
def test_outputs_become_empty_wherever_the_text_is_cut_into_pieces(size: int, indent: int | None) -> None:
    text = json.dumps(TRICKY, indent=indent).encode()
    pieces = [text[start : start + size] for start in range(0, len(text), size)]

    assert json.loads(b"".join(without_outputs(pieces, 10_000))) == emptied(TRICKY)


def test_a_string_of_escapes_takes_no_longer_than_another() -> None:
    seconds = {}
    for sign in (b"x", b'\\"', b"\\\\"):
        text = b'{"outputs": ["' + sign * (2 * 1024**2) + b'"]}'
        started = time.thread_time()
        assert b"".join(without_outputs([text], 10)) == b'{"outputs": []}'
        seconds[sign] = time.thread_time() - started

    assert max(seconds.values()) < 0.5


def test_strings_and_brackets_are_bounded() -> None:
    with pytest.raises(TooManyTokens):
        list(without_outputs([b'{"outputs": [' + b"[" * 1_000], 500))


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A notebook that is too large with its outputs, where 50 MB are a thousandth of that."""
    monkeypatch.setattr(files, "MAX_BYTES", 50_000)
    monkeypatch.setattr("autograder.intake.listing.MAX_BYTES", 50_000)
    picture = {"output_type": "display_data", "data": {"image/png": "A" * 200_000}, "metadata": {}}
    cell = {"cell_type": "code", "source": "x = 1", "metadata": {}, "execution_count": 1, "outputs": [picture]}
    document = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    path = tmp_path / "large.ipynb"
    path.write_text(json.dumps(document))
    return path


NOTE = "the notebook has 0 MB, so it was read without the outputs that it was saved with"


def test_a_notebook_that_its_outputs_make_too_large_is_read_without_them(large: Path) -> None:
    read, notes = notebook.read(large)
    assert ([cell.source for cell in read.cells], notes) == (["x = 1"], (NOTE,))


def test_so_is_one_in_a_students_zip_file(large: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "ada.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(large, "large.ipynb")
    read, notes = notebook.read(tmp_path / "ada.zip")
    assert ([cell.source for cell in read.cells], notes) == (["x = 1"], (NOTE,))


def test_of_one_in_a_download_only_the_rest_is_copied(large: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "class.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(large, "Ada_7_assignsubmission_file_/large.ipynb")
    (one,) = find([tmp_path / "class.zip"], "mnist.ipynb", tmp_path / "out")

    assert one.path is not None and one.path.stat().st_size < 1_000
    assert (one.notes, notebook.read(one.path)[1]) == ((NOTE,), ())


def test_one_that_is_too_large_without_its_outputs_is_unreadable(large: Path) -> None:
    large.write_text(large.read_text().replace("x = 1", "x" * 60_000))
    with pytest.raises(Unreadable, match=r"'large\.ipynb' must be at most 0 MB without its outputs \(got more\)"):
        notebook.read(large)
