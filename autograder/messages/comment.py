"""The comment that a student reads beside the mark in an LMS."""

TEXTS = {
    "not_graded": "{status}: {why}",
    "points": "{score} of {of} points",
    "late": "late: {penalty} points less than {score}",
    "late_by": "late by {span}: {penalty} points less than {score}",
    "days": "{days:.1f} days",
    "question": "{question}: {score} of {of}: {words}",
}
