"""feedback.html: one page for the student, in which nothing that a student wrote is markup."""

from __future__ import annotations

import re
from dataclasses import replace

from autograder.reports.feedback import feedback_html
from autograder.result import Result

SCRIPT = "<script>alert('x')</script><img src=x onerror=alert(1)>"


def test_the_page_shows_the_mark_the_questions_and_the_messages(result: Result) -> None:
    page = feedback_html(result, "The lab")

    for shown in ("The lab", "Ada Example", "sizes", "layer 3: expected Dense(128, relu), found Dense(64, relu)",
                  "not answered", "not reached", "unverified", "*Balanced*.", "cell 12", "MNIST", "quick",
                  "ran without isolation"):  # fmt: skip
        assert shown in page, shown
    assert "\x1b" not in page


def test_hostile_text_is_shown_as_text(result: Result) -> None:
    question = replace(result.questions[1], message=SCRIPT, id="<b>q</b>")
    hostile = replace(result, student=SCRIPT, submission=SCRIPT, message=SCRIPT, questions=(question,), notes=(SCRIPT,))

    page = feedback_html(hostile, SCRIPT)

    assert "<script" not in page
    assert "<img" not in page
    assert "<b>q</b>" not in page
    assert "&lt;script&gt;" in page


def test_the_page_loads_and_runs_nothing(result: Result) -> None:
    page = feedback_html(result, "The lab")

    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None and "default-src 'none'" in policy[1].replace("&#39;", "'")
    assert not re.search(r"<(script|iframe|link|object|embed)\b", page)
    assert not re.search(r'(src|href)="(?!#)', page)


def test_a_submission_that_could_not_be_graded_says_so(ungraded: Result) -> None:
    assert "bo.ipynb is not JSON" in feedback_html(ungraded, "The lab")
