"""What arrives from a kernel becomes plain files of known names, or nothing."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.evidence import wire
from autograder.evidence.arrays import Pieces
from autograder.execution.pool import EvidencePool
from autograder.execution.receive import MAX_FILES, MAX_RUN_FILES, Receiver
from autograder.kernel.send import Sender

LIMIT_MB = 1


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.settimeout(60)
        yield ours, theirs


@pytest.fixture
def receiver(ends: tuple[socket.socket, socket.socket], tmp_path: Path) -> Iterator[Receiver]:
    (tmp_path / "evidence").mkdir()
    pool = EvidencePool(tmp_path / "pool")
    receiver = Receiver(ends[0], tmp_path / "evidence", {"q", "r"}, LIMIT_MB, pool)
    yield receiver
    receiver.finish()


@pytest.fixture
def sender(ends: tuple[socket.socket, socket.socket], receiver: Receiver) -> Sender:
    return Sender(ends[1])


@pytest.fixture
def theirs(ends: tuple[socket.socket, socket.socket], receiver: Receiver) -> socket.socket:
    """The kernel's end of the socket, once the grader has sent its key."""
    said(ends[1])
    return ends[1]


def said(theirs: socket.socket) -> dict[str, Any]:
    """What the grader says next; nothing where it hangs up."""
    with theirs.makefile("rb", buffering=0) as source:
        try:
            return wire.read_head(source)
        except EOFError:
            return {}


def files(**contents: str) -> dict[str, Pieces]:
    names = [{"evidence": "evidence.json"}.get(name, f"{name.removeprefix('_')}.npy") for name in contents]
    return {name: [content.encode()] for name, content in zip(names, contents.values(), strict=True)}


def held(tmp_path: Path) -> dict[str, str]:
    root = tmp_path / "evidence"
    return {str(path.relative_to(root)): path.read_text() for path in sorted(root.rglob("*")) if path.is_file()}


def head(**fields: Any) -> bytes:
    return wire.pack({"question": "q", "more": False, "files": []} | fields)


def test_what_was_sent_is_there_when_the_sender_goes_on(sender: Sender, tmp_path: Path) -> None:
    sender.send("q", files(evidence="{}", _0="numbers"))

    assert held(tmp_path) == {"q/0.npy": "numbers", "q/evidence.json": "{}"}


def test_what_is_sent_again_replaces_and_what_is_more_adds(sender: Sender, tmp_path: Path) -> None:
    sender.send("q", files(evidence="{}", _0="old"))
    sender.send("q", files(evidence="{1}", _1="first"))
    sender.send("q", files(evidence="{2}", _2="more"), more=True)

    assert held(tmp_path) == {"q/1.npy": "first", "q/2.npy": "more", "q/evidence.json": "{2}"}


@pytest.mark.parametrize(
    "name",
    ["../x.npy", "/etc/x", "evidence.json/..", "x.npy", "0.npy\n", "evidence.JSON", "٣.npy", "0.npy/", "", 7, None],
)
def test_other_names_are_not_taken(theirs: socket.socket, receiver: Receiver, tmp_path: Path, name: Any) -> None:
    theirs.sendall(head(files=[[name, 3, None]]))

    assert said(theirs) == {}
    assert held(tmp_path) == {}


@pytest.mark.parametrize(
    "fields",
    [
        {"question": "../q"},
        {"question": "s"},
        {"question": ["q"]},
        {"question": None},
        {"files": {}},
        {"files": [["0.npy", -1, None]]},
        {"files": [["0.npy", "3", None]]},
        {"files": [["0.npy", 1e3, None]]},
        {"files": [["0.npy", True, None]]},
        {"files": [["0.npy", 3]]},
        {"files": [["0.npy", 2**20, "0" * 63]]},
        {"files": [["0.npy", 2**20, "../evidence/0"]]},
        {"files": [["0.npy", 2**20, ["0" * 64]]]},
        {"files": [["0.npy", 2**20 - 1, "0" * 64]]},
        {"files": [["0.npy", 3, None], ["0.npy", 3, None]]},
        {"files": [[f"{number}.npy", 0, None] for number in range(MAX_FILES + 1)]},
    ],
    ids=lambda fields: str(fields)[:40],
)
def test_heads_of_another_form_are_not_taken(theirs: socket.socket, tmp_path: Path, fields: dict[str, Any]) -> None:
    theirs.sendall(head(**fields))

    assert said(theirs) == {}
    assert held(tmp_path) == {}


@pytest.mark.parametrize(
    "sent", [b"\xff\xff\xff\xff", b"\x00\x00\x00\x05hello", wire.LENGTH.pack(200_000) + b"[" * 200_000]
)
def test_what_is_no_head_is_not_taken(theirs: socket.socket, tmp_path: Path, sent: bytes) -> None:
    theirs.sendall(sent)

    assert said(theirs) == {}
    assert held(tmp_path) == {}


def test_what_is_cut_off_leaves_what_was_there(theirs: socket.socket, tmp_path: Path) -> None:
    assert take(theirs, ["evidence.json"], 2) == b"+"
    theirs.sendall(head(files=[["evidence.json", 10, None]]))
    assert said(theirs) == {"need": [0]}
    theirs.sendall(b"half")
    theirs.shutdown(socket.SHUT_WR)

    assert theirs.recv(1) == b""
    assert held(tmp_path) == {"q/evidence.json": "\0\0"}


def test_more_than_the_limit_is_a_breach_and_never_written(
    theirs: socket.socket, receiver: Receiver, tmp_path: Path
) -> None:
    assert take(theirs, ["0.npy"], 600_000) == b"+"
    assert take(theirs, ["0.npy"], 600_000, question="r") == b""

    assert receiver.breach == "the notebook recorded answers of more than 1 MB"
    assert list(held(tmp_path)) == ["q/0.npy"]


def test_replacing_does_not_count_twice(sender: Sender, receiver: Receiver, tmp_path: Path) -> None:
    for _ in range(3):
        sender.send("q", files(_0="x" * 600_000))

    assert receiver.breach is None


def test_nothing_is_taken_after_the_end(sender: Sender, receiver: Receiver, tmp_path: Path) -> None:
    receiver.finish()

    with pytest.raises(OSError):
        sender.send("q", files(evidence="{}"))
    assert held(tmp_path) == {}


def take(theirs: socket.socket, names: list[str], size: int = 1, question: str = "q", *, more: bool = False) -> bytes:
    """Send files of a size as the evidence of a question; what comes back."""
    theirs.sendall(head(question=question, more=more, files=[[name, size, None] for name in names]))
    if "need" not in said(theirs):
        return b""
    theirs.sendall(bytes(size * len(names)))
    return theirs.recv(1)


def test_a_file_counts_what_it_takes_of_the_disk(theirs: socket.socket, receiver: Receiver) -> None:
    names = [f"{number}.npy" for number in range(200)]

    assert take(theirs, names) == b"+"
    assert take(theirs, names, question="r") == b"", "400 files of a byte take more than a megabyte"
    assert receiver.breach is not None and "more than 1 MB" in receiver.breach


def test_what_is_replaced_is_given_back(theirs: socket.socket, receiver: Receiver) -> None:
    names = [f"{number}.npy" for number in range(200)]

    for more in (False, False, True, True):
        assert take(theirs, names, more=more) == b"+"
    assert receiver.breach is None


@pytest.mark.parametrize("more", [True, False])
def test_the_files_of_a_run_are_counted(ends: tuple[socket.socket, socket.socket], tmp_path: Path, more: bool) -> None:
    (tmp_path / "evidence").mkdir()
    ends[1].settimeout(100)
    pool = EvidencePool(tmp_path / "pool")
    receiver = Receiver(ends[0], tmp_path / "evidence", {"q", "r", "s"}, 10_000, pool)
    said(ends[1])
    half = MAX_RUN_FILES // 2
    first, second = ([f"{number}.npy" for number in range(start, start + half)] for start in (0, half))
    answers = [
        take(ends[1], first),
        take(ends[1], second, question="q" if more else "r", more=more),
        take(ends[1], ["99.npy"], question="s"),
    ]
    receiver.finish()

    assert answers == [b"+", b"+", b""]
    assert receiver.breach is not None and "20,000 files" in receiver.breach


def test_a_kernel_that_ends_is_no_failure_of_the_grader_s_disk(theirs: socket.socket, receiver: Receiver) -> None:
    theirs.sendall(head(files=[["0.npy", 100, None]]) + b"cut off")
    theirs.shutdown(socket.SHUT_RDWR)
    receiver.finish()

    assert receiver.failed is None


def test_evidence_that_cannot_be_stored_is_not_the_notebook_s_fault(
    sender: Sender, receiver: Receiver, tmp_path: Path
) -> None:
    (tmp_path / "evidence").rmdir()
    with pytest.raises(OSError):
        sender.send("q", files(evidence="{}"))
    receiver.finish()
    assert isinstance(receiver.failed, OSError) and receiver.breach is None
