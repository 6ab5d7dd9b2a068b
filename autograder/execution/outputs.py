"""Take outputs in while they arrive, settled and bounded, so that no flood is ever held whole."""

from __future__ import annotations

from typing import Any

from nbformat import NotebookNode

MAX_STREAM = 100_000
MAX_BYTES = 8 * 1024**2
MAX_OUTPUTS = 500


class OutputBudget:
    """What a notebook may still show; ``cut_from`` is the first cell (from 1) whose outputs were cut, or None."""

    def __init__(self) -> None:
        self.left = MAX_BYTES
        self.cut_from: int | None = None

    def takes(self, content: dict[str, Any], outputs: list[NotebookNode], cell: int) -> bool:
        """Whether a message's output is kept; streams are joined to what is there, and then need no other place."""
        if "text" in content and "name" in content:
            return self._stream(content, outputs, cell)
        size = sum(len(str(part)) for part in _parts(content))
        if size > self.left or len(outputs) >= MAX_OUTPUTS:
            return self._cut(cell)
        self.left -= size
        return True

    def _stream(self, content: dict[str, Any], outputs: list[NotebookNode], cell: int) -> bool:
        text = str(content["text"])
        if outputs and outputs[-1].output_type == "stream" and outputs[-1].name == content["name"]:
            last = outputs[-1]
            room = min(MAX_STREAM - len(last.text), self.left)
            if room <= 0:
                return self._cut(cell)
            before = len(last.text)
            head, newline, tail = last.text.rpartition("\n")
            last.text = head + newline + settle(tail + text[:room])
            self.left -= max(0, len(last.text) - before)
            if len(text) > room:
                self._cut(cell)
            return False
        if len(outputs) >= MAX_OUTPUTS or self.left <= 0:
            return self._cut(cell)
        room = min(MAX_STREAM, self.left)
        if len(text) > room:
            self._cut(cell)
        content["text"] = settle(text[:room])
        self.left -= len(content["text"])
        return True

    def _cut(self, cell: int) -> bool:
        if self.cut_from is None:
            self.cut_from = cell
        return False


def settle(text: str) -> str:
    """Text as a terminal would show it in the end: backspaces and carriage returns applied, in linear time."""
    if "\b" not in text and "\r" not in text:
        return text
    lines = []
    for line in text.replace("\r\n", "\n").split("\n"):
        shown: list[str] = []
        position = 0
        for character in line:
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
        lines.append("".join(shown))
    return "\n".join(lines)


def _parts(content: dict[str, Any]) -> list[Any]:
    data = content.get("data")
    parts = list(data.values()) if isinstance(data, dict) else []
    return [*parts, content.get("evalue", ""), *(content.get("traceback") or ())]
