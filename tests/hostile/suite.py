"""Lay the attacks out among ordinary submissions, grade all of them in one batch, and look at what came of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nbformat
import psutil

from autograder.assignment import Assignment
from autograder.authoring import build
from autograder.datasets.find import resolve
from autograder.results import RunStatus
from hostile import attacks, ordinary, tables, traps, uploads
from hostile.attacks import ESCAPED, REACHED, Attack, Must
from hostile.traps import Canaries, Listener
from hostile.uploads import Upload

MASTER = Path(__file__).parents[1] / "assignments" / "hostile.py"
MAX_GRADER_MB = 1024


@dataclass(frozen=True)
class Outcome:
    """What a submission got, and what is wrong with that; nothing is if it got what it must."""

    name: str
    tries: str
    must: str
    got: str
    problems: tuple[str, ...]
    seconds: float = 0.0


@dataclass(frozen=True)
class Batch:
    """The outcomes of all submissions, and what is wrong with the batch as a whole."""

    outcomes: list[Outcome]
    problems: list[str]
    seconds: float
    peak_mb: float

    @property
    def failures(self) -> int:
        return sum(bool(outcome.problems) for outcome in self.outcomes) + len(self.problems)


@dataclass(frozen=True)
class Site:
    """The folders of a batch: each a place that attacks know of."""

    base: Path

    def __getattr__(self, name: str) -> Path:
        return self.base / name

    def make(self, canaries: Canaries) -> Assignment:
        """Build the assignment, a gradebook and a folder that nobody may touch."""
        for name in ("assignment", "submissions", "marker", "temporary"):
            (self.base / name).mkdir()
        source = MASTER.read_text(encoding="utf-8")
        for place in ("TESTS", "SOLUTION"):
            source = source.replace(f"CANARY-OF-THE-{place}", canaries.new(f"the {place.lower()}"))
        (self.assignment / "hostile.py").write_text(source, encoding="utf-8")
        (self.assignment / "course.toml").write_text(
            'title = "Hostile"\nmaster = "hostile.py"\ndatasets.mnist = "keras"\n'
        )
        build.write(build.build(self.assignment))
        (self.base / "gradebook.sqlite").write_text(canaries.new("the gradebook"))
        (self.marker / "untouched").write_text(canaries.new("a file outside"))
        return Assignment.load(self.assignment)


def run(chosen: Collection[str] = (), *, jobs: int | None = None) -> Batch:
    """Grade the attacks (or those of some kinds or names) among the ordinary submissions, then these alone."""
    found = attacks.load(chosen)
    names = not chosen or "names" in chosen
    hostile: list[Attack | Upload] = [one for one in found if one.limits != "default"]
    by_default: list[Attack | Upload] = [one for one in found if one.limits == "default"]
    hostile += [one for one in uploads.UPLOADS if not chosen or {one.kind, one.name, one.folder} & set(chosen)]
    canaries = Canaries()
    with tempfile.TemporaryDirectory(prefix="hostile-") as folder, Listener() as listener, traps.adopting():
        site = Site(Path(folder))
        assignment = site.make(canaries)
        places = {
            "PORT": str(listener.port),
            "ABSTRACT": listener.abstract,
            "BASE": str(site.base),
            "ASSIGNMENT": str(site.assignment),
            "SUBMISSIONS": str(site.submissions),
            "MARKER": str(site.marker),
            "MARKER_NAME": site.base.name,
        }
        lay_out(site, assignment, hostile, canaries, places, names=names)
        before = {name: traps.snapshot(site.base / name) for name in ("assignment", "marker", "submissions")}
        running = {process.pid for process in psutil.Process().children(recursive=True)}
        graded, problems = grade(site, "all", canaries, jobs)
        problems += tables.problems(site.base / "reports" / "all")
        problems += [
            f"{name} changed: {changed}" for name, was in before.items() if (changed := _changes(site, name, was))
        ]
        problems += [f"the listener was reached: {one}" for one in dict.fromkeys(listener.seen)]
        problems += [f"a file was left behind: {one}" for one in site.temporary.iterdir()]
        problems += [f"a process was left behind: {one}" for one in traps.left(running)]
        problems += [
            f"a file was left behind: {one}"
            for one in ("/tmp/pwned", "/tmp/hostile-slipped.ipynb")
            if Path(one).exists()
        ]
        lay_out(site, assignment, [], canaries, places, names=False)
        alone, more = grade(site, "alone", canaries, jobs)
        outcomes = judge(site, hostile, canaries, graded, alone, names=names)
        if by_default:
            lay_out(site, assignment, by_default, canaries, places, names=False)
            under_defaults, others = grade(site, "default", canaries, jobs, profile="default")
            outcomes += judge(site, by_default, canaries, under_defaults, alone, names=False)[len(ordinary.ORDINARY) :]
            more += others
        return Batch(outcomes, problems + more, graded.get("seconds", 0.0), graded.get("peak_mb", 0.0))


def lay_out(
    site: Site,
    assignment: Assignment,
    hostile: list[Attack | Upload],
    canaries: Canaries,
    places: Mapping[str, str],
    *,
    names: bool,
) -> None:
    """Put the ordinary submissions and the hostile ones in the place of what was laid out before."""
    shutil.rmtree(site.submissions)
    site.submissions.mkdir()
    student = nbformat.read(assignment.course.student, as_version=4)
    for name in ordinary.ORDINARY:
        (site.submissions / name).mkdir()
        ordinary.make(name, site.submissions / name, student, canaries.new(f"the notebook of {name}"))
    for one in hostile:
        folder = site.submissions / one.folder
        folder.mkdir()
        if isinstance(one, Attack):
            one.make(folder, student, places)
        else:
            one.make(folder, site.submissions)
    for name in uploads.NAMES.values() if names else ():
        (site.submissions / name).mkdir()
        nbformat.write(student, site.submissions / name / uploads.NOTEBOOK)


def grade(
    site: Site, name: str, canaries: Canaries, jobs: int | None, *, profile: str = "suite"
) -> tuple[dict[str, Any], list[str]]:
    """What a grading process of its own says (see ``batch``), and what is wrong with it as a whole."""
    result = site.base / f"{name}.json"
    plan = {
        "assignment": str(site.assignment),
        "submissions": str(site.submissions),
        "datasets": {"mnist": str(resolve("mnist").path)},
        "reports": str(site.base / "reports" / name),
        "result": str(result),
        "jobs": jobs,
        "words": list(canaries.words.values()),
        "profile": profile,
    }
    path = site.base / f"{name}-plan.json"
    path.write_text(json.dumps(plan))
    environment = os.environ | {
        "TMPDIR": str(site.temporary),
        "AUTOGRADER_CACHE": str(site.cache),
        "PYTHONPATH": str(Path(__file__).parents[1]),
        "AUTOGRADER_SECRET": canaries.new("the grader's environment"),
    }
    command = [sys.executable, "-m", "hostile.batch", str(path), canaries.new("the grader's command line")]
    code = subprocess.run(command, env=environment, check=False).returncode
    if not result.exists():
        return {"rows": []}, [f"the grading process of {name} ended with {code}, without results"]
    graded: dict[str, Any] = json.loads(result.read_text())
    problems = [f"the grader's process left {left}" for left in graded["left"]]
    if graded["peak_mb"] > MAX_GRADER_MB:
        problems.append(f"the grader's own memory went up to {graded['peak_mb']:.0f} MB (at most {MAX_GRADER_MB} MB)")
    return graded, problems


def judge(
    site: Site,
    hostile: list[Attack | Upload],
    canaries: Canaries,
    graded: Mapping[str, Any],
    alone: Mapping[str, Any],
    *,
    names: bool,
) -> list[Outcome]:
    rows = {Path(row["submission"]).parts[0]: row for row in graded["rows"]}
    by_itself = {Path(row["submission"]).parts[0]: row for row in alone["rows"]}
    outcomes = []
    for name, (score, _) in ordinary.ORDINARY.items():
        must = Must((RunStatus.OK, RunStatus.CELL_ERRORS), score, notes=())
        outcome = _outcome(site, name, "an ordinary submission", must, rows.get(name), canaries)
        row, other = rows.get(name), by_itself.get(name)
        if row and other and row["scores"] != other["scores"]:
            problem = f"alone it gets {other['scores']}, in this company {row['scores']}"
            outcome = replace(outcome, problems=(*outcome.problems, problem))
        outcomes.append(outcome)
    for one in hostile:
        outcome = _outcome(site, one.folder, one.tries, one.must, row := rows.get(one.folder), canaries)
        if row and isinstance(one, Attack) and REACHED not in _shown(Path(row["reports"])):
            outcome = replace(outcome, problems=(*outcome.problems, "it did not reach its target"))
        outcomes.append(outcome)
    if names:
        expected = {*ordinary.ORDINARY, *(one.folder for one in hostile)}
        others = [row for first, row in rows.items() if first not in expected]
        for row in others:
            must = Must((RunStatus.OK,))
            outcomes.append(_outcome(site, row["submission"], "have a name that is an attack", must, row, canaries))
        if len(others) != len(uploads.NAMES):
            problem = f"{len(uploads.NAMES)} of them must have a row, {len(others)} have"
            outcomes.append(Outcome("names", "have names that are attacks", "", "", (problem,)))
    return outcomes


def _outcome(
    site: Site, name: str, tries: str, must: Must, row: Mapping[str, Any] | None, canaries: Canaries
) -> Outcome:
    if row is None:
        return Outcome(name, tries, str(must), "no row", ("it must have a row",))
    problems = []
    if row["status"] not in must.status:
        problems.append(f"status must be {' or '.join(must.status)}, is {row['status']}: {row['message']}")
    if not must.score - must.may_lose - 1e-6 <= row["score"] <= must.score + 1e-6:
        problems.append(f"score must be {must.score:g}, is {row['score']:g}: {row['scores']}")
    if must.message and must.message not in row["message"]:
        problems.append(f"message must say «{must.message}», says «{row['message']}»")
    if must.notes is not None and tuple(row["notes"]) != must.notes:
        problems.append(f"its notes to the marker must be {list(must.notes)}, are {row['notes']}")
    own = f"the notebook of {name}"
    shown = _shown(Path(row["reports"]))
    allowed = {own, "the tests", "the solution"} if name in ordinary.ORDINARY else {own}
    problems += [f"{place} was seen" for place in canaries.places(shown) if place not in allowed]
    problems += [f"{word} is in its evidence" for word in row["seen"]]
    if ESCAPED in shown:
        problems += [line.strip()[:200] for line in shown.splitlines() if ESCAPED in line][:3]
    return Outcome(name, tries, str(must), f"{row['score']:g} {row['status']}", tuple(problems), row["seconds"])


def _shown(folder: Path) -> str:
    """All that reports show of a submission: outputs of its executed notebook, its results and its feedback page."""
    parts = []
    executed = folder / "executed.ipynb"
    if executed.exists():
        cells = json.loads(executed.read_text(encoding="utf-8"))["cells"]
        for output in (output for cell in cells for output in cell.get("outputs", ())):
            texts = [output.get("text", ""), *output.get("traceback", ()), *output.get("data", {}).values()]
            parts += ["".join(text) if isinstance(text, list) else str(text) for text in texts]
    results = folder / "results.json"
    return "\n".join([*parts, results.read_text(encoding="utf-8") if results.exists() else ""])


def _changes(site: Site, name: str, before: dict[str, str]) -> list[str]:
    return traps.changes(before, traps.snapshot(site.base / name))[:5]
