"""Inside the kernel, before any student code: become a user without rights, for good.

Where there is no sandbox but the grader is root, this is what keeps student code from the grader's files and processes.
Imports nothing of the trusted side.
"""

from __future__ import annotations

import ctypes
import errno
import os

_PR_SET_NO_NEW_PRIVS = 38


def become(user: int) -> None:
    """Be that user and group and no other, with no program that could give rights back.

    Raises:
        OSError: that is not allowed here.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "prctl"):
        raise OSError(errno.ENOSYS, "no_new_privs is Linux's")
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "no_new_privs")
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)
