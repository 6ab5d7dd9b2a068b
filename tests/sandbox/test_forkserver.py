"""The fork server, in the sandbox and without: a fresh process for each call, which sees what it is to see."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest
from machines import needs_sandbox

from autograder.errors import CheckError, MachineError
from autograder.evidence import wire
from autograder.sandbox.environment import plain_environment
from autograder.sandbox.forkserver import Branch, ForkServer
from autograder.sandbox.processes import is_running

only_isolated = pytest.mark.parametrize(
    "isolated", [pytest.param(True, marks=needs_sandbox)], indirect=True, ids=["isolated"]
)
PROBE = """
import os, time
from autograder.evidence import wire

def look(answer, argument):
    found = {}
    for name, code in argument.items():
        try:
            found[name] = eval(code)
        except Exception as error:
            found[name] = type(error).__name__
    wire.send(answer, {"found": found})

def sleep(answer, argument):
    wire.send(answer, {"asleep": True, "found": eval(argument or "None")})
    time.sleep(600)
"""
#: All the pseudo-terminals that there may be.
TERMINALS = "[os.openpty() for number in range(5_000)]"


@pytest.fixture(scope="module", params=[pytest.param(True, marks=needs_sandbox), False], ids=["isolated", "plain"])
def isolated(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    for name in ("mine", "theirs"):
        (folder / name).mkdir()
        (folder / name / "evidence").write_text(name)
    return folder


@pytest.fixture(scope="module")
def server(isolated: bool, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkServer]:
    probe = tmp_path_factory.mktemp("probe")
    (probe / "probe.py").write_text(PROBE)
    (probe / "killed.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    (probe / "raises.py").write_text("raise RuntimeError('reason')\n")
    environment = plain_environment(threads=1)
    environment["PYTHONPATH"] += os.pathsep + str(probe)
    server = ForkServer(["json", "probe"], environment, visible=[probe], shared=shared, isolated=isolated)
    yield server
    server.close()


def look(server: ForkServer, folder: Path | None, **code: str) -> Any:
    with server.call("probe:look", code, folder) as answer:
        return received(answer)["found"]


def received(connection: socket.socket) -> dict[str, Any]:
    with connection.makefile("rb", buffering=0) as source:
        return wire.read_head(source, 100_000)


def test_each_call_has_a_process_of_its_own(server: ForkServer, shared: Path) -> None:
    names = {"start": "open('/proc/self/stat').read().split()[21]", "modules": "'json' in __import__('sys').modules"}
    first, second = (look(server, shared / "mine", **names) for _ in range(2))

    assert first["modules"] and second["modules"]
    assert first["start"] != second["start"] or server.isolated is False


def test_it_sees_its_folder(server: ForkServer, shared: Path) -> None:
    path = server.seen(shared / "mine")

    assert look(server, shared / "mine", own=f"open('{path}/evidence').read()") == {"own": "mine"}


def test_what_libraries_leave_in_a_folder_for_temporary_files_goes_with_the_session(
    server: ForkServer, shared: Path
) -> None:
    places = {"temporary": "__import__('tempfile').gettempdir()", "home": "os.environ['HOME']"}

    with closing(server.branch(["json"], plain_environment(threads=1))) as branch:
        found = [look(one, shared / "mine", **places) for one in (server, branch)]

    folder = "/dev/shm" if server.isolated else str(shared)
    assert found == [{"temporary": folder, "home": folder}] * 2


def test_it_looks_for_garbage_among_all_its_objects_as_seldom_as_a_large_process(
    server: ForkServer, shared: Path
) -> None:
    searches = "__import__('gc').get_stats()[2]['collections']"
    few, many = (f"len([[] for _ in range({count})])" for count in (150_000, 400_000))

    found = look(server, shared / "mine", first=searches, few=few, second=searches, many=many, third=searches)

    assert found["first"] == found["second"] < found["third"]


@only_isolated
def test_isolated_its_terminals_are_its_own_and_few(server: ForkServer) -> None:
    with server.call("probe:sleep", "os.openpty()") as open_elsewhere:
        received(open_elsewhere)
        found = look(server, None, seen="os.listdir('/dev/pts')", all=TERMINALS)

    assert found == {"seen": ["ptmx"], "all": "OSError"}


@only_isolated
def test_isolated_it_has_nobody_wait_and_takes_nothing_that_all_share(server: ForkServer) -> None:
    libc = "__import__('ctypes').CDLL(None)"
    refused = {name: f"{libc}.{name}(0, 1, 0o1600)" for name in ("semget", "shmget")} | {
        "msgget": f"{libc}.msgget(0, 0o1600)"
    }
    refused |= {"inotify_init1": f"{libc}.inotify_init1(0)", "io_setup": f"{libc}.syscall(206, 1, bytes(8))"}
    lease = "__import__('fcntl').fcntl(open(os.__file__), 1024, 0)"
    pair = "__import__('socket').socketpair()[0]"
    large = f"(lambda one: (one.setsockopt(1, 7, 10**7), one.getsockopt(1, 7)))({pair})"
    words = "*map(__import__('ctypes').c_ulong, (2**32 + 1, 2**32 + 7)), bytes([0, 0, 0, 1]), 4"  # Linux reads the lower half
    by_hand = f"(lambda one: ({libc}.syscall(54, one.fileno(), {words}), one.getsockopt(1, 7)))({pair})"
    found = look(
        server,
        None,
        lease=lease,
        filter=f"{pair}.setsockopt(1, 26, bytes(16))",
        memory="os.memfd_create('x')",
        buffer=large,
        by_hand=by_hand,
        usual="__import__('socket').socketpair()[0].getsockopt(1, 7)",
        **refused,
    )

    usual = found.pop("usual")
    assert (found.pop("buffer"), found.pop("by_hand")) == ([None, usual], [0, usual])
    assert found == dict.fromkeys(("lease", "filter", "memory"), "PermissionError") | dict.fromkeys(refused, -1)


@only_isolated
def test_isolated_it_has_linux_load_no_module(server: ForkServer) -> None:
    sockets = [(2, 1, 262), (10, 2, 136), (2, 5, 0), (2, 1, 0), (10, 2, 17)]  # MPTCP, UDP-Lite, SCTP's kind; TCP, UDP
    opened = {f"{number}": f"bool(__import__('socket').socket{one})" for number, one in enumerate(sockets)}
    found = look(server, None, line="__import__('fcntl').ioctl(os.openpty()[1], 0x5423, bytes(4))", **opened)

    assert found == {"line": "PermissionError", "0": "OSError", "1": "OSError", "2": "OSError", "3": True, "4": True}


@only_isolated
def test_isolated_it_sees_no_other_folder_and_cannot_write(server: ForkServer, shared: Path) -> None:
    found = look(
        server,
        shared / "mine",
        others=f"os.listdir('{shared}')",
        write="open('/bound/x', 'w')",
        temporary="open('/tmp/written-by-a-test', 'w')",
        private="open('/dev/shm/x', 'w').write('x')",
        proc="open('/proc/self/comm', 'w')",
        pid="os.getpid()",
        user="os.getuid()",
        mount="__import__('ctypes').CDLL(None).umount2(b'/bound', 2)",
        network="__import__('socket').socket(40, 1)",
        rights="[line for line in open('/proc/self/status') if line.startswith('CapEff')][0].split()[1]",
    )

    assert found == {
        "others": [],
        "write": "OSError",
        "temporary": "OSError",
        "private": 1,
        "proc": "OSError",
        "pid": 2,
        "user": 1000,
        "mount": -1,
        "network": "OSError",
        "rights": "0000000000000000",
    }
    assert look(server, shared / "mine", left="os.path.exists('/dev/shm/x')") == {"left": False}


@only_isolated
def test_isolated_it_cannot_reach_the_server_or_another_call(server: ForkServer, shared: Path) -> None:
    with server.call("probe:sleep", {}, shared / "theirs") as other:
        assert received(other)["asleep"]
        pids = "[pid for pid in os.listdir('/proc') if pid.isdigit() and pid != os.readlink('/proc/self')]"
        found = look(
            server,
            shared / "mine",
            memory=f"[pid for pid in {pids} if os.access(f'/proc/{{pid}}/mem', os.R_OK) and open(f'/proc/{{pid}}/mem')]",
            roots=f"[os.listdir(f'/proc/{{pid}}/root/bound') for pid in {pids}]",
            kill=f"[os.kill(int(pid), 9) for pid in {pids} if int(pid) > 1]",
            processes="sorted(pid for pid in os.listdir('/proc') if pid.isdigit())",
        )
        assert found["processes"] == ["1", "2"], "its own and the one that tidies up after it"
        assert found["memory"] in ([], "PermissionError")
        assert found["roots"] == "PermissionError"
        assert found["kill"] in ([], "ProcessLookupError")
        other.settimeout(0.3)
        with pytest.raises(TimeoutError):
            other.recv(1)


def newest(server: ForkServer) -> psutil.Process:
    """The process of the latest call; those of earlier ones may still be ending."""
    leaves = []
    for process in psutil.Process(server._process.pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if not process.children():
                leaves.append(process)
    return max(leaves, key=lambda process: process.create_time())


def test_to_close_the_connection_ends_the_process(server: ForkServer, shared: Path) -> None:
    with server.call("probe:sleep", {}, shared / "mine") as answer:
        assert received(answer)["asleep"]
        process = newest(server)
    deadline = time.monotonic() + 60
    while is_running(process) and time.monotonic() < deadline:
        time.sleep(0.05)

    assert not is_running(process)


def test_a_server_that_does_not_start_is_an_error(isolated: bool, shared: Path) -> None:
    server = ForkServer(["no_such_module"], plain_environment(threads=1), visible=[], shared=shared, isolated=isolated)
    try:
        with pytest.raises(MachineError, match=r"cannot import what grading needs .*no_such_module.*: make setup"):
            server.call("probe:look", {}, shared / "mine")
    finally:
        server.close()


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ("os.kill(os.getpid(), signal.SIGILL)", "TensorFlow .* processor .*; grade on another machine"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "probably because memory ran out"),
        ("print('compiled to use AVX instructions', file=sys.stderr); os.abort()", "TensorFlow .* processor"),
        (
            "raise RuntimeError('reason')",
            r"exit code 1 \(RuntimeError: reason\); see what it says: .* -c 'import tensorflow'",
        ),
        (
            "exec(compile('1 / 0', '/usr/lib/site-packages/sympy/core.py', 'exec'))",
            r"ZeroDivisionError: division by zero\); see what it says: .* -c 'import sympy'",
        ),
    ],
    ids=["illegal instruction", "killed", "aborted", "raised", "raised in a package"],
)
def test_why_a_server_did_not_start_is_said(isolated: bool, tmp_path: Path, end: str, said: str) -> None:
    (tmp_path / "dies.py").write_text(f"import os, signal, sys\n{end}\n")
    environment = plain_environment(threads=1)
    environment["PYTHONPATH"] += os.pathsep + str(tmp_path)
    server = ForkServer(["dies"], environment, visible=[tmp_path], isolated=isolated)
    try:
        with pytest.raises(MachineError, match=said):
            server.await_ready()
    finally:
        server.close()


def test_a_server_that_died_is_an_error(isolated: bool, shared: Path) -> None:
    server = ForkServer(["json"], plain_environment(threads=1), visible=[], shared=shared, isolated=isolated)
    server.await_ready()
    server.close()

    with pytest.raises(CheckError, match="the fork server is gone"):
        server.call("probe:look", {}, shared / "mine")


@pytest.fixture
def branch(server: ForkServer) -> Iterator[Branch]:
    branch = server.branch(["fractions"], plain_environment(threads=1) | {"OF": "branch"})
    yield branch
    branch.close()


def test_a_branch_has_what_its_trunk_imported_and_what_it_imported_itself(
    server: ForkServer, branch: Branch, shared: Path
) -> None:
    names = {
        "json": "'probe' in __import__('sys').modules",
        "own": "'fractions' in __import__('sys').modules",
        "variable": "os.environ.get('OF')",
    }

    assert look(branch, shared / "mine", **names) == {"json": True, "own": True, "variable": "branch"}
    assert look(server, shared / "mine", **names) == {"json": True, "own": False, "variable": None}


@only_isolated
def test_what_a_branch_is_not_to_see_is_hidden_from_its_processes(server: ForkServer, shared: Path) -> None:
    package = "__import__('autograder').__path__[0]"
    rooms = ["evidence", "sandbox", "errors"]
    branch = server.branch(["json"], plain_environment(threads=1), visible=[], rooms=rooms)
    code = {"shared": f"os.listdir('{shared}')", "rooms": f"sorted(os.listdir({package}))", "user": "os.getuid()"}
    try:
        found = look(branch, None, **code)
    finally:
        branch.close()

    assert found == {"shared": [], "rooms": ["__init__.py", "errors.py", "evidence", "sandbox"], "user": 1000}


@only_isolated
def test_a_file_is_hidden_with_the_folder_that_it_lies_in(shared: Path, tmp_path: Path, isolated: bool) -> None:
    (tmp_path / "data.npz").touch()
    visible = [tmp_path, tmp_path / "data.npz"]
    trunk = ForkServer(["json"], plain_environment(threads=1), visible=visible, shared=shared, isolated=isolated)
    branch = trunk.branch(["json"], plain_environment(threads=1), visible=[])
    try:
        branch.await_ready()
    finally:
        branch.close()
        trunk.close()


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("no_such_module", "cannot import what grading needs .*no_such_module.*: make setup"),
        ("killed", "probably because memory ran out"),
        ("raises", r"exit code 1 \(RuntimeError: reason\)"),
    ],
)
def test_why_a_branch_did_not_start_is_said_and_its_trunk_goes_on(
    server: ForkServer, shared: Path, module: str, said: str
) -> None:
    branch = server.branch([module], plain_environment(threads=1))
    try:
        with pytest.raises(MachineError, match=said):
            branch.await_ready()
        assert not branch.is_alive and server.is_alive
    finally:
        branch.close()
    assert look(server, shared / "mine", sum="1 + 1") == {"sum": 2}


def test_a_branch_ends_with_its_trunk_and_says_why_that_did_not_start(isolated: bool) -> None:
    trunk = ForkServer(["no_such_module"], plain_environment(threads=1), visible=[], isolated=isolated)
    branch = trunk.branch(["json"], plain_environment(threads=1))
    try:
        with pytest.raises(MachineError, match=r"cannot import what grading needs .*no_such_module"):
            branch.await_ready()
        assert not branch.is_alive
    finally:
        branch.close()
        trunk.close()


def test_a_closed_branch_is_an_error(branch: Branch, shared: Path) -> None:
    branch.await_ready()
    branch.close()

    assert not branch.is_alive
    with pytest.raises(CheckError, match="the fork server is gone"):
        branch.call("probe:look", {}, shared / "mine")
