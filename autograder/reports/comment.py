"""The comment that a student reads beside the mark in an LMS: the points, lateness, and the words of people."""

from __future__ import annotations

from datetime import timedelta

from autograder.gradebook import Entry
from autograder.lms.numbers import rounded
from autograder.messages import message
from autograder.text import duration, one_line, shown_points


def comment(entry: Entry) -> list[str]:
    """The lines of the comment, in short; the feedback page has the details."""
    result = entry.result
    if entry.excused:
        return [message("comment.excused")]
    if not entry.has_points:
        status = result.status.words
        return [
            one_line(message("comment.not_graded", status=status, why=result.message) if result.message else status)
        ]
    lines = [message("comment.points", score=shown_points(rounded(entry.final)), of=shown_points(result.max_score))]
    if entry.lateness is not None:
        penalty, score = shown_points(rounded(result.score - entry.final)), shown_points(rounded(result.score))
        days = entry.lateness.grace_days
        if entry.lateness.refused:
            lines.append(message("comment.too_late", score=score))
        elif entry.lateness.by is None:
            lines.append(message("comment.late", penalty=penalty, score=score))
        else:
            lines.append(message("comment.late_by", span=_days(entry.lateness.by), penalty=penalty, score=score))
        if days:
            lines.append(message("comment.grace_days", count=days))
    for question in result.questions:
        remarks = []
        if mark := entry.marks.get(question.id):
            remarks += [item.comment for item in mark.items] + [mark.comment]
        if override := entry.overrides.get(question.id):
            remarks.append(override.reason)
        if text := one_line(" ".join(filter(None, remarks))):
            score, of = shown_points(rounded(question.score or 0.0)), shown_points(question.max_score)
            lines.append(message("comment.question", question=question.id, score=score, of=of, words=text))
    return lines


def _days(by: timedelta) -> str:
    if by < timedelta(days=1):
        return duration(by.total_seconds())
    return message("comment.days", days=by / timedelta(days=1))
