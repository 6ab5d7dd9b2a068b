"""What Matplotlib works out again and again while it draws a figure, worked out once, to the same figure.

It lays each text out up to five times: to see how much room it takes, to draw it, and to crop the figure. It also makes
the ticks of axes that are switched off, to see how much room they would take.

Only for figures on the grader's own canvas, whose renderer remembers layouts (see ``canvas``).
"""

# Matplotlib's types know neither its private parts nor most of its signatures.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import functools
from collections.abc import Hashable
from typing import Any

from matplotlib.axis import Axis
from matplotlib.text import Text


def install() -> None:
    """Change Matplotlib in this process, for good."""
    if hasattr(Text, "_get_layout"):
        Text._get_layout = _remembered(Text._get_layout)
    Axis.get_tightbbox = _if_shown(Axis.get_tightbbox)  # type: ignore[method-assign]


def _remembered(original: Any) -> Any:
    @functools.wraps(original)
    def get_layout(text: Any, renderer: Any) -> Any:
        known = getattr(renderer, "layouts", None)
        if known is None or text.get_wrap():  # a wrapped text depends on its place, too
            return original(text, renderer)
        key = _key(text)
        if key not in known:
            known[key] = original(text, renderer)
        return known[key]

    return get_layout


def _key(text: Any) -> Hashable:
    """All that the layout of a text depends on, but for its place."""
    return (
        text.get_text(),
        hash(text.get_fontproperties()),
        text.get_usetex(),
        text.get_parse_math(),
        text.get_rotation(),
        text.get_rotation_mode(),
        text.get_horizontalalignment(),
        text.get_verticalalignment(),
        text._multialignment,
        text._linespacing,
        text.get_fontfeatures(),
        text.get_language(),
        text.get_figure(root=True).dpi,
    )


def _if_shown(original: Any) -> Any:
    @functools.wraps(original)
    def get_tightbbox(axis: Any, renderer: Any = None, **options: Any) -> Any:
        is_off = hasattr(renderer, "layouts") and not axis.axes.axison
        return None if is_off else original(axis, renderer, **options)

    return get_tightbbox
