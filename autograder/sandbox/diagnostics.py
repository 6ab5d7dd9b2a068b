"""Why a machine cannot isolate student code, and the command that changes this."""

from __future__ import annotations

import ctypes.util
import platform
import shutil
from dataclasses import dataclass
from pathlib import Path

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


@dataclass(frozen=True)
class Problem:
    """The cause, as the end of a sentence «… because», and the fix: a command, if there is one."""

    cause: str
    fix: str


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
    reason = error.splitlines()[-1][:300] if error else "no message"
    if _setting(_APPARMOR) == "1":
        return Problem(
            f"AppArmor keeps ordinary users from making user namespaces, as on Ubuntu 24.04 ({reason})",
            "allow it to bubblewrap, as root: printf 'abi <abi/4.0>,\\ninclude <tunables/global>\\nprofile bwrap "
            "/usr/bin/bwrap flags=(unconfined) { userns, }\\n' > /etc/apparmor.d/bwrap && apparmor_parser -r "
            "/etc/apparmor.d/bwrap; or to every program: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
        )
    if _setting(_UNRESTRICTED) == "0":
        return Problem(
            f"ordinary users may not make user namespaces here ({reason})",
            "allow it, as root: sysctl -w kernel.unprivileged_userns_clone=1",
        )
    if _setting(_NAMESPACES) == "0":
        return Problem(
            f"user namespaces are disabled here ({reason})",
            "enable them, as root: sysctl -w user.max_user_namespaces=10000",
        )
    if Path("/.dockerenv").exists() or Path("/run/.containerenv").exists():
        return Problem(
            f"this container does not allow bubblewrap to make namespaces ({reason})",
            "start it with: --security-opt seccomp=unconfined --security-opt apparmor=unconfined "
            "--security-opt systempaths=unconfined",
        )
    return Problem(f"bubblewrap could not start a sandbox ({reason})", "see the output of: bwrap --ro-bind / / true")


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
