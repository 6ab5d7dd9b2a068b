"""What a student reads beside the mark in an LMS: the points, lateness, and what people wrote."""

from __future__ import annotations

import html
from datetime import timedelta

from autograder.gradebook import Entry
from autograder.text import duration, one_line, points

_MOST = 4_000


def comment(entry: Entry) -> list[str]:
    """The lines of a short comment; the page of feedback says more."""
    result = entry.result
    if not result.status.graded and not entry.overrides and not entry.marks:
        return [one_line(f"{result.status.words}: {result.message}" if result.message else result.status.words)]
    lines = [f"{points(entry.final)} of {points(result.max_score)} points"]
    if entry.lateness is not None:
        by = "" if entry.lateness.by is None else f" by {_days(entry.lateness.by)}"
        lines.append(f"late{by}: {points(result.score - entry.final)} points less than {points(result.score)}")
    for question in result.questions:
        said = []
        if given := entry.marks.get(question.id):
            said += [item.comment for item in given.items if item.comment] + [given.comment]
        if override := entry.overrides.get(question.id):
            said.append(override.reason)
        if text := one_line(" ".join(filter(None, said))):
            lines.append(f"{question.id}: {points(question.score or 0.0)} of {points(question.max_score)}: {text}")
    return lines


def as_html(lines: list[str]) -> str:
    """Lines for a cell that is read as HTML; it begins with a tag, so no spreadsheet takes it for a formula."""
    escaped, length = [], 0
    for line in lines:
        length += len(line)
        if length > _MOST:
            escaped.append("…")
            break
        escaped.append(html.escape(line, quote=False))
    return f"<p>{'<br>'.join(escaped)}</p>"


def _days(by: timedelta) -> str:
    return duration(by.total_seconds()) if by < timedelta(days=1) else f"{by / timedelta(days=1):.1f} days"
