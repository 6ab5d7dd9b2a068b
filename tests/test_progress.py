"""Progress: plain lines where output is no terminal, a live display where it is."""

from __future__ import annotations

import io
import os
import pty
import threading
from dataclasses import replace

import pytest

from autograder import progress
from autograder.result import Result, RunStatus


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def finished(name: str, status: RunStatus = RunStatus.OK) -> Result:
    return Result("one", name, status, "", (), seconds=30)


def test_plain_lines_say_how_far_it_is_and_what_is_left() -> None:
    stream, clock = io.StringIO(), Clock()
    with progress.for_stream(stream, clock=clock) as display:
        display.begin(3)
        display.started("a.ipynb")
        display.cell("a.ipynb", 3, 10)
        clock.now = 30
        display.done(finished("a.ipynb"))
        display.done(replace(finished("b.ipynb", RunStatus.UNREADABLE), seconds=0))

    first, second = stream.getvalue().splitlines()
    assert first.startswith("1 of 3  a.ipynb  ok  0 / 0  30 s  about 1 min left")
    assert second.startswith("2 of 3  b.ipynb  unreadable  -")


def test_a_name_cannot_break_a_line() -> None:
    stream = io.StringIO()
    with progress.for_stream(stream) as display:
        display.begin(1)
        display.done(finished("a\n2 of 1  forged\x1b[31m.ipynb"))

    assert len(stream.getvalue().splitlines()) == 1
    assert "\x1b" not in stream.getvalue()


def test_threads_may_tell_at_once() -> None:
    stream = io.StringIO()
    with progress.for_stream(stream) as display:
        display.begin(50)

        def work(number: int) -> None:
            display.started(str(number))
            display.cell(str(number), 1, 2)
            display.done(finished(str(number)))

        threads = [threading.Thread(target=work, args=(number,)) for number in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert [line.split(" of ")[0] for line in stream.getvalue().splitlines()] == [str(n) for n in range(1, 51)]


def test_a_terminal_shows_the_current_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    leader, follower = pty.openpty()
    monkeypatch.setenv("TERM", "xterm")
    with os.fdopen(follower, "w") as terminal:
        with progress.for_stream(terminal) as display:
            display.begin(2)
            display.started("ada.ipynb")
            display.cell("ada.ipynb", 12, 80)
            display.done(finished("ben.ipynb"))
        terminal.flush()
        shown = os.read(leader, 100_000).decode()
    os.close(leader)

    assert "cell 12 of 80" in shown
    assert "1 of 2" in shown
