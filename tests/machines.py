"""What tests need of this machine; and machines that refuse what this one allows.

These have a ``bwrap`` first on the PATH that says what a real one says there.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.sandbox import bubblewrap
from autograder.sandbox.server import can_fork

needs_sandbox = pytest.mark.skipif(bubblewrap.problem() is not None, reason=f"no sandbox here: {bubblewrap.problem()}")
needs_forks = pytest.mark.skipif(not can_fork(isolated=False), reason="this system is not Linux: nothing can be forked")

#: Before version 0.7.
OLD = """
if "--help" in sys.argv:
    done = subprocess.run([REAL, "--help"], capture_output=True, text=True)
    print("\\n".join(line for line in done.stdout.splitlines() if "--size" not in line))
    sys.exit()
if "--version" in sys.argv:
    print("bubblewrap 0.6.1")
    sys.exit()
if "--size" in sys.argv:
    sys.exit("bwrap: Unknown option --size")
"""
#: Under AppArmor's profile bwrap-userns-restrict: what runs inside makes no namespaces.
RESTRICTED = """
if "--seccomp" not in sys.argv:
    import errno, pyseccomp
    rules = pyseccomp.SyscallFilter(defaction=pyseccomp.ALLOW)
    rules.add_rule(pyseccomp.ERRNO(errno.EPERM), "unshare")
    file = os.memfd_create("rules", 0)
    rules.export_bpf(os.fdopen(os.dup(file), "wb"))
    os.lseek(file, 0, 0)
    sys.argv[1:1] = ["--seccomp", str(file)]
"""


def forget() -> None:
    """Have bubblewrap tried again."""
    for tried in (bubblewrap.problem, bubblewrap.nesting_problem, bubblewrap.version, bubblewrap.bounds_folders):
        tried.cache_clear()


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[str]:
    """The PATH of a machine whose ``bwrap`` is one of these."""
    if bubblewrap.problem() is not None:
        pytest.skip(f"no sandbox here: {bubblewrap.problem()}")
    real, shim = shutil.which("bwrap"), tmp_path / "machine" / "bwrap"
    shim.parent.mkdir()
    body = f"import os, subprocess, sys\nREAL = {real!r}\n{request.param}\nos.execv(REAL, ['bwrap', *sys.argv[1:]])\n"
    shim.write_text(f"#!{sys.executable}\n{body}")
    shim.chmod(0o755)
    path = os.pathsep.join([str(shim.parent), os.environ["PATH"]])
    monkeypatch.setenv("PATH", path)
    forget()
    yield path
    monkeypatch.undo()
    forget()
