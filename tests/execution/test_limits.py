"""What a notebook may take, in real runs: each limit ends the run with a status of its own and keeps earlier answers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from notebooks import RIGHT

from autograder.intake import Submission
from autograder.results import Graded, RunStatus

pytestmark = pytest.mark.slow

WAIT = "import time\ntime.sleep(60)"
LIMITS = {
    "cpu": (
        "while True:\n    pass",
        {"cpu_seconds": 3, "cell_seconds": 60},
        (RunStatus.CPU_LIMIT, "of processor time (at most 3 s)"),
    ),
    "memory": (
        f"import os\nfor _ in range(3):\n    if not os.fork():\n        block = b'x' * (200 << 20)\n        break\n{WAIT}",
        {"memory_mb": 500},
        (RunStatus.MEMORY_LIMIT, "500 MB"),
    ),
    "processes": (
        "import contextlib, threading, time\nfor _ in range(80):\n    with contextlib.suppress(RuntimeError):  # refused\n"
        f"        threading.Thread(target=time.sleep, args=(60,)).start()\n{WAIT}",
        {"processes": 60},
        (RunStatus.PROCESS_LIMIT, "processes and threads (at most 60)"),
    ),
    "disk": (
        f"open('big', 'wb').write(bytes(9 << 20))\n{WAIT}",
        {"disk_mb": 5},
        (RunStatus.DISK_LIMIT, "MB (at most 5 MB)"),
    ),
    "bytes of output": (
        f"for _ in range(3000):\n    print('x' * 1000)\n{WAIT}",
        {"output_mb": 1},
        (RunStatus.OUTPUT_LIMIT, "more than 1 MB of outputs"),
    ),
    "a text that hardly fits into the memory": (
        f"print('x' * 100_000_000)\n{WAIT}",
        {"memory_mb": 500, "output_mb": 1},
        (RunStatus.OUTPUT_LIMIT, "more than 1 MB of outputs"),
    ),
    "number of outputs": (
        f"for number in range(200):\n    display(number)\n{WAIT}",
        {"outputs": 100},
        (RunStatus.OUTPUT_LIMIT, "more than 100 outputs"),
    ),
}


@pytest.mark.parametrize(("source", "limits", "expected"), LIMITS.values(), ids=LIMITS)
def test_a_run_that_takes_too_much_is_stopped_and_keeps_what_came_before(
    submit: Callable[..., Submission],
    grade_tiny: Callable[..., Graded],
    source: str,
    limits: dict[str, float],
    expected: tuple[RunStatus, str],
) -> None:
    result = grade_tiny(submit(RIGHT | {"square": source}), **limits).result

    status, words = expected
    assert (result.status, words in result.message) == (status, True), result.message
    assert "was stopped in cell" in result.message
    assert {question.id: str(question.status) for question in result.questions} == {
        "total": "passed", "table": "passed", "square": "not reached", "why": "to be marked", "again": "not reached",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("source", "limits", "expected"),
    [
        ("for number in range(200):\n    display(number)", {"outputs": 100}, (RunStatus.OUTPUT_LIMIT, "100 outputs")),
        ("import numpy\nvalue = numpy.zeros(2_000_000)", {"disk_mb": 5}, (RunStatus.DISK_LIMIT, "5 MB")),
    ],
    ids=["outputs", "evidence"],
)
def test_a_limit_that_is_passed_at_the_very_end_is_passed(
    submit: Callable[..., Submission],
    grade_tiny: Callable[..., Graded],
    source: str,
    limits: dict[str, float],
    expected: tuple[RunStatus, str],
) -> None:
    result = grade_tiny(submit(RIGHT | {"again": source}), **limits).result

    status, words = expected
    assert (result.status, words in result.message) == (status, True), result.message
