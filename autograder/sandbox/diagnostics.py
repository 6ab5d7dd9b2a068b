"""Why a machine cannot isolate student code, or cannot grade at all, and the command that changes this."""

from __future__ import annotations

import ctypes.util
import platform
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from autograder.sandbox.inside.errors import ENDED_BY_SIGNAL

_INSTALLERS = {
    "apt-get": "apt-get install -y {debian}",
    "dnf": "dnf install -y {fedora}",
    "zypper": "zypper install -y {fedora}",
    "pacman": "pacman -S --needed {arch}",
    "apk": "apk add {arch}",
}
_UNRESTRICTED = "/proc/sys/kernel/unprivileged_userns_clone"
_APPARMOR = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns"
_NAMESPACES = "/proc/sys/user/max_user_namespaces"
#: AppArmor's profile that lets bubblewrap make namespaces, but no program in them: on by default from Ubuntu 25.04 on.
_RESTRICTING_PROFILE = "bwrap-userns-restrict"
_ALLOW_BUBBLEWRAP = (
    "printf 'abi <abi/4.0>,\\ninclude <tunables/global>\\nprofile bwrap /usr/bin/bwrap flags=(unconfined) "
    "{ userns, }\\n' > /etc/apparmor.d/bwrap && apparmor_parser -r /etc/apparmor.d/bwrap"
)
_ON_THE_HOST = {
    _APPARMOR: ("1", "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"),
    _UNRESTRICTED: ("0", "sysctl -w kernel.unprivileged_userns_clone=1"),
    _NAMESPACES: ("0", "sysctl -w user.max_user_namespaces=10000"),
}
#: How to start a container in which bubblewrap works, by the file that its engine leaves in it.
_ENGINES = {
    "/run/.containerenv": (
        "Podman",
        "podman run --security-opt seccomp=unconfined --security-opt label=disable --security-opt unmask=ALL",
    ),
    "/.dockerenv": (
        "Docker",
        "docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined "
        "--security-opt systempaths=unconfined",
    ),
}


@dataclass(frozen=True)
class Problem:
    """The cause, as the end of a sentence «… because», and the fix: a command, if there is one."""

    cause: str
    fix: str

    def __str__(self) -> str:
        return f"{self.cause}; {self.fix}"


def missing_part() -> Problem | None:
    """The first part of the sandbox that this machine lacks; None if it has all."""
    if platform.system() != "Linux":
        return Problem(
            f"bubblewrap needs Linux (this is {platform.system()})",
            "grade on a Linux machine, or in a Linux virtual machine; here, only grade notebooks that you would run",
        )
    if shutil.which("bwrap") is None:
        return Problem("bubblewrap is not installed ('bwrap' is not on the PATH)", install("bubblewrap"))
    if ctypes.util.find_library("seccomp") is None:
        packages = {"debian": "libseccomp2", "fedora": "libseccomp", "arch": "libseccomp"}
        return Problem("libseccomp is not installed", install(**packages))
    return None


def explain(error: str) -> Problem:
    """Why bubblewrap, which is installed, could not start a sandbox; ``error`` is its output."""
    reason = _last_line(error)
    if (container := _container(reason)) is not None:
        return container
    if _setting(_APPARMOR) == "1":
        return Problem(
            f"AppArmor keeps ordinary users from making user namespaces, as on Ubuntu 24.04 ({reason})",
            f"allow it to bubblewrap, as root: {_ALLOW_BUBBLEWRAP}; or to every program: {_ON_THE_HOST[_APPARMOR][1]}",
        )
    if _setting(_UNRESTRICTED) == "0":
        return Problem(
            f"ordinary users may not make user namespaces here ({reason})",
            f"allow it, as root: {_ON_THE_HOST[_UNRESTRICTED][1]}",
        )
    if _setting(_NAMESPACES) == "0":
        return Problem(
            f"user namespaces are disabled here ({reason})", f"enable them, as root: {_ON_THE_HOST[_NAMESPACES][1]}"
        )
    return Problem(f"bubblewrap could not start a sandbox ({reason})", "see the output of: bwrap --ro-bind / / true")


def _container(reason: str) -> Problem | None:
    """The problem of a container, whose settings come before those of the host; None outside of one."""
    for file, (engine, command) in _ENGINES.items():
        if Path(file).exists():
            host = [fix for path, (value, fix) in _ON_THE_HOST.items() if _setting(path) == value]
            return Problem(
                f"this {engine} container does not allow bubblewrap to make namespaces ({reason})",
                f"start it with: {command}" + (f"; and on its host, as root: {'; '.join(host)}" if host else ""),
            )
    return None


def too_slow(seconds: float) -> Problem:
    """A sandbox that is started to find out whether one can be had, and does not end."""
    return Problem(
        f"bubblewrap did not end a trial within {seconds:g} s",
        "run the command again when the machine is less busy; if it stays so, see: bwrap --ro-bind / / true",
    )


def explain_nesting(error: str) -> Problem:
    """Why a process in a sandbox, which itself starts, could not make namespaces; ``error`` is what it wrote."""
    reason = _last_line(error)
    profile = Path("/etc/apparmor.d", _RESTRICTING_PROFILE)
    if profile.exists() and not Path("/etc/apparmor.d/disable", _RESTRICTING_PROFILE).exists():
        return Problem(
            f"the AppArmor profile {_RESTRICTING_PROFILE} lets no program in a sandbox make namespaces ({reason})",
            f"replace the profile, as root: ln -s {profile} /etc/apparmor.d/disable/ && "
            f"apparmor_parser -R {profile} && {_ALLOW_BUBBLEWRAP}",
        )
    return _container(reason) or Problem(
        f"no program in a sandbox can make namespaces here ({reason})",
        "allow nested user namespaces: a security module or a limit forbids them (see: dmesg)",
    )


def explain_end(process: subprocess.Popen[bytes], errors: IO[bytes], seconds: float) -> Problem:
    """Why a process that was to be ready within some seconds is not; ``errors`` is the file of what it wrote."""
    try:
        code: int | None = process.wait(timeout=60)  # a large one takes long to end
    except subprocess.TimeoutExpired:
        code = None
    errors.seek(0)
    output = errors.read(1 << 20).decode(errors="replace")
    return _end(code, output, seconds)


def explain_branch(errors: IO[bytes]) -> Problem:
    """Why a process that another has forked is not ready; ``errors`` is the file of what both wrote."""
    errors.seek(0)
    output = errors.read(1 << 20).decode(errors="replace")
    output, killed, number = output.partition(ENDED_BY_SIGNAL)
    return _end(-int(number) if killed else 1, output, 0)


def _end(code: int | None, output: str, seconds: float) -> Problem:
    package = re.search(r"site-packages/(\w+)", output)  # the outermost one of a traceback, which was to be imported
    name = package[1] if package else "tensorflow"
    last, more = _last_line(output), f"see what it says: {sys.executable} -c 'import {name}'"
    ended_by = 0 if code is None else -code if code < 0 else max(0, code - 128)  # bubblewrap ends with 128 + signal
    if ended_by == signal.SIGILL or "AVX" in output:
        has = "TensorFlow uses instructions that this processor does not have"
        return Problem(
            has if _has_avx() else "TensorFlow needs a processor with AVX, and this one has none",
            "grade on another machine (its /proc/cpuinfo has avx), or give a virtual machine its host's processor "
            "(QEMU: -cpu host)",
        )
    if code is None:
        return Problem(f"Python could not import what grading needs within {seconds:g} s", more)
    if ended_by == signal.SIGKILL:
        return Problem(
            "the system killed the process that imports what grading needs, probably because memory ran out",
            "free some memory (3 GB for each submission that is graded at once), or lower --jobs",
        )
    if last.startswith(("ModuleNotFoundError", "ImportError")):
        return Problem(f"Python cannot import what grading needs ({last})", "install the locked packages: make setup")
    if last.startswith("bwrap: "):
        return explain(output)
    return Problem(
        f"a process that all submissions need ended with exit code {code}" + (f" ({last})" if output else ""), more
    )


def _has_avx() -> bool:
    """Whether the processor has AVX; True where the system does not tell."""
    try:
        return " avx " in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").replace("\n", " ")
    except OSError:
        return True


def _last_line(text: str) -> str:
    return text.strip().splitlines()[-1][:300] if text.strip() else "no message"


def install(debian: str, fedora: str | None = None, arch: str | None = None) -> str:
    """The command that installs a system package here; its name may differ between Debian, Fedora and Arch."""
    for program, command in _INSTALLERS.items():
        if shutil.which(program):
            names = {"debian": debian, "fedora": fedora or debian, "arch": arch or debian}
            return f"install it, as root: {command.format(**names)}"
    return f"install the package {debian}"


def _setting(path: str) -> str | None:
    try:
        return Path(path).read_text(encoding="ascii").strip()
    except OSError:
        return None
