"""``autograder``: its commands, from the modules ``grade``, ``record`` and ``course``.

Exit status: 0 when every submission was graded, 1 when some could not be (or a check failed), 2 for a usage error or a
file that cannot be used, 130 after an interruption.
"""

from __future__ import annotations

import errno
import resource
import signal
import sys
import threading
from types import FrameType
from typing import Any

import click

from autograder import __version__
from autograder.cli import course, grade, record
from autograder.errors import GradingError, MachineError

#: The number of open files that a command asks for.
MAX_FILES = 8192


class _Commands(click.Group):
    """Reports the package's own errors, and those of the file system, in one line with exit status 2."""

    def invoke(self, context: click.Context) -> Any:
        if (encoding := sys.getfilesystemencoding()) != "utf-8":
            raise click.UsageError(f"names of files must be in UTF-8 (here: {encoding}); set PYTHONUTF8=1")
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, _interrupt)
            if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup has it ignored
                signal.signal(signal.SIGHUP, _interrupt)
        _allow_many_files()
        try:
            return super().invoke(context)
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


class _NoUsage(click.ClickException):
    """An error in which the usage of the command has no part."""

    exit_code = 2


#: What to do about errors of the file system.
_REMEDIES = {
    errno.ENOSPC: "make room on the disk, then run the same command again: nothing that was graded is lost",
    errno.EDQUOT: "make room in your quota, then run the same command again: nothing that was graded is lost",
    errno.EROFS: "name a folder that can be written to",
    errno.EACCES: "change its rights, or name a folder that you may write to",
    errno.EISDIR: "move it away",
    errno.ENOTDIR: "name a folder that is not below a file",
    errno.EPERM: "change its rights, or name a folder that you may write to",
}


def _interrupt(number: int, frame: FrameType | None) -> None:
    """SIGTERM, and the end of the terminal, end a command as Ctrl-C does."""
    raise KeyboardInterrupt


def _allow_many_files() -> None:
    """Raise the limit of open files, which is often 1,024: a run has some twenty, and each core may have a run."""
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
    course.new,
    course.build,
    course.import_,
    grade.validate,
    grade.calibrate,
    course.dataset,
    course.fairness,
    course.gradescope,
    course.doctor,
):
    main.add_command(_command)
