"""The phrases of feedback, of the class's report and of Gradescope's page that code puts together."""

TEXTS = {
    "gradescope.failed": "The autograder could not grade this submission",
    "gradescope.failed_advice": (
        "Nothing was marked, and your notebook may not be the cause. Tell your teacher, who can see why."
    ),
    "gradescope.too_long": "Grading took longer than the {minutes} minutes that Gradescope allows, or too much memory",
    "gradescope.too_long_advice": (
        "Nothing was marked. Look for a loop that never ends, or for training with more epochs or more data than the "
        "assignment asks for."
    ),
    "gradescope.to_mark": "{points} points wait for a person's mark.",
    "gradescope.more_tests": "More tests count for this question; they are shown once grades are published.",
    "gradescope.cell_error": "Cell {cell}: {error}: {message}",
    "gradescope.dataset": "Dataset: {dataset}",
    "gradescope.profile": "Profile: {profile}",
    "gradescope.case": "{status}: {name}",
    "gradescope.case_with_message": "{status}: {name}: {message}",
    "gradescope.unverified": "{status} (unverified)",
}
