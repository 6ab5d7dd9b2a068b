"""What ``autograder preview`` prints around a student's run."""

TEXTS: dict[str, str | tuple[str, str]] = {
    "run": "Run: {status}",
    "trouble": "  {what}. {advice}",
    "cell_error": "  Cell {cell}: {error}",
    "data": "  Data: {dataset}",
    "note": "  Note: {note}",
    "question": "Question",
    "outcome": "Public test cases",
    "pending": "Still to come",
    "by_hand": "marked by hand",
    "hidden": "hidden test cases",
    "files": "Beside the notebook: {names}. The grader has these only if you received them with it.",
    "fine": ("{fine} of {count} question is fine so far.", "{fine} of {count} questions are fine so far."),
    "public": "Public test cases look at the form of an answer. Whether it is right is decided when it is graded.",
}
