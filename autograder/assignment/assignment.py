"""What an assignment is: its questions, their test cases, and the names whose values are evidence.

Everything here is read from an assignment's folder: ``course.toml`` (written by hand, optional) and what
``autograder build`` generated from the master notebook: ``questions.json``, ``tests/`` and the student notebook.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from autograder.errors import ConfigError
from autograder.assignment.lateness import LateRules, late_rules
from autograder.assignment.code_names import assigned_names
from autograder.assignment.profile import Profile

MASTER_SUFFIXES = (".py", ".md", ".ipynb")
_BEGIN_QUESTION = re.compile(r"#\s+begin\s+question", re.IGNORECASE)


@dataclass(frozen=True)
class TestCase:
    """One Otter test case of a question; ``names`` are the values it asks for, ``points`` what it is worth."""

    __test__ = False  # a name that pytest would collect

    name: str
    hidden: bool
    points: float
    names: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """A graded unit: written, or automatic with test cases.

    ``names`` are all values that its test cases ask for; ``answers`` those among them that the student gives, and
    ``live`` those that are code, which a test case works with in the kernel (see ``checks.remote``).
    """

    id: str
    points: float
    written: bool = False
    cases: tuple[TestCase, ...] = ()
    names: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    live: tuple[str, ...] = ()


@dataclass(frozen=True)
class RubricEntry:
    """An item that the rubric of a written question begins with: ``text`` is for markers, ``comment`` for students."""

    points: float
    text: str
    comment: str = ""


@dataclass(frozen=True)
class Course:
    """``course.toml``: where the master is and where what is generated goes; every key has a default."""

    folder: Path
    title: str
    master: Path
    student: Path
    solution: Path | None = None
    solutions: Path | None = None
    snippets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    evidence: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    live: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    calibration: Mapping[str, Any] = field(default_factory=dict)
    profile: str = "full"
    dataset: str | None = None
    deadline: datetime | None = None
    late: LateRules = field(default_factory=LateRules)
    rubric: Mapping[str, tuple[RubricEntry, ...]] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path) -> Course:
        """Read ``folder/course.toml``; without one, the folder's only notebook with questions in it is the master.

        Raises:
            ConfigError: a key that is unknown or of the wrong type, or no master notebook to be found.
        """
        if not folder.is_dir():
            raise ConfigError(f"assignment '{folder}' must be a folder")
        path = folder / "course.toml"
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}: is not valid TOML ({error})") from None
        known = {item.name for item in fields(cls)} - {"folder"}
        for key in sorted(table.keys() - known):
            raise ConfigError(f"{path}: unknown key '{key}'; the keys are {', '.join(sorted(known))}")
        for key in ("title", "master", "student", "solution", "solutions", "profile", "dataset"):
            if key in table and not isinstance(table[key], str):
                raise ConfigError(f"{path}: '{key}' must be a string (got {table[key]!r})")
        if table.get("dataset", "mnist") != "mnist":
            raise ConfigError(f"{path}: 'dataset' must be 'mnist' or left out (got {table['dataset']!r})")

        master = folder / table["master"] if "master" in table else _only_notebook(folder)
        if not master.is_file():
            raise ConfigError(f"{path}: master notebook '{master}' does not exist")
        student = folder / table.get("student", f"student/{master.stem}.ipynb")
        if student.suffix != ".ipynb" or folder.resolve().is_relative_to(student.parent.resolve()):
            # All of that folder is given to student code: hidden tests must not lie in it.
            raise ConfigError(f"{path}: 'student' must be an .ipynb file in a folder of its own (got '{student}')")
        optional = {key: folder / table[key] for key in ("solution", "solutions") if key in table}
        return cls(
            folder=folder,
            title=table.get("title", master.stem),
            master=master,
            student=student,
            snippets=_lists(table, "snippets", path),
            evidence=_lists(table, "evidence", path),
            live=_lists(table, "live", path),
            calibration=_table(table, "calibration", path),
            profile=table.get("profile", "full"),
            dataset=table.get("dataset"),
            deadline=_deadline(table, path),
            late=late_rules(_table(table, "late", path), f"{path}: late"),
            rubric=_rubric(table, path),
            **optional,
        )


@dataclass(frozen=True)
class Assignment:
    """An assignment ready to grade with: its course settings and its questions, in the notebook's order."""

    course: Course
    questions: tuple[Question, ...]

    @classmethod
    def load(cls, folder: Path) -> Assignment:
        """Read a built assignment.

        Raises:
            ConfigError: it was never built, or ``questions.json`` or a test file is missing or malformed.
        """
        folder = folder.resolve()
        course = Course.load(folder)
        path = folder / "questions.json"
        if not path.is_file():
            raise ConfigError(f"{folder}: is not built yet (no questions.json); run: autograder build {folder}")
        try:
            questions = tuple(_question(entry) for entry in json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, TypeError, KeyError) as error:
            raise ConfigError(f"{path}: is malformed ({error}); run: autograder build {folder}") from None
        assignment = cls(course, questions)
        _check_rubric(assignment)
        for question in assignment.questions:
            if question.cases and not assignment.test_file(question.id).is_file():
                raise ConfigError(f"{folder}: question '{question.id}' has no test file; run: autograder build")
        return assignment

    @property
    def folder(self) -> Path:
        return self.course.folder

    @property
    def title(self) -> str:
        return self.course.title

    @property
    def points(self) -> float:
        return sum(question.points for question in self.questions)

    @property
    def automatic_points(self) -> float:
        return sum(question.points for question in self.questions if not question.written)

    def question(self, id: str) -> Question:
        """The question of that id.

        Raises:
            ConfigError: there is none.
        """
        for question in self.questions:
            if question.id == id:
                return question
        raise ConfigError(f"{self.folder}: there is no question '{id}'")

    def test_file(self, id: str) -> Path:
        return self.folder / "tests" / f"{id}.py"

    def uses_keras(self) -> bool:
        """Whether the student notebook works with Keras or TensorFlow, which is worth importing ahead."""
        text = self.course.student.read_text(encoding="utf-8") if self.course.student.is_file() else ""
        return "keras" in text or "tensorflow" in text

    def names_in_use(self) -> frozenset[str]:
        """The names that the lab itself gives a meaning: those its student notebook assigns, and all answers."""
        notebook = json.loads(self.course.student.read_text(encoding="utf-8"))
        sources = ("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code")
        given = frozenset().union(*(assigned_names(source) for source in sources))
        return given.union(*(question.answers for question in self.questions))

    def reused_names(self) -> frozenset[str]:
        """The names that more than one question wants an answer in."""
        counts = Counter(name for question in self.questions for name in set(question.answers))
        return frozenset(name for name, count in counts.items() if count > 1)

    def profile_file(self, name: str) -> Path:
        return self.folder / "profiles" / f"{name}.toml"

    def load_profile(self, name: str | None = None) -> Profile:
        """The profile of that name, or the course's own; without a profiles folder, one without caps.

        Raises:
            ConfigError: there is no such profile, or its file breaks a rule.
        """
        path = self.profile_file(name or self.course.profile)
        if name is None and not path.exists():
            return Profile(name="full")
        return Profile.load(path)


def _only_notebook(folder: Path) -> Path:
    candidates = sorted(path for path in folder.iterdir() if path.suffix in MASTER_SUFFIXES and path.is_file())
    masters = [
        path for path in candidates if _BEGIN_QUESTION.search(path.read_text(encoding="utf-8", errors="replace"))
    ]
    if len(masters) != 1:
        names = ", ".join(path.name for path in masters or candidates) or "none"
        raise ConfigError(f"{folder}: needs one master notebook, or a course.toml that names it (found: {names})")
    return masters[0]


def _table(table: Mapping[str, Any], key: str, path: Path) -> dict[str, Any]:
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise ConfigError(f"{path}: '{key}' must be a table (got {value!r})")
    return value


def _deadline(table: Mapping[str, Any], path: Path) -> datetime | None:
    value = table.get("deadline")
    if value is None or (isinstance(value, datetime) and value.tzinfo is not None):
        return value
    shown = value.isoformat() if hasattr(value, "isoformat") else repr(value)
    rule = "must be a time with its offset from UTC, such as 2026-11-30T23:59:00+01:00"
    raise ConfigError(f"{path}: 'deadline' {rule} (got {shown})")


def _lists(table: Mapping[str, Any], key: str, path: Path) -> dict[str, tuple[str, ...]]:
    lists = _table(table, key, path)
    for name, entries in lists.items():
        if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
            raise ConfigError(f"{path}: {key}.{name} must be a list of strings (got {entries!r})")
    return {name: tuple(entries) for name, entries in lists.items()}


def _rubric(table: Mapping[str, Any], path: Path) -> dict[str, tuple[RubricEntry, ...]]:
    """``[[rubric.QUESTION]]``: the items of each question, in their order."""
    rubric = {}
    for question, items in _table(table, "rubric", path).items():
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise ConfigError(f"{path}: rubric.{question} must be tables, [[rubric.{question}]] (got {items!r})")
        rubric[question] = tuple(_rubric_entry(item, f"{path}: rubric.{question}") for item in items)
    return rubric


def _rubric_entry(item: Mapping[str, Any], where: str) -> RubricEntry:
    for key in sorted(item.keys() - {"points", "text", "comment"}):
        raise ConfigError(f"{where}: unknown key '{key}'; the keys are points, text, comment")
    points, text, comment = item.get("points"), item.get("text"), item.get("comment", "")
    if isinstance(points, bool) or not isinstance(points, int | float):
        raise ConfigError(f"{where}: 'points' must be a number (got {points!r})")
    if not isinstance(text, str) or not text.strip():
        raise ConfigError(f"{where}: 'text' must say what the points are for (got {text!r})")
    if not isinstance(comment, str):
        raise ConfigError(f"{where}: 'comment' must be a string (got {comment!r})")
    return RubricEntry(float(points), text.strip(), comment.strip())


def _check_rubric(assignment: Assignment) -> None:
    written = {question.id: question for question in assignment.questions if question.written}
    for id, items in assignment.course.rubric.items():
        if id not in written:
            raise ConfigError(f"{assignment.folder}: rubric.{id} must be of a written question")
        most = written[id].points
        for item in items:
            if not -most <= item.points <= most:
                raise ConfigError(
                    f"{assignment.folder}: rubric.{id}: 'points' must be within {-most:g} and {most:g} "
                    f"(got {item.points:g} for «{item.text}»)"
                )


def _question(entry: Mapping[str, Any]) -> Question:
    cases = tuple(
        TestCase(case["name"], bool(case["hidden"]), float(case["points"]), tuple(case["names"]))
        for case in entry["cases"]
    )
    return Question(
        id=entry["id"],
        points=float(entry["points"]),
        written=bool(entry["written"]),
        cases=cases,
        names=tuple(entry["names"]),
        answers=tuple(entry["answers"]),
        live=tuple(entry.get("live", ())),
    )
