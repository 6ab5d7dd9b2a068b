"""The progress display: lines elsewhere than on a terminal, a live display on one, and the time that is left."""

from __future__ import annotations

import io
import os
import pty
import re
import select
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from autograder.cli.progress import LiveProgress, PlainProgress, for_stream
from autograder.results import QuestionResult, QuestionStatus, Result, RunStatus


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class Clock:
    """A clock that goes on when it is told to, in seconds."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def _terminal_of_100_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("LINES", "40")
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)


def outcome(submission: str, seconds: float = 23.4, status: RunStatus = RunStatus.OK) -> Result:
    question = QuestionResult("q", QuestionStatus.PASSED, 14.5, 20.0)
    return Result("Leila", submission, status, "", (question,), seconds)


def grade_all(progress: PlainProgress | LiveProgress, clock: Clock, names: list[str], seconds: float) -> None:
    """Run submissions one after the other, each for ``seconds``."""
    for name in names:
        progress.started(name)
        clock.now += seconds
        progress.done(outcome(name, seconds))


def test_a_line_says_what_is_done_and_what_is_left(clock: Clock) -> None:
    stream = io.StringIO()
    with for_stream(stream, clock=clock) as progress:
        progress.begin(6)
        for name in ("a.ipynb", "b.ipynb", "leila/mnist.ipynb"):
            progress.started(name)
            clock.now += 41
            progress.done(outcome(name))
    assert stream.getvalue().splitlines()[2] == "3 of 6  leila/mnist.ipynb  ok  14.5 / 20  23 s  about 2 min left"


def test_the_last_line_has_nothing_left_and_an_ungraded_one_no_score(clock: Clock) -> None:
    stream = io.StringIO()
    progress = for_stream(stream, clock=clock)
    progress.begin(1)
    progress.started("a.ipynb")
    clock.now += 3
    progress.done(outcome("a.ipynb", 0.2, RunStatus.UNREADABLE))
    assert stream.getvalue() == "1 of 1  a.ipynb  unreadable  -  0 s\n"


def test_each_line_is_flushed_at_once(clock: Clock) -> None:
    raw = io.BytesIO()
    progress = for_stream(io.TextIOWrapper(raw, encoding="utf-8"), clock=clock)
    progress.begin(2)
    progress.done(outcome("a.ipynb"))
    assert raw.getvalue() == b"1 of 2  a.ipynb  ok  14.5 / 20  23 s\n"


def test_a_name_is_one_line_that_no_terminal_obeys(clock: Clock) -> None:
    stream = io.StringIO()
    progress = for_stream(stream, clock=clock)
    progress.begin(1)
    progress.done(outcome("a\n\x1b[2J\u202eb.ipynb"))
    assert stream.getvalue() == "1 of 1  a [2Jb.ipynb  ok  14.5 / 20  23 s\n"


def test_a_stream_of_another_encoding_gets_what_it_can_hold(clock: Clock) -> None:
    raw = io.BytesIO()
    progress = for_stream(io.TextIOWrapper(raw, encoding="ascii"), clock=clock)
    progress.begin(1)
    progress.done(outcome("zoë.ipynb"))
    assert raw.getvalue() == b"1 of 1  zo?.ipynb  ok  14.5 / 20  23 s\n"


def test_a_reader_that_went_away_does_not_stop_the_grading(clock: Clock) -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    progress = for_stream(Gone(), clock=clock)
    progress.begin(1)
    progress.done(outcome("a.ipynb"))


class Slow(io.StringIO):
    """A stream that lets another thread go on in the middle of each write."""

    def write(self, text: str) -> int:
        for part in text.partition("  "):
            super().write(part)
            time.sleep(0)
        return len(text)


def test_lines_of_many_threads_do_not_mix() -> None:
    stream = Slow()
    progress = for_stream(stream)
    progress.begin(200)

    def work(worker: int) -> None:
        for number in range(25):
            name = f"{worker}-{number}.ipynb"
            progress.started(name)
            for cell in range(1, 4):
                progress.cell(name, cell, 3)
            progress.done(outcome(name))

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = stream.getvalue().splitlines()
    assert [line.split("  ")[0] for line in lines] == [f"{number} of 200" for number in range(1, 201)]
    assert {line.split("  ")[1] for line in lines} == {f"{w}-{n}.ipynb" for w in range(8) for n in range(25)}


def left_after(stream: io.StringIO) -> str:
    """The remaining time of the last line."""
    return stream.getvalue().splitlines()[-1].partition("23 s")[2].strip()


@pytest.mark.parametrize(
    ("total", "seconds", "left"),
    [
        (2, 2, "about 5 s left"),
        (2, 22, "about 20 s left"),
        (2, 57, "about 55 s left"),
        (2, 59, "about 1 min left"),
        (5, 60, "about 4 min left"),
        (100, 60, "about 1 h 39 min left"),
    ],
)
def test_the_rest_takes_the_mean_of_what_is_done(clock: Clock, total: int, seconds: float, left: str) -> None:
    stream = io.StringIO()
    progress = for_stream(stream, clock=clock)
    progress.begin(total)
    progress.started("a")
    clock.now += seconds
    progress.done(outcome("a"))
    assert left_after(stream) == left


def test_what_runs_at_once_shortens_the_rest(clock: Clock) -> None:
    stream = io.StringIO()
    progress = for_stream(stream, clock=clock)
    progress.begin(12)
    for names in (("a", "b"), ("c", "d")):
        for name in names:
            progress.started(name)
        clock.now += 60
        for name in names:
            progress.done(outcome(name))
    assert left_after(stream) == "about 4 min left"


def test_a_next_run_that_starts_before_the_last_one_is_reported_shortens_nothing(clock: Clock) -> None:
    stream = io.StringIO()
    progress = for_stream(stream, clock=clock)
    progress.begin(11)
    progress.started("a")
    clock.now += 60
    progress.started("b")
    progress.done(outcome("a"))
    assert left_after(stream) == "about 10 min left"


def test_time_already_spent_on_a_run_counts(clock: Clock) -> None:
    stream = io.StringIO()
    progress = for_stream(stream, clock=clock)
    progress.begin(3)
    progress.started("a")
    clock.now += 100
    progress.started("b")
    clock.now += 20
    progress.done(outcome("a"))
    progress.done(outcome("c"))
    assert left_after(stream) == "about 2 min left"


def test_a_run_that_takes_longer_than_the_mean_gets_no_promise(clock: Clock) -> None:
    stream = io.StringIO()
    progress = for_stream(stream, clock=clock)
    progress.begin(3)
    progress.started("slow")
    progress.started("a")
    clock.now += 10
    progress.done(outcome("a"))
    clock.now += 50
    progress.done(outcome("never started"))
    assert left_after(stream) == ""


# ---------------------------------------------------------------- on a terminal


@pytest.fixture
def live(clock: Clock) -> Iterator[LiveProgress]:
    progress = for_stream(Terminal(), clock=clock)
    assert isinstance(progress, LiveProgress)
    yield progress
    progress.end()


def drawn(progress: LiveProgress) -> list[str]:
    """What the display shows now, line by line."""
    from rich.console import Console

    stream = io.StringIO()
    Console(file=stream, width=100, color_system=None).print(progress._render())
    return [re.sub(r"[━╸╺]+ *", "━  ", line).rstrip() for line in stream.getvalue().splitlines()]


def test_the_display_has_the_whole_and_each_run_with_its_cell(live: LiveProgress, clock: Clock) -> None:
    live.begin(9)
    grade_all(live, clock, ["a", "b"], 20)
    live.started("leila/mnist.ipynb")
    live.cell("leila/mnist.ipynb", 12, 80)
    clock.now += 5
    live.started("omar.ipynb")
    clock.now += 1
    assert drawn(live) == [
        "━  2 of 9  about 2 min left",
        "leila/mnist.ipynb  cell 12 of 80            6 s",
        "omar.ipynb         starting                 1 s",
    ]


def test_a_run_that_is_done_leaves_the_display(live: LiveProgress, clock: Clock) -> None:
    live.begin(2)
    live.started("a.ipynb")
    live.cell("a.ipynb", 1, 2)
    live.done(outcome("a.ipynb"))
    live.cell("a.ipynb", 2, 2)
    assert drawn(live) == ["━  1 of 2"]


def test_a_long_or_hostile_name_keeps_to_its_line(live: LiveProgress) -> None:
    name = "[red]\n\x1b[2J" + "x" * 100
    live.begin(1)
    live.started(name)
    live.cell(name, 3, 80)
    live.started("é" * 50 + ".ipynb")
    live.cell("é" * 50 + ".ipynb", 1000, 1000)
    assert drawn(live)[1:] == [
        "[red] [2J" + "x" * 54 + "…  cell 3 of 80               0 s",
        "é" * 50 + ".ipynb          cell 1000 of 1000          0 s",
    ]


def test_the_terminal_sees_it_and_gets_its_cursor_back() -> None:
    stream = Terminal()
    with for_stream(stream) as progress:
        progress.begin(3)
        progress.started("a.ipynb")
        progress.cell("a.ipynb", 12, 80)
    assert "0 of 3" in stream.getvalue()
    assert stream.getvalue().rindex("\x1b[?25h") > stream.getvalue().rindex("\x1b[?25l")


def test_a_real_terminal_shows_it_too() -> None:
    leader, follower = pty.openpty()
    with os.fdopen(follower, "w") as terminal, for_stream(terminal) as progress:
        progress.begin(2)
        progress.started("ada.ipynb")
        progress.cell("ada.ipynb", 12, 80)
        progress.done(outcome("ben.ipynb"))
        progress.end()
        shown = ""
        while "cell 12 of 80" not in shown and select.select([leader], [], [], 5)[0]:
            shown += os.read(leader, 4096).decode(errors="replace")
    os.close(leader)
    assert "1 of 2" in shown and "cell 12 of 80" in shown


def test_the_terminal_gets_its_cursor_back_after_an_exception() -> None:
    stream = Terminal()
    with pytest.raises(KeyboardInterrupt), for_stream(stream) as progress:
        progress.begin(3)
        raise KeyboardInterrupt
    assert stream.getvalue().rindex("\x1b[?25h") > stream.getvalue().rindex("\x1b[?25l")


def test_ending_twice_or_before_it_began_is_no_error() -> None:
    for stream in (Terminal(), io.StringIO()):
        with for_stream(stream) as progress:
            progress.end()


@pytest.mark.parametrize("term", ["dumb", "unknown"])
def test_a_terminal_that_cannot_move_its_cursor_gets_lines(term: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", term)
    assert isinstance(for_stream(Terminal()), PlainProgress)


def test_rich_is_not_imported_before_a_terminal_needs_it() -> None:
    script = (
        "import io, sys, autograder.cli.main, autograder.cli.progress as p\n"
        "p.for_stream(io.StringIO()).begin(1)\n"
        "print([name for name in sys.modules if name.split('.')[0] == 'rich'])"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()])
def test_students_are_shown_and_what_starts_until_there_is_more_to_say(stream: io.StringIO, clock: Clock) -> None:
    with for_stream(stream, {"x.ipynb": "Leila (12)"}, "starting TensorFlow", clock=clock) as progress:
        progress.begin(1)
        begun = said = stream.getvalue()
        progress.started("x.ipynb")
        clock.now += 5
        progress.cell("x.ipynb", 1, 2)
        if isinstance(progress, LiveProgress):
            progress._live.refresh()  # its thread may have drawn the display before that
            said = stream.getvalue()
            progress._live.refresh()
        else:
            progress.done(outcome("x.ipynb"))

    assert "starting TensorFlow" in begun
    assert "Leila (12)" in stream.getvalue() and "x.ipynb" not in stream.getvalue()
    assert "starting TensorFlow" not in stream.getvalue().removeprefix(said)
