"""The pictures of a text cell, under names that say what they show.

Jupyter puts a pasted picture beside the text, often as ``image.png`` whatever it shows; Colab writes all of it into the
text. So a text alone does not tell what it shows, or is megabytes long.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from hashlib import blake2b
from typing import Any
from urllib.parse import unquote

from nbformat import NotebookNode

PICTURE_KINDS = ("image/png", "image/jpeg", "image/gif")
#: The place of a picture in Markdown or HTML; parentheses in a name are balanced, as in any address in Markdown.
_PLACE = re.compile(
    r"(?<=\()attachment:(?P<pasted>(?:[^()]|\([^()]*\))*+)(?=\))"
    r"""|(?<=["'])attachment:(?P<quoted>[^"'<>]*+)(?=["'])"""
    r"""|(?<=[("'=])data:(?P<kind>image/(?:png|jpeg|gif));base64,(?P<data>[A-Za-z0-9+/=\r\n]+)"""
)


def name_pictures(text: str, attachments: Any = None) -> tuple[str, dict[str, dict[str, str]]]:
    """``text`` with each picture as ``attachment:NAME``, and the pictures by these names, as a cell's ``attachments``.

    A name is a digest of the picture: equal texts show equal pictures. What is not among a cell's ``attachments`` keeps
    its name.
    """
    pictures: dict[str, dict[str, str]] = {}

    @cache
    def pasted(name: str) -> str | None:
        bundle = attachments.get(name) if isinstance(attachments, Mapping) else None
        data = ((kind, bundle.get(kind)) for kind in PICTURE_KINDS) if isinstance(bundle, Mapping) else ()
        return next((named(kind, one) for kind, one in data if isinstance(one, str)), None)

    def named(kind: str, data: str) -> str:
        name = f"{blake2b(data.encode('utf-8', 'replace'), digest_size=12).hexdigest()}.{kind.removeprefix('image/')}"
        pictures[name] = {kind: data}
        return f"attachment:{name}"

    def place(match: re.Match[str]) -> str:
        if match["data"] is not None:
            return named(match["kind"], match["data"])
        name = match["pasted"] if match["quoted"] is None else match["quoted"]
        return pasted(name) or pasted(unquote(name)) or match[0]

    return _PLACE.sub(place, text), pictures


def pictures_of(notebook: NotebookNode) -> dict[str, dict[str, str]]:
    """All pictures of a notebook's text cells, as ``name_pictures`` names them."""
    found: dict[str, dict[str, str]] = {}
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            found |= name_pictures(str(cell.source), cell.get("attachments"))[1]
    return found
