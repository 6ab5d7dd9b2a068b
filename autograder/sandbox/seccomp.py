"""A seccomp filter, compiled by libseccomp: Linux refuses the system calls that no notebook needs.

It is a list of refused calls, as Docker and bubblewrap advise: student code may use any library, and a list of allowed
calls would break honest work. Bubblewrap loads it around a cold kernel; a forked process loads it itself, after it has
set up its namespaces.
"""

from __future__ import annotations

import errno
import os
import socket
from functools import cache
from typing import Any

_REFUSED = """
    acct add_key adjtimex bpf chroot clock_adjtime clock_settime create_module delete_module fanotify_init finit_module
    fsconfig fsmount fsopen fspick get_kernel_syms init_module inotify_init inotify_init1 io_setup io_uring_enter
    io_uring_register io_uring_setup ioperm iopl kcmp kexec_file_load kexec_load keyctl lookup_dcookie mbind
    migrate_pages mount mount_setattr move_mount move_pages msgget name_to_handle_at nfsservctl open_by_handle_at
    open_tree perf_event_open personality pidfd_getfd pivot_root process_madvise process_vm_readv process_vm_writev
    ptrace query_module quotactl quotactl_fd reboot request_key seccomp semget set_mempolicy setdomainname sethostname
    setns settimeofday shmget stime swapoff swapon syslog umount umount2 unshare uselib userfaultfd ustat vhangup vm86
    vm86old vmsplice
"""
#: What makes files in memory: on their way in a socket they are open nowhere, and nobody could count them.
_FILES_IN_MEMORY = "memfd_create memfd_secret"
#: What has all wait for the disk, which nothing that is written inside lies on: it is heard, and not done.
_FLUSHES = ("fdatasync", "fsync", "sync", "syncfs")
#: Flags of ``clone`` that ask for new namespaces: cgroup, UTS, IPC, user, PID, network, mount.
_NEW_NAMESPACES = (0x0200_0000, 0x0400_0000, 0x0800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000, 0x0002_0000)
#: Requests of ``ioctl`` that type into a terminal (TIOCSTI, TIOCLINUX), or give it another line discipline, for which
#: Linux would load a module (TIOCSETD).
_TERMINAL = (0x5412, 0x541C, 0x5423)
#: The command of ``fcntl`` that has all others who open a file wait: F_SETLEASE.
_LEASE = 1024
#: SO_SNDBUF and SO_SNDBUFFORCE: what waits in a socket is in the memory of no process, and each may hold megabytes.
_SEND_BUFFERS = (7, 32)
#: SO_ATTACH_FILTER, SO_ATTACH_BPF and both of SO_ATTACH_REUSEPORT: Linux compiles filters of sockets, as those of
#: ``seccomp``, into memory of which the machine has a fixed amount. Where it is used up, no sandbox can load its own.
_SOCKET_FILTERS = (26, 50, 51, 52)
_PR_SET_SECCOMP = 22
_SOCK_DCCP = 6
#: The protocol of AF_NETLINK that lists network interfaces, which ZeroMQ asks for; the others are refused.
_NETLINK_ROUTE = 0


@cache
def program(*, for_devices: bool = False) -> bytes:
    """The filter as a BPF program, for ``bwrap --seccomp``; ``for_devices`` lets their drivers make files in memory."""
    with os.fdopen(os.memfd_create("seccomp"), "w+b") as file:
        _filter("" if for_devices else _FILES_IN_MEMORY).export_bpf(file)
        file.seek(0)
        return file.read()


def load() -> None:
    """Put the calling process under the filter, irrevocably; it must have ``no_new_privs``."""
    _filter(_FILES_IN_MEMORY).load()


def _filter(more: str) -> Any:
    """The filter, which refuses ``more`` calls than those that all are refused."""
    import pyseccomp as seccomp

    rules = seccomp.SyscallFilter(defaction=seccomp.ALLOW)
    refuse = seccomp.ERRNO(errno.EPERM)
    for name in f"{_REFUSED} {more}".split():
        try:
            rules.add_rule(refuse, name)
        except (ValueError, OSError):  # unknown on this architecture, or to this libseccomp
            continue
    for name in _FLUSHES:
        rules.add_rule(seccomp.ERRNO(0), name)
    for flag in _NEW_NAMESPACES:
        rules.add_rule(refuse, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, flag, flag))
    # The flags of ``clone3`` lie in memory, where filters cannot look; without it the C library uses ``clone``.
    rules.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    for request in _TERMINAL:
        rules.add_rule(refuse, "ioctl", seccomp.Arg(1, seccomp.MASKED_EQ, 0xFFFF_FFFF, request))
    rules.add_rule(refuse, "fcntl", seccomp.Arg(1, seccomp.MASKED_EQ, 0xFFFF_FFFF, _LEASE))
    rules.add_rule(refuse, "prctl", seccomp.Arg(0, seccomp.MASKED_EQ, 0xFFFF_FFFF, _PR_SET_SECCOMP))
    # A size of buffers is a wish, which is heard and not granted: no program need fail for it.
    for options, answer in ((_SEND_BUFFERS, seccomp.ERRNO(0)), (_SOCKET_FILTERS, refuse)):
        for option in options:
            asked = enumerate((socket.SOL_SOCKET, option), start=1)
            at_socket = (seccomp.Arg(place, seccomp.MASKED_EQ, 0xFFFF_FFFF, value) for place, value in asked)
            rules.add_rule(answer, "setsockopt", *at_socket)
    # The allowed families of sockets; AF_VSOCK, for example, ignores network namespaces.
    families = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK)
    unknown = seccomp.ERRNO(errno.EAFNOSUPPORT)
    rules.add_rule(unknown, "socket", seccomp.Arg(0, seccomp.GT, max(families)))
    for family in range(max(families)):
        if family not in families:
            rules.add_rule(unknown, "socket", seccomp.Arg(0, seccomp.EQ, family))
    # Linux would load a module for a protocol that it has not, as SCTP; what all use are ICMP, TCP and UDP.
    for family in (socket.AF_INET, socket.AF_INET6):
        protocol = seccomp.Arg(2, seccomp.GT, socket.IPPROTO_ICMPV6)
        at_family = seccomp.Arg(0, seccomp.EQ, family)
        rules.add_rule(seccomp.ERRNO(errno.EPROTONOSUPPORT), "socket", at_family, protocol)
        for kind in (socket.SOCK_SEQPACKET, _SOCK_DCCP):
            rules.add_rule(unknown, "socket", at_family, seccomp.Arg(1, seccomp.MASKED_EQ, 0xF, kind))
    netlink = seccomp.Arg(0, seccomp.EQ, socket.AF_NETLINK)
    rules.add_rule(unknown, "socket", netlink, seccomp.Arg(2, seccomp.NE, _NETLINK_ROUTE))
    return rules
