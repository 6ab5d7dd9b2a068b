"""Masters that cannot be built are refused with the cell and the rule."""

from __future__ import annotations

from pathlib import Path

import pytest
from authoring.conftest import SUM, Make
from masters import EXCEPTIONS, code, hidden, master, question, text
from nbformat import NotebookNode
from nbformat.v4 import new_raw_cell

from autograder.authoring.build import build
from autograder.errors import ConfigError

SHORT = master(question("q", "x = 1", [hidden("assert x", f"points: 0.{n}") for n in (5, 25)], settings="points: 1"))


@pytest.mark.parametrize(
    ("notebook", "message"),
    [
        (master(SUM, SUM), "question 'sum' is defined twice; give each its own name"),
        (master(question("../x")), "a question needs a 'name' of letters, digits, spaces and '_', '-', '.' (got '../x')"),
        (master(question("[1]")), "a question needs a 'name' of letters, digits, spaces and '_', '-', '.' (got [1])"),
        (master(question("x" * 101)), "a question needs a 'name' of letters, digits, spaces and '_', '-', '.' (got 'xxx"),
        (master([new_raw_cell("# BEGIN QUESTION"), new_raw_cell("# END QUESTION")]), "cell 2: a question needs a 'name'"),
        (master([new_raw_cell("# BEGIN QUESTION\nname: [")]), "cell 2: a question's settings are not YAML (line 2, column 8: expected the node content, but found '<stream end>')"),
        (master(SUM[:-1]), "question 'sum' has no end ('# END QUESTION')"),
        (master(SUM[:-1], SUM), "question 'sum' has no end ('# END QUESTION') before cell 11"),
        (master([cell for cell in SUM if cell.source != "# END SOLUTION"]), "question 'sum' has no end ('# END SOLUTION') before cell 6"),
        (master([cell for cell in SUM if cell.source != "# END TESTS"]), "question 'sum' has no end ('# END TESTS') before cell 10"),
        (master(new_raw_cell("# BEGIN SOLUTION"), SUM), "Found a begin solution cell outside a question"),
        (master(SUM[:-2]), "question 'sum' has no end ('# END TESTS')"),
        (master(SUM[:2], SUM[3:]), "Otter Assign says: "),
        (master(SUM, question("q", "x = 1", ["assert x"], settings="points: many")), "cell 12: question 'q': 'points' must be a number from 0, a list of these, or {each: 2} (got 'many')"),
        (master(question("q", "x = 1", ["assert x"], settings="points: -2")), "'points' must be a number from 0, a list of these, or {each: 2} (got -2)"),
        (master(question("q", "x = 1", ["assert x"], settings="points: yes")), "(got True)"),
        (master(question("q", "x = 1", ["assert x"], settings="points: [1, .nan]")), "(got [1, nan])"),
        (master(question("q", "x = 1", ["assert x"], settings="manual: ture")), "question 'q': 'manual' must be true or false (got 'ture')"),
        (master(question("q", "x = 1", [hidden("assert x", "hidden: maybe")])), "question 'q', test case: 'hidden' must be true or false (got 'maybe')"),
        (master(question("q", "x = 1", [hidden("assert x", "points: 0,5")])), "question 'q', test case: 'points' must be a number from 0 (got '0,5')"),
        (master(question("q", "x = 1", [hidden("assert x", "points: 2"), "assert x > 0"], settings="points: 1.5")), "question 'q' is worth 1.5 points but its test cases add up to 2"),
        (master(SUM, question("q", "x = 1", [code("# later\n")])), "cell 18: question 'q': a test cell must have code in it"),
        (master(SUM, [new_raw_cell("#BEGIN SOLUTION"), code("x = 1"), new_raw_cell("#END SOLUTION")]), "cell 12 (`#BEGIN SOLUTION`) is no marker of Otter's; its first line must be "),
        (master(SUM, new_raw_cell("\n# END TEST")), "cell 12 (`# END TEST`) is no marker"),
        (master(SUM, new_raw_cell("#Assignment Config\nfiles: []")), "cell 12 (`#Assignment Config`) is no marker"),
        (master(SUM, config="files: lab.ipynb"), "'files' must be a list (got 'lab.ipynb')"),
        (
            master(question("q", "x = 1", ["def test(x): assert x\ndef helper(x): return x"]), config=EXCEPTIONS),
            "question 'q': Otter drops `def helper(x):` from a test cell; write it into the function above it",
        ),
        (
            master(SUM, question("q", "x = 1", ["def test_x(x):\n    assert x"])),
            "question 'q', test case 1: nothing calls `test_x`, so every answer passes; for test cases that are functions write 'tests: {ok_format: false}'",
        ),
        (master(SUM, config="show_points: 1"), "Otter has no setting 'show_points' for an assignment"),
        (master(SUM, config="tests: {ok_fromat: 1}"), "no setting 'tests.ok_fromat' for an assignment; did you mean 'tests.ok_format'?"),
        (master(SUM, config="files: [missing.csv]"), "'files' names 'missing.csv', which does not exist in "),
        (master(SUM, config="config_file: ../none.yml"), "'config_file' must name a text file that can be read"),
        (master(SUM, config="requirements: ../none.txt"), "'requirements' must name a text file that can be read"),
        (master(SUM, config="seed: 42"), "'seed' must be a table with 'variable', 'autograder_value' and "),
        (master(SUM, config="seed: {variable: s}"), "'seed.autograder_value' must be a whole number (got None)"),
        (master(SUM, config="generate: {lang: r}"), "'generate.lang' must be 'python' (got 'r')"),
        (master(SUM, config="- 1"), "the assignment's settings must be a mapping, such as 'points: 2' (got [1])"),
        (master(SUM, code("# BEGIN QUESTION\n# name: q")), "cell 12 (`# BEGIN QUESTION`) is a code cell; a marker must be a raw"),
        (master(SUM, code("# END SOLUTION")), "cell 12 (`# END SOLUTION`) is a code cell"),
        (master(SUM, text("# Begin Tests")), "cell 12 (`# Begin Tests`) is a markdown cell"),
        (master(SUM, text("```\nBEGIN QUESTION\nname: q\n```")), "cell 12 (`BEGIN QUESTION`) has the format of Otter v0"),
        (master(SUM, text("**2.** More.\n\n```\nBEGIN QUESTION\nname: q\n```")), "cell 12 (`BEGIN QUESTION`) has the format of Otter v0"),
        (master(SUM, code("## Test ##\nx")), "cell 12 (`## Test ##`) has the format of Otter v0"),
        (master(text("```otter\n# BEGIN QUESTION")), "cannot be read as a notebook"),
        (
            SHORT,
            "question 'q' is worth 1 points but its test cases add up to 0.75",
        ),
        (
            master(question("q", "x = 1", ["def test(x): assert x", "def test(x): assert x > 1"]), config=EXCEPTIONS),
            "question 'q': 2 test cases are named 'test'; Otter would only run the last of them",
        ),
        (
            master(question("q", "x = 1", ["try:\n    x\nexcept (NameError, KeyError):\n    assert False"])),
            "question 'q': Otter breaks test case q - 1 at `try:`; write it in a different way",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_master_is_said(make: Make, notebook: NotebookNode, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        make(notebook)
    assert message in str(caught.value) and str(tmp_path / "lab.ipynb") in str(caught.value)


def test_a_master_without_questions_is_refused(make: Make) -> None:
    with pytest.raises(
        ConfigError, match=r"lab\.ipynb: has no question \(a raw cell that begins with '# BEGIN QUESTION"
    ):
        make(master(code("x = 1")), **{"course.toml": 'master = "lab.ipynb"'})


def test_a_master_in_another_language_is_refused(make: Make) -> None:
    notebook = master(SUM)
    notebook.metadata["kernelspec"] = {"name": "ir", "language": "R", "display_name": "R"}
    with pytest.raises(ConfigError, match=r"must be a notebook in Python \(got r\)"):
        make(notebook)


def test_a_heading_about_the_settings_is_no_marker(make: Make) -> None:
    assert make(master(text("## Assignment Config"), SUM)).answers() == [("sum", "code", "x = ...")]


@pytest.mark.parametrize("name", ["lab.Rmd", "lab.qmd"])
@pytest.mark.parametrize("named", [True, False])
def test_r_markdown_and_quarto_are_refused_by_name(make: Make, tmp_path: Path, name: str, named: bool) -> None:
    if named:
        (tmp_path / "course.toml").write_text(f'master = "{name}"', encoding="utf-8")
    (tmp_path / name).write_text("```{r}\n# BEGIN QUESTION\n```", encoding="utf-8")
    with pytest.raises(ConfigError, match=rf"{name}: a master must be a notebook in Python, \.py, \.md, \.ipynb"):
        build(tmp_path)


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ("# BEGIN QUESTION {", "JSONDecodeError"),
        ('["# BEGIN QUESTION"]', "it has no list of cells"),
        ('{"nbformat": 4, "cells": 3, "why": "# BEGIN QUESTION"}', "it has no list of cells"),
        ('{"nbformat": 4, "cells": ["# BEGIN QUESTION"]}', "it has no list of cells"),
    ],
)
def test_a_master_that_is_no_notebook_is_refused(make: Make, broken: str, why: str) -> None:
    with pytest.raises(ConfigError, match=rf"lab\.ipynb: cannot be read as a notebook \(.*{why}"):
        make(broken)


def test_a_master_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "course.toml").write_text('master = "lab.py"', encoding="utf-8")
    (tmp_path / "lab.py").write_bytes("# %% [markdown]\n# Übung".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"lab\.py: cannot be read as a notebook \(it must be UTF-8 text\)"):
        build(tmp_path)
