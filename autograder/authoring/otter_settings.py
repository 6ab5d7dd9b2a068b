"""Otter's settings, and what this package does about each.

The three tables have every setting that Otter 7 knows (a test compares them with Otter's own classes), and those of
questions and test cases that only the grader honours.
``docs/reference.md`` is made from them. A setting is honoured, has no use here, or is *noted*: a master that sets it is
built, and a note says by name what does not happen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    HONOURED = "honoured"
    UNUSED = "no use here"
    NOTED = "noted"


@dataclass(frozen=True)
class Setting:
    """What is done about a setting; ``handed_on`` says whether Otter Assign makes the student notebook with it."""

    verdict: Verdict
    words: str
    handed_on: bool = False


def _student(words: str = "shapes the student notebook") -> Setting:
    return Setting(Verdict.HONOURED, words, handed_on=True)


def _honoured(words: str) -> Setting:
    return Setting(Verdict.HONOURED, words)


def _unused(words: str, *, handed_on: bool = False) -> Setting:
    return Setting(Verdict.UNUSED, words, handed_on)


def _noted(words: str) -> Setting:
    return Setting(Verdict.NOTED, words)


_CONTAINER = _unused("belongs to Otter's own commands and container")
_PDF = _unused("no PDF is made; people mark on the marking page")
_LOG = _noted("Otter's log is never opened; the notebook is run again")

#: Settings of the cell ``# ASSIGNMENT CONFIG``.
ASSIGNMENT: Mapping[str, Setting] = {
    "name": _unused("a submission belongs to the assignment that it is graded with", handed_on=True),
    "config_file": _honoured("settings of that file, found from the master's folder; those in the notebook come first"),
    "requirements": _honoured("packages that are not installed are named, with the command that installs them"),
    "overwrite_requirements": _CONTAINER,
    "environment": _honoured("as `requirements`"),
    "run_tests": _unused("`autograder validate` grades the solution"),
    "solutions_pdf": _PDF,
    "template_pdf": _PDF,
    "init_cell": _student(),
    "check_all_cell": _student(),
    "export_cell": _student("shapes the student notebook; in a grading run the cell does nothing"),
    **{
        f"export_cell.{key}": _student("as `export_cell`")
        for key in ("instructions", "pdf", "filtering", "force_save", "run_tests", "files", "ignore_log")
    },
    "export_cell.require_no_pdf_ack": _student("as `export_cell`"),
    "export_cell.require_no_pdf_ack.message": _student("as `export_cell`"),
    "seed": _student("see its keys"),
    "seed.variable": _student("this variable is set before each cell of a grading run"),
    "seed.autograder_value": _student("its value in a grading run"),
    "seed.student_value": _student("its value in the student notebook"),
    "generate": _unused("see its keys; the zip file for Gradescope comes from `autograder gradescope`"),
    "generate.score_threshold": _noted("scores are points; there is no pass or fail"),
    "generate.points_possible": _noted("the total is the sum of the questions' points; scale marks in the LMS"),
    "generate.show_stdout": _unused("students see their own cells' output in the feedback"),
    "generate.show_hidden": _honoured("on Gradescope, hidden test cases are always shown once grades are published"),
    "generate.show_all_public": _honoured("public test cases are always shown"),
    "generate.seed": _honoured("random numbers start from this seed in each cell of a grading run"),
    "generate.seed_variable": _honoured("as `seed.variable`, with `generate.seed` as its value"),
    "generate.grade_from_log": _LOG,
    "generate.serialized_variables": _LOG,
    "generate.lang": _honoured("must be `python`"),
    "generate.plugins": _noted("plugins are not run"),
    **{
        f"generate.{key}": _PDF
        for key in (
            "pdf", "filtering", "pagebreaks", "warn_missing_pdf", "submit_blank_pdf_on_export_failure",
            "use_submission_pdf", "pdf_via_html",
        )
    },
    **{
        f"generate.{key}": _CONTAINER
        for key in (
            "token", "course_id", "assignment_id", "debug", "autograder_dir", "miniconda_path", "logo",
            "print_summary", "print_score", "zips", "log_level", "assignment_name", "force_public_test_summary",
        )
    },
    "save_environment": _LOG,
    "ignore_modules": _LOG,
    "files": _student("students receive these files, and a grading run has them in its working folder"),
    "autograder_files": _honoured("test cases find these files beside those of `files`; student code does not"),
    "student_files": _student("a run finds these files as the student handed them in, beside the notebook"),
    "plugins": _noted("plugins are not run"),
    "tests": _student("see its keys"),
    "tests.files": _student(),
    "tests.ok_format": _student("test cases are doctests, or functions"),
    "tests.url_prefix": _student(),
    "show_question_points": _student(),
    "runs_on": _student(),
    "python_version": _noted("notebooks run in the Python that the grader runs in"),
    "channel_priority_strict": _CONTAINER,
    "strip_solutions_from_all_cells": _student(),
    "suppress_no_tests_warning": _CONTAINER,
}  # fmt: skip
#: Settings of a cell ``# BEGIN QUESTION``.
QUESTION: Mapping[str, Setting] = {
    "name": _student("the question's id; numbers and spaces are allowed"),
    "manual": _student("a person marks the question; test cases of it are for students alone"),
    "points": _student("a number, a list, or `{each: …}`"),
    "check_cell": _student(),
    "export": _student("for the student's own PDF"),
    "all_or_nothing": _student("all of the points, or none"),
    "title": _honoured("what the question is called in feedback, reports and on the marking page (not Otter's)"),
}
#: Settings of a test case.
TEST_CASE: Mapping[str, Setting] = {
    "hidden": _student("students do not receive the test case"),
    "points": _student("a number"),
    "success_message": _unused("the messages of test cases are those that their assertions raise"),
    "failure_message": _unused("as `success_message`"),
    "requires": _honoured("earlier test cases of the question, by name: without them it gives no points (not Otter's)"),
    "optional": _honoured("names that may have no value: the test case gets None for them (not Otter's)"),
}
#: Settings of a question, and of a test case, that are the grader's own.
GRADERS = ("title", "requires", "optional")
#: Settings of a question, and of a test case, that are true or false.
SWITCHES = ("manual", "check_cell", "export", "all_or_nothing", "hidden")
