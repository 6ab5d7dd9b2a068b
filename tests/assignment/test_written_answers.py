"""A written answer counts wherever it stands between its question's text and the next one; given text never does."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable

import nbformat
import pytest
from nbformat import NotebookNode

from autograder.assignment.answer_cells import ANSWER_TAG, PROMPT, mark_prompts, question_of
from autograder.assignment.restoring import given_part, lost_answer_cells, restore
from autograder.assignment.template import Template
from autograder.assignment.written_answers import WrittenAnswer, prose, written_answers

ANSWER = "Most of it falls between July and November."
WRITTEN = ("season", "doubt", "drawn")


def cell(kind: str, source: str, question: str | None = None, **metadata: object) -> NotebookNode:
    made: NotebookNode = getattr(nbformat.v4, f"new_{kind}_cell")(source)
    made.metadata |= metadata
    if question is not None:
        made.metadata |= {"tags": [ANSWER_TAG], "autograder": {"question": question}}
    return made


def fixed(source: str) -> NotebookNode:
    return cell("code" if "grader" in source else "markdown", source, editable=False)


TITLE, TOTAL, CHECK, SEASON, SEASON_CELL, DOUBT, DOUBT_CELL, PART, DRAWN, DRAWN_CELL, LAST, LAST_CELL = range(12)


@pytest.fixture
def given() -> NotebookNode:
    """An automatic question, two written ones in a row, one that is answered in code, and one with hidden tests only."""
    made: NotebookNode = nbformat.v4.new_notebook(
        cells=[
            cell("markdown", "# A year of rain\n\nThe file has the rain of each month of a made-up year."),
            cell("code", "total = ...", "total"),
            fixed('grader.check("total")'),
            fixed("<!-- BEGIN QUESTION -->\n\n**2.** Is there a rainy season? Answer in two sentences,\nwith figures."),
            cell("markdown", PROMPT, "season"),
            fixed(
                "<!-- END QUESTION -->\n\n<!-- BEGIN QUESTION -->\n\n**3.** What makes you doubt these data? Explain."
            ),
            cell("markdown", PROMPT, "doubt"),
            cell("markdown", "<!-- END QUESTION -->\n\n## Pictures"),
            fixed("<!-- BEGIN QUESTION -->\n\n**4.** Draw the rain of the twelve months."),
            cell("code", "# Draw it here\n...", "drawn"),
            fixed("<!-- END QUESTION -->\n\n**5.** Put the wettest month into `wettest` at last."),
            cell("code", "wettest = ...", "wettest", otter={"tests": ["wettest"]}),
        ]
    )
    mark_prompts(made)
    return made


@pytest.fixture
def template(given: NotebookNode) -> Template:
    return Template(copy.deepcopy(given), WRITTEN)


@pytest.fixture
def notebook(given: NotebookNode) -> NotebookNode:
    given.cells[TOTAL].source = "total = 800"
    return given


Read = Callable[[NotebookNode], dict[str, WrittenAnswer]]


@pytest.fixture
def read(template: Template) -> Read:
    def answers(notebook: NotebookNode) -> dict[str, WrittenAnswer]:
        restore(notebook, template)
        return written_answers(notebook, template)

    return answers


def forget(notebook: NotebookNode) -> None:
    """Drop the metadata of all cells, as a converter does."""
    for one in notebook.cells:
        one.metadata = NotebookNode()


def test_nothing_is_an_answer_that_came_with_the_assignment(notebook: NotebookNode, read: Read) -> None:
    assert read(copy.deepcopy(notebook)) == {}
    forget(notebook)
    assert read(copy.deepcopy(notebook)) == {}

    notebook.cells[SEASON].source = "**2.** Is there a rainy season?\nAnswer in two sentences, with figures."
    notebook.cells[DOUBT].source = "**3.** What makes you doubt this data? Explain!"  # not the student's words
    notebook.cells[DOUBT_CELL].source = "_Type your answer here, replacing this text._\n\n---"
    whole = cell("markdown", "\n\n".join(one.source for one in notebook.cells[SEASON:DRAWN]))
    assert read(copy.deepcopy(notebook)) == {}
    notebook.cells[SEASON:DRAWN] = [whole]
    assert read(notebook) == {}


@pytest.mark.parametrize("below", [False, True], ids=["in its cell", "below"])
def test_answers_with_different_pictures_differ(notebook: NotebookNode, read: Read, below: bool) -> None:
    def answer(picture: str) -> str:
        handed_in = copy.deepcopy(notebook)
        handed_in.cells.insert(SEASON_CELL + 1, cell("markdown", ""))
        written = handed_in.cells[SEASON_CELL + below]
        written.source = "Look: ![image.png](attachment:image.png)"
        written.attachments = {"image.png": {"image/png": picture}}
        return read(handed_in)["season"].text

    assert answer("aGk=") == answer("aGk=")
    assert answer("aGk=") != answer("aGo=")


def test_a_million_lines_take_no_time_from_other_cells(notebook: NotebookNode, read: Read) -> None:
    notebook.cells.insert(SEASON_CELL + 1, cell("markdown", f"{ANSWER}\n\n{PROMPT}"))
    notebook.cells.insert(TITLE, cell("markdown", "\n" * 2_000_000 + "-"))
    started = time.thread_time()

    assert read(notebook)["season"].text == ANSWER
    assert time.thread_time() - started < 4


@pytest.mark.parametrize("answer", [ANSWER, "Yes.", "-5 mm"])
def test_an_answer_may_follow_in_the_last_line_of_its_question(notebook: NotebookNode, read: Read, answer: str) -> None:
    notebook.cells[DOUBT].source += f" {answer}"
    assert read(notebook) == {"doubt": WrittenAnswer(answer, (DOUBT + 1,))}


@pytest.mark.parametrize("dropped", [False, True], ids=["marked", "without metadata"])
def test_an_answer_may_be_in_the_words_of_its_question(notebook: NotebookNode, read: Read, dropped: bool) -> None:
    answer = "There is a rainy season. Answered in two sentences."
    notebook.cells.insert(SEASON_CELL + 1, cell("markdown", answer))
    if dropped:
        forget(notebook)

    assert read(notebook) == {"season": WrittenAnswer(answer, (SEASON_CELL + 2,))}


def test_an_answer_in_its_cell_is_not_found_elsewhere(notebook: NotebookNode, read: Read) -> None:
    notebook.cells[SEASON_CELL].source = ANSWER
    notebook.cells.insert(SEASON_CELL + 1, cell("code", "# a look at the figures once more\nprint(total)"))

    assert read(notebook) == {"season": WrittenAnswer(ANSWER)}


@pytest.mark.parametrize("dropped", [False, True], ids=["marked", "without metadata"])
@pytest.mark.parametrize(
    "answer",
    [
        cell("markdown", ANSWER),
        cell("raw", ANSWER),
        cell("code", f"# {ANSWER}"),
        cell("code", f"'''{ANSWER}'''"),
        cell("code", f"print(f'{ANSWER} {{total}}')"),
        cell("code", f"from IPython.display import Markdown\nMarkdown('{ANSWER}')"),
        cell("code", f"print('{ANSWER} {{}} mm'.format(total))"),
        cell("code", f"answers = {{'season': ['{ANSWER}']}}"),
        cell("code", f"text = ''\ntext += '{ANSWER}'"),
        cell("code", ANSWER),
        cell("markdown", f"{ANSWER}\n\n![chart.png](attachment:chart.png)"),
    ],
    ids=["text", "raw", "comment", "string", "print", "Markdown", "filled in", "kept in a list", "added", "prose in a code cell",
         "picture"],
)  # fmt: skip
def test_an_answer_counts_in_a_cell_below_the_prompt(
    notebook: NotebookNode, read: Read, answer: NotebookNode, dropped: bool
) -> None:
    notebook.cells.insert(SEASON_CELL + 1, copy.deepcopy(answer))
    if dropped:
        forget(notebook)

    answers = read(notebook)

    assert list(answers) == ["season"]
    assert ANSWER in answers["season"].text
    assert answers["season"].found == (SEASON_CELL + 2,)


def test_an_answer_may_be_joined_of_short_pieces(notebook: NotebookNode, read: Read) -> None:
    notebook.cells.insert(SEASON_CELL + 1, cell("code", f"print(' '.join({ANSWER.split()}))"))

    assert read(notebook)["season"].found == (SEASON_CELL + 2,)


@pytest.mark.parametrize("dropped", [False, True], ids=["marked", "without metadata"])
def test_an_answer_counts_in_place_of_the_prompt(notebook: NotebookNode, read: Read, dropped: bool) -> None:
    notebook.cells[SEASON_CELL] = cell("markdown", ANSWER)
    notebook.cells[DOUBT_CELL] = cell("markdown", f"{PROMPT}\n\nToo round.")
    if dropped:
        forget(notebook)

    assert read(notebook) == {
        "season": WrittenAnswer(ANSWER, (SEASON_CELL + 1,)),
        "doubt": WrittenAnswer("Too round.", (DOUBT_CELL + 1,)),
    }


def above_the_prompt(notebook: NotebookNode) -> None:
    notebook.cells[SEASON_CELL].source = f"{ANSWER}\n\n{PROMPT}"
    notebook.cells[SEASON_CELL].metadata = NotebookNode()


def in_the_questions_own_cell(notebook: NotebookNode) -> None:
    notebook.cells[SEASON].source += f"\n\n{ANSWER}"


def just_above_the_question(notebook: NotebookNode) -> None:
    notebook.cells.insert(SEASON, cell("markdown", ANSWER))


def above_the_next_question(notebook: NotebookNode) -> None:
    notebook.cells[DOUBT].source = f"{ANSWER}\n\n{notebook.cells[DOUBT].source}"


def below_a_changed_question(notebook: NotebookNode) -> None:
    forget(notebook)
    notebook.cells[SEASON].source = "**2.** Is there a rainy season? Answer in 2 sentences,\nwith figures!!"
    notebook.cells[SEASON_CELL].source = ANSWER


def without_the_question(notebook: NotebookNode) -> None:
    forget(notebook)
    notebook.cells[SEASON : SEASON_CELL + 1] = [cell("markdown", ANSWER)]


def in_place_of_the_question(notebook: NotebookNode) -> None:
    notebook.cells[SEASON].source = ANSWER


def in_two_halves(notebook: NotebookNode) -> None:
    notebook.cells[SEASON_CELL : SEASON_CELL + 1] = [
        cell("markdown", "Most of it falls"), cell("markdown", "between July and November.")
    ]  # fmt: skip


def with_questions_in_another_order(notebook: NotebookNode) -> None:
    notebook.cells[SEASON_CELL] = cell("markdown", ANSWER)
    season = notebook.cells[SEASON : SEASON_CELL + 1]
    notebook.cells = [*season, *notebook.cells[:SEASON], *notebook.cells[DOUBT:]]


@pytest.mark.parametrize(
    "change",
    [above_the_prompt, in_the_questions_own_cell, just_above_the_question, above_the_next_question, below_a_changed_question,
     without_the_question, in_place_of_the_question, in_two_halves, with_questions_in_another_order],
)  # fmt: skip
def test_an_answer_counts_whatever_became_of_the_cells(
    notebook: NotebookNode, read: Read, change: Callable[[NotebookNode], None]
) -> None:
    change(notebook)

    answers = read(notebook)

    assert list(answers) == ["season"]
    assert answers["season"].text.replace("\n\n", " ") == ANSWER
    assert answers["season"].found


def test_a_question_in_an_answer_is_prose_and_one_to_ipython_is_none() -> None:
    asked = "Most of it falls in July, isn't it?"
    assert (prose(asked), prose("total?"), prose("rain.mean??")) == ([asked], [], [])


@pytest.mark.parametrize(
    "source",
    ["total / 12", "# total = 3\n# print(total)", "plt.title('Rain of the twelve months')", "# todo", "x = = 3", "%timeit total",
     "rain = load('a file of my own')", "load('https://example.org/a/year/of/rain/in/our/town.csv')",
     "Image.open('rain.png')", "%%html\n<br>"],
)  # fmt: skip
def test_code_without_prose_is_no_answer(notebook: NotebookNode, read: Read, source: str) -> None:
    notebook.cells.insert(SEASON_CELL + 1, cell("code", source))

    assert prose(source) == []
    assert read(notebook) == {}


@pytest.mark.parametrize("dropped", [False, True], ids=["marked", "without metadata"])
@pytest.mark.parametrize("source", ["# 有，七月到十一月下雨很多。", "'มีฤดูฝน'"])
def test_words_without_spaces_between_them_are_prose(
    notebook: NotebookNode, read: Read, source: str, dropped: bool
) -> None:
    notebook.cells.insert(SEASON_CELL + 1, cell("code", source))
    if dropped:
        forget(notebook)

    assert list(read(notebook)) == ["season"]


@pytest.mark.parametrize(
    "source", ["Image('chart.png')", "display(Image(filename='a.jpg'))", "%%html\n<img src='a.png'>"]
)
def test_a_picture_that_a_code_cell_shows_is_an_answer(notebook: NotebookNode, read: Read, source: str) -> None:
    notebook.cells.insert(SEASON_CELL + 1, cell("code", source))

    assert read(notebook) == {"season": WrittenAnswer(f"```python\n{source}\n```", (SEASON_CELL + 2,))}


@pytest.mark.parametrize("source", ["'Yes'", "# Yes", "answer = 'Yes'", "print('Yes')"])
def test_a_word_is_an_answer_where_the_answer_cell_was_replaced(
    notebook: NotebookNode, read: Read, source: str
) -> None:
    notebook.cells[SEASON_CELL] = cell("code", source)

    assert read(notebook) == {"season": WrittenAnswer(f"```python\n{source}\n```", (SEASON_CELL + 1,))}


@pytest.mark.parametrize("text", ["<br>", "&nbsp;", "\u200b\ufeff", "<p>\n</p>", "<div align='center'></div>"])
def test_what_shows_nothing_is_no_answer(notebook: NotebookNode, read: Read, text: str) -> None:
    notebook.cells[SEASON_CELL].source = text
    notebook.cells[DOUBT_CELL] = cell("markdown", text)

    assert read(notebook) == {}


def test_a_picture_that_was_given_is_no_answer_and_another_one_is(given: NotebookNode) -> None:
    given.cells[SEASON].source += "\n\n<img src='https://example.org/rain.png' width='500'/>"
    given.cells.insert(DOUBT_CELL + 1, cell("markdown", "<img src='logo.png'>"))
    template, notebook = Template(given, WRITTEN), copy.deepcopy(given)
    assert written_answers(notebook, template) == {}

    notebook.cells[DOUBT_CELL + 1].source = "<img src='mine.png'>"
    assert written_answers(notebook, template) == {"doubt": WrittenAnswer("<img src='mine.png'>", (DOUBT_CELL + 2,))}


def test_text_that_became_html_was_given(notebook: NotebookNode, read: Read) -> None:
    forget(notebook)
    notebook.cells[
        SEASON
    ].source = "<p><strong>2.</strong> Is there a rainy season? Answer in two sentences,<br>with figures.</p>"
    notebook.cells[SEASON_CELL].source = "<p><em>Type your answer here, replacing this text.</em></p>"
    assert read(copy.deepcopy(notebook)) == {}

    notebook.cells[SEASON_CELL].source = "<img src='chart.png'>"
    assert list(read(notebook)) == ["season"]


def test_code_that_was_given_or_is_empty_is_no_answer_in_code(notebook: NotebookNode, read: Read) -> None:
    notebook.cells[DRAWN_CELL] = cell("code", "# Draw it here\n")
    notebook.cells.insert(DRAWN_CELL + 1, cell("code", ""))

    assert read(notebook) == {}


def test_an_output_is_no_answer(notebook: NotebookNode, read: Read) -> None:
    shown = cell("code", "show()")
    shown.outputs = [nbformat.v4.new_output("stream", text=ANSWER)]
    notebook.cells.insert(SEASON_CELL + 1, shown)

    assert read(notebook) == {}


def test_what_is_written_to_an_automatic_question_is_no_answer(notebook: NotebookNode, read: Read) -> None:
    notebook.cells.insert(TOTAL, cell("markdown", ANSWER))
    notebook.cells.insert(CHECK, cell("code", f"# {ANSWER}"))
    notebook.cells.insert(0, cell("markdown", "Ada Made, group 3"))

    assert read(notebook) == {}


def test_code_counts_where_the_answer_is_code(notebook: NotebookNode, read: Read) -> None:
    notebook.cells[DRAWN_CELL] = cell("code", "rain.plot()")

    assert read(notebook) == {"drawn": WrittenAnswer("```python\nrain.plot()\n```", (DRAWN_CELL + 1,))}


def test_marks_come_back_to_a_notebook_without_metadata(notebook: NotebookNode, template: Template) -> None:
    marks = [question_of(one) for one in notebook.cells]
    notebook.cells[LAST_CELL].source = "wettest = 10"
    forget(notebook)
    restore(notebook, template)

    assert [question_of(one) for one in notebook.cells] == marks
    assert [one.metadata.get("otter", {}).get("tests") for one in notebook.cells][LAST:] == [None, ["wettest"]]


def test_a_notebook_is_known_by_any_question_check_or_mark(notebook: NotebookNode, template: Template) -> None:
    other = nbformat.v4.new_notebook(cells=[cell("markdown", "# Another lab"), cell("code", "grader.check('edges')")])
    assert not template.is_of(other)
    for place in (TOTAL, CHECK, DOUBT):
        alone = nbformat.v4.new_notebook(cells=[*other.cells, notebook.cells[place]])
        assert template.is_of(alone)


def test_without_the_template_marks_tell_what_was_given(notebook: NotebookNode) -> None:
    notebook.cells[SEASON_CELL].source = ANSWER
    notebook.cells.insert(DOUBT_CELL + 1, cell("markdown", "Too round."))
    template = Template(given_part(notebook), WRITTEN)

    assert written_answers(notebook, template) == {
        "season": WrittenAnswer(ANSWER), "doubt": WrittenAnswer("Too round.", (DOUBT_CELL + 2,))
    }  # fmt: skip


def test_answer_cells_that_are_gone_are_counted(notebook: NotebookNode) -> None:
    assert lost_answer_cells(notebook) == 0
    notebook.cells[DOUBT_CELL] = cell("markdown", "Too round.")
    assert lost_answer_cells(notebook) == 1
    del notebook.cells[DRAWN_CELL]
    assert lost_answer_cells(notebook) == 2


def test_a_hostile_notebook_is_read_in_time(notebook: NotebookNode, read: Read) -> None:
    notebook.cells.insert(SEASON_CELL + 1, cell("markdown", "<!--" * 100_000))
    notebook.cells.insert(SEASON_CELL + 1, cell("markdown", "some words of no sense at all\n" * 25_000))
    notebook.cells.insert(SEASON_CELL + 1, cell("code", "-" * 50_000 + "1"))

    assert list(read(notebook)) == ["season"]


def test_code_without_end_is_not_looked_through_for_prose(notebook: NotebookNode, read: Read) -> None:
    for _ in range(11):
        notebook.cells.insert(SEASON_CELL + 1, cell("code", "#" * 50_000))
    notebook.cells.insert(SEASON_CELL + 12, cell("code", f"# {ANSWER}"))
    assert read(notebook) == {}

    notebook.cells.insert(SEASON_CELL + 13, cell("markdown", ANSWER))
    assert read(notebook)["season"].text == ANSWER


def test_comments_without_end_are_read_in_time() -> None:
    started = time.thread_time()

    assert prose("#\n" * 25_000) == []
    assert time.thread_time() - started < 0.6
