"""What ``autograder preview`` prints around a student's run."""

TEXTS: dict[str, str | tuple[str, str]] = {
    # before the run: how long it will take
    "begins_quick": "A quick look: each training is capped at {caps}. Accuracies and scores are not those that count.",
    "begins_capped": "The profile caps each training at {caps}.",
    "took_before": (
        "The last preview of this notebook took {last}, the longest {longest}. A network that is new or changed is "
        "trained again."
    ),
    "takes_a_minute": "It takes about a minute.",
    "takes_minutes": "It takes some minutes.",
    "trainings": (
        "Your notebook calls fit once, for {epochs} epochs. On 60,000 images allow {least} to {most} min, by the size "
        "of the network; fewer samples take less. A network that was trained here before takes no time.",
        "Your notebook calls fit {count} times, for {epochs} epochs in all. On 60,000 images allow {least} to {most} "
        "min, by the size of the networks; fewer samples take less. A network that was trained here before takes no "
        "time.",
    ),
    "trains_nothing": "Your notebook trains no network: it takes as long as its own cells do.",
    "try_quick": "A first look, in about a minute: autograder preview --quick",
    # after the run
    "run": "Run: {status}",
    "quick": "  A quick look: {capped}. Accuracies and scores will be others when it is graded.",
    "trouble": "  {what}. {advice}",
    "cell_error": "  In {place}: {error}",
    "error_advice": "    {advice}",
    "data": "  Data: {dataset}",
    "note": "  Note: {note}",
    "question": "Question",
    "outcome": "Public test cases",
    "detail": "{status}: {detail}",
    "pending": "Still to come",
    "by_hand": "marked by hand",
    "hidden": "hidden test cases",
    "explain": "{heading}. {text}",
    "files": "Beside the notebook: {names}. The grader has these only if you received them with it.",
    "unmarked": (
        "{count} written question has lost its answer cell; grading looks for the answer. To look for it here, too, "
        "name the folder that you received: --assignment FOLDER",
        "{count} written questions have lost their answer cells; grading looks for the answers. To look for them here, "
        "too, name the folder that you received: --assignment FOLDER",
    ),
    "fine": ("{fine} of {count} question is fine so far.", "{fine} of {count} questions are fine so far."),
    "no_tests": (
        "{notebook}: there are no public test cases in the notebook's metadata; name a folder with the notebook as you "
        "received it: --assignment FOLDER"
    ),
    "no_profile": "profile '{profile}' needs the assignment's folder: --assignment FOLDER",
    "no_template": "{folder}: must be an assignment, or a folder with one student notebook (got {count})",
    "too_many_files": (
        "{folder}: must hold at most {files:,} files and {megabytes} MB; put the notebook in a folder of its own, or "
        "name the folder that you received: --assignment FOLDER"
    ),
    "public": "Public test cases look at the form of an answer. Whether it is right is decided when it is graded.",
}
