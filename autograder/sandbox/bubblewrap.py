"""The sandbox: bubblewrap around each process that works on what a student wrote.

Inside are a read-only system, the files that a kernel needs, a private ``/tmp`` of bounded size, and separate
namespaces for users, processes, IPC, mounts, network and host name; there are no network and no capabilities. Nothing
that is writable inside lies on the machine's disk: results leave the sandbox only through sockets that the grader
opened before.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from autograder.errors import ConfigError
from autograder.sandbox import diagnostics, seccomp
from autograder.sandbox.environment import plain_environment

#: MiB that processes inside may write to ``/tmp`` (their home and working folder are in it) and to shared memory.
PRIVATE_MB = 1024
SHARED_MB = 256
#: Bytes of the empty folder that covers the rooms of the package that are not shown: nothing is written to it.
_COVER_BYTES = 1 << 16
HOST_NAME = "sandbox"
#: For how long a trial may take: on a busy machine, no sandbox is not the answer.
_SECONDS = 300
#: The path of the machine's ``/proc`` in a fork server's sandbox: without it, Linux lets no child mount its own.
PROC = Path("/machine")
#: An empty folder of a fork server's sandbox, for what its children mount (see ``inside.namespaces``).
STAGE = Path("/bound")
_ETC = Path(__file__).parent / "etc"
#: Of the system's settings, those that programs need to find their libraries, fonts and time zone.
_SETTINGS = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "fonts", "localtime", "mime.types")


class Isolation(StrEnum):
    """Whether student code runs in a sandbox: if one is available, always (or nothing runs), or never."""

    AUTO = "auto"
    REQUIRED = "required"
    NONE = "none"


@dataclass(frozen=True)
class View:
    """What a process inside sees beside the system and Python.

    ``visible`` are files and folders, read-only, at the same paths as outside. ``rooms`` are folders and modules of
    this package, by name (None: the whole package). ``devices`` are files in ``/dev`` that it can use. ``folders`` are
    made in the private ``/tmp``; the process starts in ``start_in``. With ``nested`` it may make namespaces, as a fork
    server does for each of its children.
    """

    visible: tuple[Path, ...] = ()
    folders: tuple[Path, ...] = ()
    start_in: Path = Path("/tmp")
    nested: bool = False
    rooms: tuple[str, ...] | None = None
    devices: tuple[Path, ...] = ()

    def less(self, visible: Sequence[Path] | None, rooms: Sequence[str] | None) -> tuple[list[Path], list[Path]]:
        """What to hide of this view, and what of that to keep, so that it shows ``visible`` and ``rooms`` (None: all).

        What lies in a folder that is kept is not hidden.
        """
        hide, keep = list[Path](), list[Path]()
        if visible is not None:
            keep += _absolute((*_python(), *visible))
            hide += _outermost(self.visible, keep)
        if rooms is not None:
            packages = _package_paths(self.bound())
            hide += packages
            keep += [package / name for package in packages for name in _names(rooms)]
        return hide, keep

    def bound(self) -> list[Path]:
        """The files and folders that are shown beside those of the system, without those that come with another."""
        return _outermost((*_python(), *self.visible, *([_package()] if self.rooms is None else [])), [Path("/usr")])


def decide(isolation: Isolation | str) -> bool:
    """Whether to use the sandbox.

    Raises:
        ConfigError: it is required but not available here.
    """
    isolation = Isolation(isolation)
    if isolation is Isolation.NONE:
        return False
    missing = problem()
    if missing is not None and isolation is Isolation.REQUIRED:
        raise ConfigError(f"isolation is required but not available here: {missing.cause}; {missing.fix}")
    return missing is None


@cache
def problem() -> diagnostics.Problem | None:
    """Why this machine has no sandbox; None if it has one. One is started to find out."""
    if (missing := diagnostics.missing_part()) is not None:
        return missing
    return _trial(["true"], View(), lambda trial: trial.returncode == 0, diagnostics.explain)


@cache
def nesting_problem() -> diagnostics.Problem | None:
    """Why a process in the sandbox cannot make namespaces for others, as a fork server must; None if one can.

    One tries. Where it cannot, each kernel and each checker has a sandbox of its own, which takes longer.
    """
    command, view = [sys.executable, "-m", "autograder.sandbox.inside.namespaces"], View(folders=(STAGE,), nested=True)
    return _trial(command, view, lambda trial: trial.stdout.strip() == "made", diagnostics.explain_nesting)


def _trial(
    command: Sequence[str],
    view: View,
    is_fine: Callable[[subprocess.CompletedProcess[str]], bool],
    explain: Callable[[str], diagnostics.Problem],
) -> diagnostics.Problem | None:
    """Why a command cannot be run inside, by its errors; None if it can."""
    try:
        with wrapped(command, view) as (line, files):
            trial = subprocess.run(
                line,
                pass_fds=files,
                env=plain_environment(1),
                capture_output=True,
                text=True,
                timeout=_SECONDS,
                check=False,
            )
    except subprocess.TimeoutExpired:
        return diagnostics.too_slow(_SECONDS)
    except OSError as error:
        return explain(str(error))
    return None if is_fine(trial) else explain(trial.stderr.strip())


@cache
def version() -> str:
    return subprocess.run(["bwrap", "--version"], capture_output=True, text=True, check=False).stdout.strip()


@cache
def bounds_folders() -> bool:
    """Whether bubblewrap bounds the size of private folders, as it does from version 0.7 on."""
    usage = subprocess.run(["bwrap", "--help"], capture_output=True, text=True, check=False)
    return "--size" in usage.stdout + usage.stderr


@contextmanager
def wrapped(command: Sequence[str], view: View) -> Iterator[tuple[list[str], tuple[int, ...]]]:
    """A command line that runs ``command`` inside, and the file descriptors that its process must inherit.

    They are open until the block ends, by which time the process must have been started.
    """
    program = os.memfd_create("seccomp") if not view.nested else None
    try:
        arguments = list(_arguments(view))
        if program is not None:
            os.write(program, seccomp.program(for_devices=bool(view.devices)))
            os.lseek(program, 0, os.SEEK_SET)
            arguments += ["--seccomp", str(program)]
        # The PATH of what is started may be another one.
        yield [shutil.which("bwrap") or "bwrap", *arguments, "--", *command], () if program is None else (program,)
    finally:
        if program is not None:
            os.close(program)


def _arguments(view: View) -> Iterator[str]:
    yield from ("--unshare-all", "--unshare-user", "--uid", "1000", "--gid", "1000", "--hostname", HOST_NAME)
    yield from ("--cap-drop", "ALL", "--die-with-parent", "--new-session")
    for path in system_paths():
        if path.is_symlink() and path.parent == Path("/"):
            yield from ("--symlink", str(path.readlink()), str(path))
        else:
            yield from ("--ro-bind", str(path), str(path))
    for path in _ETC.iterdir():
        yield from ("--ro-bind", str(path), f"/etc/{path.name}")
    for name in _SETTINGS:
        yield from ("--ro-bind-try", f"/etc/{name}", f"/etc/{name}")
    # The root and /dev lie in memory, writable and unbounded: they are made read-only at the end.
    yield from ("--proc", "/proc", "--dev", "/dev")
    for device in view.devices:
        yield from ("--dev-bind", str(device), str(device))
    yield from _memory("/dev/shm", SHARED_MB << 20)
    yield from _memory("/tmp", PRIVATE_MB << 20)
    if view.nested:
        yield from ("--ro-bind", "/proc", str(PROC))
    bound = view.bound()
    for path in bound:
        yield from ("--ro-bind", str(path), str(path))
    if view.rooms is not None:
        yield from _rooms(view.rooms, bound)
    for folder in view.folders:
        yield from ("--dir", str(folder))
    # A fork server's children write to no shared /tmp, and so leave nothing to each other; but they write to /proc to
    # make their namespaces.
    yield from ("--remount-ro", "/tmp" if view.nested else "/proc")
    yield from ("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", str(view.start_in))


def _memory(path: str, size: int) -> tuple[str, ...]:
    """A folder in memory of at most ``size`` bytes. Before bubblewrap 0.7 it has no bound but that of ``Watch``."""
    return (*(("--size", str(size)) if bounds_folders() else ()), "--tmpfs", path)


def system_paths() -> list[Path]:
    """The system's programs and libraries."""
    return [path for name in ("usr", "bin", "sbin", "lib", "lib32", "lib64") if (path := Path("/", name)).exists()]


def shows(path: Path) -> bool:
    """Whether each sandbox shows a folder, because it lies in one of the system or of Python."""
    real = path.resolve()
    return any(real.is_relative_to(shown.resolve()) for shown in (*system_paths(), *_python(), _package()))


def _rooms(rooms: Iterable[str], bound: Iterable[Path]) -> Iterator[str]:
    """Show these parts of the package and cover the others, at each path that leads to the package."""
    for path in _package_paths(bound):
        yield from _memory(str(path), _COVER_BYTES)
        for name in _names(rooms):
            yield from ("--ro-bind", str(_package() / name), str(path / name))
        yield from ("--remount-ro", str(path))


def _package_paths(bound: Iterable[Path]) -> list[Path]:
    """The paths that lead to the package: more than one where a ``bound`` folder contains it, such as the environment
    that it is installed in.
    """
    package = _package()
    containers = [(path, path.resolve()) for path in (*bound, Path("/usr"))]
    aliases = {path / package.relative_to(real) for path, real in containers if package.is_relative_to(real)}
    return sorted({package, *aliases})


def _names(rooms: Iterable[str]) -> list[str]:
    """The files and folders of these parts of the package."""
    return ["__init__.py", *(name if (_package() / name).is_dir() else f"{name}.py" for name in rooms)]


def _package() -> Path:
    return Path(__file__).resolve().parents[1]


def _python() -> tuple[Path, ...]:
    """This interpreter and its packages."""
    return (Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve().parent.parent)


def _outermost(paths: Iterable[Path], others: Iterable[Path]) -> list[Path]:
    """Paths without those that lie within another one, or within one of ``others``; sorted."""
    outermost: list[Path] = []
    for path in _absolute(paths):
        if not any(path.is_relative_to(above) for above in (*outermost, *others)):
            outermost.append(path)
    return outermost


def _absolute(paths: Iterable[Path]) -> list[Path]:
    return sorted({Path(os.path.abspath(path)) for path in paths})  # noqa: PTH100  # resolve() follows links
