"""What this machine can do for isolation, found out by trying."""

from __future__ import annotations

import os
import platform
import subprocess
import textwrap
from dataclasses import dataclass

from autograder.sandbox import bubblewrap, cgroup


@dataclass(frozen=True)
class Finding:
    """One thing that was tried: whether it works, what was found, and what to do if it is ``needed`` and does not."""

    what: str
    fine: bool
    found: str
    remedy: str = ""
    needed: bool = True

    def __str__(self) -> str:
        mark = "ok  " if self.fine else "FAIL" if self.needed else "--  "
        lines = textwrap.wrap(f"{self.what}: {self.found}", 74, break_on_hyphens=False)
        if self.remedy:  # a command stays in one line, to be copied
            lines.append(f"→ {self.remedy}")
        return f"{mark}  " + "\n      ".join(lines)


def examine() -> list[Finding]:
    """All that matters, in the order in which it is to be mended."""
    who = "root" if hasattr(os, "geteuid") and os.geteuid() == 0 else "an ordinary user"
    findings = [Finding("system", True, f"{platform.system()} {platform.release()}, as {who}")]
    if (problem := bubblewrap.problem()) is not None:
        return [*findings, Finding("sandbox", False, problem.what, problem.remedy)]
    said = subprocess.run(["bwrap", "--version"], capture_output=True, text=True, check=False).stdout.strip()
    findings.append(Finding("sandbox", True, f"{said}: namespaces, read-only system, no network, seccomp filter"))
    if cgroup.available():
        return [*findings, Finding("control groups", True, "memory and processes of a run are limited by the system")]
    found = "none can be made here; memory is watched instead, and a run that takes too much is stopped a moment later"
    return [*findings, Finding("control groups", False, found, needed=False)]
