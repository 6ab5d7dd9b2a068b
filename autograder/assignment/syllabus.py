"""``syllabus.toml``: a course of several assignments, beside their folders: what they share and what each weighs."""

from __future__ import annotations

from pathlib import Path

from autograder.assignment.kinds import PATH, SOME_TEXT, Sections, number, whole_number
from autograder.assignment.settings import Place, parse, setting, table, values
from autograder.errors import ConfigError

FILE = "syllabus.toml"
#: The folder of the course's page and table, and by default of the grades of each assignment.
GRADES = "grades"


@table
class Part:
    """An assignment of a course."""

    folder: Path = setting(PATH, "Folder of the assignment.", example='"rainfall"')
    grades: Path | None = setting(
        PATH,
        "Folder that the assignment is graded into, with its gradebook.",
        default=None,
        shown="`grades/FOLDER`",
        example='"grades/rainfall"',
    )
    gradebook: str | None = setting(
        SOME_TEXT,
        "SQLAlchemy URL of the gradebook, where the assignment was graded with `--gradebook`.",
        default=None,
        shown="`gradebook.sqlite` in `grades`",
        example='"postgresql+psycopg://grader@db.example.org/rainfall"',
    )
    weight: float = setting(
        number(at_least=0),
        "Weight in the total, of which each assignment's points are a share.",
        default=1.0,
        example="2",
    )


@table
class Syllabus:
    """A course: ``file`` is its ``syllabus.toml``."""

    title: str = setting(SOME_TEXT, "Name of the course.", default="Course", example='"Data analysis, autumn 2026"')
    roster: Path | None = setting(
        PATH,
        "The students, for every `autograder grade` without `--roster`.",
        default=None,
        shown="none",
        example='"roster.csv"',
    )
    grace_days: int = setting(
        whole_number(at_least=0),
        "Days of lateness that cost nothing, for each student over the whole course. They are spent in the order of "
        "the assignments, as many as lower the penalty.",
        default=0,
        example="3",
    )
    drop_lowest: int = setting(
        whole_number(at_least=0),
        "Assignments with the least share of points that do not count.",
        default=0,
        example="1",
    )
    assignment: tuple[Part, ...] = setting(Sections(Part), "The assignments, in their order.", default=())
    file: Path = Path(FILE)

    @property
    def folder(self) -> Path:
        return self.file.parent

    def grades_of(self, part: Part) -> Path:
        """The folder that an assignment is graded into."""
        return part.grades or self.folder / GRADES / part.folder.name

    @classmethod
    def load(cls, folder: Path) -> Syllabus:
        """Read ``folder/syllabus.toml``.

        Raises:
            ConfigError: it is missing, a key is unknown or breaks a rule, or an assignment is no folder or named twice.
        """
        path = folder.resolve() / FILE
        if not path.is_file():
            raise ConfigError(f"course '{folder}' must have a {FILE}")
        content, place = parse(path), Place(path)
        if not content.get("assignment"):
            raise place.missing("assignment", "a list of tables, [[assignment]], one for each assignment")
        settings = cls(file=path, **values(cls, content, place))
        seen: list[Path] = []
        for index, part in enumerate(settings.assignment, start=1):
            entry = place.at("assignment").numbered(index).at("folder")
            if not part.folder.is_dir():
                raise entry.broken("a folder that exists", str(part.folder))
            if part.folder.resolve() in seen:
                raise entry.broken("named once", str(part.folder))
            seen.append(part.folder.resolve())
        return settings

    @classmethod
    def around(cls, assignment: Path) -> Syllabus | None:
        """The course that an assignment's folder belongs to: the folder above has a syllabus that names it."""
        folder = assignment.resolve().parent
        if not (folder / FILE).is_file():
            return None
        syllabus = cls.load(folder)
        return syllabus if any(one.folder.resolve() == assignment.resolve() for one in syllabus.assignment) else None
