"""Isolation of processes that work on what students made, and all that is particular to one operating system.

- ``bubblewrap``: the sandbox, and whether to use it; ``seccomp``: the system calls that it refuses.
- ``diagnostics``: why there is no sandbox, and the command that changes this; ``doctor``: a report on the machine.
- ``server``: a process for each call, from a ``forkserver`` (Linux) or a ``processserver`` (elsewhere).
- ``environment``: the environment variables of these processes; ``folders``: where they and the grader work.
- ``processes``: all processes of a run, and what they use; ``cgroup``: limits that the system holds for them.
- ``inside/``: what runs in the sandbox before it touches anything of a student's.
"""
