"""The settings in a master's cells, checked one by one and handed on to Otter Assign as far as it needs them."""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

import yaml
from nbformat import NotebookNode

from autograder.assignment.question_texts import MAX_TITLE
from autograder.assignment.seeds import Seeds
from autograder.assignment.student_files import is_inside
from autograder.authoring import packages
from autograder.authoring.otter_settings import ASSIGNMENT, GRADERS, QUESTION, TEST_CASE, Setting, Verdict
from autograder.authoring.packages import Note
from autograder.errors import ConfigError

_TEST_CONFIG = re.compile(
    r"""(?:.\s*=\s*)?["']{1,3}\s*#\s*BEGIN\s*TEST\s*CONFIG\n(.*?)\n["']{1,3};?\s*#\s*END""", re.DOTALL | re.IGNORECASE
)


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
        own = _mapping(cell.source, f"{self.master}: the assignment's settings")
        if file := own.get("config_file"):
            own = _merged(_mapping(self._text("config_file", file), str(self.folder / str(file))), own)
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
            return name
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
        return _broken(str(self.master), key, rule, value)


def note_settings(settings: Mapping[str, Any], place: str, note: Note) -> None:
    """Note the settings of an assignment that have no effect here; ``place`` is where they are.

    Raises:
        ConfigError: Otter has no such setting, or one cannot be honoured.
    """
    for key, value in _leaves(settings, ASSIGNMENT):
        if key not in ASSIGNMENT:
            unknown = f"Otter has no setting '{key}' for an assignment{_near(key, ASSIGNMENT)}"
            if not key.startswith("generate."):
                raise ConfigError(f"{place}: {unknown}")
            note(unknown)  # Otter takes no notice; it had others, for its container, in earlier versions
            continue
        if key == "generate.lang" and value != "python":
            raise _broken(place, key, "'python'", value)
        if key == "seed" and not isinstance(value, dict | None):
            raise _broken(place, key, "a table with 'variable', 'autograder_value' and 'student_value'", value)
        if ASSIGNMENT[key].verdict is Verdict.NOTED and value not in (None, False, [], {}):
            note(f"setting '{key}' ({_brief(value)}) has no effect: {ASSIGNMENT[key].words}")


def read_question(cell: NotebookNode, place: str, note: Note) -> dict[str, Any]:
    """The settings of a question, with its name as a text; ``place`` is that of its cell, in messages.

    Raises:
        ConfigError: they are not YAML, the title is not one line of text, or the points are not numbers.
    """
    settings = _mapping(cell.source, f"{place}: a question's settings")
    if not isinstance(settings.get("name"), list | dict | None):
        settings["name"] = _mapping(cell.source, place, yaml.BaseLoader)["name"]  # 1.10 as it is written
    for key in [key for key in settings if key not in QUESTION]:
        del settings[key]
        note(f"question '{settings.get('name')}': Otter has no setting '{key}' for a question{_near(key, QUESTION)}")
    place = f"{place}: question '{settings.get('name')}'"
    title, points = settings.get("title"), settings.get("points")
    if title is not None and (
        not isinstance(title, str) or not 0 < len(title.strip()) <= MAX_TITLE or "\n" in title.strip()
    ):
        raise _broken(place, "title", f"one line of at most {MAX_TITLE} characters", title)
    listed = list(points.values()) if isinstance(points, dict) else points if isinstance(points, list) else [points]
    if not all(one is None or _is_points(one) for one in listed):
        raise _broken(place, "points", "a number from 0, a list of these, or {each: 2}", points)
    return settings


def hand_on(cell: NotebookNode, settings: Mapping[str, Any], stated: float) -> None:
    """Leave in the cell of a question those of its settings that Otter knows.

    Points that are exceeded by those that its test cases have ``stated`` are left out, because Otter refuses a rounding
    error, too (0.1 + 0.2 of 0.3): ``test_cases`` compares the two.
    """
    for_otter = {key: value for key, value in settings.items() if key not in GRADERS}
    if isinstance(points := settings.get("points"), int | float) and stated > points:
        del for_otter["points"]
    cell.source = f"# BEGIN QUESTION\n{json.dumps(for_otter, default=str)}"


def read_test_case(source: str, question: str, place: str, note: Note) -> tuple[dict[str, tuple[str, ...]], float]:
    """The settings of a test case that Otter does not know but the grader does, names by setting; and its points.

    ``place`` is that of its cell, in messages.

    Raises:
        ConfigError: they are not YAML, one of them is not a name or a list of names, or the points are not a number.
    """
    settings = _TEST_CONFIG.match(source)
    place = f"{place}: question '{question}'"
    own: dict[str, tuple[str, ...]] = {}
    stated = 0.0
    for key, value in _mapping(settings[1], f"{place}: the settings of a test case").items() if settings else ():
        if key not in TEST_CASE:
            note(f"question '{question}': Otter has no setting '{key}' for a test case{_near(key, TEST_CASE)}")
        elif key in GRADERS:
            names = value if isinstance(value, list) else [value]
            if not all(isinstance(name, str) for name in names):
                raise _broken(place, key, "a name or a list of names", value)
            own[key] = tuple(dict.fromkeys(names))
        elif key == "points" and value is not None:
            if not _is_points(value):
                raise _broken(f"{place}, test case", key, "a number from 0", value)
            stated = float(value)
    return own, stated


def with_written_messages(source: str) -> str:
    """A test cell whose messages can stand in the code of a test file, where Otter writes them as they are."""
    if (stated := _TEST_CONFIG.match(source)) is None:
        return source
    settings = _mapping(stated[1], "the settings of a test case")
    for key in ("success_message", "failure_message"):
        if isinstance(text := settings.get(key), str):
            settings[key] = json.dumps(text)[1:-1]
    return f"{source[: stated.start(1)]}{json.dumps(settings, default=str)}{source[stated.end(1) :]}"


def _is_points(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf


def _mapping(source: str, place: str, loader: type[Any] = yaml.SafeLoader) -> dict[str, Any]:
    """The mapping that YAML text has; its first line may be a comment that says what follows."""
    try:
        content = yaml.load(source, loader)  # one of the safe loaders
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = "" if mark is None else f"line {mark.line + 1}, column {mark.column + 1}: "
        raise ConfigError(f"{place} are not YAML ({line}{error.problem})") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{place} are not YAML ({error})") from None
    if content is None:
        return {}
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise ConfigError(f"{place} must be a mapping, such as 'points: 2' (got {_brief(content)})")
    return content


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


def _broken(place: str, key: str, rule: str, value: Any) -> ConfigError:
    return ConfigError(f"{place}: '{key}' must be {rule} (got {value!r})")


def _near(key: str, known: Mapping[str, Setting]) -> str:
    *table, name = key.split(".")
    names = {one.split(".")[-1]: one for one in known if one.split(".")[:-1] == table}
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return f"; did you mean '{names[close[0]]}'?"
    return "" if table else f" (it has {', '.join(names)})"


def _brief(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
