"""What is aimed at, and whether it was reached; computed from the document of a benchmark (see ``run``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.grader import number

TRAINING_FACTOR = 1.15
START_SECONDS = 30.0
SECONDS_EACH = 2.5
RATIO = 10.0

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Target:
    """One aim in words, what was found, and whether it is met; None: it could not be measured."""

    aim: str
    found: str
    met: bool | None


def targets(document: Document) -> list[Target]:
    return [_cost(document), _ratio(document), _first(document), *_marks(document)]


def run_of(document: Document, size: int) -> Mapping[str, Any] | None:
    """What a class of that size took."""
    return next((run for run in document.get("runs", []) if run["size"] == size), None)


def peer_of(document: Document, name: str) -> Mapping[str, Any] | None:
    return next((peer for peer in document.get("peers", []) if peer["name"] == name), None)


def of_class(document: Document, name: str) -> float | None:
    """The processor seconds that a peer would take for the class: its mean for each whole notebook, and for each
    broken one what it took for one that is broken in that way."""
    if (peer := peer_of(document, name)) is None:
        return None
    students = document["class"]["students"]
    broken = [student["detail"] for student in students if student["kind"] == "broken"]
    whole = float(peer["processor_seconds"]) * (len(students) - len(broken))
    return whole + sum(float(peer["broken"][way]["processor_seconds"]) for way in broken)


def ratio(document: Document, name: str) -> float | None:
    """How many times this grader's processor time a peer would take for the class."""
    run, theirs = run_of(document, document["class"]["size"]), of_class(document, name)
    return None if run is None or theirs is None else theirs / float(run["cost"]["processor_seconds"])


def _cost(document: Document) -> Target:
    size = document["class"]["size"]
    aim = (
        f"a class of {size} costs at most {TRAINING_FACTOR} x its distinct training + {START_SECONDS:g} s "
        f"+ {SECONDS_EACH:g} s a submission (processor time)"
    )
    run = run_of(document, size)
    training = None if run is None else number(run["figures"], "training", "processor_seconds")
    if run is None or training is None:
        return Target(aim, "-", None)
    allowed = TRAINING_FACTOR * training + START_SECONDS + SECONDS_EACH * size
    cost = run["cost"]["processor_seconds"]
    return Target(aim, f"{cost:.0f} s of {allowed:.0f} s, {training:.0f} s of them distinct training", cost <= allowed)


def _ratio(document: Document) -> Target:
    aim = f"at least {RATIO:g} times less processor time than Otter"
    times = ratio(document, "otter")
    return Target(aim, "-", None) if times is None else Target(aim, f"{times:.1f} times", times >= RATIO)


def _first(document: Document) -> Target:
    aim = "the first submission alone is no slower than Otter's"
    otter, alone = peer_of(document, "otter"), document.get("alone")
    if otter is None or alone is None:
        return Target(aim, "-", None)
    ours, theirs = alone["cost"]["seconds"], otter["first_seconds"]
    return Target(aim, f"{ours:.1f} s, Otter {theirs:.1f} s", ours <= theirs)


def _marks(document: Document) -> list[Target]:
    found = []
    for way, marks in document.get("marks", {}).items():
        aim = f"the same marks {way}"
        if marks is None:
            found.append(Target(aim, "-", None))
            continue
        different = marks["differences"]
        words = f"{len(different)} differences" if different else "no difference"
        found.append(Target(aim, f"{words} in {marks['size']} notebooks", not different))
    return found
