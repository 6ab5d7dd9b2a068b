"""The master notebook as its author wrote it: read with Jupytext, its questions found, its cells made ready.

Otter Assign takes it apart afterwards (see ``build``). What is mended or refused here is what Otter Assign lets pass
and what would only show when a class is graded.
"""

from __future__ import annotations

import ast
import copy
import re
from dataclasses import dataclass, field
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_raw_cell

from autograder.assignment import Course
from autograder.assignment.answer_cells import PROMPT
from autograder.errors import ConfigError

#: A call of a function whose name begins like this asserts; it is no value to compare.
_ASSERTING = re.compile(r"_*(assert|check|test)", re.IGNORECASE)
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
_ID = re.compile(r"\w[\w .-]{0,99}")


@dataclass(frozen=True)
class Block:
    """A question as the master declares it; ``points`` is None where its test cases say; ``tests`` are their cells."""

    id: str
    written: bool
    points: float | None
    tests: list[NotebookNode] = field(default_factory=list)


def read(course: Course) -> tuple[NotebookNode, list[Block]]:
    """The master with each cell marked by its question, and its questions in order.

    Raises:
        ConfigError: it cannot be read, is not in Python, or a question has no end, no id or that of another.
    """
    import jupytext
    from otter.assign.blocks import extract_all_fenced_otter_cells

    try:
        master = jupytext.read(course.master)
        master.cells = extract_all_fenced_otter_cells(master.cells)
    except Exception as error:  # Jupytext and Otter raise whatever they like on a file that is not a notebook
        raise ConfigError(f"{course.master}: cannot be read as a notebook ({type(error).__name__}: {error})") from None
    spec = master.metadata.get("kernelspec", {})
    if (language := spec.get("language", "python")).lower() != "python":
        raise ConfigError(f"{course.master}: must be a notebook in Python (got {language})")
    master.metadata["kernelspec"] = KERNEL | spec
    master.cells, blocks = _questions(course, master.cells)
    if not blocks:
        raise ConfigError(f"{course.master}: has no question (a raw cell that begins with '# BEGIN QUESTION')")
    return master, blocks


def _questions(course: Course, given: list[NotebookNode]) -> tuple[list[NotebookNode], list[Block]]:
    cells: list[NotebookNode] = []
    blocks: list[Block] = []
    inside: list[str] = []
    has_prompt, solution_at = False, 0
    for cell in given:
        boundary = _boundary(cell)
        block = blocks[-1] if inside else None
        if boundary == ("begin", "question"):
            blocks.append(_declared(course, cell, blocks))
            inside, has_prompt = ["question"], False
        elif boundary and boundary[0] == "begin":
            inside.append(boundary[1])
            has_prompt, solution_at = has_prompt or boundary[1] == "prompt", len(cells)
        elif boundary:
            inside = inside[:-1]
        elif block is not None:
            cell.metadata["autograder"] = {"question": block.id}
            if inside[-1] == "tests" and cell.cell_type == "code":
                cell.outputs = _comparable(cell.outputs)
                block.tests.append(cell)
            elif inside[-1] == "solution" and cell.cell_type == "markdown" and block.written and not has_prompt:
                # Otter Assign would make the answer cell; made here, it carries the question's mark.
                cells[solution_at:solution_at], has_prompt = _prompt(block.id), True
        cells.append(cell)
    if inside:
        raise ConfigError(f"{course.master}: question '{blocks[-1].id}' is not ended ('# END {inside[-1].upper()}')")
    return cells, blocks


def _boundary(cell: NotebookNode) -> tuple[str, str] | None:
    """``("begin", "question")`` and the like for a cell that begins or ends a block."""
    match = re.match(r"#\s+(begin|end)\s+(question|prompt|solution|tests)", cell.source, flags=re.IGNORECASE)
    return (match[1].lower(), match[2].lower()) if match and cell.cell_type == "raw" else None


def _declared(course: Course, cell: NotebookNode, blocks: list[Block]) -> Block:
    from otter.assign.blocks import get_cell_config

    try:
        config = get_cell_config(cell)
    except Exception as error:  # YAML's errors, or Otter's
        raise ConfigError(f"{course.master}: a question's settings are not YAML ({error})") from None
    id = config.get("name") if isinstance(config, dict) else None
    if not isinstance(id, str) or not _ID.fullmatch(id):
        raise ConfigError(f"{course.master}: a question needs a 'name' of letters, digits and _ (got {id!r})")
    if any(block.id == id for block in blocks):
        raise ConfigError(f"{course.master}: question '{id}' is defined twice")
    return Block(id, bool(config.get("manual")), _total(config.get("points")))


def _total(points: Any) -> float | None:
    """The points of a question where one number says them all: itself, or the sum of a list without gaps."""
    numbers = points if isinstance(points, list) else [points]
    return float(sum(numbers)) if all(isinstance(number, int | float) for number in numbers) else None


def _prompt(question: str) -> list[NotebookNode]:
    answer = new_markdown_cell(PROMPT, metadata={"autograder": {"question": question}})
    return [new_raw_cell("# BEGIN PROMPT"), answer, new_raw_cell("# END PROMPT")]


def _comparable(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """The outputs of a test cell as a doctest can expect them: no warnings, no pictures, blank lines spelled out."""
    kept = []
    for output in copy.deepcopy(outputs):
        if output.output_type == "stream" and output.name == "stdout":
            output.text = _spelled(output.text)
        elif output.output_type == "execute_result" and "text/plain" in output.data:
            output.data = NotebookNode({"text/plain": _spelled(output.data["text/plain"])})
        else:
            continue
        kept.append(output)
    return kept


def _spelled(text: str) -> str:
    lines = [line or "<BLANKLINE>" for line in text.removesuffix("\n").split("\n")]
    return "\n".join(lines) + ("\n" if text.endswith("\n") else "")


def refuse_unexpected(course: Course, block: Block) -> None:
    """Refuse OK test cases that show a value with nothing to compare it with: no answer could ever pass them.

    What a test case should show is taken from the master's stored outputs, which a text notebook does not have. (To
    run the master for them would mean to train its models each time something is built.)

    Raises:
        ConfigError: names the question and the line.
    """
    for number, cell in enumerate(block.tests, start=1):
        statements = ast.parse(cell.source).body
        for statement in statements:
            last = statement is statements[-1]
            if last and (cell.execution_count is not None or cell.outputs):
                continue  # what it shows is known
            if isinstance(statement, ast.Expr) and _shows(statement.value, last=last):
                line = ast.unparse(statement)[:100]
                raise ConfigError(
                    f"{course.master}: question '{block.id}', test case {number}: `{line}` shows a value, and there is "
                    "none to compare it with: write it as an assertion"
                    + (", or let the master be a notebook (.ipynb) in which it was run" if last else "")
                )


def _shows(value: ast.expr, *, last: bool) -> bool:
    """Whether an expression shows a value; of a call that is not the last line, only of ``print`` that is sure."""
    if isinstance(value, ast.Constant):
        return value.value is not None and "BEGIN TEST CONFIG" not in str(value.value)
    if not isinstance(value, ast.Call):
        return True
    name = value.func.attr if isinstance(value.func, ast.Attribute) else getattr(value.func, "id", "")
    return name == "print" or (last and not _ASSERTING.match(name))
