"""What a cell prints arrives, or the cell says that it did not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import zmq
from ipykernel.iostream import IOPubThread
from jupyter_client.session import Session

from autograder.kernel.streams import LOST, PIECE, PiecewiseOutStream


class Sent(Session):
    """Keeps the texts that are sent; there is no memory for the first ``failures`` of them."""

    def __init__(self, failures: int = 0) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.failures = failures

    def send(self, stream: Any, msg: Any, **options: Any) -> None:  # type: ignore[override]
        if self.failures:
            self.failures -= 1
            raise MemoryError
        self.texts.append(msg["content"]["text"])


@pytest.fixture
def thread() -> Iterator[IOPubThread]:
    with zmq.Context() as context:
        thread = IOPubThread(context.socket(zmq.PUB))  # not started: all is sent at once
        yield thread
        thread.close()
        thread.io_loop.close(all_fds=True)


def test_a_long_text_is_sent_in_pieces(thread: IOPubThread) -> None:
    stream = PiecewiseOutStream(session := Sent(), thread, "stdout", watchfd=False)

    assert stream.write("é" * (2 * PIECE) + "end") == 2 * PIECE + 3
    stream.flush()

    assert max(map(len, session.texts)) == PIECE
    assert "".join(session.texts) == "é" * (2 * PIECE) + "end"


def test_a_text_that_no_memory_is_left_for_is_missed_aloud(thread: IOPubThread) -> None:
    stream = PiecewiseOutStream(session := Sent(failures=1), thread, "stdout", watchfd=False)
    stream.write("lost")
    stream.flush()
    stream.write("sent")
    stream.flush()

    assert session.texts == [LOST, "sent"]


def test_only_text_is_written(thread: IOPubThread) -> None:
    stream = PiecewiseOutStream(Sent(), thread, "stdout", watchfd=False)

    with pytest.raises(TypeError, match="must be str, not <class 'int'>"):
        stream.write(5)
