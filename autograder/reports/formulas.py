"""Formulas in LaTeX as MathML, which every browser draws without a script or a font from elsewhere.

What is made here must be cleaned like any other HTML: latex2mathml hands on what a formula says, also ``\\href``.
Students write formulas, too, and may write MathML: no space in it is negative, and nothing is larger than it should be.
"""

from __future__ import annotations

import html
import re
from xml.etree.ElementTree import tostring

from markupsafe import escape

#: Characters of a formula; a longer one, or one that cannot be read, is shown as it was written.
MAX_FORMULA = 1_000
#: What is left of MathML (Core): elements, and their attributes that only lay out.
_ELEMENTS = """
    math mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow ms mspace msqrt mstyle msub msubsup
    msup mtable mtd mtext mtr munder munderover
"""
TAGS = frozenset(_ELEMENTS.split())
ATTRIBUTES = {
    "math": {"display"},
    "mo": {"stretchy", "fence", "separator", "form", "lspace", "rspace", "minsize", "maxsize", "movablelimits"},
    "mi": {"mathvariant"},
    "mspace": {"width", "height", "depth"},
    "mfrac": {"linethickness"},
    "mover": {"accent"},
    "munder": {"accentunder"},
    "mtd": {"columnspan", "rowspan"},
    "mstyle": {"displaystyle", "scriptlevel"},
}
#: Values of attributes: words, 0 to 9, and lengths below 10 em.
_HARMLESS = re.compile(r"(?!negative)[A-Za-z-]+|\d|(?:\d(?:\.\d{1,4})?|\.\d{1,4})(?:em|ex|pt|px)", re.ASCII)


def mathml(latex: str, *, display: bool) -> str:
    """A formula as MathML, on a line of its own with ``display``."""
    try:
        from latex2mathml.converter import convert_to_element

        if len(latex) > MAX_FORMULA:
            raise ValueError("too long")
        element = convert_to_element(latex, display="block" if display else "inline")
        for one in element.iter():  # the converter writes symbols as character references
            one.text = None if one.text is None else html.unescape(one.text)
        return tostring(element, encoding="unicode")
    except Exception:  # of any type: a formula that cannot be read must not cost a page
        return f"<code>{escape(latex)}</code>"


def is_harmless(attribute: str, value: str) -> bool:
    """Whether an attribute of an element in ``TAGS`` only lays a formula out, in its own place."""
    return attribute in ("columnspan", "rowspan") or bool(_HARMLESS.fullmatch(value))
