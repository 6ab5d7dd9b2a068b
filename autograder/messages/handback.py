"""What goes back to an LMS: for teaching assistants, what was filled in and what was not."""

TEXTS: dict[str, str | tuple[str, str]] = {
    # files
    "workbook": "{file}: the marks as a workbook",
    "feedback": ("{file}: {count} page for bulk upload", "{file}: {count} pages for bulk upload"),
    "no_feedback": "{file}: not written, because the submissions did not come in the bulk download of an LMS",
    "filled": (
        "{file}: {count} mark filled in, in column '{column}'",
        "{file}: {count} marks filled in, in column '{column}'",
    ),
    "without.zeros": "with 0 points ({count}): {names}",
    "without.feedback": "without a feedback page ({count}): {names}",
    "without.row": "without a row ({count}): {names}",
    "without.submission": "rows without a submission ({count}): {names}",
    "without.lock": "rows with a locked mark, unchanged ({count}): {names}",
    "without.mark": "not graded, rows unchanged; give points on the marking page ({count}): {names}",
    "without.excused": "excused, without a mark ({count}): {names}",
    "without.complete": "waiting for marks of written answers, rows unchanged ({count}): {names}",
    # notes on a table
    "several_matches": "'{name}' fits {submissions} ({names}) and {rows} ({numbers}): not matched",
    "rows": ("{count} row", "{count} rows"),
    "row": "row {number}",
    "incomplete": (
        "{count} student has unmarked written answers, which count 0 points so far (--only-complete: not sent)",
        "{count} students have unmarked written answers, which count 0 points so far (--only-complete: not sent)",
    ),
    "capped": (
        "{count} mark is above the maximum, which this LMS does not take: the maximum is filled in ({names})",
        "{count} marks are above the maximum, which this LMS does not take: the maximum is filled in ({names})",
    ),
    "no_comments": "no column of comments found among {headings}: only marks are filled in",
    "no_locks": "no column 'Grade can be changed' found among {headings}",
    "replaced": ("replaced {count} earlier comment", "replaced {count} earlier comments"),
}
