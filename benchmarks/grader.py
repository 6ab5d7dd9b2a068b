"""This grader over a class, through its command line, and what it says of where its time went (``OUT/run.json``)."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.datasets.find import Dataset
from benchmarks.measure import ROOT, Cost, measure

Rows = dict[str, dict[str, str]]
"""The rows of ``grades.csv`` by student: score, status, and the points of each question, as they are written there."""


@dataclass(frozen=True)
class Setting:
    """What every run of the grader has in common."""

    assignment: Path
    profile: str
    dataset: Dataset
    folder: Path


@dataclass(frozen=True)
class Run:
    """A class graded once; ``figures`` are the grader's own, empty where it keeps none."""

    size: int
    cost: Cost
    rows: Rows
    figures: Mapping[str, Any]


def grade(setting: Setting, name: str, notebooks: Sequence[Path], *options: str) -> Run:
    """Grade notebooks with an empty cache, so that nothing is remembered of an earlier run."""
    folder = setting.folder / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    cost = measure(
        [
            *(sys.executable, "-m", "autograder", "grade", *(str(path.resolve()) for path in notebooks)),
            *("--out", str((folder / "grades").resolve()), "--assignment", str(setting.assignment.resolve())),
            *("--profile", setting.profile, "--data", str(setting.dataset.path.resolve()), *options),
        ],
        folder / "log.txt",
        env={"AUTOGRADER_CACHE": str((folder / "cache").resolve())},
    )
    if cost.status not in (0, 1):
        raise RuntimeError(f"autograder grade ended with status {cost.status}; {folder / 'log.txt'} says why")
    rows = read_rows(folder / "grades" / "grades.csv")
    shutil.rmtree(folder / "cache", ignore_errors=True)
    return Run(len(notebooks), cost, rows, read_figures(folder / "grades" / "run.json"))


def read_rows(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def read_figures(path: Path) -> dict[str, Any]:
    """What the grader noted of a run; nothing where there is no such file, or not one of that form."""
    try:
        figures = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return figures if isinstance(figures, dict) else {}


def number(figures: Mapping[str, Any], *keys: str) -> float | None:
    """A number among the grader's own figures, by the keys that lead to it; None where there is none."""
    value: Any = figures
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def supports(option: str) -> bool:
    """Whether ``autograder grade`` has an option."""
    command = [sys.executable, "-m", "autograder", "grade", "--help"]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return option in shown.split()


def differences(rows: Rows, others: Rows) -> list[str]:
    """Where the marks or statuses of two runs differ, for the students of ``others``."""
    return [
        f"{student}: {column} {rows.get(student, {}).get(column) or 'empty'}, not {value or 'empty'}"
        for student, row in others.items()
        for column, value in row.items()
        if rows.get(student, {}).get(column) != value
    ]
