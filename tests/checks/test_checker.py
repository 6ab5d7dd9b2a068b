"""A checker: what it has imported, and how long it may take."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from threading import Thread

import numpy as np
import pytest

from autograder.checks import checker, worker
from autograder.checks.expect import shown
from autograder.errors import CheckError
from autograder.evidence import wire
from autograder.evidence.kinds_plain import MAX_INT_BITS

WITHOUT_NBCONVERT = """
import sys
from autograder.checks import preload
from otter.test_files import test_case
assert "nbconvert" not in sys.modules, "all of Otter was imported"
import otter
assert otter.test_files.test_case is test_case
assert otter.Notebook.__module__ == "otter.check.notebook" and "nbconvert" in sys.modules
"""


def test_of_otter_it_imports_what_test_files_need_and_the_rest_when_asked() -> None:
    subprocess.run([sys.executable, "-c", WITHOUT_NBCONVERT], check=True)


def test_the_time_in_which_a_checker_waits_for_the_kernel_is_not_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = socket.socketpair()
    late = 0.0
    monotonic = time.monotonic
    monkeypatch.setattr("autograder.checks.checker.time.monotonic", lambda: monotonic() + late)

    def check() -> None:
        for _ in range(2):
            wire.send(theirs, {"ask": "something"})
            with theirs.makefile("rb", buffering=0) as source:
                wire.read_head(source)
        time.sleep(0.2)
        wire.send(theirs, {"answer": 7})

    def ask(request: str) -> str:
        nonlocal late
        late += checker.CHECK_SECONDS
        return "done"

    with ours, theirs:
        checking = Thread(target=check)
        checking.start()
        assert checker._converse(ours, ask, None, None) == 7
        checking.join()


def test_a_checker_that_does_not_answer_in_its_time_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checker, "CHECK_SECONDS", 0.1)
    ours, theirs = socket.socketpair()

    with ours, theirs, pytest.raises(CheckError, match=r"longer than 0\.1 s"):
        checker._converse(ours, None, None, None)


def test_the_longest_number_of_evidence_can_be_shown_and_no_longer_one() -> None:
    before, options = sys.get_int_max_str_digits(), np.get_printoptions()
    try:
        worker.show_numbers()
        assert shown(2**MAX_INT_BITS - 1).startswith("1")
        with pytest.raises(ValueError, match="Exceeds the limit"):
            str(2 ** (MAX_INT_BITS + 4))
    finally:
        sys.set_int_max_str_digits(before)
        np.set_printoptions(**options)
