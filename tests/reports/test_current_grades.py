"""``grades.csv`` during a run: seldom written, seldom old, never incomplete."""

from __future__ import annotations

import csv
import subprocess
import sys
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from graded import entry

from autograder.gradebook import Entry
from autograder.reports.csv import write_grades
from autograder.reports.current_grades import CurrentGrades

GRADE_WITHOUT_END = """
import itertools, sys, time
from pathlib import Path
from autograder.gradebook import Entry
from autograder.reports.current_grades import CurrentGrades
from autograder.results import QuestionResult, QuestionStatus, Result, RunStatus

grades = CurrentGrades(Path(sys.argv[1]), ["sum"], seconds=float(sys.argv[2]))
for number in itertools.count(1):
    question = QuestionResult("sum", QuestionStatus.PASSED, 1.0, 1.0)
    entry = Entry.of(Result(f"student {number}", f"{number}.ipynb", RunStatus.OK, "", (question,)))
    grades.update({entry.submission.name: entry})
    print(number, flush=True)
    time.sleep(0.001)
"""


def students(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert all(len(row) == len(header) for row in rows)
    return [row[0] for row in rows]


def wait_for(path: Path, expected: list[str], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while students(path) != expected:
        assert time.monotonic() < deadline, students(path)
        time.sleep(0.02)


@pytest.fixture
def class_of_50() -> dict[str, Entry]:
    entries = [entry(f"{number:02}") for number in range(50)]
    return {one.submission.name: one for one in entries}


def test_the_first_is_written_at_once_and_the_others_a_little_later_together(
    tmp_path: Path, class_of_50: dict[str, Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    times: list[float] = []

    def counted(path: Path, entries: Sequence[Entry], question_ids: Sequence[str]) -> None:
        written.append(len(entries))
        times.append(time.monotonic())
        write_grades(path, entries, question_ids)

    monkeypatch.setattr("autograder.reports.current_grades.write_grades", counted)
    grades = CurrentGrades(tmp_path / "grades.csv", ["sum"], seconds=0.5)
    for name, one in class_of_50.items():
        grades.update({name: one})
        assert students(tmp_path / "grades.csv")[0] == "00"

    wait_for(tmp_path / "grades.csv", [f"{number:02}" for number in range(50)])
    assert (written[0], written[-1]) == (1, 50)
    assert all(later - earlier > 0.49 for earlier, later in pairwise(times)), "once more only where updating took long"


def test_at_the_end_everything_is_written_and_nothing_is_written_later(
    tmp_path: Path, class_of_50: dict[str, Entry]
) -> None:
    grades = CurrentGrades(tmp_path / "grades.csv", ["sum"], seconds=0.2)
    for name, one in class_of_50.items():
        grades.update({name: one})
    grades.write()
    assert len(students(tmp_path / "grades.csv")) == 50

    (tmp_path / "grades.csv").unlink()
    time.sleep(0.5)
    assert not (tmp_path / "grades.csv").exists()


def test_what_could_not_be_written_in_between_is_reported_at_the_end(
    tmp_path: Path, class_of_50: dict[str, Entry]
) -> None:
    folder = tmp_path / "folder"
    grades = CurrentGrades(folder / "grades.csv", ["sum"], seconds=0.1)
    grades.update({})
    folder.rename(tmp_path / "moved")
    folder.touch()  # a file where the folder was
    grades.update(class_of_50)
    time.sleep(0.3)
    with pytest.raises(OSError, match="folder"):
        grades.write()

    folder.unlink()
    grades.write()
    assert len(students(folder / "grades.csv")) == 50


@pytest.mark.slow
def test_a_run_that_is_killed_leaves_a_whole_file_that_is_seconds_old(tmp_path: Path) -> None:
    seconds, path = 0.3, tmp_path / "grades.csv"
    command = [sys.executable, "-c", GRADE_WITHOUT_END, str(path), str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        known: list[tuple[float, int]] = []
        for line in run.stdout:
            known.append((time.monotonic(), int(line)))
            if known[-1][0] > known[0][0] + 8 * seconds:
                break
        killed = time.monotonic()
        run.kill()

    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".csv"] == ["grades.csv"]
    before = max(number for when, number in known if when < killed - 5 * seconds)
    assert len(students(path)) >= before > 1
