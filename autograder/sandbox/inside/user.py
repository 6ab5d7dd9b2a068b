"""Inside the kernel, before any student code: become a user without rights, irrevocably.

Where there is no sandbox but the grader is root, this protects the grader's files and processes from student code.
"""

from __future__ import annotations

import ctypes
import errno
import os

_PR_SET_NO_NEW_PRIVS = 38


def become(user: int) -> None:
    """Become this user and group (a number) alone, and let no program give rights back.

    Raises:
        OSError: this is not allowed here.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "prctl"):
        raise OSError(errno.ENOSYS, "no_new_privs is Linux's")
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "no_new_privs")
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)
