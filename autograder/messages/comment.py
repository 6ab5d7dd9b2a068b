"""The comment that a student reads beside the mark in an LMS."""

TEXTS: dict[str, str | tuple[str, str]] = {
    "not_graded": "{status}: {why}",
    "points": "{score} of {of} points",
    "late": "late: {penalty} of {score} points taken off",
    "late_by": "late by {span}: {penalty} of {score} points taken off",
    "too_late": "handed in after the last moment: 0 points instead of {score}",
    "grace_days": ("{count} day of grace spent", "{count} days of grace spent"),
    "excused": "excused: this assignment does not count",
    "days": "{days:.1f} days",
    "question": "{question}: {score} of {of}: {words}",
}
