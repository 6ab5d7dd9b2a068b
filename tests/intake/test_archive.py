"""The notebook in a zip file is read, whatever else the file holds and says of itself; nothing is extracted."""

from __future__ import annotations

import json
import stat
import struct
import tracemalloc
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from autograder.errors import NoNotebook, Unreadable
from autograder.intake.files import MAX_BYTES
from autograder.intake.notebook import read

Zip = Callable[[Mapping[str, bytes | str]], Path]
NOTEBOOK = json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []})


def one(source: str) -> str:
    cell: dict[str, object] = {
        "cell_type": "code",
        "source": source,
        "metadata": {},
        "outputs": [],
        "execution_count": None,
    }
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]})


@pytest.fixture
def made(tmp_path: Path) -> Zip:
    def make(entries: Mapping[str, bytes | str]) -> Path:
        path = tmp_path / "class" / "ada" / "ada.zip"
        path.parent.mkdir(parents=True)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in entries.items():
                archive.writestr(name, content)
        return path

    return make


def source(path: Path) -> str:
    return str(read(path, "mnist.ipynb")[0].cells[0].source)


def test_an_otter_export_is_read_for_its_notebook(made: Zip) -> None:
    assert source(made({"mnist.ipynb": one("x = 1"), "__zip_filename__": "x", ".OTTER_LOG": b"\x80\x04."})) == "x = 1"


@pytest.mark.parametrize(
    "name",
    ["../../mnist.ipynb", "/etc/mnist.ipynb", "C:\\Users\\ada\\mnist.ipynb", "deep/" * 500 + "mnist.ipynb", "x.IPYNB"],
)
def test_the_name_of_an_entry_is_no_path(made: Zip, name: str, tmp_path: Path) -> None:
    path = made({name: one("x")})

    assert source(path) == "x"
    assert [found for found in tmp_path.rglob("*") if not found.is_dir()] == [path]


def test_of_several_the_one_with_the_assignments_name_counts(made: Zip) -> None:
    hidden = {".ipynb_checkpoints/mnist.ipynb": one("old"), "__MACOSX/mnist.ipynb": one("mac")}

    assert source(made({"draft.ipynb": one("draft"), "work/mnist.ipynb": one("mine"), **hidden})) == "mine"


@pytest.mark.parametrize(
    ("entries", "problem"),
    [
        ({"notes.txt": "x"}, r"there is no notebook \(\*\.ipynb\) in 'ada\.zip', only notes\.txt$"),
        ({}, r"'ada\.zip' is empty or cannot be read"),
        ({"inner.zip": "PK", ".hidden": ""}, r"there is no notebook .*, only inner\.zip$"),
        (
            {"a.ipynb": NOTEBOOK, "b.ipynb": NOTEBOOK},
            "there are 2 notebooks, and it is not clear which one counts: a.ipynb, b",
        ),
    ],
)
def test_where_no_notebook_counts_it_is_said_why(made: Zip, entries: Mapping[str, str], problem: str) -> None:
    with pytest.raises(NoNotebook, match=problem):
        read(made(entries), "mnist.ipynb")


def test_a_link_in_a_zip_file_is_not_followed(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("mnist.ipynb")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "ada.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(NoNotebook, match=r"'mnist\.ipynb' is a symbolic link, and links are not followed"):
        read(tmp_path / "ada.zip", "mnist.ipynb")


def test_a_bomb_takes_little_memory(made: Zip) -> None:
    path = made({"mnist.ipynb": b" " * (100 * 1024**2)})
    assert path.stat().st_size < 1024**2
    tracemalloc.start()
    try:
        with pytest.raises(
            Unreadable, match=r"'ada\.zip/mnist\.ipynb' must be at most 50 MB without its outputs \(got more\)"
        ):
            read(path, "mnist.ipynb")
        assert tracemalloc.get_traced_memory()[1] < 10 * 1024**2
    finally:
        tracemalloc.stop()


def test_a_bomb_that_lies_about_its_size_is_bounded_while_it_is_read(made: Zip) -> None:
    path = made({"mnist.ipynb": b" " * (MAX_BYTES + 1)})
    content = bytearray(path.read_bytes())
    size = struct.pack("<L", MAX_BYTES + 1)
    for start in (content.find(size), content.rfind(size)):
        content[start : start + 4] = struct.pack("<L", 100)
    path.write_bytes(content)

    with pytest.raises(Unreadable, match="ada"):  # 100 spaces, cut off there: the checksum does not agree
        read(path, "mnist.ipynb")


def test_a_directory_of_any_size_is_not_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "ada.zip", "w") as archive:
        for number in range(30_000):
            archive.writestr(f"{number}.txt", b"")

    with pytest.raises(Unreadable, match=r"must have a list of files of at most 1 MB"):
        read(tmp_path / "ada.zip", "mnist.ipynb")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"PK\x05\x06" + b"\xff" * 18, b"x" * 1000])
def test_what_is_no_zip_file_is_unreadable(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "ada.zip").write_bytes(content)
    with pytest.raises(Unreadable, match=r"'ada\.zip' (cannot be read as a zip file|must have)"):
        read(tmp_path / "ada.zip", "mnist.ipynb")


def test_an_encrypted_or_oddly_compressed_notebook_is_unreadable(made: Zip, tmp_path: Path) -> None:
    content = bytearray(made({"mnist.ipynb": NOTEBOOK}).read_bytes())
    directory = content.rfind(b"PK\x01\x02")
    content[directory + 8] |= 1
    (tmp_path / "locked.zip").write_bytes(content)
    with zipfile.ZipFile(tmp_path / "lzma.zip", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("mnist.ipynb", NOTEBOOK)

    with pytest.raises(Unreadable, match="encrypted"):
        read(tmp_path / "locked.zip", "mnist.ipynb")
    with pytest.raises(Unreadable, match=r"must be stored or deflated \(got compression method 14\)"):
        read(tmp_path / "lzma.zip", "mnist.ipynb")
