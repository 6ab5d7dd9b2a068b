"""Bounds on a kernel's messages: the fields of Jupyter's protocol, with their types, sizes and depths.

Student code controls the kernel, and nbclient trusts it. So each message is checked twice: its bytes before they are
decoded (``BoundedSession``), and the fields that reach the notebook (``sanitized``).

Source: https://jupyter-client.readthedocs.io/en/stable/messaging.html
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from jupyter_client.session import Session

from autograder.messages import message

#: Bytes of a message, and of each of its headers.
MAX_MESSAGE = 8 * 1024**2
MAX_HEADER = 64 * 1024
#: Lists, objects and items in a message, and the depth to which they may be nested.
MAX_ITEMS = 200_000
MAX_DEPTH = 40
#: Characters of a name and of a line of a traceback, lines of a traceback, and forms of an output.
MAX_NAME = 1_000
MAX_LINE = 100_000
MAX_LINES = 1_000
MAX_FORMS = 20
MAX_COUNT = 2**31
_OUTPUTS = ("stream", "display_data", "execute_result", "update_display_data", "error", "comm_open", "comm_msg")
#: The representation of a text in base64.
_BASE64 = re.compile(r"'([A-Za-z0-9+/=]*)'", re.ASCII)


class Malformed(ValueError):
    """A message that breaks Jupyter's protocol."""


class BoundedSession(Session):
    """Decodes messages of bounded size. A note takes the place of an output that is too large."""

    def deserialize(self, msg_list: list[Any], content: bool = True, copy: bool = True) -> dict[str, Any]:
        """The message that consists of these parts, with its size in bytes under the key ``bytes``.

        Raises:
            Malformed: its headers are too large, or it is too large and not an output.
        """
        parts = [part if isinstance(part, bytes) else bytes(part.bytes) for part in msg_list]
        if len(parts) < 5 or max(map(len, parts[:4])) > MAX_HEADER:
            raise Malformed("its headers are too large")
        size = sum(map(len, parts))
        if size <= MAX_MESSAGE and _items(parts[4]) <= MAX_ITEMS:
            return {**super().deserialize(parts[:5], content, True), "bytes": size}
        header, parent = self.unpack(parts[1]), self.unpack(parts[2])
        if header.get("msg_type") not in _OUTPUTS:
            raise Malformed("it is too large")
        text = message("runs.output_too_large", megabytes=size / 2**20)
        return {
            "header": {**header, "msg_type": "stream"},
            "msg_id": header.get("msg_id"),
            "msg_type": "stream",
            "parent_header": parent,
            "metadata": {},
            "content": {"name": "stderr", "text": text},
            "buffers": [],
            "bytes": len(text),
        }


def sanitized(kind: str, content: Any) -> dict[str, Any]:
    """The content of a message of a kind, for the notebook: the fields of the protocol, and no others.

    Raises:
        Malformed: a field is of a different type, or beyond its bounds.
    """
    if not isinstance(content, dict):
        raise Malformed("its content is not an object")
    read = _KINDS.get(kind)
    return {} if read is None else read(content)


def call_answer(reply: Any) -> str:
    """The text that a call in the kernel returned, in base64, as the value of a user expression.

    Raises:
        Malformed: it returned something else.
    """
    try:
        shown = reply["content"]["user_expressions"]["value"]["data"]["text/plain"]
    except (KeyError, TypeError):
        raise Malformed("there is no value") from None
    if not isinstance(shown, str) or len(shown) > MAX_MESSAGE or not (match := _BASE64.fullmatch(shown)):
        raise Malformed("its value is not a text")
    try:
        return base64.b64decode(match[1], validate=True).decode()
    except ValueError:
        raise Malformed("its value is not a text") from None


def _items(content: bytes) -> int:
    """An upper bound of the number of lists, objects and items in a JSON text."""
    return content.count(b"[") + content.count(b"{") + content.count(b",")


def _stream(content: Mapping[str, Any]) -> dict[str, Any]:
    if content.get("name") not in ("stdout", "stderr"):
        raise Malformed("a stream must be stdout or stderr")
    return {"name": content["name"], "text": _text(content, "text", MAX_MESSAGE)}


def _shown(content: Mapping[str, Any]) -> dict[str, Any]:
    data, metadata, transient = (content.get(key) or {} for key in ("data", "metadata", "transient"))
    if not all(isinstance(part, dict) for part in (data, metadata, transient)) or len(data) > MAX_FORMS:
        raise Malformed("an output must have data in a few forms")
    display_id = transient.get("display_id")
    return {
        "data": {_name(form): _form(form, value) for form, value in data.items()},
        "metadata": _plain(metadata),
        "transient": {} if display_id is None else {"display_id": _name(display_id)},
    }


def _form(form: str, value: Any) -> Any:
    """An output in one form: text, also as a list of its lines, or a JSON value if the form is JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "".join(value)
    if form.endswith("json"):
        return _plain(value)
    raise Malformed("data must be text")


def _result(content: Mapping[str, Any]) -> dict[str, Any]:
    return {**_shown(content), "execution_count": _count(content)}


def _error(content: Mapping[str, Any]) -> dict[str, Any]:
    lines = content.get("traceback") or []
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise Malformed("a traceback must be lines of text")
    return {
        "ename": _text(content, "ename", MAX_MESSAGE)[:MAX_NAME],
        "evalue": _text(content, "evalue", MAX_MESSAGE)[:MAX_LINE],
        "traceback": [line[:MAX_LINE] for line in lines[:MAX_LINES]],
    }


def _status(content: Mapping[str, Any]) -> dict[str, Any]:
    return {"execution_state": _name(content.get("execution_state"))}


def _clear(content: Mapping[str, Any]) -> dict[str, Any]:
    return {"wait": content.get("wait") is True}


_KINDS = {
    "stream": _stream,
    "display_data": _shown,
    "update_display_data": _shown,
    "execute_result": _result,
    "error": _error,
    "status": _status,
    "clear_output": _clear,
}


def _count(content: Mapping[str, Any]) -> int | None:
    count = content.get("execution_count")
    if count is not None and (type(count) is not int or not 0 <= count < MAX_COUNT):
        raise Malformed("an execution count must be a whole number")
    return count


def _name(value: Any) -> str:
    if not isinstance(value, str) or len(value) > MAX_NAME:
        raise Malformed("a name must be a short text")
    return value


def _text(content: Mapping[str, Any], key: str, most: int) -> str:
    value = content.get(key, "")
    if not isinstance(value, str) or len(value) > most:
        raise Malformed(f"'{key}' must be a text")
    return value


def _plain(value: Any, depth: int = 0) -> Any:
    """A JSON value of bounded depth."""
    if depth > MAX_DEPTH:
        raise Malformed(f"values must be nested at most {MAX_DEPTH} deep")
    if isinstance(value, dict):
        return {_name(key): _plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, depth + 1) for item in value]
    return value
