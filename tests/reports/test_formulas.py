"""Formulas in the text of a question are drawn; nothing in a formula comes to life, and none costs a page."""

from __future__ import annotations

import pytest

from autograder.reports.notebook import markdown, question_text


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


def test_the_formulas_of_students_stay_as_they_wrote_them() -> None:
    assert markdown("so $x^2$") == "<p>so $x^2$</p>\n"
