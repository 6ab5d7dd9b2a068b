"""A report on this machine: can it isolate student code, and grade? Each part is tried."""

from __future__ import annotations

import os
import platform
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import ConfigError
from autograder.sandbox import bubblewrap, cgroup
from autograder.sandbox.folders import SessionFolder


@dataclass(frozen=True)
class Finding:
    """One part that was tried: does it work, in which state it is, how to fix it if it is ``required``."""

    part: str
    works: bool
    state: str
    fix: str = ""
    required: bool = True

    def __str__(self) -> str:
        mark = "ok  " if self.works else "FAIL" if self.required else "--  "
        lines = textwrap.wrap(f"{self.part}: {self.state}", 74, break_on_hyphens=False)
        if self.fix:  # a command stays in one line, to be copied
            lines.append(f"→ {self.fix}")
        return f"{mark}  " + "\n      ".join(lines)


def examine() -> Iterator[Finding]:
    """All findings, in the order in which to fix them."""
    user = "root" if hasattr(os, "geteuid") and os.geteuid() == 0 else "an ordinary user"
    python = platform.python_version()
    yield Finding("system", True, f"{platform.system()} {platform.release()}, Python {python}, as {user}")
    yield _temporary_files()
    if (problem := bubblewrap.problem()) is not None:
        without = "grading works without it, and every report then says that student code was not isolated"
        yield Finding("sandbox", False, f"{problem.cause}; {without}", problem.fix)
        return
    bounds = (
        "" if bubblewrap.bounds_folders() else "; before version 0.7 it does not limit private folders, the watch does"
    )
    yield Finding(
        "sandbox", True, f"{bubblewrap.version()}: namespaces, read-only system, no network, seccomp filter{bounds}"
    )
    if (problem := bubblewrap.nesting_problem()) is None:
        yield Finding("warm kernels", True, "in the sandbox, processes can be forked into namespaces of their own")
    else:
        slower = "each kernel and each checker gets a sandbox of its own instead, which takes seconds longer"
        yield Finding("warm kernels", False, f"{problem.cause}; {slower}", problem.fix, required=False)
    if cgroup.available():
        yield Finding("control groups", True, "the system limits the memory and the processes of a run")
    else:
        watched = (
            "not available here; memory is watched instead, and a run that uses too much is stopped a moment later"
        )
        yield Finding("control groups", False, watched, required=False)


def _temporary_files() -> Finding:
    try:
        session = SessionFolder()
    except ConfigError as error:
        return Finding("temporary files", False, str(error), "set it: export TMPDIR=/tmp")
    session.close()
    below, named = session.path.parent, os.environ.get("TMPDIR")
    other = f" ('TMPDIR' names {named}, which is no place for them)" if named and Path(named) != below else ""
    return Finding("temporary files", True, f"in {below}{other}")
