"""A question is called by its title, as it stands in the notebook that students were given."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_notebook
from notebooks import code, text

from autograder.assignment import Assignment
from autograder.assignment.question_texts import QuestionText, question_texts


def text_of(assignment: Assignment, tmp_path: Path, *sources: str) -> QuestionText:
    """The text of the question `total` in a notebook where these cells stand above its answer."""
    answer = code("total = ...")
    answer.metadata["autograder"] = {"question": "total"}
    path = tmp_path / "given.ipynb"
    nbformat.write(
        new_notebook(
            cells=[
                code("import math"),
                *(code("x = 1") if source == "IN CODE" else text(source) for source in sources),
                answer,
            ]
        ),
        path,
    )
    return question_texts(replace(assignment, course=replace(assignment.course, student=path)))["total"]


@pytest.mark.parametrize(
    ("sources", "title"),
    [
        (
            ["## Sums\n\nText.\n\n##### <span style='color:red'>**Todo:** Add `a` to *b*.</span>\n\nMore."],
            "Todo: Add a to b.",
        ),
        (["# A lab", "# A section", "**Question 2.1.** Assign `total` to the sum.\n\n_Hint_: add."], "A section"),
        (["# A lab\n\nIts aim.", "**1.** Assign `total`."], "1. Assign total."),
        (["# A lab", "IN CODE", "**1.** Assign `total`."], "1. Assign total."),
        (["# Sum up\n\nAssign `total`."], "Sum up"),
        (["Text.", "# Sum up", "Assign `total`."], "Sum up"),
        (["Why $x' = \\frac{x - \\mu}{\\sigma}$, with $n$ of them at $5 or $6?"], "Why …, with n of them at $5 or $6?"),
        (
            ["<!-- BEGIN QUESTION -->\n\n**Question 2.1.** Assign `total`.\n\n_Hint_: add."],
            "Question 2.1. Assign total.",
        ),
        (["Sum " * 40], ("Sum " * 25).rstrip() + "…"),
        (["<script>alert(1)</script>x"], "alert(1)x"),
        (["### Pools\n\nText.", "IN CODE", "Now pool."], "Pools"),
        (["Text.", "IN CODE"], ""),
        ([], ""),
    ],
)
def test_the_title_is_the_last_heading_or_the_first_line(
    tiny: Assignment, tmp_path: Path, sources: list[str], title: str
) -> None:
    assert text_of(tiny, tmp_path, *sources).title == title


def test_the_text_is_whole_and_without_marks(tiny: Assignment, tmp_path: Path) -> None:
    found = text_of(tiny, tmp_path, "# A lab\n\nIts aim.", "<!-- BEGIN QUESTION -->\n\n## One\n\n$a^2$", "Two")
    assert found.text == "## One\n\n$a^2$\n\nTwo"


def test_a_question_without_a_text_has_an_empty_one(tiny: Assignment, tmp_path: Path) -> None:
    without = replace(tiny, course=replace(tiny.course, student=tmp_path / "none.ipynb"))
    assert set(question_texts(without).values()) == {QuestionText()}
    assert question_texts(without).keys() == {question.id for question in tiny.questions}


def test_the_title_of_the_master_comes_first(tiny: Assignment) -> None:
    titled = replace(
        tiny, questions=tuple(replace(one, title="Sum `up`") if one.id == "total" else one for one in tiny.questions)
    )
    found = question_texts(titled)["total"]
    assert found == replace(question_texts(tiny)["total"], title="Sum up")
    assert type(titled.questions[0]).from_entry(titled.questions[0].as_entry()) == titled.questions[0]
