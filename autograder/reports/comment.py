"""The comment that a student reads beside the mark in an LMS: the points, lateness, and the words of people."""

from __future__ import annotations

from datetime import timedelta

from autograder.gradebook import Entry
from autograder.text import duration, one_line, points


def comment(entry: Entry) -> list[str]:
    """The lines of the comment, in short; the feedback page has the details."""
    result = entry.result
    if not result.status.graded and not entry.overrides and not entry.marks:
        return [one_line(f"{result.status.words}: {result.message}" if result.message else result.status.words)]
    lines = [f"{points(entry.final)} of {points(result.max_score)} points"]
    if entry.lateness is not None:
        by = "" if entry.lateness.by is None else f" by {_days(entry.lateness.by)}"
        lines.append(f"late{by}: {points(result.score - entry.final)} points less than {points(result.score)}")
    for question in result.questions:
        remarks = []
        if mark := entry.marks.get(question.id):
            remarks += [item.comment for item in mark.items] + [mark.comment]
        if override := entry.overrides.get(question.id):
            remarks.append(override.reason)
        if text := one_line(" ".join(filter(None, remarks))):
            lines.append(f"{question.id}: {points(question.score or 0.0)} of {points(question.max_score)}: {text}")
    return lines


def _days(by: timedelta) -> str:
    return duration(by.total_seconds()) if by < timedelta(days=1) else f"{by / timedelta(days=1):.1f} days"
