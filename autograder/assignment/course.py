"""``course.toml``: the settings of an assignment, written by hand; every key has a default."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from autograder.assignment.counting import Choice
from autograder.assignment.kinds import (
    DATASET,
    NAMES,
    PATH,
    SOME_TEXT,
    TEXT,
    TIME,
    ZONE,
    Section,
    Sections,
    TableOf,
    choice,
    list_of,
    number,
    whole_number,
)
from autograder.assignment.lateness import CourseExtension, LateRules
from autograder.assignment.settings import Place, parse, setting, table, values
from autograder.errors import ConfigError
from autograder.messages.language import SOURCE, languages

MASTER_SUFFIXES = (".py", ".md", ".ipynb")
#: Masters of Otter's in other languages, which are told apart from folders without a master.
_R_SUFFIXES = (".rmd", ".qmd", ".r")
_BEGIN_QUESTION = re.compile(r"(?<!<!-- )begin\s+question", re.IGNORECASE)


@table
class RubricEntry:
    """An item that the rubric of a written question begins with."""

    points: float = setting(number(), "Points that the item gives or, below 0, takes.", example="0.5")
    text: str = setting(SOME_TEXT, "What the item is about, for markers.", example='"compares months"')
    comment: str = setting(TEXT, "Comment for the student.", default="", example='"You compare months, as you should."')


@table
class CalibrationVariant:
    """Answers that ``autograder calibrate`` runs beside the solution; without ``sheet`` they are the solution's."""

    sheet: Path | None = setting(
        PATH,
        "Answer sheet: its answers replace those of the solution.",
        default=None,
        shown="the solution",
        example='"calibration/normalized.py"',
    )
    epochs: int | None = setting(
        whole_number(at_least=0), "Epochs of one training at most.", default=None, shown="no limit", example="1"
    )
    models: frozenset[str] | None = setting(
        list_of(TEXT, "a list of names", frozenset),
        "Models whose accuracies count; with several datasets `DATASET.MODEL`.",
        default=None,
        shown="all",
        example='["LeNet"]',
    )


@table
class Course:
    """``course.toml``: where the master is, where what is generated goes, and the rules of the course."""

    folder: Path
    title: str = setting(TEXT, "Name of the assignment in reports.", shown="the master's name", example='"Rainfall"')
    master: Path | None = setting(
        PATH,
        "Master notebook: .py or .md (Jupytext), or .ipynb.",
        shown="the only notebook here with questions in it; none if the assignment was imported",
        example='"rain.py"',
    )
    student: Path = setting(
        PATH,
        "Student notebook, generated. Students receive its whole folder, so no other part of the assignment may be "
        "in that folder.",
        shown="`student/MASTER.ipynb`",
        example='"student/rain.ipynb"',
    )
    solution: Path | None = setting(
        PATH, "Solved notebook, generated.", default=None, shown="not generated", example='"../solutions/rain.ipynb"'
    )
    solutions: Path | None = setting(
        PATH, "Folder of the generated `[snippets]`.", default=None, shown="none", example='"../solutions/rain"'
    )
    snippets: Mapping[str, tuple[str, ...]] = setting(
        TableOf(NAMES, key="FILE", example="totals.py"),
        "Files in `solutions` for `%load` in class: each has the solution code of the questions listed.",
        default_factory=dict,
        example='["total", "wettest"]',
    )
    evidence: Mapping[str, tuple[str, ...]] = setting(
        TableOf(NAMES, key="QUESTION", example="total"),
        "Names to record as evidence for a question, instead of the names that its test cases use.",
        default_factory=dict,
        example='["rain", "total"]',
    )
    live: Mapping[str, tuple[str, ...]] = setting(
        TableOf(NAMES, key="QUESTION", example="inches"),
        "Names in a question that are functions or other code, where `autograder build` cannot see it in the solution.",
        default_factory=dict,
        example='["convert"]',
    )
    calibration: Mapping[str, Mapping[str, CalibrationVariant]] = setting(
        TableOf(
            TableOf(Section(CalibrationVariant), key="NAME", example="one_epoch"),
            key="SIDE",
            example="wrong",
            keys=("right", "wrong"),
        ),
        "Answers that `autograder calibrate` runs beside the solution: `right` ones must pass, `wrong` ones should "
        "fail.",
        default_factory=dict,
    )
    untouched: Mapping[str, float] = setting(
        TableOf(number("points", at_least=0), key="QUESTION", example="total"),
        "Points that the untouched student notebook earns, for `autograder validate`; without it they are 0.",
        default_factory=dict,
        example="0.5",
    )
    unverified: str = setting(
        choice("allow", "refuse"),
        "Whether a test case may run in the notebook's kernel where nothing else can carry it; its result is "
        "unverified.",
        default="allow",
        example='"refuse"',
    )
    language: str = setting(
        choice(*languages()),
        "Language of what students read: feedback, statuses and messages. Questions and the messages of test cases are "
        "in the language that you write them in.",
        default=SOURCE,
        example='"fr"',
    )
    profile: str = setting(
        TEXT,
        "Profile to grade with unless the command names one: a file in `profiles/`, without `.toml`.",
        default="full",
        example='"quick"',
    )
    datasets: Mapping[str, Path | None] = setting(
        TableOf(DATASET, key="NAME", example="cifar10"),
        "Datasets that networks are trained and measured on: `keras.datasets.NAME`, or a file that the assignment "
        "ships ([what it holds](instructors.md#data)).",
        default_factory=dict,
        example='"keras"',
    )
    deadline: datetime | None = setting(
        TIME,
        "Submissions after this time are late.",
        default=None,
        shown="none",
        example="2026-11-30T23:59:00+01:00",
    )
    time_zone: ZoneInfo | None = setting(
        ZONE,
        "The time zone of times that name none, in a roster or an LMS's table, and of days of lateness. The offset of "
        "the deadline does not change with summer time.",
        default=None,
        shown="the offset of the deadline, or UTC",
        example='"Europe/Zurich"',
    )
    late: LateRules = setting(Section(LateRules), "What lateness costs.", default=LateRules())
    team_size: int = setting(
        whole_number(at_least=1),
        "Students at most who may hand in one notebook together; the roster's column `team` or `group` says who.",
        default=1,
        example="3",
    )
    extension: tuple[CourseExtension, ...] = setting(
        Sections(CourseExtension), "What holds for one student alone; it counts before the roster's.", default=()
    )
    bonus: tuple[str, ...] = setting(
        NAMES, "Questions whose points are on top of the assignment's.", default=(), shown="none", example='["total"]'
    )
    choice: tuple[Choice, ...] = setting(
        Sections(Choice), "Questions of which only the best count, so that a student may leave some out.", default=()
    )
    rubric: Mapping[str, tuple[RubricEntry, ...]] = setting(
        TableOf(Sections(RubricEntry), key="QUESTION", example="season"),
        "Items of the rubric of a written question; markers may add items and reword them.",
        default_factory=dict,
    )

    @property
    def zone(self) -> tzinfo:
        """The zone of times that name none: that of the course, or the deadline's, or UTC."""
        if self.time_zone is not None:
            return self.time_zone
        return UTC if self.deadline is None or self.deadline.tzinfo is None else self.deadline.tzinfo

    @classmethod
    def load(cls, folder: Path | str) -> Course:
        """Read ``folder/course.toml``; without one, the folder's only notebook with questions in it is the master.

        Raises:
            ConfigError: a key is unknown or breaks a rule, or there is no master notebook.
        """
        folder = Path(folder)
        if not folder.is_dir():
            raise ConfigError(f"assignment '{folder}' must be a folder")
        path = folder / "course.toml"
        content, place = parse(path) if path.exists() else {}, Place(path)
        if "dataset" in content:
            raise place.error(
                f"write datasets.{content['dataset']} = \"keras\" instead of 'dataset', which is no longer a key"
            )
        settings = values(cls, content, place)
        settings.get("late", LateRules()).check(place.at("late"))
        imported = "student" in settings and "master" not in settings and (folder / "questions.json").is_file()
        master = settings.get("master") or _only_notebook(folder, needed=not imported)
        if master is not None and not master.is_file():
            raise ConfigError(f"{path}: master notebook '{master}' does not exist")
        if master is not None and master.suffix not in MASTER_SUFFIXES:
            raise ConfigError(f"{master}: a master must be a notebook in Python, {', '.join(MASTER_SUFFIXES)}")
        name = settings["student"].stem if master is None else master.stem
        student = settings.get("student", folder / f"student/{name}.ipynb")
        if student.suffix != ".ipynb" or folder.resolve().is_relative_to(student.parent.resolve()):
            # All of that folder is given to student code: hidden tests must not lie in it.
            raise ConfigError(f"{path}: 'student' must be an .ipynb file in a folder of its own (got '{student}')")
        settings = {"title": name} | settings | {"master": master, "student": student}
        return cls(folder=folder, **settings)


def _only_notebook(folder: Path, *, needed: bool) -> Path | None:
    candidates = sorted(path for path in folder.iterdir() if path.suffix in MASTER_SUFFIXES and path.is_file())
    masters = [
        path for path in candidates if _BEGIN_QUESTION.search(path.read_text(encoding="utf-8", errors="replace"))
    ]
    if not masters and not needed:
        return None
    if not masters:
        for path in sorted(folder.iterdir()):
            if path.suffix.lower() in _R_SUFFIXES:
                raise ConfigError(f"{path}: a master must be a notebook in Python, {', '.join(MASTER_SUFFIXES)}")
    if len(masters) != 1:
        names = ", ".join(path.name for path in masters or candidates) or "none"
        found = f"found: {names}" if masters or not candidates else f"no '# BEGIN QUESTION' in: {names}"
        raise ConfigError(f"{folder}: needs one master notebook, or a course.toml that names it ({found})")
    return masters[0]
