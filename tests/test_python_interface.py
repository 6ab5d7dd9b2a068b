"""The public names are those that ``docs/python.md`` promises, and its examples print what stands below them."""

from __future__ import annotations

import contextlib
import io
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest
from notebooks import ROOT

import autograder

PAGE = ROOT / "docs" / "python.md"
NAMES = ["load", "Grader", "Assignment", "Profile", "Submission", "Result", "Gradebook", "GradingError"]
EXAMPLE = re.compile(r"^```python\n(.*?)^```\n(?:\n((?:^    [^\n]*\n)+))?", re.MULTILINE | re.DOTALL)


def test_the_public_names_are_eight() -> None:
    assert autograder.__all__ == NAMES
    assert set(dir(autograder)) == {*NAMES, "__version__"}
    assert all(hasattr(autograder, name) for name in NAMES)
    assert (files(autograder) / "py.typed").is_file()


def test_every_public_name_has_its_row_on_the_page() -> None:
    rows = re.findall(r"^\| `(\w+)(?:\(\w+\))?` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)

    assert rows[: len(NAMES)] == NAMES


def test_to_import_the_package_imports_nothing_else_of_it() -> None:
    code = "import sys, autograder\nprint([name for name in sys.modules if name.startswith('autograder.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)

    assert done.stdout == "[]\n"


@pytest.mark.slow
def test_a_type_checker_sees_the_public_names(tmp_path: Path) -> None:
    (tmp_path / "use.py").write_text(
        "import autograder\n"
        "def scores(grader: autograder.Grader) -> list[float]:\n"
        "    return [result.score for result in grader.grade_all('class', out='grades')]\n"
        "reveal_type(autograder.load('x').title)\n"
    )
    # As make lint does, so that what that has checked is not checked again.
    command = [sys.executable, "-m", "mypy", str(tmp_path / "use.py")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)

    assert 'Revealed type is "str"' in done.stdout.replace("builtins.", ""), done.stdout
    assert done.returncode == 0, done.stdout


@pytest.mark.keras
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_examples_print_what_the_page_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "assignment").symlink_to(ROOT / "assignment")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    examples = EXAMPLE.findall(PAGE.read_text(encoding="utf-8"))
    assert len(examples) > 3
    for code, shown in examples:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, str(PAGE), "exec"), names)

        assert printed.getvalue() == re.sub("^    ", "", shown, flags=re.MULTILINE), code
