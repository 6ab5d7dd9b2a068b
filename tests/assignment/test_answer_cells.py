"""Answer cells: found wherever they went, filled, and told apart from untouched ones."""

from __future__ import annotations

import nbformat
import pytest
from nbformat import NotebookNode

from autograder.assignment.answer_cells import ANSWER_TAG, PROMPT, answer_text, fill, mark_prompts, question_of
from autograder.errors import ConfigError


def cell(kind: str, source: str, question: str | None = None) -> NotebookNode:
    made: NotebookNode = getattr(nbformat.v4, f"new_{kind}_cell")(source)
    if question is not None:
        made.metadata |= {"tags": [ANSWER_TAG], "autograder": {"question": question}}
    return made


@pytest.fixture
def notebook() -> NotebookNode:
    """A written question in one cell, one with a code cell too, and one answered in two code cells."""
    made: NotebookNode = nbformat.v4.new_notebook(
        cells=[
            cell("markdown", PROMPT, "why"),
            cell("markdown", "*Say it here*", "plot"),
            cell("code", "# Draw it here\n...", "plot"),
            cell("code", "x = ...", "x"),
            cell("code", "given = 1"),
            cell("code", "y = x + ...", "x"),
        ]
    )
    mark_prompts(made)
    return made


def sources(notebook: NotebookNode) -> list[str]:
    return [one.source for one in notebook.cells]


def test_fill_puts_each_answer_into_the_first_answer_cell_and_removes_the_rest(notebook: NotebookNode) -> None:
    before = sources(notebook)
    filled = fill(notebook, {"x": "x = 1\ny = 2", "why": "Because."})
    assert sources(filled) == ["Because.", before[1], before[2], "x = 1\ny = 2", "given = 1"]
    assert sources(notebook) == before


def test_fill_prefers_a_code_cell_and_leaves_the_text_beside_it(notebook: NotebookNode) -> None:
    assert sources(fill(notebook, {"plot": "plt.plot()"}))[1:3] == ["*Say it here*", "plt.plot()"]


def test_fill_refuses_an_answer_without_a_cell(notebook: NotebookNode) -> None:
    with pytest.raises(ConfigError, match="the notebook has no answer cell for question 'who'"):
        fill(notebook, {"who": "me"})


@pytest.mark.parametrize("question", ["why", "plot", "x", "nothing"])
def test_an_untouched_question_has_no_answer(notebook: NotebookNode, question: str) -> None:
    assert answer_text(notebook, question) is None


def test_white_space_and_a_prompt_without_a_digest_are_no_answer(notebook: NotebookNode) -> None:
    notebook.cells[0].source = f"<!-- BEGIN QUESTION -->\n\n{PROMPT} \n"
    del notebook.cells[0].metadata["autograder"]["given"]
    notebook.cells[1].source += "\n\n"
    assert [answer_text(notebook, "why"), answer_text(notebook, "plot")] == [None, None]


def test_an_answer_is_found_after_cells_were_retyped_moved_and_duplicated(notebook: NotebookNode) -> None:
    answer = cell("code", f"{PROMPT}\n\nBecause.", "why")
    notebook.cells = [*notebook.cells[1:], answer, cell("markdown", "Second thought.", "why"), answer]
    assert answer_text(notebook, "why") == "Because.\n\nSecond thought."


@pytest.mark.parametrize(
    "metadata", [{}, {"autograder": None}, {"autograder": []}, {"autograder": {"question": 3}}, {"autograder": "why"}]
)
def test_a_cell_with_other_metadata_answers_nothing(metadata: dict[str, object]) -> None:
    assert question_of(nbformat.from_dict({"cell_type": "markdown", "metadata": metadata, "source": "x"})) is None
    assert question_of(nbformat.from_dict({"cell_type": "markdown", "metadata": None, "source": "x"})) is None
