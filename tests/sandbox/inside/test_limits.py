"""What the system lets a limited process have; each in a process of its own, for a limit is never raised again."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

OPENING = """
import os
from autograder.sandbox.inside import limits

limits.apply()
held = []
try:
    while len(held) <= limits.OPEN_FILES:
        held.append(os.dup(1))
except OSError as error:
    os.close(held.pop())
    print(error.strerror, len(held) < limits.OPEN_FILES)
"""


def test_a_process_has_few_files_open_at_once() -> None:
    process = subprocess.run([sys.executable, "-c", OPENING], capture_output=True, text=True, check=True)
    assert process.stdout == "Too many open files True\n"


LOWER = """
import resource
from autograder.sandbox.inside import limits

resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, 2_000_000))
limits.apply(file_mb=1024)
print(resource.getrlimit(resource.RLIMIT_FSIZE))
"""


def test_a_limit_of_the_system_below_the_wanted_one_is_used_up() -> None:
    process = subprocess.run([sys.executable, "-c", LOWER], capture_output=True, text=True, check=True)
    assert process.stdout == "(2000000, 2000000)\n"


CRASH = """
import resource
from autograder.sandbox.inside import limits

limits.apply()
print(resource.getrlimit(resource.RLIMIT_CORE))
"""


@pytest.mark.skipif(resource.getrlimit(resource.RLIMIT_CORE)[1] == 0, reason="the system allows no such limit")
def test_no_program_of_the_machine_gets_the_memory_of_a_process_that_crashed() -> None:
    process = subprocess.run([sys.executable, "-c", CRASH], capture_output=True, text=True, check=True)
    assert process.stdout == "(1, 1)\n"
