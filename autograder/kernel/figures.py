"""Figures as Jupyter shows them, drawn once instead of twice (see ``canvas``), with the same look.

A figure that a student saves, in another format or with options of their own, is Matplotlib's alone.
"""

from __future__ import annotations

import functools
from typing import Any

from IPython.core import pylabtools

BACKEND = "module://autograder.kernel.canvas"
#: The canvases of Matplotlib whose figures become pictures in the same way.
_CANVASES = ("matplotlib.backends.backend_agg.FigureCanvasAgg", "matplotlib.backend_bases.FigureCanvasBase")


def install() -> None:
    """Have IPython print figures as PNG on a canvas that draws once."""
    pylabtools.print_figure = _drawn_once(pylabtools.print_figure)


def _drawn_once(original: Any) -> Any:
    @functools.wraps(original)
    def print_figure(
        fig: Any, fmt: str = "png", bbox_inches: Any = "tight", base64: bool = False, **options: Any
    ) -> Any:
        kind = type(fig.canvas)
        is_usual = fmt in ("png", "retina") and bbox_inches == "tight" and not options
        if is_usual and f"{kind.__module__}.{kind.__qualname__}" in _CANVASES:
            options = {"backend": BACKEND}
        return original(fig, fmt, bbox_inches, base64, **options)

    return print_figure
