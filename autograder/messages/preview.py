"""What ``autograder preview`` prints around a student's run."""

TEXTS: dict[str, str | tuple[str, str]] = {
    "run": "Run: {status}",
    "quick": "  A quick look: {capped}. Accuracies and scores will be others when it is graded.",
    "trouble": "  {what}. {advice}",
    "cell_error": "  In {place}: {error}",
    "error_advice": "    {advice}",
    "data": "  Data: {dataset}",
    "note": "  Note: {note}",
    "question": "Question",
    "outcome": "Public test cases",
    "pending": "Still to come",
    "by_hand": "marked by hand",
    "hidden": "hidden test cases",
    "files": "Beside the notebook: {names}. The grader has these only if you received them with it.",
    "unmarked": (
        "{count} written question has lost its answer cell; grading looks for the answer. To look for it here, too, "
        "name the folder that you received: --assignment FOLDER",
        "{count} written questions have lost their answer cells; grading looks for the answers. To look for them here, "
        "too, name the folder that you received: --assignment FOLDER",
    ),
    "fine": ("{fine} of {count} question is fine so far.", "{fine} of {count} questions are fine so far."),
    "no_tests": (
        "{notebook}: there are no public test cases in the notebook's metadata; name the folder that you received: "
        "--assignment FOLDER"
    ),
    "no_profile": "profile '{profile}' needs the assignment's folder: --assignment FOLDER",
    "no_template": "{folder}: must be an assignment, or a folder with one student notebook (got {count})",
    "too_many_files": (
        "{folder}: must hold at most {files:,} files and {megabytes} MB; put the notebook in a folder of its own, or "
        "name the folder that you received: --assignment FOLDER"
    ),
    "public": "Public test cases look at the form of an answer. Whether it is right is decided when it is graded.",
}
