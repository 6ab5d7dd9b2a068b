"""Figures as Jupyter shows them, drawn once instead of twice or three times, with the same look.

IPython prints them on a canvas that draws once (see ``canvas``), and seaborn, which draws a figure to see where its
labels are, does so without output, or only places the axes.

A figure that a student saves, in another format or with options of their own, is Matplotlib's alone.
"""

from __future__ import annotations

import functools
import sys
from typing import Any

from IPython.core import pylabtools

BACKEND = "module://autograder.kernel.canvas"
#: The backend of a notebook, which Matplotlib finds in the environment.
INLINE = "module://matplotlib_inline.backend_inline"
#: The canvases of Matplotlib whose figures become pictures in the same way.
_CANVASES = ("matplotlib.backends.backend_agg.FigureCanvasAgg", "matplotlib.backend_bases.FigureCanvasBase")


def _lay_out(figure: Any) -> None:
    figure.draw_without_rendering()


def _place_axes(figure: Any) -> None:
    """Give axes the places that a drawing gives them: labels whose texts are set have theirs then."""
    if figure.get_layout_engine() is not None or not hasattr(figure.canvas, "get_renderer"):
        _lay_out(figure)
        return
    for axes in figure.axes:
        locator = axes.get_axes_locator()
        axes.apply_aspect(locator(axes, figure.canvas.get_renderer()) if locator else None)


#: The modules of seaborn that draw a figure to lay it out, and what is enough for them.
_SEABORN = {"seaborn.axisgrid": _lay_out, "seaborn.categorical": _lay_out, "seaborn.matrix": _place_axes}


def install() -> None:
    """Have IPython draw no more than it needs, and Matplotlib and seaborn where they were imported before."""
    if "matplotlib.axes" in sys.modules:
        from autograder.kernel import layouts

        layouts.install()
    pylabtools.print_figure = _drawn_once(pylabtools.print_figure)
    for module, enough in _SEABORN.items():
        if hasattr(sys.modules.get(module), "_draw_figure"):
            sys.modules[module]._draw_figure = enough  # type: ignore[attr-defined]


def show_after_cells(shell: Any) -> None:
    """Have each cell show and close its figures where the backend was imported before there was a shell to tell.

    Elsewhere it tells the shell when the first figure imports it.
    """
    if (backend := sys.modules.get(INLINE.removeprefix("module://"))) is not None:
        activate: Any = pylabtools.activate_matplotlib
        backend.configure_inline_support(shell, INLINE)
        activate(INLINE)  # which has what is still open drawn after a cell: after the former


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
