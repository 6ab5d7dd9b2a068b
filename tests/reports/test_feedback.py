"""``feedback.html``: what it tells a student, and that nothing in it comes to life."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from autograder.assignment.lateness import Lateness
from autograder.gradebook import Entry, Mark, Override, RubricItem
from autograder.gradebook.decisions import with_people
from autograder.intake import Submission
from autograder.messages import message
from autograder.reports.feedback import feedback_html
from autograder.results import CaseResult, CaseStatus, CellError, QuestionResult, QuestionStatus, Result, RunStatus

TITLE = "Images of digits"
VOID = {"meta", "wbr", "br", "link", "img"}


class Page(HTMLParser):
    """The elements of a page, its text, and the text of each ``article`` and table row."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.unclosed: list[str] = []
        self.isolates: list[bool] = []  # of each of these, whether it keeps its writing direction to itself
        self.not_isolated = ""
        self.parts: dict[str, list[str]] = {"html": [], "article": [], "tr": [], "title": [], "style": [], "pre": []}
        self.feed(source)
        self.close()

    @property
    def text(self) -> str:
        return " ".join("".join(self.parts["html"]).split())

    def all(self, tag: str) -> list[str]:
        """The text of each such element, on one line."""
        return [" ".join(text.split()) for text in self.parts[tag]]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.unclosed.append(tag)
            self.isolates.append(tag == "bdi" or ("dir", "auto") in attrs)
            if tag in self.parts:
                self.parts[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.unclosed.pop() == tag
        self.isolates.pop()
        if tag in ("td", "th", "p", "li", "h1", "h2", "h3", "dt", "dd"):
            self.handle_data(" ")

    def handle_data(self, data: str) -> None:
        if not any(self.isolates):
            self.not_isolated += data
        for tag in {"html", *self.unclosed} & self.parts.keys():
            if self.parts[tag] and (tag != "html" or "head" not in self.unclosed):
                self.parts[tag][-1] += data


def page(result: Result) -> Page:
    return Page(feedback_html(Entry.of(result), TITLE))


def article(result: Result, question: str) -> str:
    return next(text for text in page(result).all("article") if text.startswith(f"{question} "))


def with_question(result: Result, **changes: object) -> Result:
    question = QuestionResult("q", QuestionStatus.FAILED, 0.0, 1.0, "no")
    return replace(result, questions=(replace(question, **changes),))  # type: ignore[arg-type]


def test_the_mark_and_what_waits_come_first(result: Result) -> None:
    assert page(result).text.startswith(
        "Images of digits Feedback for Ada Example, on ada/mnist.ipynb "
        "2 / 5.5 points so far: written answers are not marked yet (points to come: 0.5) "
        "✓ 2 passed ✗ 1 failed ! 1 error ○ 1 not answered ⋯ 1 not reached ✎ 1 to be marked "
    )


def test_the_overview_has_a_row_for_each_question_and_the_total(result: Result) -> None:
    assert page(result).all("tr")[:9] == [
        "Question Status Points",
        "sizes ✓ passed 1 / 1",
        "mlp ✗ failed 0.5 / 1.5",
        "edges unverified ! error 0 / 0.5",
        "pooling ○ not answered 0 / 1",
        "lenet ⋯ not reached 0 / 0.5",
        "comment written ✎ to be marked – / 0.5",
        "end written ✓ passed 0.5 / 0.5",
        "Total 2 / 5.5",
    ]


def test_links_of_the_overview_lead_to_the_questions(result: Result) -> None:
    elements = page(result).elements
    targets = [attributes["href"] for tag, attributes in elements if tag == "a" and "class" not in attributes]
    headings = [f"#{attributes['id']}" for tag, attributes in elements if tag == "h3" and "id" in attributes]
    assert targets == headings != []


def test_a_message_leads_to_what_it_means_which_is_said_once(result: Result) -> None:
    twice = (
        QuestionResult("a", QuestionStatus.NOT_ANSWERED, 0.0, 1.0, message("checks.not_defined", name="x")),
        QuestionResult("b", QuestionStatus.NOT_ANSWERED, 0.0, 1.0, message("checks.not_defined", name="y")),
        QuestionResult("c", QuestionStatus.FAILED, 0.0, 1.0, "Have you counted the classes?"),
        QuestionResult("d", QuestionStatus.PASSED, 1.0, 1.0),
    )
    shown = page(replace(result, questions=twice, notes=(message("training.capped", caps="1 epoch"),)))

    links = [attributes["href"] for _, attributes in shown.elements if attributes.get("class") == "explain"]
    entries = [f"#{attributes['id']}" for _, attributes in shown.elements if attributes.get("class") == "entry"]
    assert links == ["#help-not_defined", "#help-not_defined", "#help-capped"]
    assert entries == ["#help-not_defined", "#help-capped"]
    assert shown.text.count("The grader looks for your answer under the name") == 1


def test_a_question_shows_status_points_message_and_its_cases(result: Result) -> None:
    pooling = article(result, "pooling")
    assert pooling.startswith("pooling ○ not answered 0 / 1 points `pool_layer`".replace("`", ""))
    assert pooling.endswith("Points pools hidden ✗ failed 0 / 1")


def test_a_message_said_of_the_question_is_not_said_again_of_its_case(result: Result) -> None:
    assert article(result, "mlp").count("layer 3: expected Dense(128, relu), found Dense(64, relu)") == 1


@pytest.mark.parametrize(
    ("hidden", "said"), [(False, "depth ✗ failed 0 / 1 expected 3"), (True, "depth hidden ✗ failed 0 / 1")]
)
def test_of_a_hidden_case_only_the_name_is_told(result: Result, hidden: bool, said: str) -> None:
    case = CaseResult("depth", CaseStatus.FAILED, 0.0, 1.0, hidden=hidden, message="expected 3")
    assert article(with_question(result, cases=(case,)), "q").endswith(said)


MEASURED: dict[str, Any] = {
    "accuracies": {"mlp": 0.9625, "lenet": 0.5, "free": 0.75},
    "thresholds": {"mlp": 0.95, "lenet": 0.9},
    "confusions": {"lenet": ((1, 3), (0, 4))},
}


def test_accuracies_are_shown_against_their_thresholds_with_the_confusion_matrix(result: Result) -> None:
    rows = page(replace(result, **MEASURED)).all("tr")

    assert "mlp 96.25 % ✓ reached 95.00 %" in rows
    assert "lenet 50.00 % ✗ missed 90.00 %" in rows
    assert "free 75.00 % –" in rows
    assert [row for row in rows if row[0] in "01"] == ["0 1", "0 1 3", "1 0 4"]


def test_marks_comments_and_overrides_are_shown_and_not_who_gave_them(result: Result) -> None:
    at = datetime(2026, 5, 1, tzinfo=UTC)
    item = RubricItem(1, 1, "comment", 0.25, "chosen by markers", "Say <b>why</b>.")
    mark = Mark("comment", 1, 0.25, (item,), "Nearly there", "a marker", at)
    override = Override("mlp", 1, 1.5, 0.5, "The tests were too strict", "a marker", at)
    entry = Entry(
        Submission("Ada", "ada", None),
        result,
        with_people(result, {"comment": mark}, {"mlp": override}),
        {"comment": mark},
        {"mlp": override},
        Lateness(timedelta(hours=26), 10.0),
    )
    shown = Page(feedback_html(entry, TITLE))
    articles = {text.partition(" ")[0]: text for text in shown.all("article")}

    assert "✎ marked written 0.25 / 0.5 points" in articles["comment"]
    assert "+0.25 Say <b>why</b>. Nearly there Your answer" in articles["comment"]
    assert "1.5 / 1.5 points" in articles["mlp"]
    assert "1.5 points instead of 0.5: The tests were too strict" in articles["mlp"]
    assert "Handed in late by 1 day 2 h: 0.55 of 3.25 points taken off, which leaves 2.7." in shown.text
    assert "3.25 / 5.5 points" in shown.text
    assert "a marker" not in shown.text and "chosen by markers" not in shown.text


def test_a_case_without_points_of_its_own_claims_none(result: Result) -> None:
    case = CaseResult("is defined", CaseStatus.PASSED, 0.0, 0.0, hidden=False)
    assert "is defined ✓ passed –" in page(with_question(result, cases=(case,))).all("tr")


def test_an_unverified_mark_is_marked_as_such(result: Result) -> None:
    edges = article(result, "edges")
    assert edges.startswith("edges ! error unverified 0 / 0.5 points")
    assert "answers edges unverified ! error" in edges
    assert "ran your own code and rests on what it answered" in edges


def test_a_written_answer_is_shown_as_it_was_written(result: Result) -> None:
    answer = "Two lines,\n  the `second` *indented*."
    shown = page(with_question(result, written=True, answer=answer, status=QuestionStatus.TO_MARK, score=None))
    assert shown.parts["pre"][-1] == answer


def test_of_two_messages_of_a_question_each_is_said_once(result: Result) -> None:
    cases = [
        CaseResult(said, CaseStatus.FAILED, 0.0, 1.0, hidden=False, message=said) for said in ("too long", "too late")
    ]
    told = article(with_question(result, message="too long\ntoo late", cases=tuple(cases)), "q")
    assert told.count("too long") == 2, "the message, and the name of the test case"


def test_an_answer_outside_its_cell_is_tagged_and_shown_with_the_cells_around(result: Result) -> None:
    elsewhere = with_question(result, id="comment", answer="Deep.", found=(4,))
    executed = new_notebook(cells=[new_markdown_cell(f"text of cell {number}") for number in range(1, 9)])
    html = Page(feedback_html(Entry.of(elsewhere), TITLE, executed))

    assert "answer found outside its cell" in article(elsewhere, "comment")
    first, whole = (dict(attributes)["srcdoc"] for tag, attributes in html.elements if tag == "iframe")
    assert re.findall(r"text of cell (\d)", first or "") == ["2", "3", "4", "5", "6"]
    assert len(re.findall(r"text of cell (\d)", whole or "")) == 8


def test_a_question_without_a_message_gets_one(result: Result) -> None:
    assert "The run ended before this question." in article(result, "lenet")


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (RunStatus.CELL_ERRORS, "repair the first one that stops"),
        (RunStatus.CELL_TIMEOUT, "a loop that never ends"),
        (RunStatus.RUN_TIMEOUT, "training that is longer than the assignment asks for"),
        (RunStatus.KERNEL_DIED, "too little memory"),
        (RunStatus.UNREADABLE, "hand in the saved .ipynb file"),
        (RunStatus.NO_NOTEBOOK, "Hand in exactly one .ipynb file"),
        (RunStatus.OTHER_ASSIGNMENT, "Check which file you handed in"),
        (RunStatus.GRADER_ERROR, "Tell your teacher"),
    ],
)
def test_each_trouble_says_what_to_do_about_it(result: Result, status: RunStatus, told: str) -> None:
    assert told in page(replace(result, status=status)).text


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            CellError(3, "FileNotFoundError", "[Errno 2] No such file: 'C:\\my.csv'"),
            "use one of the files that you received",
        ),
        (CellError(3, "StdinNotImplementedError", "raw_input was called"), "Nobody can type an answer"),
        (CellError(3, "NameError", "name 'raw_input' is not defined"), "raw_input is of Python 2"),
        (CellError(3, "ModuleNotFoundError", "No module named 'cv2'"), "This package is not installed"),
        (CellError(3, "SyntaxError", "invalid syntax", "line 1\n    <<<<<<< HEAD"), "holds a merge conflict"),
    ],
)
def test_an_error_that_restarting_does_not_mend_has_advice_of_its_own(
    result: Result, error: CellError, told: str
) -> None:
    said = page(replace(result, cell_errors=(error,))).text
    assert told in said
    assert "Restart the kernel" not in said


def test_the_cells_that_stopped_are_named(result: Result) -> None:
    assert (
        "In cell 12 (In[7]) NameError name 'modle' is not defined Where it happened in cell 12 (In[7])"
        in page(result).text
    )


def test_a_traceback_loses_its_terminal_codes(result: Result) -> None:
    error = CellError(3, "E", "\x1b[1mbad\x1b[0m", "\x1b[0;31mE\x1b[0m\n\x1b]8;;http://x.example\x07link\x1b]8;;\x07")
    html = feedback_html(Entry.of(replace(result, cell_errors=(error,))), TITLE)
    assert "\x1b" not in html
    assert "E\nlink" in html


def test_a_run_without_trouble_has_no_word_of_it(result: Result) -> None:
    shown = page(replace(result, status=RunStatus.OK, message="", cell_errors=()))
    assert "Cell" not in shown.text
    assert not any(attributes.get("id") == "trouble" for _, attributes in shown.elements)


def test_a_submission_that_could_not_be_graded_has_no_mark_and_no_questions(ungraded: Result) -> None:
    shown = page(ungraded)
    assert "Not graded The file could not be read as a notebook bo.ipynb is not JSON Open it in Jupyter" in shown.text
    assert "points" not in shown.text and "What the messages mean" not in shown.text
    assert "How this was graded" not in shown.text
    assert shown.all("article") == shown.all("tr") == []


def test_of_a_student_who_handed_nothing_in_it_is_said_once(ungraded: Result) -> None:
    status, words = RunStatus.NOT_HANDED_IN, "nothing was handed in"
    shown = page(replace(ungraded, student="Bo", submission="Bo", status=status, message=words)).text
    assert shown.endswith(
        "Feedback for Bo Not graded Nothing was handed in If you did hand something in, tell your teacher."
    )


def test_how_it_was_graded_is_said_at_the_end(result: Result) -> None:
    noted = replace(result, notes=("Cell 3: `!pip install` was not run",))
    assert page(noted).text.endswith(
        "How this was graded Run cell errors, 1 min 23 s Dataset MNIST Profile quick "
        "Notes Cell 3: !pip install was not run"
    )


def test_a_run_without_isolation_is_said_in_a_plain_sentence(result: Result) -> None:
    sentence = "Student code ran without isolation: it could reach the rest of the machine that graded it."
    noted = replace(result, isolated=False)
    assert sentence in page(noted).text
    assert sentence not in page(replace(result, isolated=True)).text


HOSTILE = [
    "<script>alert(1)</script>",
    "</pre></title></style><img src=x onerror=alert(1)>",
    "\"' onmouseover='alert(1)",
    "{{ result }}{% raw %}",
    "<!--",
    "`<b>`",
    "javascript:alert(1)",
]


def everywhere(text: str) -> Result:
    """A result with ``text`` in every place for text that it has."""
    case = CaseResult(text, CaseStatus.FAILED, 0.0, 1.0, hidden=False, message=f"{text}.", unverified=True)
    return Result(
        text,
        text,
        RunStatus.CELL_ERRORS,
        text,
        (
            QuestionResult(text, QuestionStatus.FAILED, 0.0, 1.0, text, (case,)),
            QuestionResult(text, QuestionStatus.TO_MARK, None, 1.0, text, written=True, answer=text),
        ),
        cell_errors=(CellError(1, text, text, text),),
        notes=(text,),
        dataset=text,
        profile=text,
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_and_makes_no_element(text: str) -> None:
    harmless, hostile = (Page(feedback_html(Entry.of(everywhere(given)), given)) for given in ("harmless", text))
    assert hostile.text.count(text.strip("`")) == harmless.text.count("harmless")
    assert [one for one in hostile.elements if one[0] != "code"] == [
        one for one in harmless.elements if one[0] != "code"
    ]
    assert hostile.unclosed == harmless.unclosed == []


def test_text_that_turns_the_writing_direction_is_kept_apart() -> None:
    turned = "\u202eeve"
    shown = Page(feedback_html(Entry.of(everywhere(turned)), turned))
    assert "".join(shown.parts["html"]).count(turned) > 10
    assert turned not in shown.not_isolated
    assert shown.all("title") == ["eve: feedback for eve"]


def test_the_page_allows_its_own_style_and_nothing_else(result: Result) -> None:
    shown = page(result)
    policy = next(
        attributes["content"]
        for tag, attributes in shown.elements
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )
    (style,) = shown.parts["style"]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def test_the_page_is_one_file_without_scripts(result: Result) -> None:
    shown = page(result)
    assert not {tag for tag, _ in shown.elements} & {"script", "link", "img", "iframe", "object", "form", "base"}
    attributes = {name for _, own in shown.elements for name in own}
    assert not {name for name in attributes if name.startswith("on") or name in ("src", "style")}
    assert "url(" not in shown.parts["style"][0] and "@import" not in shown.parts["style"][0]


def test_headings_go_down_one_level_at_a_time_and_columns_have_headers(result: Result) -> None:
    shown = page(result)
    levels = [int(tag[1]) for tag, _ in shown.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(below <= above + 1 for above, below in pairwise(levels))
    assert all("scope" in attributes for tag, attributes in shown.elements if tag == "th")
