"""docs/reference.md: complete, up to date, with examples that can be read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from notebooks import ROOT

from autograder.assignment.course import Course
from autograder.assignment.kinds import Section, Sections, TableOf
from autograder.assignment.profile import Profile
from autograder.assignment.settings import Place, Setting, declared, parse, read
from autograder.assignment.syllabus import Syllabus
from autograder.authoring.fairness.entries import QuestionVariants
from autograder.cli import reference
from autograder.cli.main import main


def settings(cls: type) -> Iterator[tuple[str, Setting]]:
    """All settings of a table and of the tables in it."""
    for key, item in declared(cls).items():
        yield f"{cls.__name__}.{key}", item
        kind = item.kind
        while isinstance(kind, TableOf):
            kind = kind.kind
        if isinstance(kind, Section | Sections):
            yield from settings(kind.cls)


SETTINGS = [*settings(Course), *settings(Profile), *settings(QuestionVariants), *settings(Syllabus)]
OPTIONS = [
    (f"{name} {option.opts[0]}", option)
    for name, command in main.commands.items()
    for option in command.params
    if isinstance(option, click.Option)
]


def examples(heading: str) -> str:
    """The TOML examples of a part of the page, as one file."""
    part = reference.page().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return "\n".join(re.findall(r"```toml\n(.*?)```", part, re.DOTALL))


def test_the_page_is_up_to_date() -> None:
    assert (ROOT / "docs" / "reference.md").read_text(encoding="utf-8") == reference.page(), "run: make docs"


@pytest.mark.parametrize(("name", "option"), OPTIONS, ids=[name for name, _ in OPTIONS])
def test_each_option_has_a_help_text_and_a_row(name: str, option: click.Option) -> None:
    assert option.help
    assert f"| `{option.opts[0]}` |" in reference.page()


@pytest.mark.parametrize(("name", "item"), SETTINGS, ids=[name for name, _ in SETTINGS])
def test_each_setting_has_a_help_text_and_is_on_the_page(name: str, item: Setting) -> None:
    assert item.help
    assert item.help in reference.page()


@pytest.mark.parametrize("cls", [Course, Profile, QuestionVariants, Syllabus])
def test_each_field_of_a_settings_file_is_a_setting_but_its_place(cls: type) -> None:
    assert {item.name for item in fields(cls)} - declared(cls).keys() <= {"file", "folder", "name"}


def test_each_command_says_in_the_list_of_commands_what_it_does() -> None:
    shown = CliRunner().invoke(main, ["--help"], terminal_width=80).output
    assert "..." not in shown.split("Commands:")[1]
    for command in main.commands.values():
        assert command.get_short_help_str(200) in shown


def test_the_examples_are_valid_settings(tmp_path: Path) -> None:
    (tmp_path / "rain.py").touch()
    (tmp_path / "course.toml").write_text(examples("`course.toml`"), encoding="utf-8")
    (tmp_path / "quick.toml").write_text(examples("Profiles"), encoding="utf-8")
    (tmp_path / "total.toml").write_text(examples("Variants"), encoding="utf-8")

    course, profile = Course.load(tmp_path), Profile.load(tmp_path / "quick.toml")

    empty: tuple[object, ...] = (None, {}, "", ())
    assert [item.name for item in fields(course) if getattr(course, item.name) in empty] == []
    assert [item.name for item in fields(profile) if getattr(profile, item.name) in empty] == []
    (tmp_path / "rainfall").mkdir()
    (tmp_path / "syllabus.toml").write_text(examples("`syllabus.toml`"), encoding="utf-8")
    syllabus = Syllabus.load(tmp_path)
    for part in (syllabus, syllabus.assignment[0]):
        assert [item.name for item in fields(part) if getattr(part, item.name) in empty] == []
    variants = read(QuestionVariants, parse(tmp_path / "total.toml"), Place(tmp_path / "total.toml"))
    for table in (variants, variants.right[0], variants.wrong[0]):
        assert [item.name for item in fields(table) if getattr(table, item.name) in empty] == []
