"""What a person has dismissed is not shown again, whatever the students are called, until one hands in another work."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner

from autograder.assignment import Assignment
from autograder.cli.main import main
from autograder.gradebook import Gradebook
from autograder.intake import Origin, Submission
from autograder.results import Graded, QuestionResult, QuestionStatus, Result, RunStatus

COPIED = (
    "Each class has about as many images as any other so a network cannot win by guessing the commonest one of all ten."
)
Dismiss = Callable[..., str]


def graded(student: str, name: str, answer: str) -> Graded:
    why = QuestionResult("why", QuestionStatus.TO_MARK, None, 2.0, written=True, answer=answer)
    return Graded(Result(student, name, RunStatus.OK, "", (why,), isolated=True), nbformat.v4.new_notebook())


@pytest.fixture
def book(tiny: Assignment, tmp_path: Path) -> Iterator[Gradebook]:
    """A class with twins, who have one name and one text, and a third who has it too."""
    rng = random.Random(1)
    handed_in = {
        Submission("Twin Made", "a/x.ipynb", None, origin=Origin("moodle", "17")): COPIED,
        Submission("Twin Made", "b/x.ipynb", None, origin=Origin("moodle", "18")): COPIED,
        Submission("$(reboot) <b>", "c.ipynb", None): COPIED.replace("about", "roughly"),
    }
    for number in range(12):
        own = " ".join("".join(rng.sample("abcdefghijklmnop", 5)) for _ in range(40))
        handed_in[Submission(f"Pupil {number}", f"p{number}.ipynb", None)] = own
    book = Gradebook(f"sqlite:///{tmp_path / 'gradebook.sqlite'}", tiny.title)
    book.register(list(handed_in))
    for submission, answer in handed_in.items():
        book.save(submission, graded(submission.student, submission.name, answer))
    yield book
    book.close()


@pytest.fixture
def dismiss(book: Gradebook, tiny: Assignment, tmp_path: Path) -> Dismiss:
    def run(*arguments: str, code: int = 0) -> str:
        command = ["dismiss", *arguments, "--out", str(tmp_path), "--assignment", str(tiny.folder), "--as", "Tess"]
        done = CliRunner().invoke(main, command)
        assert done.exit_code == code, done.output
        return done.output

    return run


def test_a_group_is_dismissed_by_what_the_page_names_and_shown_again(dismiss: Dismiss, tmp_path: Path) -> None:
    said = dismiss("a/x.ipynb", "b/x.ipynb", "--because", "twins, who may work <i>together</i>")
    assert said == "1 pair dismissed\nsimilar.html: 2 groups of similar submissions\n"  # each with the third
    page = (tmp_path / "similar.html").read_text(encoding="utf-8")
    assert "twins, who may work &lt;i&gt;together&lt;/i&gt;" in page
    commands = re.findall(r"autograder dismiss ((?:[0-9a-f]{8} ){2})--because", page)
    named = {digest for command in commands for digest in command.split()}
    assert (len(commands), len(named)) == (2, 3)
    assert dismiss(*named, "--because", "all looked at").startswith("2 pairs dismissed\nsimilar.html: 0 groups")

    assert dismiss("$(reboot) <b>", "a/x.ipynb", "--back").startswith("1 pair shown again\nsimilar.html: 1 group")


def test_another_work_brings_a_pair_back(dismiss: Dismiss, book: Gradebook) -> None:
    assert "0 groups" in dismiss("a/x.ipynb", "b/x.ipynb", "c.ipynb", "--because", "allowed")
    changed = COPIED.replace("ten", "twelve")
    again = next(one for one in book.submissions() if one.name == "c.ipynb")
    book.save(again, replace(graded(again.student, again.name, changed)))

    assert "0 groups" not in dismiss("a/x.ipynb", "b/x.ipynb", "--back")
    assert "no pair of these" in dismiss("a/x.ipynb", "Pupil 1", "--because", "x", code=2)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["Twin Made (17)", "nobody", "--because", "x"], "there is no graded submission 'nobody'"),
        (["a/x.ipynb", "b/x.ipynb"], "the reason of a dismissal must not be empty"),
        (["Pupil 1", "Pupil 2", "--because", "x"], "no pair of these is in similar.html: Pupil 1, Pupil 2"),
    ],
)
def test_what_cannot_be_dismissed_is_said(dismiss: Dismiss, arguments: list[str], words: str) -> None:
    assert words in " ".join(dismiss(*arguments, code=2).split())
