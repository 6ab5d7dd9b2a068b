"""The plots of a benchmark: what a submission costs whom, and how the cost grows with the class."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.grader import number
from benchmarks.targets import Document, of_class, peer_of, run_of

COLOURS = {"this grader": "#0b6e4f", "otter": "#c8553d", "nbclient": "#8d99ae", "training": "#e0b84f"}


def draw(document: Document, folder: Path) -> list[Path]:
    """Draw into ``plot.png`` and ``plot.svg`` of a folder; what was not measured is left out."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    bars, lines = figure.subplots(ncols=2, width_ratios=[2, 3])
    _bars(bars, document)
    _lines(lines, document)
    paths = [folder / "plot.png", folder / "plot.svg"]
    for path in paths:
        figure.savefig(path, dpi=150, metadata={"Date": None} if path.suffix == ".svg" else None)
    return paths


def _bars(axes: Any, document: Document) -> None:
    size = document["class"]["size"]
    run = run_of(document, size)
    costs = {} if run is None else {"this grader": run["cost"]["processor_seconds"] / size}
    costs |= {name: theirs / size for name in ("otter", "nbclient") if (theirs := of_class(document, name)) is not None}
    drawn = axes.bar(list(costs), list(costs.values()), color=[COLOURS[name] for name in costs])
    axes.bar_label(drawn, fmt="%.1f", padding=2)
    axes.set(title=f"One of {size} submissions", ylabel="processor seconds")
    axes.spines[["top", "right"]].set_visible(False)


def _lines(axes: Any, document: Document) -> None:
    runs = document.get("runs", [])
    sizes = [run["size"] for run in runs]
    axes.plot(
        sizes,
        [run["cost"]["processor_seconds"] for run in runs],
        marker="o",
        color=COLOURS["this grader"],
        label="this grader",
    )
    trained = [(run["size"], number(run["figures"], "training", "processor_seconds")) for run in runs]
    if known := [(size, seconds) for size, seconds in trained if seconds is not None]:
        axes.plot(*zip(*known, strict=True), "--", color=COLOURS["training"], label="its distinct training alone")
    for name in ("otter", "nbclient"):
        peer, theirs = peer_of(document, name), of_class(document, name)
        if peer is not None and theirs is not None and sizes:
            ends = [0, max(sizes)]
            label = f"{name} ({len(peer['each']) + len(peer['broken'])} notebooks, extrapolated)"
            each = theirs / document["class"]["size"]
            axes.plot(ends, [each * end for end in ends], color=COLOURS[name], label=label)
    axes.set(title="A class", xlabel="submissions", ylabel="processor seconds", xlim=(0, None), ylim=(0, None))
    axes.spines[["top", "right"]].set_visible(False)
    if axes.get_lines():
        axes.legend(frameon=False)
