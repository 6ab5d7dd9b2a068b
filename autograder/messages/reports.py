"""The phrases that code puts into feedback, the report of a class, similar submissions and Gradescope's page."""

TEXTS: dict[str, str | tuple[str, str]] = {
    # times
    "days": ("{count} day {hours} h", "{count} days {hours} h"),
    # why a submission needs attention
    "reason.late": "late",
    "reason.too_late": "after the last moment",
    "reason.not_isolated": "not isolated",
    "reason.unverified": "unverified",
    "reason.in_kernel": "judged in the notebook",
    "reason.unchecked": "could not be checked",
    "reason.old_points": "points of a person for an earlier result or rubric",
    "late_by": "late by {span}",
    "team": "Handed in together with {names}.",
    # what a student reads about the time
    "time.excused": "Excused: this assignment does not count for you.",
    "time.own_deadline": "Your own deadline: {time}.",
    "time.late": "Handed in {by}.",
    "time.late_costs": "Handed in {by}: {off} of {score} points taken off, which leaves {final}.",
    "time.too_late": "Handed in {by}, after the last moment: 0 points instead of {score}.",
    "time.grace_days": ("{count} day of grace was spent on it.", "{count} days of grace were spent on it."),
    # the page of a course
    "dropped": "dropped",
    "not_in_class": "not in this class",
    "grace_days": ("{count} day of grace", "{count} days of grace"),
    # a written answer
    "found_outside": "answer found outside its cell",
    "asked": "The question",
    "around": "The cells around the answer",
    # what the trainer saw, for those who mark
    "note.test_images": (
        "`{network}` was trained on test images: {share:.0%} of the compared images of one of its trainings"
    ),
    "note.copied": "`{network}` began with what `{other}` had learnt in this run (exactly, or up to noise)",
    "note.not_seen": (
        "no training of `{network}` was seen in this run, neither by the trainer nor in the kernel, "
        "and it recognises {share:.1%} of the test images"
    ),
    "note.beforehand": "`{network}` recognised {share:.1%} of the test images before its first training in this run",
    "note.in_kernel": (
        "the trainer did not see all of how `{network}` was trained: for the rest there is only the kernel's word"
    ),
    "note.failed": "the grader could not look where the weights of the networks come from",
    # a dataset
    "stand_in": "stand-in digits (not MNIST)",
    # the notebook as it ran
    "too_long": "Left out: too long for this page. See the notebook itself.",
    "other_output": "(an output of an unknown type was left out)",
    # similar submissions
    "own_cells": "cells of their own",
    # Gradescope
    "gradescope.failed": "The autograder could not grade this submission",
    "gradescope.failed_advice": (
        "Nothing was marked, and your notebook may not be the cause. Tell your teacher, who can see why."
    ),
    "gradescope.too_long": "Grading took longer than the {minutes} minutes that Gradescope allows, or too much memory",
    "gradescope.too_long_advice": (
        "Nothing was marked. Look for a loop that never ends, or for training with more epochs or more data than the "
        "assignment asks for."
    ),
    "gradescope.to_mark": "Points that are not marked yet: {points}.",
    "gradescope.more_tests": "More tests count for this question; they are shown once grades are published.",
    "gradescope.cell_error": "In {place}: {error}: {message}",
    "gradescope.dataset": "Dataset: {dataset}",
    "gradescope.profile": "Profile: {profile}",
    "gradescope.case": "{status}: {name}",
    "gradescope.case_with_message": "{status}: {name}: {message}",
    "gradescope.unverified": "{status} (unverified)",
    "gradescope.in_kernel": "{status} (unverified, judged in the notebook)",
}
