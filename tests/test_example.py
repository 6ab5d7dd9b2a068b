"""The assignments in `docs/`: the commands of `docs/instructors.md` print what it shows, and networks are told apart."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import autograder
from notebooks import ROOT

from autograder.assignment.profile import Profile
from autograder.authoring import build
from autograder.grading.grader import Grader

PAGE = ROOT / "docs" / "instructors.md"
EXAMPLE = ROOT / "docs" / "example"
GENERATED = ("questions.json", "samples", "student", "tests")
PROMPT = "    $ "


def commands(page: str) -> Iterator[tuple[str, str]]:
    """The commands of a page and what it shows of each, down to the end of the indented block."""
    for block in re.findall(r"^    \$ .*\n(?:(?:    .*)?\n)*", page, flags=re.MULTILINE):
        for part in block.split(PROMPT)[1:]:
            command, _, shown = part.partition("\n")
            yield command, "\n".join(line.removeprefix("    ") for line in shown.splitlines())


def comparable(text: str) -> str:
    """What is printed, without what differs from run to run and from machine to machine."""
    lines = [line.rstrip() for line in text.strip().splitlines() if "without isolation" not in line]
    seconds = re.compile(r"( / \d+ +\S+) +\d+(?=  )")  # ten of them take one space less
    return "\n".join(seconds.sub(r"\1 N", line) for line in lines)


@pytest.mark.slow
def test_the_commands_of_the_page_print_what_it_shows(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "rain", ignore=shutil.ignore_patterns(*GENERATED))
    shown = list(commands(PAGE.read_text(encoding="utf-8")))

    printed = [(command, _run(command, tmp_path)) for command, _ in shown]

    assert [(command, comparable(text)) for command, text in printed] == [
        (command, comparable(text)) for command, text in shown
    ]
    assert len(shown) == 6


def _run(command: str, folder: Path) -> str:
    program, *arguments = shlex.split(command)
    if program == "autograder":
        done = autograder(*arguments, folder=folder)
    else:
        done = subprocess.run([program, *arguments], capture_output=True, text=True, cwd=folder, timeout=120)
    assert "Traceback" not in done.stderr, done.stderr
    return (done.stdout or done.stderr).replace(str(folder), "…")


@pytest.mark.keras
@pytest.mark.slow
@pytest.mark.timeout(400)
def test_networks_on_a_table_that_the_assignment_ships_are_told_right_from_wrong(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "wine"
    shutil.copytree(ROOT / "docs" / "wine", folder, ignore=shutil.ignore_patterns(*GENERATED))
    build.write(build.build(folder))
    (folder / "samples" / "solution.ipynb").write_text(build.solution_notebook(folder), encoding="utf-8")

    with Grader(folder) as grader:
        results = {result.student: result for result in grader.grade_all(folder / "samples")}

    scores = {name: {one.id: one.score for one in result.questions} for name, result in results.items()}
    assert scores == {
        "ada": {"balance": 1, "net": 3},
        "ben": {"balance": 0, "net": 2},
        "solution": {"balance": 1, "net": 3},
    }
    threshold = Profile.load(folder / "profiles" / "full.toml").thresholds["wine"]["net"]
    assert {result.dataset for result in results.values()} == {"wine"}
    assert results["ben"].accuracies["net"] < threshold <= results["ada"].accuracies["net"]
    assert caplog.messages == [], "kernels are forked: no one was started from scratch"
