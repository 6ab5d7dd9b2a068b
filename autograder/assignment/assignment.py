"""What an assignment is: its questions, their test cases, and the names whose values are evidence.

Everything here is read from an assignment's folder: ``course.toml`` (written by hand, optional) and the output of
``autograder build``: ``questions.json``, ``tests/`` and the student notebook.
"""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePath
from shlex import quote

from autograder.assignment import libraries, seeds, student_files
from autograder.assignment.code_names import assigned_names, definitions
from autograder.assignment.counting import check_counting, points_of
from autograder.assignment.course import Course
from autograder.assignment.profile import Profile
from autograder.assignment.questions import Question
from autograder.assignment.seeds import Seeds
from autograder.assignment.template import Template
from autograder.datasets.built_in import STAND_IN
from autograder.errors import ConfigError

#: ``reference.accuracy(model, "name")``, or ``reference["cifar10"].accuracy(…)``
_ASKED = re.compile(r"""\.accuracy\([^()]*,\s*(?:threshold\s*=\s*)?\\?["']([^"'\\]+)\\?["']""")
#: Folders that macOS and Python add.
_CLUTTER = ("__MACOSX", "__pycache__")


@dataclass(frozen=True)
class Assignment:
    """An assignment ready to grade with: its course settings and its questions, in the notebook's order."""

    course: Course
    questions: tuple[Question, ...]

    @classmethod
    def load(cls, folder: Path | str) -> Assignment:
        """Read a built assignment.

        Raises:
            ConfigError: it was never built, ``questions.json`` or a test file is missing or malformed, or the student
                notebook is missing.
        """
        folder = Path(folder).resolve()
        course = Course.load(folder)
        path, way_out = folder / "questions.json", f"run: autograder build {quote(str(folder))}"
        if not path.is_file():
            raise ConfigError(f"{folder}: is not built yet (no questions.json); {way_out}")
        try:
            questions = tuple(Question.from_entry(entry) for entry in json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, TypeError, KeyError) as error:
            raise ConfigError(f"{path}: is malformed ({error}); {way_out}") from None
        assignment = cls(course, questions)
        check_rubric(assignment)
        check_counting(questions, course.bonus, course.choice, folder / "course.toml")
        for question in assignment.questions:
            if question.cases and not assignment.test_file(question.id).is_file():
                raise ConfigError(f"{folder}: question '{question.id}' has no test file; {way_out}")
        if not course.student.is_file():
            raise ConfigError(f"{folder}: the student notebook '{course.student}' is missing; {way_out}")
        return assignment

    @property
    def folder(self) -> Path:
        return self.course.folder

    @property
    def title(self) -> str:
        return self.course.title

    @property
    def identity(self) -> str:
        """What it is known by under another title: the names of the student notebook and of the questions."""
        return " ".join([self.course.student.name, *(question.id for question in self.questions)])

    @property
    def points(self) -> float:
        """The points of the assignment; those of bonus questions are on top."""
        return points_of(self.questions, self.course.bonus, self.course.choice)

    @property
    def automatic_points(self) -> float:
        return sum(question.points for question in self.questions if not question.written)

    def question(self, id: str) -> Question:
        """The question of that id.

        Raises:
            ConfigError: there is no such question.
        """
        for question in self.questions:
            if question.id == id:
                return question
        raise ConfigError(f"{self.folder}: there is no question '{id}'")

    def test_file(self, id: str) -> Path:
        return self.folder / "tests" / f"{id}.py"

    @property
    def test_files(self) -> Path:
        """The folder of the files that test cases find in their working folder, and student code does not."""
        return self.folder / "tests" / "files"

    def template(self) -> Template:
        """The notebook that students were given."""
        return Template.read(self.course.student, [question.id for question in self.questions if question.written])

    def grading_files(self) -> list[Path]:
        """The files that grading reads, in a fixed order: settings, questions, tests, and what students receive.

        The master is not among them, because they are built from it; nor are profiles, of which a run uses one. Hidden
        files and caches of Python are left out.
        """
        test_files = [self.test_file(question.id) for question in self.questions if question.cases]
        received = self.course.student.parent.resolve()
        settings = ("course.toml", "questions.json", seeds.FILE, student_files.FILE)
        paths = [*(self.folder / name for name in settings), *sorted(test_files)]
        for folder in (self.test_files, received):
            paths += [path for path in sorted(folder.rglob("*")) if not _is_clutter(path.relative_to(folder))]
        return [path for path in paths if path.is_file()]

    @property
    def seeds(self) -> Seeds:
        """Where random numbers start in a grading run."""
        return Seeds.load(self.folder)

    @property
    def student_files(self) -> tuple[str, ...]:
        """The files and folders that students hand in beside the notebook."""
        return student_files.load(self.folder)

    def uses_keras(self) -> bool:
        """Whether the student notebook uses Keras or TensorFlow, which should then be imported in advance."""
        text = self._student_text()
        return "keras" in text or "tensorflow" in text

    def libraries(self) -> frozenset[str]:
        """The libraries that students work with, as far as known (see ``libraries``)."""
        return libraries.named([self._student_text()])

    def libraries_of_tests(self) -> frozenset[str]:
        """The libraries that test cases use, and those of students whose values they look at."""
        files = (self.test_file(question.id) for question in self.questions if question.cases)
        return libraries.named(file.read_text(encoding="utf-8") for file in files) | self.libraries() & {
            "pandas",
            "sympy",
        }

    def _student_text(self) -> str:
        return self.course.student.read_text(encoding="utf-8") if self.course.student.is_file() else ""

    def names_in_use(self) -> frozenset[str]:
        """The names to which the lab gives a meaning: those that its student notebook assigns, and all answers."""
        assigned = frozenset().union(*map(assigned_names, self.received_code()))
        return assigned.union(*(question.answers for question in self.questions))

    def received_definitions(self) -> dict[str, ast.stmt]:
        """The functions and classes that the student notebook defines, by name."""
        return {name: node for source in self.received_code() for name, node in definitions(source).items()}

    def received_code(self) -> list[str]:
        """The code cells of the student notebook."""
        notebook = json.loads(self.course.student.read_text(encoding="utf-8"))
        return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]

    def asked_accuracies(self) -> frozenset[str]:
        """The names of the thresholds that test cases ask for, where they are written as texts."""
        files = (self.test_file(question.id) for question in self.questions if question.cases)
        return frozenset(name for file in files for name in _ASKED.findall(file.read_text(encoding="utf-8")))

    def reused_names(self) -> frozenset[str]:
        """The names that are answers to more than one question."""
        counts = Counter(name for question in self.questions for name in set(question.answers))
        return frozenset(name for name, count in counts.items() if count > 1)

    def profile_file(self, name: str) -> Path:
        return self.folder / "profiles" / f"{name}.toml"

    def load_profile(self, name: str | None = None) -> Profile:
        """The profile of that name, or the course's own; without a profiles folder, one without caps.

        Raises:
            ConfigError: there is no such profile, its file breaks a rule, or a threshold is of no dataset of the
                course.
        """
        path = self.profile_file(name or self.course.profile)
        if name is None and not path.exists():
            return Profile(name="full")
        profile = Profile.load(path)
        check_thresholds(self.course, profile, path)
        return profile


def check_thresholds(course: Course, profile: Profile, path: Path) -> None:
    """Check that each threshold of a profile, whose file is ``path``, is of a dataset that ``course.toml`` names.

    Raises:
        ConfigError: names the threshold, the dataset and the file.
    """
    for kind, thresholds in profile.thresholds.items():
        name = "mnist" if kind == STAND_IN else kind
        if thresholds and name not in course.datasets:
            first, names = next(iter(thresholds)), ", ".join(course.datasets) or "none"
            raise ConfigError(
                f"{path}: thresholds.{kind}.{first} must be of a dataset that course.toml names: "
                f"it does not name {name} (its datasets: {names})"
            )


def load(folder: Path | str) -> Assignment:
    """The built assignment in a folder; see ``Assignment.load``."""
    return Assignment.load(folder)


def _is_clutter(path: PurePath) -> bool:
    return any(part.startswith(".") or part in _CLUTTER for part in path.parts)


def check_rubric(assignment: Assignment) -> None:
    """Check that a rubric is of a written question, and that its items are worth no more than the question.

    Raises:
        ConfigError: names the rubric and the value.
    """
    written = {question.id: question for question in assignment.questions if question.written}
    for id, items in assignment.course.rubric.items():
        if id not in written:
            listed = ", ".join(written) or "there is none"
            raise ConfigError(f"{assignment.folder}/course.toml: rubric.{id} must be of a written question ({listed})")
        most = written[id].points
        for item in items:
            if not -most <= item.points <= most:
                raise ConfigError(
                    f"{assignment.folder}/course.toml: rubric.{id}: 'points' must be within {-most:g} and {most:g} "
                    f"(got {item.points:g} for «{item.text}»)"
                )
