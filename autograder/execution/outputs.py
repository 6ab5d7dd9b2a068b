"""Keep a bounded part of a notebook's outputs, as they arrive, so that a flood never fills the memory.

The beginning and the end of a long stream are kept, and the first and the last of many outputs; the middle is dropped.
"""

from __future__ import annotations

import math
from typing import Any

from nbformat import NotebookNode

from autograder.messages import message

MAX_STREAM = 100_000
TAIL = 20_000
MAX_BYTES = 8 * 1024**2
#: Characters at the end of a line that later text may replace, as a progress bar does.
MAX_REPLACED = 1_000
MAX_OUTPUTS = 500
LAST_OUTPUTS = 50


class OutputBudget:
    """The room that is left for a notebook's outputs.

    ``cut_from`` is the first cell (from 1) whose outputs were cut, or None. ``exceeded`` becomes true when more than
    ``limit`` outputs have arrived; streams do not count.
    """

    def __init__(self, limit: float = math.inf) -> None:
        self.remaining = MAX_BYTES
        self.cut_from: int | None = None
        self.exceeded = False
        self._limit = limit
        self._count = 0
        self._tails: list[_Tail] = []
        self._behind = 0  # how many characters before the end of the last stream the next text of it begins

    def takes(self, content: dict[str, Any], outputs: list[NotebookNode], cell: int, size: int) -> bool:
        """Whether to add the output of a message of ``size`` bytes to ``outputs``.

        A part of a stream may be joined to the last of them instead.
        """
        if "text" in content and "name" in content:
            return self._stream(content, outputs, cell)
        fits = self.takes_update(cell, size)
        if fits and len(outputs) >= MAX_OUTPUTS:
            self._cut(cell)
            dropped = outputs.pop(MAX_OUTPUTS - LAST_OUTPUTS)
            self.remaining += _size(dropped)
        return fits

    def takes_update(self, cell: int, size: int) -> bool:
        """Whether to replace an output by that of a message of ``size`` bytes."""
        self._count += 1
        self.exceeded = self._count > self._limit
        if size > self.remaining:
            return self._cut(cell)
        self.remaining -= size
        return True

    def finish(self) -> None:
        """Append the ends of long streams to their beginnings."""
        for tail in self._tails:
            left_out = message("runs.characters_left_out", count=tail.dropped)
            tail.output.text += f"\n{left_out}\n{tail.text}"
        self._tails.clear()

    def _stream(self, content: dict[str, Any], outputs: list[NotebookNode], cell: int) -> bool:
        text = str(content["text"])
        if outputs and outputs[-1].output_type == "stream" and outputs[-1].name == content["name"]:
            last = outputs[-1]
            if self._tails and self._tails[-1].output is last:
                self._tails[-1].add(text)
                return False
            before = len(last.text)
            room = min(MAX_STREAM - TAIL - before, self.remaining - TAIL)
            start = max(last.text.rfind("\n") + 1, before - MAX_REPLACED)
            settled, self._behind = settle(text[: max(0, room)], last.text[start:], self._behind)
            last.text = last.text[:start] + settled
            self.remaining -= max(0, len(last.text) - before)
            if len(text) > room:
                self._begin_tail(last, text[max(0, room) :], cell)
            return False
        if len(outputs) >= MAX_OUTPUTS or self.remaining <= TAIL:
            return self._cut(cell)
        room = min(MAX_STREAM - TAIL, self.remaining - TAIL)
        content["text"], self._behind = settle(text[:room])
        self.remaining -= len(content["text"])
        if len(text) > room:
            output = NotebookNode(output_type="stream", name=content["name"], text=content["text"])
            outputs.append(output)
            self._begin_tail(output, text[room:], cell)
            return False
        return True

    def _begin_tail(self, output: NotebookNode, text: str, cell: int) -> None:
        self._cut(cell)
        self.remaining -= TAIL
        self._tails.append(_Tail(output))
        self._tails[-1].add(text)

    def _cut(self, cell: int) -> bool:
        if self.cut_from is None:
            self.cut_from = cell
        return False


class _Tail:
    """The last characters of a stream, and the number of those that were dropped before them."""

    def __init__(self, output: NotebookNode) -> None:
        self.output = output
        self.text = ""
        self.dropped = 0

    def add(self, text: str) -> None:
        joined = self.text + text[-TAIL:]
        self.dropped += len(self.text) + len(text) - min(len(joined), TAIL)
        self.text = joined[-TAIL:]


def settle(text: str, line: str = "", behind: int = 0) -> tuple[str, int]:
    """``line`` and then ``text`` as a terminal finally shows them, in linear time; and where its cursor is then.

    Backspaces and carriage returns move the cursor, and what follows replaces what is there. The cursor is ``behind``
    characters before the end of the line.
    """
    if not behind and "\b" not in text and "\r" not in text:
        return line + text, 0
    lines, shown = [], list(line)
    position = max(0, len(shown) - behind)
    for number, part in enumerate(text.replace("\r\n", "\n").split("\n")):
        if number:
            lines.append("".join(shown))
            shown, position = [], 0
        for character in part:
            if character == "\b":
                position = max(0, position - 1)
            elif character == "\r":
                position = 0
            elif position < len(shown):
                shown[position] = character
                position += 1
            else:
                shown.append(character)
                position += 1
    return "\n".join([*lines, "".join(shown)]), len(shown) - position


def _size(content: Any) -> int:
    """The number of characters in an output's data, error and metadata."""
    data = content.get("data")
    parts = list(data.values()) if isinstance(data, dict) else []
    parts += [content.get("evalue", ""), *(content.get("traceback") or ()), content.get("metadata") or ""]
    return sum(len(str(part)) for part in parts)
