"""The report of a benchmark as plain text, 80 columns wide; what was not measured is a «-»."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmarks.grader import number
from benchmarks.targets import Document, peer_of, ratio, run_of, targets

WIDTH = 80
#: Peers' notebooks that cost less alike than this do not stand for a class.
MOST_SPREAD = 0.25


def text(document: Document) -> str:
    parts = [_head, _costs, _training, _time, _sizes, _targets]
    return "\n".join("\n".join(part(document)) + "\n" for part in parts)


def _head(document: Document) -> Iterator[str]:
    machine, group = document["machine"], document["class"]
    budget = document["budget"]
    caps = [f"{value:,} {key.replace('_', ' ')}" for key, value in budget.items() if value is not None]
    mix = ", ".join(f"{count} {kind}" for kind, count in group["mix"].items())
    yield from _wrapped(f"{document['assignment']}, profile {document['profile']}, data: {document['dataset']}")
    yield from _wrapped(f"Training at most: {', '.join(caps) or 'what the notebooks ask'}")
    yield from _wrapped(f"Class: {group['size']} notebooks: {mix}")
    yield from _wrapped(
        f"Machine: {machine['cores']} cores of {machine['processor'] or machine['system']}, "
        f"{machine['memory_mb'] / 1024:.0f} GiB; Python {machine['python']}, TensorFlow {machine['tensorflow']}, "
        f"Otter {machine['otter-grader']}, nbclient {machine['nbclient']}"
    )


def _costs(document: Document) -> Iterator[str]:
    yield f"{'A submission':<26}{'notebooks':>10}{'seconds':>10}{'processor s':>13}{'ratio':>8}{'peak MiB':>11}"
    size = document["class"]["size"]
    run, alone = run_of(document, size), document.get("alone")
    if run is not None:
        yield _cost("this grader, a class", size, run["cost"], run["cost"], size)
    if alone is not None:
        yield _cost("this grader, the first", 1, alone["cost"], alone["cost"], 1)
    for name in ("otter", "nbclient"):
        if (peer := peer_of(document, name)) is not None:
            yield _cost(name, len(peer["each"]), peer, peer["cost"], 1, ratio(document, name))
    for peer in document.get("peers", []):
        if peer["broken"]:
            broken = ", ".join(f"{way} {one['processor_seconds']:.1f}" for way, one in peer["broken"].items())
            yield from _wrapped(f"{peer['name']}, broken notebooks in processor seconds: {broken}")
        if len(peer["each"]) < 2:
            continue
        close = "which stand for the class" if peer["spread"] <= MOST_SPREAD else "TOO FAR APART to stand for the class"
        yield from _wrapped(f"{peer['name']}: its notebooks differ by {peer['spread']:.0%} in processor time, {close}")

    if run is not None and (otter := peer_of(document, "otter")) is not None:
        each = [(one.get("score"), run.get("scores", {}).get(one["name"])) for one in otter["each"]]
        theirs, ours = (", ".join(map(_points, scores)) for scores in zip(*each, strict=True))
        yield from _wrapped(f"Points for the same notebooks: Otter {theirs}; this grader {ours}")


def _cost(
    name: str, notebooks: int, spent: Mapping[str, Any], cost: Mapping[str, Any], share: int, times: float | None = None
) -> str:
    return (
        f"{name:<26}{notebooks:>10}{spent['seconds'] / share:>10.1f}{spent['processor_seconds'] / share:>13.1f}"
        f"{_shown(times, '.1f'):>8}{cost['memory_mb']:>11,.0f}"
    )


def _training(document: Document) -> Iterator[str]:
    run = run_of(document, document["class"]["size"]) or {"figures": {}}
    figures = run["figures"]
    requests, hits, computed = (number(figures, "training", key) for key in ("requests", "hits", "computed"))
    rate = None if not requests or hits is None else 100 * hits / requests
    yield from _wrapped(
        f"Trainer: {_shown(requests)} requests, {_shown(hits)} hits ({_shown(rate)} %), {_shown(computed)} computed in "
        f"{_shown(number(figures, 'training', 'processor_seconds'))} processor seconds"
    )
    refused = figures.get("training", {}).get("refused") if isinstance(figures.get("training"), Mapping) else None
    for reason, count in refused.items() if isinstance(refused, Mapping) else ():
        yield from _wrapped(f"  trained in the kernel {count} times: {reason}")


def _time(document: Document) -> Iterator[str]:
    figures = (run_of(document, document["class"]["size"]) or {"figures": {}})["figures"]
    submissions = [one for one in figures.get("submissions") or [] if isinstance(one, Mapping)]
    parts = {
        "start of the kernel": "start_seconds",
        "run of the notebook": "run_seconds",
        "  of it waiting for training": "training_seconds",
        "checks": "check_seconds",
    }
    yield f"{'Where a submission spends its time':<40}{'mean s':>10}{'longest s':>12}"
    for words, key in parts.items():
        values = [value for one in submissions if (value := number(one, key)) is not None]
        mean = sum(values) / len(values) if values else None
        yield f"{words:<40}{_shown(mean, '.1f'):>10}{_shown(max(values, default=None), '.1f'):>12}"
    yield f"{'warm kernels made ready, once':<40}{_shown(number(figures, 'kernels', 'seconds'), '.1f'):>10}"


def _sizes(document: Document) -> Iterator[str]:
    yield f"{'Class':>5}{'seconds':>10}{'each':>8}{'processor s':>13}{'each':>8}{'of it training':>16}{'hits':>7}"
    for run in document.get("runs", []):
        size, cost = run["size"], run["cost"]
        training, requests, hits = (
            number(run["figures"], "training", key) for key in ("processor_seconds", "requests", "hits")
        )
        rate = None if not requests or hits is None else hits / requests
        yield (
            f"{size:>5}{cost['seconds']:>10.0f}{cost['seconds'] / size:>8.1f}{cost['processor_seconds']:>13.0f}"
            f"{cost['processor_seconds'] / size:>8.1f}{_shown(training):>16}{_shown(rate, '.0%'):>7}"
        )
    if (further := slope(document.get("runs", []))) is not None:
        yield from _wrapped(f"One submission more: {further[0]:.1f} s, {further[1]:.1f} s of processor time")


def slope(runs: Sequence[Mapping[str, Any]]) -> tuple[float, float] | None:
    """What one submission more takes, seconds and processor seconds: least squares over the class sizes."""
    sizes = [run["size"] for run in runs]
    middle = sum(sizes) / len(sizes) if sizes else 0.0
    spread = sum((size - middle) ** 2 for size in sizes)
    if not spread:
        return None
    seconds, processor = (
        sum((run["size"] - middle) * run["cost"][key] for run in runs) / spread
        for key in ("seconds", "processor_seconds")
    )
    return seconds, processor


def _targets(document: Document) -> Iterator[str]:
    yield "Targets"
    for target in targets(document):
        mark = {True: "met", False: "NOT MET", None: "-"}[target.met]
        lines = _wrapped(f"{target.aim}: {target.found}", WIDTH - 9)
        yield from (f"{mark if place == 0 else '':<9}{line}" for place, line in enumerate(lines))
    for way, marks in document.get("marks", {}).items():
        for difference in (marks or {}).get("differences", [])[:10]:
            yield from _wrapped(f"  {way}: {difference}")


def _points(score: Any) -> str:
    return "-" if score in (None, "") else f"{float(score):g}"


def _wrapped(words: str, width: int = WIDTH) -> list[str]:
    return textwrap.wrap(words, width, subsequent_indent="  ")


def _shown(value: float | None, form: str = ".0f") -> str:
    return "-" if value is None else format(value, form)
