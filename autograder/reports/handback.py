"""Give marks and feedback back to an LMS: its own tables filled in, and files that it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import ConfigError
from autograder.files import write_bytes
from autograder.gradebook import Entry
from autograder.lms import Filled, fill_canvas, fill_moodle, write_feedback_zip, write_workbook
from autograder.reports import Reports
from autograder.text import one_line

MOODLE, CANVAS, FEEDBACK, WORKBOOK = "moodle.csv", "canvas.csv", "feedback.zip", "grades.xlsx"
#: A table of a course of 10,000 takes 2 MB.
MAX_TABLE = 64 * 1024**2
MAX_NAMED = 10


@dataclass(frozen=True)
class Tables:
    """The teaching assistant's own downloads that are to be filled in; ``column`` names the assignment in Canvas'.

    With ``scale`` marks are scaled to the LMS's maximum, where that is another.
    """

    moodle: Path | None = None
    canvas: Path | None = None
    column: str | None = None
    scale: bool = False


def hand_back(reports: Reports, tables: Tables) -> Iterator[str]:
    """Write what goes back into the folder of the reports, and say line by line what was written and what was not.

    Raises:
        ConfigError: a table cannot be read, or its maximum is another than the assignment's.
    """
    entries = reports.ordered()
    write_workbook(reports.folder / WORKBOOK, entries, reports.questions)
    yield f"{WORKBOOK}: the marks as a workbook"
    if any(entry.submission.origin is not None and entry.submission.origin.file for entry in entries):
        left_out = write_feedback_zip(reports.folder / FEEDBACK, entries, _page(reports))
        if len(left_out) < len(entries):
            yield f"{FEEDBACK}: {len(entries) - len(left_out)} pages for bulk upload"
            yield from _named("without a page in it", left_out)
        else:
            (reports.folder / FEEDBACK).unlink()
    if tables.moodle is not None:
        filled = fill_moodle(_content(tables.moodle), entries, scale=tables.scale, what=f"worksheet '{tables.moodle}'")
        yield from _written(reports.folder / MOODLE, filled)
    if tables.canvas is not None:
        filled = fill_canvas(
            _content(tables.canvas),
            entries,
            title=reports.assignment.title,
            column=tables.column,
            scale=tables.scale,
            what=f"gradebook '{tables.canvas}'",
        )
        yield from _written(reports.folder / CANVAS, filled)


def _page(reports: Reports) -> Callable[[Entry], bytes | None]:
    def page(entry: Entry) -> bytes | None:
        path = reports.own(entry.submission.name) / "feedback.html"
        return path.read_bytes() if path.is_file() else None

    return page


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_TABLE + 1)
    except OSError as error:
        raise ConfigError(f"'{path}' cannot be read ({error.strerror})") from None
    if len(content) > MAX_TABLE:
        raise ConfigError(f"'{path}' must have at most {MAX_TABLE // 1024**2} MB")
    return content


def _written(path: Path, filled: Filled) -> Iterator[str]:
    write_bytes(path, filled.content)
    yield f"{path.name}: {filled.filled} marks filled in"
    yield from _named("without a row there", filled.without_row)
    yield from _named("rows that nobody handed in for", filled.without_entry)
    yield from _named("rows whose mark may not be changed", filled.locked)
    yield from _named("without a mark, left as they were", filled.not_graded)
    yield from (f"  {note}" for note in filled.notes)


def _named(what: str, names: Sequence[str]) -> Iterator[str]:
    if names:
        more = ", …" if len(names) > MAX_NAMED else ""
        yield f"  {what} ({len(names)}): {', '.join(map(one_line, names[:MAX_NAMED]))}{more}"
