"""Figures as a kernel shows them: drawn once, with the look that Jupyter gives them."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import seaborn as sns
from IPython.core import pylabtools
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image, ImageFilter

from autograder.kernel import figures
from autograder.kernel.canvas import FigureCanvas

#: What a blurred picture may differ by, of 255, for text that stands half a pixel beside; a text that is missing makes 50.
DIFFERENCE = 40
RANDOM = np.random.default_rng(0)
NUMBERS = RANDOM.random((3, 12))


@pytest.fixture(autouse=True)
def print_figure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """IPython's own function, of which a kernel has another one."""
    plt.switch_backend("agg")
    ordinary = pylabtools.print_figure
    monkeypatch.setattr(pylabtools, "print_figure", ordinary)
    for module in figures._SEABORN:
        monkeypatch.setattr(f"{module}._draw_figure", sns.utils._draw_figure)
    for kind, name in ((Text, "_get_layout"), (Axis, "get_tightbbox")):
        monkeypatch.setattr(kind, name, getattr(kind, name))
    figures.install()
    with plt.rc_context():
        yield ordinary
    plt.close("all")


def labelled(**options: Any) -> Any:
    """A figure whose labels leave no room for the padding within its canvas."""
    figure, axes = plt.subplots(figsize=(5, 4), **options)
    axes.plot([1, 2], label="images")
    axes.set(title="Training set", xlabel="digit", ylabel="number of images")
    axes.legend(loc="upper left")
    return figure


def heat_map() -> Any:
    axes = sns.heatmap(pd.DataFrame(RANDOM.integers(0, 1000, (3, 3))), annot=True, fmt="d")
    axes.set(xlabel="read as", ylabel="true digit")
    return axes.figure


def pictures() -> Figure:
    figure, axes = plt.subplots(ncols=3, figsize=(5, 1.8))
    for digit, one in enumerate(axes):
        one.imshow(RANDOM.random((28, 28)))
        one.set_title(digit)
        one.axis("off")
    return figure


def solid() -> Figure:
    figure = plt.figure()
    figure.add_subplot(projection="3d").plot([1, 2], [3, 4], [5, 6])
    return figure


def without_pyplot() -> Figure:
    figure = Figure()
    figure.subplots().plot([1, 2])
    return figure


def with_legend_outside() -> Figure:
    figure, axes = plt.subplots()
    axes.plot([1, 2], label="a line")
    axes.legend(bbox_to_anchor=(1.05, 1), loc="upper left")
    return figure


def with_high_title() -> Any:
    figure = labelled()
    figure.suptitle("Both sets", y=1.1)
    return figure


def changed_by_its_drawing() -> Any:
    figure = labelled()
    figure.canvas.mpl_connect("draw_event", lambda event: figure.axes[0].set_title("Changed"))
    return figure


def with_picture() -> Any:
    figure = labelled()
    figure.figimage(RANDOM.random((20, 20)))
    return figure


ONCE = {
    "labels up to the edge": labelled,
    "a coloured ground": lambda: labelled(facecolor=(0.3, 0.57, 0.11)),
    "constrained layout": lambda: labelled(layout="constrained"),
    "seaborn": heat_map,
    "pandas": lambda: pd.DataFrame(RANDOM.random((4, 2)), columns=list("ab")).plot(kind="bar").figure,
    "pictures": pictures,
    "three dimensions": solid,
    "no pyplot": without_pyplot,
}
TWICE = {
    "a legend outside": with_legend_outside,
    "a title above the figure": with_high_title,
    "a frame": lambda: labelled(linewidth=10, edgecolor="red"),
    "a transparent ground": lambda: labelled(facecolor="none"),
    "a hatched ground": lambda: hatched(labelled()),
    "a picture at fixed pixels": with_picture,
    "changed by its drawing": changed_by_its_drawing,
}


def hatched(figure: Figure) -> Figure:
    figure.patch.set_hatch("/")
    return figure


def show(figure: Figure, *arguments: Any, **options: Any) -> Any:
    """The picture of a figure as a kernel makes it."""
    kernels: Any = pylabtools
    return kernels.print_figure(figure, *arguments, **options)


def drawings(figure: Figure, draw: Callable[[], Any]) -> int:
    """How often ``draw`` draws a figure."""
    counted: list[Any] = []
    connection = figure.canvas.mpl_connect("draw_event", counted.append)
    draw()
    figure.canvas.mpl_disconnect(connection)
    return len(counted)


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGBA")


def blurred(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture.filter(ImageFilter.GaussianBlur(4))).astype(float)


@pytest.mark.parametrize("make", ONCE.values(), ids=ONCE)
def test_a_figure_is_drawn_once_and_looks_the_same(
    make: Callable[[], Figure], print_figure: Callable[..., Any]
) -> None:
    figure = make()
    ordinary, ours = opened(print_figure(figure)), opened(show(figure))

    assert ours.size == ordinary.size
    assert np.abs(blurred(ours) - blurred(ordinary)).max() < DIFFERENCE
    assert drawings(figure, lambda: show(figure)) == 1


@pytest.mark.parametrize("make", TWICE.values(), ids=TWICE)
def test_a_figure_that_cannot_be_cropped_is_matplotlibs_to_the_byte(
    make: Callable[[], Figure], print_figure: Callable[..., Any]
) -> None:
    figure = make()

    assert show(figure) == print_figure(figure)


@pytest.mark.parametrize(
    ("fmt", "options"),
    [("png", {"bbox_inches": None}), ("png", {"pad_inches": 1}), ("png", {"dpi": 50}), ("jpg", {})],
)
def test_other_formats_and_options_are_matplotlibs(
    fmt: str, options: dict[str, Any], print_figure: Callable[..., Any]
) -> None:
    figure = labelled()

    assert show(figure, fmt, **options) == print_figure(figure, fmt, **options)


def test_a_picture_for_fine_screens_has_twice_the_pixels(print_figure: Callable[..., Any]) -> None:
    figure = labelled()
    ours, ordinary = opened(show(figure, "retina")), opened(print_figure(figure, "retina"))

    assert ours.size == ordinary.size
    assert drawings(figure, lambda: show(figure, "retina")) == 1


def test_a_padding_of_the_students_own_is_kept(print_figure: Callable[..., Any]) -> None:
    plt.rcParams["savefig.pad_inches"] = 0.5
    figure = labelled()

    assert opened(show(figure)).size == opened(print_figure(figure)).size


#: Ways in which texts with the same letters differ.
TEXTS: list[dict[str, Any]] = [
    {},
    {"fontsize": 7},
    {"weight": "bold"},
    {"rotation": 30},
    {"rotation": 30, "rotation_mode": "anchor"},
    {"ha": "center"},
    {"va": "top"},
    {"multialignment": "left"},
    {"linespacing": 2},
    {"wrap": True},
    {"parse_math": False},
    {"fontfeatures": ["-kern"]},
    {"rotation": 45, "transform_rotates_text": True, "rotation_mode": "anchor"},
]


def test_texts_stand_where_matplotlib_has_them() -> None:
    figure = Figure((12, 6))
    for column, words in enumerate(("AVAVAVAV", "two lines,\none short", "$x^2$")):
        for row, options in enumerate(TEXTS):
            figure.text(0.3 * (column + 1), 0.07 * (row + 1), words, **{"ha": "right", **options})
    ordinary: Any = FigureCanvasAgg(figure)
    ordinary.draw()
    ours: Any = FigureCanvas(figure)
    ours.draw()

    assert ours.get_renderer().layouts
    assert np.array_equal(ours.buffer_rgba(), ordinary.buffer_rgba())


def test_axes_that_are_off_have_no_ticks_made_for_their_title(monkeypatch: pytest.MonkeyPatch) -> None:
    figure = pictures()
    monkeypatch.setattr(Axis, "_update_ticks", None)

    assert show(figure)


LABELS = [f"a long label {number}" for number in range(12)]
HEAT_MAPS: dict[str, Callable[[], Any]] = {
    "labels that overlap": lambda: sns.heatmap(pd.DataFrame(NUMBERS, columns=LABELS)),
    "labels that do not": lambda: sns.heatmap(NUMBERS, annot=True, cbar=False),
    "labels that overlap in squares": lambda: sns.heatmap(pd.DataFrame(NUMBERS, LABELS[:3]), square=True),
    "two in a figure": lambda: next(sns.heatmap(NUMBERS, ax=axes) for axes in plt.subplots(ncols=2)[1]),
    "a layout of its own": lambda: sns.heatmap(NUMBERS, ax=plt.subplots(layout="constrained")[1]),
    "a cluster map": lambda: sns.clustermap(NUMBERS),
}


@pytest.mark.parametrize("make", HEAT_MAPS.values(), ids=HEAT_MAPS)
def test_seaborn_lays_a_figure_out_without_drawing_it(
    make: Callable[[], Any], print_figure: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    figure = make().figure
    assert not np.asarray(figure.canvas.buffer_rgba())[..., 3].any()
    monkeypatch.setattr("seaborn.matrix._draw_figure", sns.utils._draw_figure)
    plt.figure()
    ordinary = make().figure

    assert np.asarray(ordinary.canvas.buffer_rgba())[..., 3].any()
    assert print_figure(figure) == print_figure(ordinary)


def test_an_empty_figure_is_not_shown() -> None:
    assert show(plt.figure()) is None


@pytest.mark.parametrize("size", [(100_000, 1), (0.001, 0.001)], ids=["huge", "tiny"])
def test_a_figure_of_an_impossible_size_raises_what_matplotlib_raises(
    size: tuple[float, float], print_figure: Callable[..., Any]
) -> None:
    figure, _ = plt.subplots(figsize=size)

    assert outcome(lambda: show(figure)) == outcome(lambda: print_figure(figure))


def test_an_error_in_a_drawing_leaves_the_figure_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    figure = labelled()
    canvas, size = figure.canvas, figure.get_size_inches()

    def fail(*_: Any) -> None:
        raise RuntimeError("the student's artist")

    monkeypatch.setattr(figure.axes[0], "draw", fail)

    with pytest.raises(RuntimeError, match="the student's artist"):
        show(figure)
    assert figure.canvas is canvas
    assert (figure.get_size_inches() == size).all()


def outcome(call: Callable[[], Any]) -> str:
    """The kind and the words of what a call raises, or the size of the picture that it makes."""
    try:
        data = call()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "nothing" if data is None else str(opened(data).size)
