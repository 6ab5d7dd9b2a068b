"""The progress of a grading run: a live display on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TextIO

from autograder.grading.progress import Progress
from autograder.messages import message
from autograder.results import Result
from autograder.text import duration, one_line, points, short_line

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.live import Live


def for_stream(
    stream: TextIO,
    shown: Mapping[str, str] | None = None,
    starting: str = "",
    *,
    clock: Callable[[], float] = time.monotonic,
) -> Progress:
    """The progress display for ``stream``: live if it is a terminal with a movable cursor.

    ``shown`` gives for a submission what stands for it: its student. ``starting`` is said until there is anything else
    to say. ``clock`` gives the time in seconds.
    """
    if stream.isatty() and os.environ.get("TERM", "").lower() not in ("dumb", "unknown"):
        return LiveProgress(stream, clock, shown, starting)
    return PlainProgress(stream, clock, shown, starting)


class _Display(Progress):
    """What a display on a stream knows; see ``for_stream``."""

    def __init__(
        self,
        stream: TextIO,
        clock: Callable[[], float] = time.monotonic,
        shown: Mapping[str, str] | None = None,
        starting: str = "",
    ) -> None:
        self._stream = stream
        self._clock = clock
        self._shown = shown or {}
        self._starting = starting
        self._pace = _Pace(clock)
        self._lock = threading.Lock()

    def begin(self, total: int) -> None:
        with self._lock:
            self._pace.total = total

    def started(self, submission: str) -> None:
        with self._lock:
            self._pace.started(submission)

    def _name(self, submission: str) -> str:
        return short_line(self._shown.get(submission, submission))


class PlainProgress(_Display):
    """One line for each finished submission, flushed at once."""

    def begin(self, total: int) -> None:
        super().begin(total)
        if self._starting:
            self._print(self._starting)

    def done(self, result: Result) -> None:
        with self._lock:
            self._pace.done(result.submission)
            parts = [
                message("progress.done", finished=self._pace.finished, total=self._pace.total),
                self._name(result.submission),
                result.status.words,
                f"{points(result.score)} / {points(result.max_score)}" if result.status.graded else "-",
                duration(result.seconds),
                _left(self._pace.remaining()),
            ]
            self._print("  ".join(part for part in parts if part))

    def note(self, words: str) -> None:
        with self._lock:
            self._print(message("progress.note", note=one_line(words)))

    def _print(self, line: str) -> None:
        encoding = self._stream.encoding or "utf-8"
        with suppress(OSError):  # the reader of the lines is gone; the grading goes on
            self._stream.write(line.encode(encoding, "replace").decode(encoding) + "\n")
            self._stream.flush()


class LiveProgress(_Display):
    """A bar for the whole class and a line for each running submission, redrawn in place and erased at the end."""

    @cached_property
    def _console(self) -> Console:
        from rich.console import Console

        return Console(file=self._stream)

    @cached_property
    def _live(self) -> Live:
        from rich.live import Live

        return Live(
            console=self._console,
            get_renderable=self._render,
            refresh_per_second=4,
            transient=True,
            redirect_stdout=self._stream is sys.stdout,
            redirect_stderr=self._stream is sys.stderr,
        )

    def begin(self, total: int) -> None:
        super().begin(total)
        self._live.start(refresh=True)

    def cell(self, submission: str, cell: int, cells: int) -> None:
        with self._lock:
            self._pace.cell(submission, cell, cells)
            self._starting = ""

    def done(self, result: Result) -> None:
        with self._lock:
            self._pace.done(result.submission)
            self._starting = ""

    def note(self, words: str) -> None:
        from rich.text import Text

        self._console.print(Text(message("progress.note", note=one_line(words))), soft_wrap=True)

    def end(self) -> None:
        self._live.stop()

    def _render(self) -> RenderableType:
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        with self._lock:
            finished, total, remaining = self._pace.finished, self._pace.total, _left(self._pace.remaining())
            running = [(name, run.since, run.cell, run.cells) for name, run in self._pace.running.items()]
        now = self._clock()
        whole = Table.grid(padding=(0, 2, 0, 0))
        whole.add_row(
            ProgressBar(total=max(total, 1), completed=finished, width=24),
            Text(message("progress.done", finished=finished, total=total)),
            Text(remaining or self._starting),
        )
        each = Table.grid(padding=(0, 2, 0, 0))
        each.add_column(no_wrap=True, overflow="ellipsis", max_width=max(8, self._console.width - 36))
        each.add_column(no_wrap=True, min_width=len("cell 000 of 000"))
        each.add_column(no_wrap=True, justify="right", min_width=len("59 min 59 s"))
        for name, since, cell, cells in running:
            where = message("progress.cell", cell=cell, cells=cells) if cells else message("progress.starting")
            each.add_row(Text(self._name(name)), Text(where), Text(duration(now - since)))
        return Group(whole, each)


@dataclass
class _Run:
    """A running submission: its start (seconds of the clock) and its current cell."""

    since: float
    cell: int = 0
    cells: int = 0


class _Pace:
    """The finished and the running submissions, and an estimate for the rest; the caller holds a lock."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._times: list[float] = []
        self._first: float | None = None
        self.total = 0
        self.finished = 0
        self.running: dict[str, _Run] = {}

    def started(self, submission: str) -> None:
        now = self._clock()
        self.running[submission] = _Run(now)
        if self._first is None:
            self._first = now

    def cell(self, submission: str, cell: int, cells: int) -> None:
        run = self.running.get(submission)
        if run is not None:
            run.cell, run.cells = cell, cells

    def done(self, submission: str) -> None:
        self.finished += 1
        run = self.running.pop(submission, None)
        if run is not None:
            self._times.append(self._clock() - run.since)

    def remaining(self) -> float | None:
        """Seconds until all are done, or None while that cannot be estimated.

        The estimate: each submission takes the mean time of the finished ones, and as many run at once as did on
        average. There is no estimate once all remaining submissions have taken longer than that.
        """
        waiting = self.total - self.finished
        now = self._clock()
        if waiting <= 0 or not self._times or self._first is None or now <= self._first:
            return None
        mean = sum(self._times) / len(self._times)
        spent = [now - run.since for run in self.running.values()]
        at_once = min((sum(self._times) + sum(spent)) / (now - self._first), waiting)
        to_go = [max(mean - seconds, 0.0) for seconds in spent]
        work = sum(to_go) + max(waiting - len(to_go), 0) * mean
        return max([work / at_once, *to_go]) if work else None


def _left(seconds: float | None) -> str:
    """A remaining time, rounded."""
    if seconds is None:
        return ""
    if seconds < 57.5:
        return message("progress.seconds_left", seconds=max(5, 5 * round(seconds / 5)))
    minutes = max(1, round(seconds / 60))
    if minutes < 60:
        return message("progress.minutes_left", minutes=minutes)
    return message("progress.hours_left", hours=minutes // 60, minutes=minutes % 60)
