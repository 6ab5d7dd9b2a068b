"""``autograder``: its commands, from the modules ``grade``, ``record``, ``authoring`` and ``quality``.

Exit status: 0 when every submission was graded, 1 when some could not be (or a check failed), 2 for a usage error or a
file that cannot be used, 130 after an interruption.
"""

from __future__ import annotations

import atexit
import errno
import os
import resource
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Any

import click

from autograder import __version__
from autograder.cli import authoring, grade, quality, record
from autograder.errors import GradingError, MachineError

#: The number of open files that a command asks for.
MAX_FILES = 8192

#: What ends a command: Ctrl-C, a request of the system, the end of the terminal.
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
#: So long an interrupted command may take to end: its kernels are stopped, and what was graded is stored.
_ENDING_SECONDS = 10.0


class _Commands(click.Group):
    """Reports the package's own errors, and those of the file system, in one line with exit status 2."""

    def invoke(self, context: click.Context) -> Any:
        _open_standard_streams()
        if (encoding := sys.getfilesystemencoding()) != "utf-8":
            raise click.UsageError(f"names of files must be in UTF-8 (here: {encoding}); set PYTHONUTF8=1")
        interruption, unraisable = _Interruption(), sys.unraisablehook
        if threading.current_thread() is threading.main_thread():
            sys.unraisablehook = interruption.unraised
            for number in _ENDING:
                if signal.getsignal(number) is not signal.SIG_IGN:  # nohup has SIGHUP ignored, a shell's `&` SIGINT
                    signal.signal(number, interruption)
        _allow_many_files()
        try:
            return super().invoke(context)
        except KeyboardInterrupt:
            click.echo("\nInterrupted.", err=True)
            sys.exit(130)
        except MachineError as error:
            raise _NoUsage(str(error)) from None
        except GradingError as error:
            raise click.UsageError(str(error)) from None
        except OSError as error:
            if error.filename is None and error.errno not in _REMEDIES:
                raise
            where = f"'{error.filename}': " if error.filename else ""
            remedy = _REMEDIES.get(error.errno or 0, "")
            raise click.UsageError(f"{where}{error.strerror}{remedy and f'; {remedy}'}") from None
        finally:
            sys.unraisablehook = unraisable


class _NoUsage(click.ClickException):
    """An error in which the usage of the command has no part."""

    exit_code = 2


#: What to do about errors of the file system.
_REMEDIES = {
    errno.ENOSPC: "make room on the disk, then run the same command again: nothing that was graded is lost",
    errno.EDQUOT: "make room in your quota, then run the same command again: nothing that was graded is lost",
    errno.EAGAIN: "let this user have more processes (ulimit -u)",
    errno.EROFS: "name a folder that can be written to",
    errno.EACCES: "change its rights, or name a folder that you may write to",
    errno.EISDIR: "move it away",
    errno.ENOTDIR: "name a folder that is not below a file",
    errno.EPERM: "change its rights, or name a folder that you may write to",
}


class _Interruption:
    """Ends a command at the first signal; those that follow while it ends change nothing, however impatient.

    What is said to a terminal that was closed goes nowhere, and is no error.
    """

    def __init__(self) -> None:
        self._at: float | None = None
        self._terminals = [stream for stream in range(3) if os.isatty(stream)]
        self._unraisable = sys.unraisablehook

    def __call__(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if number == signal.SIGHUP and self._terminals:
            nowhere = os.open(os.devnull, os.O_RDWR)
            while self._terminals:
                os.dup2(nowhere, self._terminals.pop())
            os.close(nowhere)
        if self._at is not None and now - self._at < _ENDING_SECONDS:
            return
        if self._at is None:
            atexit.register(_ignore)
        self._at = now
        raise KeyboardInterrupt

    def unraised(self, what: sys.UnraisableHookArgs) -> None:
        """Interrupt once more, soon, what was in a destructor or a callback: Python lets no exception out of these."""
        if what.exc_type is not KeyboardInterrupt:
            self._unraisable(what)
            return
        self._at = None
        threading.Timer(0.1, signal.pthread_kill, (threading.main_thread().ident, signal.SIGINT)).start()


def _ignore() -> None:
    """Let the interpreter end in peace: it sets signals back to what kills it."""
    for number in _ENDING:
        signal.signal(number, signal.SIG_IGN)


def _open_standard_streams() -> None:
    """Open what the caller closed (`>&-`), for nothing: else the next files that are opened would take its place."""
    while (opened := os.open(os.devnull, os.O_RDWR)) < 3:
        os.set_inheritable(opened, True)
    os.close(opened)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, errors="replace"))  # noqa: SIM115


def _allow_many_files() -> None:
    """Raise the limit of open files, which is often 1,024: a run has some sixty, and each core may have a run."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_FILES if most == resource.RLIM_INFINITY else min(MAX_FILES, most)
    if allowed != resource.RLIM_INFINITY and allowed < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="autograder")
def main() -> None:
    """Grade deep-learning notebooks from the evidence that their runs leave.

    Each command has its own help: autograder COMMAND --help
    """


for _command in (
    grade.grade,
    record.review,
    record.report,
    record.dismiss,
    grade.preview,
    authoring.new,
    authoring.build,
    authoring.import_,
    quality.validate,
    quality.calibrate,
    authoring.dataset,
    quality.fairness,
    authoring.gradescope,
    authoring.doctor,
):
    main.add_command(_command)
