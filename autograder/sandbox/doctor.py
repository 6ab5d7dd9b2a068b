"""A report on this machine: can it isolate student code? Each part is tried."""

from __future__ import annotations

import os
import platform
import subprocess
import textwrap
from dataclasses import dataclass

from autograder.sandbox import bubblewrap, cgroup


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


def examine() -> list[Finding]:
    """All findings, in the order in which to fix them."""
    user = "root" if hasattr(os, "geteuid") and os.geteuid() == 0 else "an ordinary user"
    findings = [Finding("system", True, f"{platform.system()} {platform.release()}, as {user}")]
    if (problem := bubblewrap.problem()) is not None:
        return [*findings, Finding("sandbox", False, problem.cause, problem.fix)]
    version = subprocess.run(["bwrap", "--version"], capture_output=True, text=True, check=False).stdout.strip()
    findings.append(Finding("sandbox", True, f"{version}: namespaces, read-only system, no network, seccomp filter"))
    if cgroup.available():
        return [*findings, Finding("control groups", True, "the system limits the memory and the processes of a run")]
    unlimited = "not available here; memory is watched instead, and a run that uses too much is stopped a moment later"
    return [*findings, Finding("control groups", False, unlimited, required=False)]
