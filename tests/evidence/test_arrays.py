"""Arrays in files are read if they are what their headers promise, and never unpickled."""

from __future__ import annotations

import os
import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from evidence.conftest import npy

from autograder.checks.evidence import read_document
from autograder.errors import EvidenceError
from autograder.evidence import arrays


def header(text: str, data: bytes = b"", version: int = 1) -> bytes:
    """An .npy file with any header."""
    size = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + size + text.encode() + data


@pytest.mark.parametrize(
    "array",
    [
        np.arange(24).reshape(2, 3, 4),
        np.asfortranarray(np.arange(24.0).reshape(2, 12)),
        np.arange(24, dtype=">i2").reshape(4, 6)[::2, 1:3],
        np.arange(24).reshape(2, 3, 4).transpose(1, 2, 0),
        np.float32(2.5),
        np.array(3),
        np.zeros((0, 5), np.uint8),
        np.broadcast_to(np.float64(1), (3, 4)),
        np.array(["ä", "bc"]),
        np.array([b"", b""]),
        np.array(["2024-02-29"], "datetime64[D]"),
        np.array([True, False]),
        np.array([1 + 2j], np.complex64),
        np.array([(1, 2.0)], [("a", "i4"), ("b", "f8")]),
        np.zeros(2, [(f"field {number}", "i4") for number in range(3_000)]),
    ],
    ids=lambda array: f"{array.dtype.str}{array.shape}",
)
@pytest.mark.filterwarnings("ignore:Stored array in format 2.0")
def test_an_array_in_pieces_is_the_file_that_numpy_writes(array: Any) -> None:
    assert b"".join(arrays.npy(np.asarray(array))) == npy(array)


def test_the_memory_of_a_contiguous_array_is_not_copied() -> None:
    array = np.zeros((3, 4))
    pieces = arrays.npy(array), arrays.npy(array.T)
    array += 1
    assert [bytes(last) for _, last in pieces] == [array.tobytes()] * 2


class Boom:
    """Leaves a file behind if it is ever unpickled."""

    def __reduce__(self) -> Any:
        return os.mkdir, ("/tmp/unpickled-by-the-grader",)


def described(shape: str, descr: str = "'<f8'", fortran: str = "False") -> str:
    return f"{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}}}\n"


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (b"", "malformed"),
        (pickle.dumps(Boom()), "malformed"),
        (npy(np.array([Boom()]), pickled=True), "must hold plain numbers"),
        (header(described("(1,)", "'|O'"), pickle.dumps(Boom())), "must hold plain numbers"),
        (header(described("(1,)", "'|O'"), b"x" * 8), "must hold plain numbers"),
        (header(described("(1,)", "[('a', '<f8'), ('b', '|O')]"), pickle.dumps(Boom())), "must hold plain numbers"),
        (npy(np.arange(3))[:-1], "all that its header promises"),
        (npy(np.arange(3)) + b"x", "all that its header promises"),
        (header(described("(1000000000000,)")), "all that its header promises"),
        (header(described("(4611686018427387904, 4)"), b"x" * 8), "all that its header promises"),
        (header(described("(-1, -1)"), b"x" * 8), "shape of at most 16 lengths"),
        (header(described("(True,)"), b"x" * 8), "shape of at most 16 lengths"),
        (header(described("(1,) * 3"), b"x" * 8), "malformed"),
        (header(described(f"({'1, ' * 17})"), b"x" * 8), "shape of at most 16 lengths"),
        (header(described("(1000000000,)", "'<V0'")), "must hold plain numbers"),
        (header(described("(1000000000,)", "[]")), "must hold plain numbers"),
        (header(described("()", "'(100000,100000)f8'")), "malformed"),
        (header("__import__('os').mkdir('/tmp/unpickled-by-the-grader')\n", b"x" * 8), "malformed"),
        (header("(" * 5_000 + "\n"), "malformed"),
        (header(" " * 20_000 + described("(1,)"), b"x" * 8), "malformed"),
        (header(described("(1,)"), b"x" * 8, version=3), "must be of .npy version 1 or 2"),
    ],
)
def test_an_array_that_lies_is_refused_and_never_unpickled(
    rejected: Callable[..., str], file: bytes, message: str
) -> None:
    assert message in rejected({"kind": "array", "file": "0.npy"}, a0=file)
    assert not Path("/tmp/unpickled-by-the-grader").exists()


@pytest.mark.parametrize(
    "name", ["", "x.npy", "../q/0.npy", "/etc/passwd", "evidence.json", "-1.npy", "0.npy.npy", "٣.npy", 0, None, ["0.npy"], "9.npy"]
)  # fmt: skip
def test_an_array_of_any_other_name_is_refused(rejected: Callable[..., str], name: Any) -> None:
    assert rejected({"kind": "array", "file": name}, a0=npy(np.arange(3)))


def test_links_and_pipes_are_not_read(rejected: Callable[..., str], tmp_path: Path) -> None:
    folder = tmp_path / "q"
    folder.mkdir()
    (tmp_path / "secret.npy").write_bytes(npy(np.arange(3)))
    (folder / "0.npy").symlink_to(tmp_path / "secret.npy")
    os.mkfifo(folder / "1.npy")
    (folder / "2.npy").mkdir()
    for name in ("0.npy", "1.npy", "2.npy"):
        assert rejected({"kind": "array", "file": name}) == f"evidence file '{name}' must be a plain file"
    (folder / "evidence.json").rename(tmp_path / "moved.json")
    (folder / "evidence.json").symlink_to(tmp_path / "moved.json")
    with pytest.raises(EvidenceError, match=r"evidence file 'evidence.json' must be a plain file"):
        read_document(tmp_path, "q")


def test_a_file_that_is_too_large_is_not_read(rejected: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "q").mkdir()
    with (tmp_path / "q" / "0.npy").open("wb") as file:
        file.truncate(2**34)  # a hole: no block is written
    assert "must be at most" in rejected({"kind": "array", "file": "0.npy"})
    with (tmp_path / "q" / "evidence.json").open("wb") as file:
        file.truncate(2**30)
    with pytest.raises(EvidenceError, match=r"must be at most 33554432 bytes \(got 1073741824\)"):
        read_document(tmp_path, "q")
