"""The settings of an assignment in its master, checked and handed on to Otter Assign as far as it needs them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from nbformat import NotebookNode

from autograder.assignment.seeds import Seeds
from autograder.assignment.student_files import is_inside
from autograder.authoring import packages
from autograder.authoring.otter_settings import ASSIGNMENT, Setting, Verdict
from autograder.authoring.packages import Note
from autograder.authoring.settings_text import broken_rule, in_brief, near_names, read_mapping
from autograder.errors import ConfigError

#: Settings that are lists; of a text, Otter would take each letter for a name.
_LISTED = ("files", "autograder_files", "student_files", "export_cell.files")


@dataclass
class Configuration:
    """The settings of an assignment, from its cells ``# ASSIGNMENT CONFIG``.

    ``outside`` are the folders and files for students that lie outside the master's folder, by their names for Otter;
    ``packages`` are the names of those that the assignment needs.
    """

    master: Path
    note: Note
    settings: dict[str, Any] = field(default_factory=dict)
    outside: dict[str, Path] = field(default_factory=dict)
    packages: list[str] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        """Where paths in the settings begin: where the master really lies."""
        return self.master.parent

    def read(self, cell: NotebookNode) -> None:
        """Take over the settings of a cell, and leave in it what Otter Assign needs to know.

        Raises:
            ConfigError: a setting is unknown or breaks a rule, or a file that it names cannot be read.
        """
        own = read_mapping(cell.source, f"{self.master}: the assignment's settings")
        if file := own.get("config_file"):
            own = _merged(read_mapping(self._text("config_file", file), str(self.folder / str(file))), own)
        note_settings(own, str(self.master), self.note)
        self.settings = _merged(self.settings, own)
        wanted = []
        if listed := own.get("requirements"):
            is_file = not isinstance(listed, list)
            wanted += packages.requirements(self._text("requirements", listed).splitlines() if is_file else listed)
        if name := own.get("environment"):
            wanted += packages.environment(self._text("environment", name), f"{self.master}: 'environment'")
        packages.note_missing(wanted, self.note)
        self.packages += [re.split(r"[^\w.-]", line)[0] for line in wanted]
        handed_on = {key: value for key, value in own.items() if ASSIGNMENT[key].handed_on}
        if "files" in handed_on:
            handed_on["files"] = self.files
        if "student_files" in handed_on:
            handed_on["student_files"] = self.student_files
        if (seed := self._generate("seed")) is not None:
            handed_on["generate"] = {"seed": seed}
        cell.source = f"# ASSIGNMENT CONFIG\n{json.dumps(handed_on, default=str)}"

    @property
    def files(self) -> list[str]:
        """The files and folders for students, as Otter Assign is told to find them."""
        return [self._file(str(name)) for name in self.settings.get("files") or ()]

    @property
    def student_files(self) -> list[str]:
        """The files that students hand in beside the notebook.

        Raises:
            ConfigError: one of them does not exist, or lies outside the master's folder.
        """
        names = [str(name) for name in self.settings.get("student_files") or ()]
        for name in names:
            if not is_inside(name) or not (self.folder / name).is_file():
                raise self._broken("student_files", f"names of files in {self.folder}", name)
        return names

    @property
    def autograder_files(self) -> dict[PurePath, Path]:
        """The files for test cases alone, by their paths beside the notebook."""
        found: dict[PurePath, Path] = {}
        for name in map(str, self.settings.get("autograder_files") or ()):
            path, place = self.folder / name, PurePath(self._file(name, "autograder_files"))
            files = [path] if path.is_file() else [file for file in sorted(path.rglob("*")) if file.is_file()]
            found |= {place / file.relative_to(path): file for file in files}
        return found

    @property
    def seeds(self) -> Seeds:
        """Where random numbers start in a grading run.

        Raises:
            ConfigError: a seed is not a whole number, or its variable has no value.
        """
        seed = self.settings.get("seed") or {}
        variable, value = seed.get("variable"), seed.get("autograder_value")
        if variable is None and self._generate("seed_variable") is not None:
            variable, value = self._generate("seed_variable"), self._generate("seed")
        if variable is None:
            seed = self._generate("seed")
            return Seeds(seed=None if seed is None else self._whole("generate.seed", seed))
        if "student_value" in seed:
            self._whole("seed.student_value", seed["student_value"])
        if not isinstance(variable, str) or not variable.isidentifier():
            raise self._broken("seed.variable", "the name of a variable", variable)
        return Seeds(variable=variable, value=self._whole("seed.autograder_value", value))

    @property
    def has_functions(self) -> bool:
        """Whether test cases are functions, not doctests."""
        tests = self.settings.get("tests")
        return isinstance(tests, dict) and tests.get("ok_format") is False

    def _text(self, key: str, name: Any) -> str:
        """The text of a file that a setting names."""
        return packages.read_text(self.folder / str(name), f"{self.master}: '{key}'")

    def _file(self, name: str, key: str = "files") -> str:
        """A file or folder that a setting names, by the name that Otter Assign finds it under."""
        path = self.folder / name
        if not path.exists():
            raise ConfigError(f"{self.master}: '{key}' names '{name}', which does not exist in {self.folder}")
        if path.resolve().is_relative_to(self.folder.resolve()):
            return str(path.resolve().relative_to(self.folder.resolve())) if PurePath(name).is_absolute() else name
        inside = path.resolve().name
        if (self.folder / inside).exists() or self.outside.setdefault(inside, path.resolve()) != path.resolve():
            raise ConfigError(f"{self.master}: '{key}' names '{name}', but there is another '{inside}'")
        return inside

    def _generate(self, key: str) -> Any:
        generate = self.settings.get("generate")
        return generate.get(key) if isinstance(generate, dict) else None

    def _whole(self, key: str, value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._broken(key, "a whole number", value)
        return value

    def _broken(self, key: str, rule: str, value: Any) -> ConfigError:
        return broken_rule(str(self.master), key, rule, value)


def note_settings(settings: Mapping[str, Any], place: str, note: Note) -> None:
    """Note the settings of an assignment that have no effect here; ``place`` is where they are.

    Raises:
        ConfigError: Otter has no such setting, or one cannot be honoured.
    """
    for key, value in _leaves(settings, ASSIGNMENT):
        if key not in ASSIGNMENT:
            unknown = f"Otter has no setting '{key}' for an assignment{near_names(key, ASSIGNMENT)}"
            if not key.startswith("generate."):
                raise ConfigError(f"{place}: {unknown}")
            note(unknown)  # Otter takes no notice; it had others, for its container, in earlier versions
            continue
        if key == "generate.lang" and value != "python":
            raise broken_rule(place, key, "'python'", value)
        if key == "seed" and not isinstance(value, dict | None):
            raise broken_rule(place, key, "a table with 'variable', 'autograder_value' and 'student_value'", value)
        if key in _LISTED and not isinstance(value, list | None):
            raise broken_rule(place, key, "a list", value)
        if ASSIGNMENT[key].verdict is Verdict.NOTED and value not in (None, False, [], {}):
            note(f"setting '{key}' ({in_brief(value)}) has no effect: {ASSIGNMENT[key].words}")


def _leaves(settings: Mapping[str, Any], known: Mapping[str, Setting], path: str = "") -> Iterator[tuple[str, Any]]:
    """All settings with their values, also those in tables, by dotted paths."""
    for key, value in settings.items():
        name = f"{path}{key}"
        yield name, value
        if isinstance(value, dict) and any(other.startswith(f"{name}.") for other in known):
            yield from _leaves(value, known, f"{name}.")


def _merged(first: Mapping[str, Any], then: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with others put over them, table by table."""
    merged = dict(first)
    for key, value in then.items():
        before = merged.get(key)
        merged[key] = _merged(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return merged
