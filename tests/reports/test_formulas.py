"""Formulas in questions and in answers are drawn; nothing in one comes to life, and none costs a page."""

from __future__ import annotations

import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from autograder.reports.notebook import cells, markdown, question_text


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a $x^2$ b", '<math display="inline"><mrow><msup><mi>x</mi><mn>2</mn></msup></mrow></math>'),
        (
            "$$\n\\frac{1}{n}\n$$",
            '<math display="block"><mrow><mfrac><mrow><mn>1</mn></mrow><mrow><mi>n</mi></mrow></mfrac>',
        ),
        ("$a<b$", "<mo>&lt;</mo>"),
        ("it costs $5 or $6", "it costs $5 or $6"),
        ("`$x$`", "<code>$x$</code>"),
        ("$\\frac{$", "<code>\\frac{</code>"),
        (f"${'{' * 900}$", f"<code>{'{' * 900}</code>"),
        (f"${'x' * 1001}$", f"<code>{'x' * 1001}</code>"),
    ],
)
def test_a_formula_is_drawn_or_stands_as_it_was_written(text: str, html: str) -> None:
    assert html in question_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "$\\text{<script>alert(1)</script>}$",
        "$\\text{&lt;script&gt;}$ $\\href{javascript:alert(1)}{x}$",
        "$\\style{background:url(http://x.example)}{x}$ $\\class{card}{x}$",
        "$\\frac{<img src=x onerror=alert(1)>$",
        "<math href='javascript:alert(1)'><mtext><style><img src=x onerror=alert(1)></style></mtext></math> $x$",
        "<math><annotation-xml encoding='text/html'><script>alert(1)</script></annotation-xml></math>",
    ],
)
def test_nothing_in_a_formula_comes_to_life(text: str) -> None:
    html = question_text(text)
    assert not any(
        word in html.lower() for word in ("<script", "<img", "<style", "href", "style=", "class=", "<annotation")
    )


@pytest.mark.parametrize(
    "text",
    [
        "$\\hspace{-50em}20$ <math><mspace width='-50em'></mspace><mo lspace='-9em'>+</mo></math>",
        "<math><mstyle scriptlevel='-9'><mi>20</mi></mstyle><mo minsize='50em'>|</mo></math>",
        "<math><mspace height='99em' width='negativethickmathspace'></mspace></math>",
    ],
)
def test_no_formula_covers_what_is_beside_it_or_is_larger_than_it_should_be(text: str) -> None:
    html = markdown(text)
    assert "<math" in html
    assert not any(word in html for word in ("width", "height", "lspace", "scriptlevel", "minsize"))


def test_spaces_and_sizes_of_plain_formulas_stay() -> None:
    html = markdown(r"$a\quad b \bigl( \binom{n}{k} \bigr)$")
    assert all(part in html for part in ('width="1em"', 'minsize="1.2em"', 'linethickness="0"'))


@pytest.mark.parametrize("text", ["$x$ " * 4_999, "$x_1$ " * 3_000, "[$x$](" * 3_000])
def test_the_formulas_of_a_text_with_too_many_stay_as_they_were_written(text: str) -> None:
    """They have more elements than can be cleaned, although their texts are short."""
    assert "$x" in (html := markdown(text))
    assert "<math" not in html
    assert html.startswith("<p>")


def test_the_texts_of_a_notebook_with_too_much_of_it_stay_as_they_were_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = new_notebook(cells=[new_markdown_cell("so $x$"), new_markdown_cell("so $y$")])
    assert all("<math" in cell["source"] for cell in cells(texts))
    monkeypatch.setattr("autograder.reports.notebook.MAX_ALL_MARKDOWN", 11)
    assert all("so $" in cell["source"] for cell in cells(texts))
