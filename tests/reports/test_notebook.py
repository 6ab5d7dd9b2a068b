"""An executed notebook is shown without anything in it that could run."""

from __future__ import annotations

import base64
import re
import time
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from autograder.reports import notebook
from autograder.reports.notebook import cells, harmless, html, markdown

PNG = base64.b64encode(
    base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==")
).decode()
ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img src='data:image/svg+xml;base64,PHN2Zy8+'>",
    "<svg><script>alert(1)</script></svg>",
    "<a href='javascript:alert(1)'>click</a>",
    "<iframe src='javascript:alert(1)'></iframe><object data=x></object><embed src=x>",
    "<meta http-equiv=refresh content='0;url=http://lab.invalid'><base href='http://lab.invalid'>",
    "<form action='http://lab.invalid'><input name=x><button>go</button></form>",
    "<style>@import 'http://lab.invalid'</style><p style='position:fixed'>over</p><link rel=stylesheet href=x>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>',
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=x onerror=alert(1)&gt;">',
    "<template><script>alert(1)</script></template><video src=x onerror=alert(1)></video>",
    "<p id=main name=body class=card onclick=alert(1)>x</p>",
    "<!-- <script>alert(1)</script>",
    "<div>" * 100_000,
]


def output(**data: Any) -> NotebookNode:
    kinds = {"html": "text/html", "plain": "text/plain", "png": "image/png", "js": "application/javascript"}
    made: NotebookNode = new_output("display_data", {kinds.get(name, name): value for name, value in data.items()})
    return made


def shown(*outputs: NotebookNode) -> str:
    (cell,) = cells(new_notebook(cells=[new_code_cell("1", outputs=list(outputs))]))
    return "".join(cell["outputs"])


def is_safe(page: str) -> bool:
    tags = re.findall(r"<\s*/?\s*([a-zA-Z0-9]+)([^>]*)", page)
    return all(
        tag in notebook._TAGS and not re.search(r"\bon\w+\s*=|style|javascript:|https?:|\bid=|class=", attributes)
        for tag, attributes in tags
    )


@pytest.mark.parametrize("attack", ATTACKS, ids=range(len(ATTACKS)))
def test_html_comes_down_to_what_formats(attack: str) -> None:
    assert is_safe(html(attack))
    assert is_safe(str(markdown(attack)).replace('<pre dir="auto">', "<pre>").replace(notebook.left_out(), ""))
    assert is_safe(shown(output(html=attack)).replace('<div class="html">', "<div>"))


def test_tables_stay_tables() -> None:
    table = '<table border="1" class="dataframe"><tr><th colspan="2">a</th></tr><tr><td>1</td></tr></table>'

    assert html(table) == '<table><tbody><tr><th colspan="2">a</th></tr><tr><td>1</td></tr></tbody></table>'


def test_text_is_escaped_and_terminal_codes_go() -> None:
    page = shown(new_output("stream", name="stdout", text="<script>\x1b[31mred\x1b[0m\x1b]0;title\x07"))

    assert page == '<pre dir="auto">&lt;script&gt;red</pre>'


def test_code_reads_as_it_runs_whatever_overrides_the_direction() -> None:  # "Trojan Source", CVE-2021-42574
    page = shown(new_output("stream", name="stdout", text="total = 7 \u202e# total = 6\u2066\u2069"))

    assert page == '<pre dir="auto">total = 7 # total = 6</pre>'
    assert markdown("seven \u202e<b>six\u202c</b>&#x2067; eight") == "<p>seven <b>six</b> eight</p>\n"


def test_errors_are_text() -> None:
    error = new_output("error", ename="<b>", evalue="<script>", traceback=["</pre><script>alert(1)</script>"])

    assert "<script>" not in shown(error)


def test_pictures_are_shown_if_they_are_such() -> None:
    assert f'src="data:image/png;base64,{PNG}"' in shown(output(png=PNG + "\n", plain="<Figure>"))
    assert shown(output(png="PHNjcmlwdD4=", plain="<Figure>")) == '<pre dir="auto">&lt;Figure&gt;</pre>'
    assert "img" not in shown(output(png='x" onerror="alert(1)', plain="x"))


def test_scripts_and_widgets_are_their_text() -> None:
    assert shown(output(js="alert(1)", plain="<Javascript>")) == '<pre dir="auto">&lt;Javascript&gt;</pre>'
    assert "left out" in shown(output(js="alert(1)"))


def test_text_cells_are_formatted_with_their_pictures() -> None:
    page = markdown("# Why\n\n*Because* ![it](attachment:a.png)", {"a.png": {"image/png": PNG}})

    assert "<h1>Why</h1>" in page and "<em>Because</em>" in page
    assert f'src="data:image/png;base64,{PNG}"' in page


@pytest.mark.parametrize("data", [None, 7, [], {"text/html": {"a": 1}}, {"text/plain": [1, None]}, {"image/png": [3]}])
def test_data_of_other_types_is_text(data: Any) -> None:
    executed = new_notebook(cells=[new_code_cell("1")])
    executed.cells[0].outputs = [NotebookNode(output_type="display_data", data=data, metadata={})]

    nbformat.validate(harmless(executed))
    assert is_safe("".join(next(cells(executed))["outputs"]).replace(' dir="auto"', "").replace(' class="html"', ""))


def test_a_page_is_bounded() -> None:
    many = [new_code_cell("1", outputs=[new_output("stream", text="x" * 190_000)]) for _ in range(200)]
    page = [str(part) for cell in cells(new_notebook(cells=many)) for part in (cell["source"], *cell["outputs"])]

    assert sum(map(len, page)) <= notebook.MAX_PAGE + 1000
    assert "Left out" in page[-1]


@pytest.mark.parametrize(
    "cell",
    [
        new_code_cell("1", outputs=[output(html="<b>x" * 1_000, plain="xx")] * 301),
        new_code_cell("1", outputs=[output(html=f"<b>{'x' * 400_000}</b>", plain="xx")] * 11),
        new_markdown_cell("*x* <b>" * 200_000),
    ],
    ids=["tags", "outputs", "text"],
)
def test_what_would_take_minutes_to_format_is_shown_as_it_is(cell: NotebookNode) -> None:
    executed = NotebookNode(new_notebook(), cells=[new_markdown_cell("*x*"), cell])
    first, second = cells(executed)

    assert first["source"] == '<pre dir="auto">*x*</pre>'
    assert "<b>" not in "".join((second["source"], *second["outputs"]))
    assert [set(one.data) for one in harmless(executed).cells[1].get("outputs", ())][:1] in ([], [{"text/plain"}])


@pytest.mark.parametrize("sign", ["\xa0", "&"])
def test_html_that_would_take_long_to_clean_is_shown_as_it_is(sign: str) -> None:
    started = time.thread_time()

    assert html(f"<b>{sign * 490_000}</b>").startswith("&lt;b&gt;")
    assert time.thread_time() - started < 1


def test_the_file_keeps_only_outputs_that_nothing_runs() -> None:
    executed = new_notebook(
        cells=[
            new_markdown_cell("<script>"),
            new_code_cell(
                "1",
                outputs=[
                    output(js="alert(1)", html="<b>x</b><script>alert(1)</script>", plain="x"),
                    output(
                        **{"image/svg+xml": "<svg/>", "application/vnd.jupyter.widget-view+json": {"model_id": "x"}}
                    ),
                    output(png=PNG),
                    new_output("stream", text="x"),
                ],
            ),
        ]
    )
    cleaned = harmless(executed)

    nbformat.validate(cleaned)
    assert [one.get("data") for one in cleaned.cells[1].outputs] == [
        {"text/plain": "x", "text/html": "<b>x</b>"},
        {"text/plain": "(an output of an unknown type was left out)"},
        {"image/png": PNG},
        None,
    ]
    assert "application/javascript" in executed.cells[1].outputs[0].data


def test_pasted_pictures_take_no_longer_for_their_number() -> None:
    pictures = {f"image ({number}).png": {"image/png": PNG} for number in range(100_000)}
    started = time.thread_time()
    page = markdown("x" * 10_000 + "![it](attachment:image (7).png)", pictures)

    assert page.endswith(f'<img src="data:image/png;base64,{PNG}" alt="it"></p>\n')
    assert time.thread_time() - started < 2


def test_a_pasted_picture_that_is_used_many_times_does_not_fill_the_memory() -> None:
    picture = base64.b64encode(base64.b64decode(PNG) + bytes(300_000)).decode()
    page = markdown("![it](attachment:a.png)\n" * 300, {"a.png": {"image/png": picture}})

    assert page.count("<img") == 300
    assert page.count("src=") == notebook.MAX_PAGE // len(f"data:image/png;base64,{picture}")


@pytest.mark.parametrize("place", ["(attachment:a.png)", "(data:image/png;base64,{})"], ids=["Jupyter", "Colab"])
def test_a_large_picture_is_shown(place: str) -> None:
    picture = base64.b64encode(base64.b64decode(PNG) + bytes(2_000_000)).decode()
    shown = f'<img src="data:image/png;base64,{picture}" alt="it">'
    text = new_markdown_cell(f"Look:\n\n![it]{place.format(picture)}", attachments={"a.png": {"image/png": picture}})

    page = "".join(cell["source"] for cell in cells(new_notebook(cells=[text, new_markdown_cell("# So")])))
    assert page == f"<p>Look:</p>\n<p>{shown}</p>\n<h1>So</h1>\n"
    assert html(f"<p><img src='data:image/png;base64,{picture}' alt='it'></p>") == f"<p>{shown}</p>"


@pytest.mark.parametrize(
    "text",
    ["![" * 100_000, "![*" * 60_000, ("|" + "a|" * 255 + "\n|" + "-|" * 255 + "\n" + "|a\n" * 255 + "\n") * 10],
    ids=["brackets", "emphasis", "tables"],
)
def test_a_text_that_would_take_long_to_format_is_shown_as_it_is(text: str) -> None:
    started = time.thread_time()
    page = markdown(text)

    assert page.startswith(f'<pre dir="auto">{text[:50]}')
    assert time.thread_time() - started < 1


def test_the_rows_of_a_table_need_not_be_whole() -> None:
    page = markdown("| a | b | c |\n|---|---|---|\n" + "| 1 | 2\n" * 100)

    assert page.count("<tr>") == 101
    assert page.count("<td>") == 300
