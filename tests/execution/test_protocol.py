"""A kernel's messages are of their types and bounded before they reach the notebook, whatever a kernel sends."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from jupyter_client.session import Session
from nbformat.v4 import new_code_cell

from autograder.execution import protocol
from autograder.execution.protocol import BoundedSession, Malformed, call_answer, sanitized
from autograder.intake import Submission
from autograder.results import Graded, RunStatus

DEEP: Any = []
for _ in range(600):
    DEEP = [DEEP]


@pytest.fixture
def receive() -> Callable[..., dict[str, Any]]:
    """Take a message in as the grader does, from a kernel that shares its key."""
    kernel, grader = Session(key=b"k"), BoundedSession(key=b"k")

    def receive(kind: str, content: bytes | dict[str, Any]) -> dict[str, Any]:
        parts = [kernel.pack(kernel.msg_header(kind)), kernel.pack({}), kernel.pack({})]
        parts.append(content if isinstance(content, bytes) else kernel.pack(content))
        return grader.deserialize([kernel.sign(parts), *parts])

    return receive


def test_a_message_says_in_how_many_bytes_it_came(receive: Callable[..., dict[str, Any]]) -> None:
    small = receive("stream", {"name": "stdout", "text": "hello"})

    assert small["content"] == {"name": "stdout", "text": "hello"}
    assert 100 < small["bytes"] < 1_000


@pytest.mark.parametrize(
    "content",
    [
        json.dumps({"data": {"image/png": "x" * protocol.MAX_MESSAGE}, "metadata": {}}).encode(),
        b'{"data": {"application/json": [' + b"[]," * protocol.MAX_ITEMS + b'[]]}, "metadata": {}}',
    ],
    ids=["bytes", "items"],
)
@pytest.mark.parametrize("kind", ["display_data", "comm_open"])
def test_in_place_of_an_output_that_is_too_large_stands_a_line(
    receive: Callable[..., dict[str, Any]], content: bytes, kind: str
) -> None:
    large = receive(kind, content)

    assert large["msg_type"] == large["header"]["msg_type"] == "stream"
    assert "was left out]" in large["content"]["text"]
    assert sanitized("stream", large["content"]) == large["content"]


def test_any_other_message_that_is_too_large_breaks_the_protocol(receive: Callable[..., dict[str, Any]]) -> None:
    with pytest.raises(Malformed):
        receive("execute_input", b'{"code": "", "execution_count": [' + b"[]," * 3_000_000 + b"[]]}")
    with pytest.raises(Malformed):
        receive("x" * protocol.MAX_HEADER, {})


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("execute_result", {"data": {}, "execution_count": DEEP}),
        ("execute_result", {"data": {}, "execution_count": "1"}),
        ("execute_result", {"data": {}, "execution_count": True}),
        ("execute_result", {"data": {}, "execution_count": 10**30}),
        ("execute_input", []),
        ("execute_result", {"data": {"text/plain": "1"}, "metadata": {}, "execution_count": [1]}),
        ("stream", {"name": "stdout", "text": ["a"]}),
        ("stream", {"name": ["stdout"], "text": "a"}),
        ("stream", {"name": "anything", "text": "a"}),
        ("display_data", {"data": ["text"]}),
        ("display_data", {"data": {"text/plain": 1}}),
        ("display_data", {"data": {"text/plain": DEEP}}),
        ("display_data", {"data": {"application/json": DEEP}}),
        ("display_data", {"data": {f"text/{n}": "" for n in range(100)}}),
        ("display_data", {"data": {}, "metadata": {"a": DEEP}}),
        ("display_data", {"data": {}, "transient": {"display_id": {}}}),
        ("error", {"ename": {}, "evalue": "", "traceback": []}),
        ("error", {"ename": "", "evalue": "", "traceback": "text"}),
        ("error", {"ename": "", "evalue": "", "traceback": [1]}),
        ("status", {"execution_state": ["idle"]}),
    ],
)
def test_a_field_of_a_different_type_breaks_the_protocol(kind: str, content: Any) -> None:
    with pytest.raises(Malformed):
        sanitized(kind, content)


@pytest.mark.parametrize(
    ("kind", "content", "kept"),
    [
        ("execute_input", {"code": "1", "execution_count": DEEP}, {}),
        ("execute_result", {"data": {}, "execution_count": 3}, {"data": {}, "metadata": {}, "transient": {}, "execution_count": 3}),
        ("status", {"execution_state": "idle", "more": DEEP}, {"execution_state": "idle"}),
        ("display_data", {"data": {"text/html": ["a\n", "b"]}, "metadata": {"x": {"y": 1}}, "more": 1},
         {"data": {"text/html": "a\nb"}, "metadata": {"x": {"y": 1}}, "transient": {}}),
        ("display_data", {"data": {"application/vnd.x+json": {"a": [1, None]}}, "transient": {"display_id": "d"}},
         {"data": {"application/vnd.x+json": {"a": [1, None]}}, "metadata": {}, "transient": {"display_id": "d"}}),
        ("error", {"ename": "E" * 2_000, "evalue": "v", "traceback": ["l"] * 2_000},
         {"ename": "E" * 1_000, "evalue": "v", "traceback": ["l"] * 1_000}),
        ("comm_msg", {"data": DEEP}, {}),
        ("no such kind", {"a": 1}, {}),
    ],
)  # fmt: skip
def test_what_belongs_to_a_message_is_kept_and_nothing_else(kind: str, content: Any, kept: Any) -> None:
    assert sanitized(kind, content) == kept


def reply(shown: Any) -> dict[str, Any]:
    return {"content": {"user_expressions": {"value": {"data": {"text/plain": shown}}}}}


def test_the_answer_to_a_call_is_a_text_in_base64_and_nothing_that_python_reads() -> None:
    assert call_answer(reply(repr(base64.b64encode('{"é": 1}'.encode()).decode()))) == '{"é": 1}'
    for shown in (
        "[1, 2]",
        "'a' * 10",
        "'a\\x00'",
        *("'QU' 'JD'", "'\\x51UJD'", "b'QUJD'", '"QUJD"', "('QUJD')"),  # all of them «ABC» to Python
        "[" * 1_000,
        "'" + "A" * protocol.MAX_MESSAGE + "'",
        "'A'",
        1,
        None,
    ):
        with pytest.raises(Malformed):
            call_answer(reply(shown))
    with pytest.raises(Malformed):
        call_answer({"content": None})


IOPUB = """
import time
kernel = get_ipython().kernel
def iopub(kind, content):
    kernel.session.send(kernel.iopub_socket, kind, content, parent=kernel.get_parent())
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "code",
    [
        "deep = []\nfor _ in range(600): deep = [deep]\niopub('execute_result', {'data': {}, 'execution_count': deep})",
        "iopub('execute_input', {'code': '', 'execution_count': [[]] * 3_000_000})",
        "iopub('display_data', {'data': {'text/plain': {'a': 1}}, 'metadata': {}})",
        "iopub('stream', {'name': 'stdout', 'text': 7})",
    ],
    ids=["deep", "large", "data", "text"],
)
def test_a_kernel_that_lies_ends_its_own_run_and_keeps_what_came_before(
    submit: Callable[..., Submission], grade_tiny: Callable[..., Graded], code: str
) -> None:
    def lie(notebook: Any) -> None:
        notebook.cells.append(new_code_cell(f"{IOPUB}\n{code}\ntime.sleep(2)"))

    graded = grade_tiny(submit(change=lie))

    assert graded.result.status is RunStatus.KERNEL_DIED
    assert "broke Jupyter's protocol" in graded.result.message
    assert graded.result.score > 2
    assert graded.executed is not None
    assert type(graded.executed.cells[-1].execution_count) in (int, type(None))


@pytest.mark.slow
def test_what_nobody_sees_of_an_output_counts_as_well(
    submit: Callable[..., Submission], grade_tiny: Callable[..., Graded]
) -> None:
    code = "iopub('display_data', {'data': {'text/plain': 'x'}, 'metadata': {'a': 'y' * 3_000_000}, 'transient': {}})"

    def display(notebook: Any) -> None:
        notebook.cells.append(new_code_cell(f"{IOPUB}\nfor _ in range(6): {code}"))

    graded = grade_tiny(submit(change=display))

    assert graded.executed is not None
    assert len(graded.executed.cells[-1].outputs) == 2, "the budget of a notebook is 8 MB"
