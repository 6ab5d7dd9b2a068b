"""The master notebook as its author wrote it: read with Jupytext, its questions found, its cells prepared.

Otter Assign splits it afterwards (see ``build``). Mistakes that Otter Assign does not notice, and that would only show
when a class is graded, are corrected or refused here.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_raw_cell

from autograder.assignment import Course
from autograder.assignment.answer_cells import PROMPT, read_source
from autograder.assignment.questions import ID
from autograder.authoring.configuration import Configuration
from autograder.authoring.notebooks import KERNEL
from autograder.authoring.packages import Note
from autograder.authoring.question_settings import hand_on, read_question, read_test_case, with_written_messages
from autograder.errors import ConfigError
from autograder.intake.notebook import PYTHON, language

#: The names of functions that show no value: those that begin like an assertion, and some that only do something.
_SHOWING_NOTHING = re.compile(r"_*(assert|check|test)|(append|close|extend|reverse|seed|show|sort)$", re.IGNORECASE)
_CONFIG = re.compile(r"#\s+assignment\s+config", re.IGNORECASE)
#: A line that begins or ends a block, in any of the ways in which people write it. (A heading may read «Assignment
#: config».)
_MARKER = re.compile(
    r"\s*#+\s*(?:(?i:(?:begin|end)\s+(question|prompt|solution|tests?))|(?:ASSIGNMENT|assignment)\s+(?:CONFIG|config))\s*"
)
#: A line of a raw cell that was meant to be one.
_LIKE_MARKER = re.compile(
    r"\s*#+\s*((begin|end)\s*(question|prompt|solution|tests?)|assignment\s*config)\b", re.IGNORECASE
)
#: How the format of Otter's first version, v0, begins its blocks: in a fence or at the start of a cell.
_V0 = re.compile(
    r"(?:\A|^```[^\n]*\n)\s*(BEGIN\s+(?:ASSIGNMENT|QUESTION))\s*$|\A\s*(##\s*(?:[Hh]idden\s+)?[Tt]ests?\s*##)",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Block:
    """A question as the master declares it in a ``cell``, with the cells of its ``tests``; ``points`` None: see these.

    ``declared`` are all of its settings, ``settings`` those of each test case that are no setting of Otter's.
    """

    id: str
    written: bool
    points: float | None
    title: str
    cell: NotebookNode
    declared: Mapping[str, Any]
    tests: list[NotebookNode] = field(default_factory=list)
    settings: list[Mapping[str, tuple[str, ...]]] = field(default_factory=list)
    stated_points: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Master:
    """A master whose cells are marked by their questions, its questions in order, and its settings."""

    notebook: NotebookNode
    blocks: list[Block]
    configuration: Configuration

    def only(self, block: Block) -> NotebookNode:
        """The notebook with this block alone, and the cells outside of blocks."""
        part, number, is_kept = copy.copy(self.notebook), -1, True
        part.cells = []
        for cell in self.notebook.cells:
            boundary = _boundary(cell)
            if boundary == ("begin", "question"):
                number += 1
                is_kept = self.blocks[number] is block
            if is_kept:
                part.cells.append(cell)
            is_kept = is_kept or boundary == ("end", "question")
        return part


def read(course: Course, note: Note) -> Master:
    """The master, ready for Otter Assign; ``note`` takes what its author should know.

    Raises:
        ConfigError: it cannot be read, is not in Python, or a question or a setting breaks a rule.
    """
    if course.master is None:
        raise ConfigError(f"{course.folder}: has no master notebook; an imported assignment is complete without build")
    from otter.assign.blocks import extract_all_fenced_otter_cells

    try:
        notebook = read_source(course.master)
        notebook.cells = extract_all_fenced_otter_cells(notebook.cells)
    except Exception as error:  # of any type: the file is not a notebook
        why = "it must be UTF-8 text" if isinstance(error, UnicodeDecodeError) else f"{type(error).__name__}: {error}"
        raise ConfigError(f"{course.master}: cannot be read as a notebook ({why})") from None
    if (written_in := language(notebook.metadata)) not in PYTHON:
        raise ConfigError(f"{course.master}: must be a notebook in Python (got {written_in})")
    notebook.metadata["kernelspec"] = KERNEL | notebook.metadata.get("kernelspec", {})
    walk = _Walk(course, Configuration(course.master, note))
    for number, cell in enumerate(notebook.cells, start=1):
        _refuse_marker(course, cell, number)
        walk.follow(cell, number)
    if not walk.blocks:
        raise ConfigError(f"{course.master}: has no question (a raw cell that begins with '# BEGIN QUESTION')")
    if walk.open:
        raise walk.endless()
    for block in walk.blocks:
        hand_on(block.cell, block.declared, sum(block.stated_points))
    notebook.cells = walk.cells
    return Master(notebook, walk.blocks, walk.configuration)


@dataclass
class _Walk:
    """A walk through the master's cells: the cells so far, the questions so far, and the kinds of open blocks."""

    course: Course
    configuration: Configuration
    cells: list[NotebookNode] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    has_prompt: bool = False
    solution_at: int = 0

    def follow(self, cell: NotebookNode, number: int) -> None:
        place = f"{self.course.master}: cell {number}"
        boundary = _boundary(cell)
        if cell.cell_type == "raw" and _CONFIG.match(cell.source):
            self.configuration.read(cell)
        elif boundary is None:
            if self.open and self.blocks:
                self._mark(cell, self.blocks[-1], place)
        elif boundary[0] == "begin":
            if "question" in self.open and (boundary[1] == "question" or self.open[-1] != "question"):
                raise self.endless(f" before cell {number}")
            self._begin(boundary[1], cell, place)
        else:
            if "question" in self.open and boundary[1] in self.open[:-1]:
                raise self.endless(f" before cell {number}")
            self.open = self.open[:-1]
        self.cells.append(cell)

    def endless(self, where: str = "") -> ConfigError:
        """The error of the innermost block, which does not end."""
        end = f"# END {self.open[-1].upper()}"
        return ConfigError(f"{self.course.master}: question '{self.blocks[-1].id}' has no end ('{end}'){where}")

    def _begin(self, kind: str, cell: NotebookNode, place: str) -> None:
        if kind == "question":
            self.blocks.append(_declared(self.configuration, cell, place, self.blocks))
            self.open, self.has_prompt = [], False
        self.open.append(kind)
        self.has_prompt = self.has_prompt or kind == "prompt"
        self.solution_at = len(self.cells)

    def _mark(self, cell: NotebookNode, block: Block, place: str) -> None:
        """Mark a cell with its question; complete a written question that has no prompt for students."""
        cell.metadata["autograder"] = {"question": block.id}
        if self.open[-1] == "tests" and cell.cell_type == "code":
            cell.outputs = _comparable(cell.outputs)
            if not any(line.strip() and not line.lstrip().startswith("#") for line in cell.source.splitlines()):
                raise ConfigError(f"{place}: question '{block.id}': a test cell must have code in it")
            own, points = read_test_case(cell.source, block.id, place, self.configuration.note)
            if self.configuration.has_functions:
                cell.source = with_written_messages(cell.source)
            block.settings.append(own)
            block.tests.append(cell)
            block.stated_points.append(points)
        is_solution = self.open[-1] == "solution" and cell.cell_type == "markdown"
        if is_solution and block.written and not self.has_prompt:
            # Otter Assign would add an answer cell; this one carries the question's mark.
            self.cells[self.solution_at : self.solution_at] = _prompt(block.id)
            self.has_prompt = True


def _refuse_marker(course: Course, cell: NotebookNode, number: int) -> None:
    """Refuse a cell that was meant to mark a block but does not: its solution or its tests would reach students.

    In a code cell, ``# BEGIN SOLUTION`` is a marker of lines, unless nothing else is in the cell.
    """
    lines = [line for line in cell.source.splitlines() if line.strip()] or [""]
    if old := _V0.search(cell.source):
        raise ConfigError(
            f"{course.master}: cell {number} (`{old[1] or old[2]}`) has the format of Otter v0; write raw cells "
            "'# BEGIN QUESTION' and so on, as Otter 7 does"
        )
    is_marker = _boundary(cell) is not None or _CONFIG.match(cell.source)
    if cell.cell_type == "raw" and not is_marker and _LIKE_MARKER.match(lines[0]):
        raise ConfigError(
            f"{course.master}: cell {number} (`{lines[0].strip()}`) is no marker of Otter's; its first line must be "
            "'# BEGIN QUESTION', '# END TESTS', '# ASSIGNMENT CONFIG' or the like"
        )
    if cell.cell_type == "raw" or not (marker := _MARKER.fullmatch(lines[0])):
        return
    if cell.cell_type == "code" and len(lines) > 1 and (marker[1] or "").lower() in ("solution", "prompt"):
        return
    raise ConfigError(
        f"{course.master}: cell {number} (`{lines[0].strip()}`) is a {cell.cell_type} cell; a marker must be a raw cell"
    )


def _boundary(cell: NotebookNode) -> tuple[str, str] | None:
    """``("begin", "question")``, for example, for a cell that begins or ends a block."""
    match = re.match(r"#\s+(begin|end)\s+(question|prompt|solution|tests)", cell.source, flags=re.IGNORECASE)
    return (match[1].lower(), match[2].lower()) if match and cell.cell_type == "raw" else None


def _declared(configuration: Configuration, cell: NotebookNode, place: str, blocks: list[Block]) -> Block:
    settings = read_question(cell, place, configuration.note)
    id = settings.get("name")
    if not isinstance(id, str) or not ID.fullmatch(id):
        raise ConfigError(
            f"{place}: a question needs a 'name' of letters, digits, spaces and '_', '-', '.' (got {id!r})"
        )
    if any(block.id == id for block in blocks):
        raise ConfigError(f"{place}: question '{id}' is defined twice; give each its own name")
    title = (settings.get("title") or "").strip()
    return Block(id, bool(settings.get("manual")), _total(settings.get("points")), title, cell, settings)


def _total(points: Any) -> float | None:
    """The points that a question states: a number, or the sum of a list of numbers; None for anything else."""
    numbers = points if isinstance(points, list) else [points]
    return float(sum(numbers)) if all(isinstance(number, int | float) for number in numbers) else None


def _prompt(question: str) -> list[NotebookNode]:
    answer = new_markdown_cell(PROMPT, metadata={"autograder": {"question": question}})
    return [new_raw_cell("# BEGIN PROMPT"), answer, new_raw_cell("# END PROMPT")]


def _comparable(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """The outputs of a test cell as a doctest expects them: no warnings or pictures, blank lines marked."""
    comparable = []
    for output in copy.deepcopy(outputs):
        if output.output_type == "stream" and output.name == "stdout":
            output.text = _with_blank_lines(output.text)
        elif output.output_type == "execute_result" and "text/plain" in output.data:
            output.data = NotebookNode({"text/plain": _with_blank_lines(output.data["text/plain"])})
        else:
            continue
        comparable.append(output)
    return comparable


def _with_blank_lines(text: str) -> str:
    lines = [line if line.strip() else "<BLANKLINE>" for line in text.removesuffix("\n").split("\n")]
    return "\n".join(lines) + ("\n" if text.endswith("\n") else "")


def refuse_unexpected(course: Course, block: Block) -> None:
    """Refuse OK test cases that show a value without an expected one: no answer could ever pass them.

    Expected values are the stored outputs of the master, and a text notebook has none. (Running the master at each
    build would train its models each time.) A function that nothing calls is no test case of this format: every answer
    would pass it.

    Raises:
        ConfigError: names the question and the line.
    """
    for number, cell in enumerate(block.tests, start=1):
        statements = ast.parse(cell.source).body
        called = {node.id for statement in statements for node in ast.walk(statement) if isinstance(node, ast.Name)}
        for statement in statements:
            if isinstance(statement, ast.FunctionDef) and statement.name[:4] == "test" and statement.name not in called:
                raise ConfigError(
                    f"{course.master}: question '{block.id}', test case {number}: nothing calls `{statement.name}`, so "
                    "every answer passes; for test cases that are functions write 'tests: {ok_format: false}' into a "
                    "raw cell '# ASSIGNMENT CONFIG'"
                )
        for statement in statements:
            last = statement is statements[-1]
            if last and (cell.execution_count is not None or cell.outputs):
                continue  # its output is stored
            if isinstance(statement, ast.Expr) and _shows(statement.value, last=last):
                line = ast.unparse(statement)[:100]
                raise ConfigError(
                    f"{course.master}: question '{block.id}', test case {number}: `{line}` shows a value, but the "
                    "expected value is not known: write it as an assertion"
                    + (", or make the master a notebook (.ipynb) with stored outputs" if last else "")
                )


def _shows(value: ast.expr, *, last: bool) -> bool:
    """Whether an expression shows a value. Of a call before the last line, that is certain only for ``print``."""
    if isinstance(value, ast.Constant):
        return value.value is not None and "BEGIN TEST CONFIG" not in str(value.value)
    if not isinstance(value, ast.Call):
        return True
    name = value.func.attr if isinstance(value.func, ast.Attribute) else getattr(value.func, "id", "")
    return name == "print" or (last and not _SHOWING_NOTHING.match(name))
