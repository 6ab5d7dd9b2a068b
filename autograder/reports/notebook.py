"""An executed notebook that is safe to open: as a page for people, and as a file for Jupyter.

Student code made the outputs. Text is escaped. HTML, of a table or a text cell, keeps only formatting tags (by nh3, a
binding of Ammonia). Pictures are shown if they have the format that they claim. Scripts, styles, links, SVG and widgets
are left out. The page is shown in a frame without scripts, so that even a flaw here would not run one.
"""

from __future__ import annotations

import base64
import binascii
import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup, escape
from mdit_py_plugins.dollarmath import dollarmath_plugin
from nbformat import NotebookNode

from autograder.assignment.pictures import name_pictures
from autograder.messages import message
from autograder.reports import formulas
from autograder.text import is_blank, without_overrides, without_terminal_codes

#: Cells on either side of an answer that was found outside its cell.
AROUND = 2
MAX_TEXT = 200_000
#: Characters of a text whose HTML is remembered.
MAX_REMEMBERED = 10_000
MAX_HTML = 500_000
MAX_PICTURE = 4 * 1024**2
MAX_PAGE = 16 * 1024**2
#: Tags in one HTML output; the time that cleaning takes grows with the square of their depth.
MAX_TAGS = 10_000
#: Ampersands and no-break spaces in one; that time grows with the square of their number, and of a tag's attributes.
MAX_ESCAPED = 20_000
#: Tags in a notebook, and characters of its HTML; the outputs of one with more are shown unformatted: formatting would
#: take minutes.
MAX_ALL_TAGS = 300_000
MAX_ALL_HTML = 4_000_000
#: Characters of a text cell, and of all of a notebook, that are formatted: up to 100 ms for each 1,000.
MAX_MARKDOWN = 20_000
MAX_ALL_MARKDOWN = 200_000
#: Cells of the tables in a text, with those that Markdown adds to short rows.
MAX_TABLE_CELLS = 5_000
#: The first bytes of pictures of each kind.
_PICTURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff", "image/gif": b"GIF8"}
_FORMATTING = """
    b blockquote br caption code col colgroup dd del div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins kbd
    li ol p pre q s samp small span strong sub sup table tbody td tfoot th thead tr tt u ul var
"""
_TAGS = {*_FORMATTING.split(), *formulas.TAGS}
_ATTRIBUTES = {
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "img": {"src", "alt"},
    "ol": {"start"},
    **formulas.ATTRIBUTES,
}
#: Kinds of outputs that no viewer executes, once HTML is cleaned.
_HARMLESS = ("text/plain", "text/html", "text/latex", *_PICTURES)


def cells(notebook: NotebookNode, around: Sequence[int] = ()) -> Iterator[dict[str, Any]]:
    """The cells for the page: ``kind``, ``number``, ``source`` and ``outputs``, the last two as safe HTML.

    Together they have at most ``MAX_PAGE`` characters; a note stands where more is left out. With ``around``, only
    these cells, by their numbers from 1, and ``AROUND`` on either side.
    """
    left = MAX_PAGE
    formatted = _is_formatted(notebook)
    shown = {place for number in around for place in range(number - AROUND, number + AROUND + 1)}
    for number, cell in enumerate(notebook.cells, start=1):
        if shown and number not in shown:
            continue
        parts = [_source(cell, formatted)]
        if cell.cell_type == "code":
            parts += [_output(output, formatted) for output in cell.get("outputs", ())]
        for position, part in enumerate(parts):
            left -= len(part)
            parts[position] = part if left >= 0 else left_out()
        yield {"kind": cell.cell_type, "number": number, "source": parts[0], "outputs": parts[1:]}
        if left < 0:
            return


def harmless(notebook: NotebookNode) -> NotebookNode:
    """A copy of an executed notebook with outputs that cannot run anything in any viewer.

    Text cells stay as they are: viewers such as Jupyter clean them, and people mark them.
    """
    cleaned = copy.deepcopy(notebook)
    formatted = _is_formatted(notebook)
    for cell in cleaned.cells:
        if cell.cell_type != "code":
            continue
        for output in cell.get("outputs", ()):
            output.pop("metadata", None)
            if output.get("output_type") in ("display_data", "execute_result"):
                data = output.get("data")
                output["data"] = _harmless_data(data if isinstance(data, dict) else {}, formatted)
                output["metadata"] = {}
    return cleaned


def _is_formatted(notebook: NotebookNode) -> bool:
    """Whether a notebook's text cells and outputs can be formatted within seconds."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    data = [output["data"] for output in outputs if isinstance(output.get("data"), dict)]
    texts = [name_pictures(_text(cell.source))[0] for cell in notebook.cells if cell.cell_type == "markdown"]
    pages = [page for one in data if len(page := _text(one.get("text/html", ""))) <= MAX_HTML]
    tags = sum(text.count("<") for text in [*texts, *pages])
    return tags <= MAX_ALL_TAGS and sum(map(len, pages)) <= MAX_ALL_HTML and sum(map(len, texts)) <= MAX_ALL_MARKDOWN


def _harmless_data(data: Mapping[str, Any], formatted: bool) -> dict[str, Any]:
    cleaned: dict[str, Any] = {}
    for kind in _HARMLESS:
        if kind not in data or (kind == "text/html" and not formatted):
            continue
        if kind in _PICTURES:
            if (picture := _picture(kind, data[kind])) is not None:
                cleaned[kind] = picture
        else:
            cleaned[kind] = html(_text(data[kind])) if kind == "text/html" else _text(data[kind])
    return cleaned or {"text/plain": message("reports.other_output")}


def markdown(text: str, attachments: Any = None) -> Markup:
    """A text cell as HTML with formatting only, with its pictures and its formulas drawn.

    A text that is too long, or has tables that are too large, stays as it was written; so do too many formulas.
    """
    text, pictures = name_pictures(text, attachments)
    if len(text) > MAX_MARKDOWN or _table_cells(text) > MAX_TABLE_CELLS:
        return as_written(text)
    if pictures or len(text) > MAX_REMEMBERED:
        return _formatted(text, pictures)
    return _remembered(text)


def _table_cells(text: str) -> int:
    """An upper bound of the cells of a text's tables: each row gets as many as the header, which may be any line."""
    blocks = ([line.count("|") for line in block.split("\n")] for block in re.split(r"\n[ \t]*\n", text))
    return sum(len(pipes) * max(pipes) for pipes in blocks)


def _formatted(text: str, pictures: Mapping[str, Mapping[str, str]] = MappingProxyType({})) -> Markup:
    for drawn in (True, False) if "$" in text else (False,):
        rendered = _parser(formulas=drawn).render(text)
        if _can_be_cleaned(rendered):
            return Markup(_cleaned(rendered, pictures))
    return as_written(text)


@lru_cache(1_000)  # most text cells came with the assignment, to all students
def _remembered(text: str) -> Markup:
    return _formatted(text)


def written_answer(text: str, attachments: Any = None) -> Markup:
    """``markdown`` for an answer; as it was written if nothing of it can be seen, as of a comment or an unknown tag."""
    formatted = markdown(text, attachments)
    return as_written(text) if is_blank(formatted.striptags()) and "<img" not in formatted else formatted


@lru_cache(1_000)  # the same for all students
def question_text(text: str) -> Markup:
    """The text of a question as HTML, as ``markdown`` makes it."""
    return markdown(text)


def as_written(text: str) -> Markup:
    """A text without formatting; a long one is cut. It reads as it runs: nothing in it overrides its direction."""
    shown = without_overrides(without_terminal_codes(text[:MAX_TEXT]))
    cut = Markup("") if len(text) <= MAX_TEXT else left_out()
    return Markup('<pre dir="auto">{}</pre>{}').format(shown, cut)


def html(text: str) -> str:
    """HTML with formatting only: without scripts, styles, links and references to other places."""
    return _cleaned(*name_pictures(text))


def _cleaned(text: str, pictures: Mapping[str, Mapping[str, str]]) -> str:
    """HTML with formatting only, and with these pictures, so long as they have at most ``MAX_PAGE`` characters."""
    if not _can_be_cleaned(text):
        return str(escape(text[:MAX_TEXT]))
    left = MAX_PAGE
    shown = cache(lambda name: _address(pictures.get(name, {})))

    def harmless_value(tag: str, attribute: str, value: str) -> str | None:
        """The value of an attribute, if it neither fetches something nor moves a formula over what is beside it."""
        nonlocal left
        if attribute == "src":
            picture = shown(value.removeprefix("attachment:"))
            left -= len(picture or "")
            return picture if left >= 0 else None
        return value if tag not in formulas.TAGS or formulas.is_harmless(attribute, value) else None

    cleaned = nh3.clean(
        text,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=harmless_value,
        url_schemes={"attachment"},
        link_rel=None,
    )
    return without_overrides(cleaned)


def _address(bundle: Mapping[str, str]) -> str | None:
    """A picture as a ``data:`` address; None if it is none."""
    pictures = ((kind, _picture(kind, data)) for kind, data in bundle.items())
    return next((f"data:{kind};base64,{picture}" for kind, picture in pictures if picture is not None), None)


def _can_be_cleaned(text: str) -> bool:
    escaped = text.count("&") + text.count("\xa0")
    return len(text) <= MAX_HTML and text.count("<") <= MAX_TAGS and escaped <= MAX_ESCAPED


def _source(cell: NotebookNode, formatted: bool) -> Markup:
    text = _text(cell.source)
    is_formatted = formatted and cell.cell_type == "markdown"
    return markdown(text, cell.get("attachments")) if is_formatted else as_written(text)


def _output(output: Mapping[str, Any], formatted: bool) -> Markup:
    kind = output.get("output_type")
    if kind == "stream":
        return as_written(_text(output.get("text")))
    if kind == "error":
        return as_written("\n".join(map(_text, output.get("traceback") or ())) or _text(output.get("evalue")))
    data = output.get("data")
    if not isinstance(data, dict):
        return Markup("")
    for picture_kind in _PICTURES:
        if (picture := _picture(picture_kind, data.get(picture_kind))) is not None:
            return Markup('<img alt="" src="data:{};base64,{}">').format(picture_kind, picture)
    if "text/html" in data and formatted:
        return Markup('<div class="html">{}</div>').format(Markup(html(_text(data["text/html"]))))
    return as_written(_text(data.get("text/plain", message("reports.other_output"))))


def _picture(kind: str, data: Any) -> str | None:
    """A picture as base64 on one line; None if it is not of that kind, or too large."""
    text = re.sub(r"\s", "", _text(data)) if data is not None and kind in _PICTURES else ""
    if not text or len(text) > MAX_PICTURE:
        return None
    try:
        return text if base64.b64decode(text, validate=True).startswith(_PICTURES[kind]) else None
    except (binascii.Error, ValueError):
        return None


def _text(value: Any) -> str:
    """Text as nbformat may hold it: a string or a list of lines; anything else becomes its ``str``."""
    text = "".join(map(str, value)) if isinstance(value, list) else str(value)
    return text.encode("utf-8", "replace").decode()


@cache
def _parser(*, formulas: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")  # its HTML is cleaned with the rest
    parser.validateLink = lambda url: url.startswith("attachment:")  # type: ignore[method-assign]
    if formulas:
        parser.use(dollarmath_plugin, allow_digits=False, double_inline=True, renderer=_formula)
    return parser


def _formula(latex: str, options: Mapping[str, bool]) -> str:
    return formulas.mathml(latex, display=options["display_mode"])


def left_out() -> Markup:
    """What stands in place of a part that is too long."""
    return Markup('<p class="left">{}</p>').format(message("reports.too_long"))
