"""The sandbox, with real bubblewrap: what a process inside can see, do and reach."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commands import copy_package
from machines import needs_sandbox

import autograder
from autograder.errors import ConfigError
from autograder.sandbox import bubblewrap, diagnostics
from autograder.sandbox.environment import plain_environment

pytestmark = needs_sandbox

Inside = Callable[..., Any]


def run(code: str, view: bubblewrap.View, before: tuple[str, ...] = ()) -> Any:
    """What a Python program inside finds out: it calls ``say`` with something that JSON can hold."""
    say = "import json\n\ndef say(value):\n    print(json.dumps(value))\n\n"
    with bubblewrap.wrapped([sys.executable, "-c", say + code], view) as (command, files):
        done = subprocess.run(
            [*before, *command],
            pass_fds=files,
            env=plain_environment(threads=1),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(params=["as it is", "without rights"])
def inside(request: pytest.FixtureRequest) -> Inside:
    """Runs a program in the sandbox, from a process with the tests' rights and from one with those of any user."""
    ordinary = (
        "bwrap",
        "--unshare-user",
        "--uid",
        "4321",
        "--gid",
        "4321",
        "--cap-drop",
        "ALL",
        "--dev-bind",
        "/",
        "/",
    )

    def run_inside(code: str, **view: Any) -> Any:
        return run(code, bubblewrap.View(**view), () if request.param == "as it is" else (*ordinary, "--"))

    return run_inside


def test_only_the_system_python_and_the_package_are_there(inside: Inside) -> None:
    code = "import os\nsay([os.listdir('/tmp'), sorted(os.listdir('/etc')), os.listdir('/proc/1/cwd')])"
    temporary, settings, start = inside(code)

    ways = {Path(path).parts[2] for path in (sys.prefix, autograder.__file__) if Path(path).is_relative_to("/tmp")}
    assert set(temporary) == ways, "nothing but the way to Python, should that lead through there"
    assert {"passwd", "group", "hosts"} <= set(settings) <= {"passwd", "group", "hosts", *bubblewrap._SETTINGS}
    assert set(start) <= ways


def test_this_repository_is_not_there_but_for_the_package(inside: Inside) -> None:
    root = Path(__file__).resolve().parents[2]
    entries = inside(f"import os\nsay(os.listdir({str(root)!r}))")

    assert "autograder" in entries
    assert not {"assignment", "solutions", "tests", ".git"} & set(entries)


def test_the_environment_is_what_was_given(inside: Inside) -> None:
    given = inside("import os\nsay(sorted(os.environ))")

    assert set(given) <= {*plain_environment(threads=1), "PWD", "LC_CTYPE"}


@pytest.mark.parametrize(
    "path", ["/x", "/etc/x", "/usr/x", "/dev/x", "/proc/self/comm", "/proc/sys/kernel/core_pattern"]
)
def test_nothing_can_be_written_but_to_private_folders(inside: Inside, path: str) -> None:
    code = f"try:\n    open({path!r}, 'w').write('x')\n    say('written')\nexcept OSError as error:\n    say(error.strerror)"

    assert inside(code) in ("Read-only file system", "Permission denied")


@pytest.mark.parametrize(("folder", "megabytes"), [("/tmp", bubblewrap.PRIVATE_MB), ("/dev/shm", bubblewrap.SHARED_MB)])
def test_private_folders_are_bounded(inside: Inside, folder: str, megabytes: int) -> None:
    path = f"{folder}/written-by-a-test"
    code = f"import os\nopen({path!r}, 'w').write('x')\nst = os.statvfs({folder!r})\nsay(st.f_blocks * st.f_frsize)"

    assert inside(code) == megabytes << 20


def test_there_is_no_network_but_ones_own(inside: Inside) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        code = f"""
import socket
try:
    socket.create_connection(("127.0.0.1", {port}), timeout=5)
    say("connected")
except OSError as error:
    say(type(error).__name__)
"""
        assert inside(code) == "ConnectionRefusedError"
    assert inside("import socket\nsay([name for _, name in socket.if_nameindex()])") == ["lo"]


def test_there_are_no_other_processes_and_no_rights(inside: Inside) -> None:
    code = """
import os
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
pids = [pid for pid in os.listdir("/proc") if pid.isdigit()]
say([len(pids), os.getuid(), status["CapEff"].strip(), status["CapBnd"].strip(), status["NoNewPrivs"].strip()])
"""
    assert inside(code) == [2, 1000, "0000000000000000", "0000000000000000", "1"]


CALLS = {
    "ptrace": "libc.ptrace(0, 0, 0, 0)",
    "mount": "libc.mount(b'none', b'/tmp', b'tmpfs', 0, None)",
    "unshare": "libc.unshare(0x10000000)",
    "clone of a user namespace": "libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0)",
    "keyctl": "libc.syscall(250, 0, 0, 0, 0, 0)",
    "bpf": "libc.syscall(321, 0, 0, 0)",
    "init_module": "libc.syscall(175, 0, 0, 0)",
    "userfaultfd": "libc.syscall(323, 0)",
    "perf_event_open": "libc.syscall(298, 0, 0, 0, 0, 0)",
    "process_vm_readv": "libc.syscall(310, 1, 0, 0, 0, 0, 0)",
    "io_uring_setup": "libc.syscall(425, 1, 0)",
    "shmget": "libc.syscall(29, 0, 1 << 20, 0o1600)",
    "vsock": "libc.socket(40, 1, 0)",
    "alg": "libc.socket(38, 5, 0)",
    "netlink audit": "libc.socket(16, 3, 9)",
    "typing into a terminal": "libc.ioctl(0, 0x5412, b'x')",
}


@pytest.mark.skipif(
    os.uname().machine != "x86_64",
    reason="this machine is not x86-64, of which the test has the numbers of system calls",
)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_calls_that_no_notebook_needs_are_refused(call: str) -> None:
    code = f"import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nsay([{call}, ctypes.get_errno()])"
    refused = 97 if "socket" in call else 1

    assert run(code, bubblewrap.View()) == [-1, refused]


def test_what_is_made_visible_is_there_and_read_only(inside: Inside, tmp_path: Path) -> None:
    (tmp_path / "seen").mkdir()
    (tmp_path / "seen" / "file").write_text("content")
    (tmp_path / "unseen").write_text("secret")
    code = f"import os\nsay([os.listdir({str(tmp_path)!r}), os.access({str(tmp_path / 'seen')!r}, os.W_OK)])"

    assert inside(code, visible=(tmp_path / "seen",)) == [["seen"], False]


def test_folders_are_made_and_a_process_starts_in_the_chosen_one(inside: Inside) -> None:
    code = "import os\nopen('x', 'w').write('x')\nsay(os.getcwd())"

    assert inside(code, folders=(Path("/tmp/one"),), start_in=Path("/tmp/one")) == "/tmp/one"


def test_isolation_that_is_required_but_not_available_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bubblewrap, "problem", lambda: diagnostics.Problem("bubblewrap is not installed", "install it"))

    assert bubblewrap.decide("auto") is False
    assert bubblewrap.decide("none") is False
    with pytest.raises(
        ConfigError, match="isolation is required but not available here: bubblewrap is not installed; install it"
    ):
        bubblewrap.decide("required")


def test_without_bubblewrap_the_command_that_installs_it_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for program in ("apt-get", "true"):
        (tmp_path / program).symlink_to(shutil.which("true") or "/bin/true")
    monkeypatch.setenv("PATH", str(tmp_path))
    missing = diagnostics.missing_part()

    assert missing is not None
    assert "bubblewrap is not installed" in missing.cause
    assert missing.fix == "install it, as root: apt-get install -y bubblewrap"


ROOMS = ("sandbox", "errors", "messages")


@pytest.fixture(params=["checkout", "installed", "installed behind a link"])
def package(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a process inside finds the package: on its own, or in an environment that is visible as a whole."""
    original = Path(autograder.__file__).resolve().parent
    if request.param == "checkout":
        return original
    environment, link = tmp_path / "environment", tmp_path / "link"
    package = copy_package(environment / "lib")
    link.symlink_to(environment)
    seen = environment if request.param == "installed" else link
    monkeypatch.setattr(bubblewrap, "_package", package.resolve)
    monkeypatch.setattr(sys, "base_prefix", str(seen))  # the interpreter is visible without it, too
    return seen / "lib" / "autograder"


def test_of_the_package_only_the_rooms_shown_are_there(inside: Inside, package: Path) -> None:
    code = f"""
import os, sys
sys.path.insert(0, {str(package.parent)!r})
import autograder.sandbox.bubblewrap
found = []
for name in ("checks", "grading"):
    try:
        __import__("autograder." + name)
    except ModuleNotFoundError as error:
        found.append(str(error))
say([autograder.__file__, sorted(os.listdir({str(package)!r})), found, os.access({str(package)!r}, os.W_OK)])
"""
    imported, entries, errors, writable = inside(code, rooms=ROOMS)

    assert imported == str(package / "__init__.py")
    assert entries == ["__init__.py", "errors.py", "messages", "sandbox"]
    assert errors == ["No module named 'autograder.checks'", "No module named 'autograder.grading'"]
    assert not writable


def test_without_a_choice_of_rooms_the_whole_package_is_there(inside: Inside, package: Path) -> None:
    entries = inside(f"import os\nsay(os.listdir({str(package)!r}))")

    assert {path.name for path in package.iterdir()} == set(entries)
