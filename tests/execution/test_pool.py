"""A large file of evidence is sent once for a class, and only its bytes make it an answer."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from blake3 import blake3

from autograder.evidence import wire
from autograder.evidence.arrays import MIN_SHARED_BYTES, npy
from autograder.execution.pool import EvidencePool
from autograder.execution.receive import Receiver
from autograder.kernel.send import Sender

SIZE = MIN_SHARED_BYTES
LARGE, OTHER = b"a" * SIZE, b"b" * SIZE


@pytest.fixture
def pool(tmp_path: Path) -> EvidencePool:
    return EvidencePool(tmp_path / "pool")


class Kernel:
    """A kernel's end of the socket, with what the grader took in, in ``evidence``; it says what a test has it say."""

    def __init__(self, connection: socket.socket, receiver: Receiver, evidence: Path) -> None:
        self.connection = connection
        self.receiver = receiver
        self.evidence = evidence
        self.source = connection.makefile("rb", buffering=0)
        self.key = bytes.fromhex(wire.read_head(self.source)["key"])

    def digest(self, content: bytes) -> str:
        return blake3(content, key=self.key).hexdigest()

    def offer(self, content: bytes, digest: str, *, question: str = "q", size: int | None = None) -> bool:
        """Name a file, and send it where the grader asks for it; whether it did.

        Raises:
            EOFError: the grader hung up.
        """
        described = ["0.npy", len(content) if size is None else size, digest]
        self.connection.sendall(wire.pack({"question": question, "more": False, "files": [described]}))
        needed: list[int] = wire.read_head(self.source)["need"]
        if needed:
            self.connection.sendall(content)
        assert self.source.read(1) == b"+"
        return needed == [0]

    def file(self, question: str = "q") -> Path:
        return self.evidence / question / "0.npy"


@pytest.fixture
def start(tmp_path: Path, pool: EvidencePool) -> Iterator[Callable[..., Kernel]]:
    """Start the run of a submission."""
    with ExitStack() as ends:

        def start(name: str = "first", limit_mb: float = 10) -> Kernel:
            ours, theirs = socket.socketpair()
            ends.enter_context(ours)
            ends.enter_context(theirs).settimeout(60)
            (tmp_path / name).mkdir()
            receiver = Receiver(ours, tmp_path / name, {"q", "r"}, limit_mb, pool)
            ends.callback(receiver.finish)
            return Kernel(theirs, receiver, tmp_path / name)

        yield start


def test_what_an_earlier_submission_brought_is_not_sent_again(start: Callable[..., Kernel]) -> None:
    first, second = start("first"), start("second")

    assert first.offer(LARGE, first.digest(LARGE))
    assert not second.offer(LARGE, second.digest(LARGE))
    assert second.file().read_bytes() == LARGE
    assert second.file().stat().st_ino == first.file().stat().st_ino


def test_what_serves_several_questions_is_sent_once(start: Callable[..., Kernel]) -> None:
    kernel = start()

    assert kernel.offer(LARGE, kernel.digest(LARGE))
    assert not kernel.offer(LARGE, kernel.digest(LARGE), question="r")
    assert kernel.file("r").read_bytes() == LARGE


def test_a_false_digest_gives_nothing_a_false_name(start: Callable[..., Kernel]) -> None:
    liar, honest = start("liar"), start("honest")

    assert liar.offer(OTHER, liar.digest(LARGE))
    assert honest.offer(LARGE, honest.digest(LARGE)), "nobody has brought it so far"
    assert not honest.offer(OTHER, honest.digest(OTHER)), "it is known as what it is"
    assert (liar.file().read_bytes(), honest.file().read_bytes()) == (OTHER, OTHER)


def test_a_digest_that_was_found_elsewhere_does_not_stand_for_the_bytes(
    start: Callable[..., Kernel], tmp_path: Path
) -> None:
    kernel = start()
    kernel.offer(LARGE, kernel.digest(LARGE))
    earlier = EvidencePool(tmp_path / "earlier").key

    assert kernel.offer(LARGE, blake3(LARGE).hexdigest())
    assert kernel.offer(LARGE, blake3(LARGE, key=earlier).hexdigest())


def test_what_is_named_counts_like_what_is_sent(start: Callable[..., Kernel]) -> None:
    rich, poor = start("rich"), start("poor", limit_mb=1.5)
    rich.offer(LARGE, rich.digest(LARGE))

    assert not poor.offer(LARGE, poor.digest(LARGE))
    with pytest.raises(EOFError):
        poor.offer(LARGE, poor.digest(LARGE), question="r")
    assert poor.receiver.breach == "the notebook recorded answers of more than 1.5 MB"


def test_a_known_file_of_another_size_is_needed(start: Callable[..., Kernel]) -> None:
    kernel = start()
    kernel.offer(LARGE * 2, kernel.digest(LARGE * 2))

    assert kernel.offer(LARGE, kernel.digest(LARGE * 2)), "what is named as 1 MB does not bring 2"
    assert kernel.file().read_bytes() == LARGE


def test_what_is_cut_off_is_not_kept(start: Callable[..., Kernel], pool: EvidencePool, tmp_path: Path) -> None:
    kernel = start()
    files = [["0.npy", SIZE, kernel.digest(LARGE)]]
    kernel.connection.sendall(wire.pack({"question": "q", "more": False, "files": files}) + LARGE[:-1])
    kernel.connection.shutdown(socket.SHUT_WR)
    kernel.receiver.finish()

    assert not pool.link(kernel.digest(LARGE), SIZE, tmp_path / "linked")
    assert list(kernel.evidence.iterdir()) == []


def test_a_pool_that_fails_costs_no_evidence(start: Callable[..., Kernel], tmp_path: Path) -> None:
    kernel = start()
    (tmp_path / "pool").rmdir()

    assert kernel.offer(LARGE, kernel.digest(LARGE))
    assert kernel.offer(LARGE, kernel.digest(LARGE))
    assert kernel.file().read_bytes() == LARGE


def test_a_pool_drops_what_was_used_longest_ago(tmp_path: Path) -> None:
    pool = EvidencePool(tmp_path / "pool", limit_mb=2)
    for name in ("used", "unused"):
        (tmp_path / name).write_bytes(LARGE)
        pool.keep(name, tmp_path / name)
    assert pool.link("used", SIZE, tmp_path / "again")
    (tmp_path / "new").write_bytes(OTHER)

    pool.keep("new", tmp_path / "new")

    found = {name: pool.link(name, SIZE, tmp_path / f"{name}.npy") for name in ("used", "unused", "new")}
    assert found == {"used": True, "unused": False, "new": True}
    assert (tmp_path / "unused").read_bytes() == LARGE, "whoever has it keeps it"


def test_a_sender_names_large_arrays_and_sends_what_is_not_known(start: Callable[..., Kernel]) -> None:
    array = np.arange(SIZE, dtype=np.float32).reshape(2, -1)
    for name in ("first", "second"):
        kernel = start(name)
        sender = Sender(kernel.connection)
        sender._key = kernel.key  # it was read above
        files = {"evidence.json": [b"{}"], "0.npy": npy(array), "1.npy": npy(array.T)}
        sender.send("q", files)
        found = {path.name: path.read_bytes() for path in kernel.file().parent.iterdir()}
        assert found == {name: b"".join(pieces) for name, pieces in files.items()}
    assert kernel.file().stat().st_nlink == 3, "two submissions and the pool"
    assert (kernel.evidence / "q" / "evidence.json").stat().st_nlink == 1, "a small one is nobody else's"
