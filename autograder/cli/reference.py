"""The reference page, ``docs/reference.md``: all commands, options and settings, as the code declares them.

python -m autograder.cli.reference docs/reference.md
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from autograder.assignment.course import Course
from autograder.assignment.kinds import Section, Sections, TableOf
from autograder.assignment.profile import Profile
from autograder.assignment.settings import Setting, declared
from autograder.assignment.syllabus import Syllabus
from autograder.authoring import otter_settings
from autograder.authoring.fairness.entries import QuestionVariants
from autograder.cli.main import main

_HEAD = """<!-- Made by `make docs` from the commands and the settings in the code. Change them there. -->

# Reference: commands and settings

[Commands](#commands) · [`course.toml`](#coursetoml), the settings of an assignment · [profiles](#profiles), what a
run may use and must reach · [variants](#variants), answers that show whether test cases are fair ·
[Otter's settings](#otters-settings) in a master notebook · [`syllabus.toml`](#syllabustoml), a course of several
assignments
"""
_COURSE = """## `course.toml`

The settings of an assignment, in its folder. Every key may be left out, and so may the file. Paths are relative to the
folder. A key that is not listed here is an error.
"""
_PROFILE = """## Profiles

A profile is a file `profiles/NAME.toml` in the assignment's folder. Every key may be left out. A key that is not listed
here is an error.
"""


_VARIANTS = """## Variants

`autograder fairness` grades the answers in `variants/QUESTION.toml`, a file for each question, in the assignment's
folder. A key that is not listed here is an error.
"""


_OTTER = """## Otter's settings

What happens with each setting of Otter Assign in a master notebook. *Honoured*: it has its effect. *No use here*: it
is for something that this package does differently. *Noted*: it has no effect, and `autograder build` says so. A
setting that is not listed here is an error for an assignment, and noted for a question or a test case. Paths begin at
the master's folder.
"""


_SYLLABUS = """## `syllabus.toml`

A course of several assignments: the file lies beside their folders. Paths are relative to it. A key that is not listed
here is an error.
"""


def page() -> str:
    parts = [_HEAD, *_commands(), _COURSE, *_settings(Course), _PROFILE, *_settings(Profile)]
    parts += [_VARIANTS, *_settings(QuestionVariants), _SYLLABUS, *_settings(Syllabus), _OTTER, *_otter()]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


# Commands


def _commands() -> Iterator[str]:
    yield f"## Commands\n\n{_help(main)}"
    context = click.Context(main, info_name="autograder")
    for name in main.list_commands(context):
        command = main.commands[name]
        arguments = [_argument(item) for item in command.params if isinstance(item, click.Argument)]
        yield f"### `{' '.join(['autograder', name, *arguments])}`\n\n{_help(command)}"
        options = [item for item in command.params if isinstance(item, click.Option)]
        if options:
            rows = [_option(option, click.Context(command)) for option in options]
            yield _table(("option", "value", "default", "meaning"), rows)


def _argument(argument: click.Argument) -> str:
    name = argument.metavar or (argument.name or "").upper()
    return name if argument.required or name.startswith("[") else f"[{name}]"


def _option(option: click.Option, context: click.Context) -> tuple[str, ...]:
    """The row of an option; a default that is not a fixed value stands in its help, as ``(default: …)``."""
    help, default = option.help or "", ""
    if option.show_default:
        default = f"`{option.get_default(context)}`"
    elif computed := re.search(r" \(default: (.*)\)", help):
        help, default = help.replace(computed[0], ""), computed[1]
    return ", ".join(f"`{name}`" for name in option.opts), _value(option), default, help


def _value(option: click.Option) -> str:
    if option.is_flag:
        return ""
    if isinstance(option.type, click.Choice):
        return ", ".join(f"`{choice}`" for choice in option.type.choices)
    if isinstance(option.type, click.IntRange):
        top = "" if option.type.max is None else f" to {option.type.max}"
        return f"whole number, {option.type.min}{top or ' or more'}"
    return option.metavar or option.type.name


def _help(command: click.Command) -> str:
    return inspect.cleandoc(command.help or "")


# Settings


def _settings(cls: type) -> Iterator[str]:
    """The keys of a file, then each of its tables."""
    yield from _keys("", "", cls)
    yield from _tables("", "", cls)


def _otter() -> Iterator[str]:
    """What is done about Otter's settings, a table a kind of cell."""
    kinds = {
        "ASSIGNMENT CONFIG": otter_settings.ASSIGNMENT,
        "BEGIN QUESTION": otter_settings.QUESTION,
        "BEGIN TEST CONFIG": otter_settings.TEST_CASE,
    }
    for cell, settings in kinds.items():
        yield f"### `# {cell}`"
        rows = [(f"`{key}`", str(setting.verdict), setting.words) for key, setting in settings.items()]
        yield _table(("setting", "verdict", "meaning"), rows)


def _tables(path: str, example: str, cls: type) -> Iterator[str]:
    for key, setting in declared(cls).items():
        at, shown = (path, example) if setting.rest else (_join(path, key), _join(example, key))
        yield from _table_of(at, shown, setting)


def _table_of(path: str, example: str, setting: Setting) -> Iterator[str]:
    """The section of a table within a file; none for a plain key."""
    kind, help = setting.kind, setting.help
    while isinstance(kind, TableOf):
        if not isinstance(kind.kind, TableOf | Section | Sections):
            yield f"### `[{path}]`\n\n{help}"
            yield _example(f"[{example}]", {kind.example: setting.example})
            yield _table(("key", "type"), [(f"`{kind.key}`", _type(kind.kind.rule))])
            return
        if kind.keys:
            help += f" {kind.key} is {' or '.join(f'`{key}`' for key in kind.keys)}."
        path, example, kind = _join(path, kind.key), _join(example, kind.example), kind.kind
    if isinstance(kind, Section | Sections):
        form = "[{}]" if isinstance(kind, Section) else "[[{}]]"
        yield f"### `{form.format(path)}`\n\n{help}"
        yield from _keys(form.format(example), example, kind.cls)
        yield from _tables(path, example, kind.cls)


def _keys(heading: str, example: str, cls: type) -> Iterator[str]:
    """The plain keys of a table: an example of each, and what they mean."""
    plain = {
        key: item for key, item in declared(cls).items() if not isinstance(item.kind, TableOf | Section | Sections)
    }
    if plain:
        yield _example(heading, {key: item.example for key, item in plain.items()})
        rows = [(f"`{key}`", _type(item.kind.rule), item.default, item.help) for key, item in plain.items()]
        yield _table(("key", "type", "default", "meaning"), rows)


def _example(heading: str, values: dict[str, str]) -> str:
    lines = [heading] if heading else []
    lines += [f"{_toml_key(key)} = {value}" for key, value in values.items()]
    return "\n".join(["```toml", *lines, "```"])


def _toml_key(key: str) -> str:
    return key if re.fullmatch(r"[\w-]+", key) else f'"{key}"'


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _type(rule: str) -> str:
    return rule.removeprefix("a ")


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
