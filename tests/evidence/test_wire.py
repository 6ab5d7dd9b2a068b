"""Messages cross whole, and none is read that is larger or other than it may be."""

from __future__ import annotations

import io

import numpy as np
import pytest

from autograder.errors import EvidenceError
from autograder.evidence import wire


def written(head: dict[str, object], tail: bytes = b"") -> io.BytesIO:
    return io.BytesIO(wire.pack(head) + tail)


@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2), (5,), (2, 3, 4)])
@pytest.mark.parametrize("dtype", wire.DTYPES)
def test_a_message_comes_back_as_it_was(shape: tuple[int, ...], dtype: str) -> None:
    array = np.asarray(np.arange(np.prod(shape)).reshape(shape), dtype)
    whole = b"".join(bytes(piece) for piece in wire.pieces({"do": "x"}, [array, array]))
    head, arrays = wire.read(io.BytesIO(whole), 10**6)

    assert head["do"] == "x"
    for found in arrays:
        assert (found.dtype, found.shape, found.tobytes()) == (array.dtype, array.shape, array.tobytes())


@pytest.mark.parametrize(
    ("described", "message"),
    [
        (["<f8", [2]], "must be of type"),
        (["|O", [2]], "must be of type"),
        (["<f4", [-1]], "must be of type"),
        (["<f4", [2.0]], "must be of type"),
        (["<f4", [1] * 9], "must be of type"),
        (["<f4", "22"], "must be of type"),
        (["<f4"], "by its type and shape"),
        (None, "by its type and shape"),
        (["<f4", [2**31, 2**31]], "must have at most 2048 MB"),
    ],
)
def test_an_array_of_another_kind_is_refused(described: object, message: str) -> None:
    with pytest.raises(EvidenceError, match=message):
        wire.read(written({"arrays": [described]}), 10**12)


def test_more_than_may_come_is_not_waited_for() -> None:
    with pytest.raises(EvidenceError, match="at most 1 MB of arrays"):
        wire.read(written({"arrays": [["<f4", [2**20]]]}), 2**20)


@pytest.mark.parametrize(
    "whole",
    [
        wire.LENGTH.pack(wire.MAX_HEAD + 1),
        wire.LENGTH.pack(3) + b"{x}",
        wire.LENGTH.pack(2) + b"[]",
        wire.LENGTH.pack(100_000) + b"[" * 100_000,
        written({"arrays": [["<f4", []]] * (wire.MAX_ARRAYS + 1)}).getvalue(),
        written({"arrays": 3}).getvalue(),
    ],
    ids=["long", "no JSON", "no object", "deep", "many arrays", "no list"],
)
def test_a_head_of_another_form_is_refused(whole: bytes) -> None:
    with pytest.raises(EvidenceError):
        wire.read(io.BytesIO(whole), 10**6)


def test_a_head_that_is_larger_than_asked_for_is_refused() -> None:
    whole = wire.pack({"answer": "x" * 100})

    assert wire.read_head(io.BytesIO(whole), 200) == {"answer": "x" * 100}
    with pytest.raises(EvidenceError, match=r"at most 100 bytes \(got 114\)"):
        wire.read_head(io.BytesIO(whole), 100)


@pytest.mark.parametrize("length", [0, 3, 10, -1])
def test_a_message_that_is_cut_off_is_an_error(length: int) -> None:
    whole = b"".join(bytes(piece) for piece in wire.pieces({}, [np.ones(4, np.float32)]))
    with pytest.raises(EOFError):
        wire.read(io.BytesIO(whole[:length]), 10**6)


def test_the_digest_of_an_array_is_of_type_shape_and_bytes() -> None:
    zeros = np.zeros(4, np.float32)
    others = [zeros.reshape(2, 2), zeros.astype(np.int32), np.array([0, 0, 0, 1], np.float32), zeros[:3]]

    assert wire.digest(zeros) == wire.digest(zeros.copy())
    assert len({wire.digest(array) for array in (zeros, *others)}) == 5


def test_the_digest_of_an_array_stays_the_same() -> None:
    """Stored trainings are found by the digests of their arrays."""
    array = np.arange(6, dtype="<f4").reshape(2, 3)

    assert wire.digest(array) == "db8bbb96b66b5cdf1e6f780bbbcd45b5501e23e3b136b4891a9edc25499d83ef"
