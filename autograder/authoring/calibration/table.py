"""Calibration runs and thresholds as a table: for a terminal, and in Markdown for the documentation."""

from __future__ import annotations

from collections.abc import Iterable

from autograder.assignment import Assignment
from autograder.assignment.profile import Profile
from autograder.authoring.calibration import profiles, variants
from autograder.authoring.calibration.profiles import Verdict
from autograder.authoring.calibration.spread import Spread, is_distinguished

COLUMNS = ("model", "asked", "answer", "runs", "accuracy", "lowest", "")


def text(verdicts: Iterable[Verdict]) -> str:
    """The verdicts in columns, at most 80 characters wide."""
    rows = [COLUMNS, *(row for verdict in verdicts for row in _rows(verdict))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def markdown(assignment: Assignment) -> str:
    """A section for each calibrated profile of an assignment and each kind of dataset."""
    known = variants.load(assignment.course)
    parts = []
    for path in sorted((assignment.folder / "profiles").glob("*.toml")):
        profile = Profile.load(path)
        for kind, calibration in sorted(profile.calibration.items()):
            parts.append(f"## `{profile.name}` on {kind}\n")
            header = [*COLUMNS[:-1], "outcome"]
            runs = profiles.counted(calibration, profile.elsewhere.get(kind))
            rows = [row for verdict in profiles.verdicts(runs, known, calibration.tests) for row in _rows(verdict)]
            parts += ["| " + " | ".join(row) + " |" for row in (header, ["---"] * len(header), *rows)]
            parts.append("")
    return "\n".join(parts)


def _rows(verdict: Verdict) -> Iterable[tuple[str, ...]]:
    asked = verdict.threshold
    for number, (name, spread) in enumerate(verdict.right.items()):
        shown = ("none" if asked is None else f"{asked:.4f}") if number == 0 else ""
        yield verdict.model if number == 0 else "", shown, name, *_figures(spread), "passes"
    for name, spread in verdict.wrong.items():
        if asked is None:
            outcome = "not distinguished"
        else:
            outcome = "fails" if is_distinguished(spread, asked) else f"passes {spread.passes(asked):.0%} of the time"
        yield "", "", name, *_figures(spread), outcome


def _figures(spread: Spread) -> tuple[str, str, str]:
    return str(spread.count), f"{spread.mean:.4f} ± {spread.deviation:.4f}", f"{spread.minimum:.4f}"
