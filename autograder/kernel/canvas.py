"""A canvas of Matplotlib's on which a figure that is to be cropped is drawn once.

``print_figure(bbox_inches="tight")`` draws twice: first without output, to see what the figure takes up, then the part
that it takes up. Here the first drawing has output, too, and is cropped. Matplotlib draws again where that would not
do: where something lies outside the figure, or around it is more than a plain colour.

It is named as a backend (``backend="module://autograder.kernel.canvas"``).
"""

# Matplotlib's types know neither its private parts nor most of its signatures.
# mypy: disable-error-code="misc,no-untyped-call,override"

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from matplotlib import rcParams
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.colors import to_rgba
from PIL import Image

#: How far, in pixels, the bounds of a figure may be from a whole pixel by rounding.
_ROUNDING = 1e-6


class _Renderer(RendererAgg):
    """A renderer of a figure whose first drawing «without output» has output.

    ``is_done`` says whether that is the whole figure, and nothing has changed it since. ``layouts`` are those of texts
    (see ``kernel.layouts``).
    """

    def __init__(self, figure: Any, width: int, height: int) -> None:
        super().__init__(width, height, figure.dpi)
        self._figure = figure
        self._is_first = True
        self.is_done = False
        self.layouts: dict[Hashable, Any] = {}

    @contextmanager
    def _draw_disabled(self) -> Iterator[None]:
        if not self._is_first:
            with super()._draw_disabled():
                yield
            return
        self._is_first = False
        yield
        self.is_done = not self._figure.stale


class FigureCanvas(FigureCanvasAgg):
    """A canvas for one ``print_figure``."""

    _first: _Renderer | None = None
    _is_cropping = False

    def get_renderer(self) -> Any:
        """The renderer of the first drawing; of what is drawn after it, Matplotlib's own."""
        if self._is_cropping:
            return super().get_renderer()
        if self._first is None:
            self._first = _Renderer(self.figure, *self.get_width_height(physical=True))
        return self._first

    def print_png(self, file: Any, *, bbox_inches_restore: Any = None, **_: Any) -> None:
        pixels = None
        if bbox_inches_restore is not None:
            self._is_cropping = True
            pixels = self._cropped(bbox_inches_restore[0])
        if pixels is None:
            super().print_png(file)
        else:
            Image.fromarray(pixels).save(file, format="png", dpi=(self.figure.dpi,) * 2)

    def _cropped(self, bounds: Any) -> np.ndarray | None:
        """The pixels of the first drawing within ``bounds`` (in inches, with padding); None if they are not enough."""
        first, padding, colour = self._first, rcParams["savefig.pad_inches"], self._colour()
        if first is None or not first.is_done or colour is None or not isinstance(padding, int | float):
            return None
        dpi = self.figure.dpi
        left, bottom, right, top = bounds.extents * dpi
        inner, room = padding * dpi, _ROUNDING
        fits_across = left + inner >= -room and right - inner <= first.width + room
        fits_along = bottom + inner >= -room and top - inner <= first.height + room
        width, height = self.get_width_height(physical=True)
        if not (fits_across and fits_along and width > 0 and height > 0):
            return None
        drawn = np.asarray(first.buffer_rgba())[..., :3]
        column, row = round(left), round(first.height - height - bottom)
        pixels = np.empty((height, width, 3), np.uint8)
        pixels[:] = colour
        rows = slice(max(row, 0), max(min(row + height, drawn.shape[0]), 0))
        columns = slice(max(column, 0), max(min(column + width, drawn.shape[1]), 0))
        part = drawn[rows, columns]
        to_row, to_column = rows.start - row, columns.start - column
        pixels[to_row : to_row + part.shape[0], to_column : to_column + part.shape[1]] = part
        return pixels

    def _colour(self) -> list[int] | None:
        """The colour around the figure; None where there is something else, or something that is not cropped along."""
        figure, patch = self.figure, self.figure.patch
        colour = to_rgba(patch.get_facecolor())
        is_plain = (
            patch.get_visible()
            and colour[3] == 1
            and not patch.get_linewidth()
            and patch.get_hatch() is None
            and not patch.get_path_effects()
            and patch.get_agg_filter() is None
        )
        return [round(255 * part) for part in colour[:3]] if is_plain and not figure.images else None
