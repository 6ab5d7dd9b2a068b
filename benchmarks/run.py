"""The whole benchmark, step by step, as one document of plain data: it is written down again after each step.

Each step is a command that runs alone on the machine. Every figure of the report and of the plot is in the document.
"""

from __future__ import annotations

import json
import os
import platform
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from autograder import __version__
from autograder.assignment import Assignment
from autograder.datasets.find import Dataset
from autograder.grading.capacity import cores, share_cores
from benchmarks import classes, grader, peers
from benchmarks.classes import Kind

#: Other ways to come by the same marks: what a run is called, and the options that ask for it.
WAYS = {
    "with training computed afresh": ("--training", "afresh"),
    "with training in the kernels": ("--training", "kernel"),
    "with cold kernels": ("--kernels", "cold"),
}
_PACKAGES = ("tensorflow", "keras", "numpy", "otter-grader", "nbclient")


@dataclass(frozen=True)
class Plan:
    """What to measure: the class, smaller and larger ones, how many notebooks for the peers, how many to mark again."""

    size: int
    sizes: Sequence[int]
    peers: int
    same: int


def run(
    plan: Plan, assignment: Assignment, profile: str, dataset: Dataset, out: Path, say: Callable[[str], None]
) -> dict[str, Any]:
    """Measure, and return what was found; ``say`` is told each step before it begins."""
    out.mkdir(parents=True, exist_ok=True)
    students = classes.generate(assignment, max([plan.size, *plan.sizes]))
    paths = classes.write(students, out / "class")
    setting = grader.Setting(assignment.folder, profile, dataset, out / "runs")
    caps = assignment.load_profile(profile)
    document: dict[str, Any] = {
        "machine": machine(),
        "assignment": assignment.title,
        "profile": profile,
        "budget": asdict(caps.budget),
        "dataset": dataset.title,
        "class": describe(students[: plan.size]),
        "peers": [],
        "runs": [],
        "marks": {},
    }

    def keep() -> None:
        (out / "results.json").write_text(json.dumps(document, indent=1), encoding="utf-8")

    keep()
    whole = [path for path, student in zip(paths, students, strict=True) if student.kind is not Kind.BROKEN]
    broken: dict[str, Path] = {}
    for path, student in zip(paths[: plan.size], students[: plan.size], strict=True):
        if student.kind is Kind.BROKEN:
            broken.setdefault(student.detail, path)
    for name in peers.PEERS if plan.peers else ():
        chosen = whole[: plan.peers]
        say(f"{name}: {len(chosen)} notebooks, and {len(broken)} that are broken")
        peer = peers.run_peer(name, chosen, broken, assignment, caps, dataset, out / name, threads=cores())
        document["peers"].append(_peer(peer))
        keep()

    say("this grader: the first notebook alone")
    alone = grader.grade(setting, "alone", whole[:1], "--jobs", "1")
    document["alone"] = {"cost": asdict(alone.cost), "figures": alone.figures}
    keep()

    rows: grader.Rows = dict(alone.rows)
    different: list[str] = []
    for size in sorted({plan.size, *plan.sizes}):
        say(f"this grader: a class of {size}")
        graded = grader.grade(setting, f"class_{size}", paths[:size])
        scores = {student: row.get("score", "") for student, row in graded.rows.items()}
        document["runs"].append(
            {"size": size, "cost": asdict(graded.cost), "figures": graded.figures, "scores": scores}
        )
        different += grader.differences(graded.rows, {name: rows[name] for name in rows if name in graded.rows})
        rows |= graded.rows
        document["marks"]["in a class of any size"] = {"size": len(rows), "differences": different}
        keep()

    for way, options in WAYS.items() if plan.same else ():
        if not grader.supports(options[0]):
            document["marks"][way] = None
            continue
        same = min(plan.same, len(rows))
        say(f"this grader: {same} notebooks {way}")
        again = grader.grade(setting, way.replace(" ", "_"), paths[:same], *options)
        found = grader.differences(rows, again.rows)
        document["marks"][way] = {"size": same, "cost": asdict(again.cost), "differences": found}
        keep()
    return document


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    jobs, threads = share_cores(None, None)
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": cores(),
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20,
        "jobs": jobs,
        "threads": threads,
        "python": platform.python_version(),
        "autograder": __version__,
        **{package: version(package) for package in _PACKAGES},
    }


def describe(students: Sequence[classes.Student]) -> dict[str, Any]:
    counts = Counter(student.kind for student in students)
    return {
        "size": len(students),
        "mix": {str(kind): counts[kind] for kind in Kind},
        "students": [
            {"name": student.name, "kind": str(student.kind), "detail": student.detail} for student in students
        ],
    }


def _peer(peer: peers.Peer) -> dict[str, Any]:
    return {
        "name": peer.name,
        "seconds": round(peer.seconds, 3),
        "processor_seconds": round(peer.processor_seconds, 3),
        "first_seconds": round(peer.first_seconds, 3),
        "spread": round(peer.spread, 3),
        "cost": asdict(peer.cost),
        "each": [asdict(one) for one in peer.each],
        "broken": {way: asdict(one) for way, one in peer.broken.items()},
    }


def _processor() -> str:
    """The processor's name, where the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
