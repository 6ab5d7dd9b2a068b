"""Processes without a fork server: a fresh one for each call, gone with its connection, its server or its grader."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.errors import CheckError
from autograder.sandbox.environment import plain_environment
from autograder.sandbox.processes import is_running, tree
from autograder.sandbox.processserver import ProcessServer

PROBE = """
import json, os, subprocess, sys, time

def look(answer, argument):
    value = [os.getpid(), argument, sorted({"json", "colorsys"} & set(sys.modules)), sorted(os.environ)]
    answer.sendall(json.dumps(value).encode())

def where(answer, argument):
    import tempfile
    answer.sendall(json.dumps([tempfile.gettempdir(), os.environ["HOME"]]).encode())

def echo(answer, argument):
    answer.sendall(answer.recv(100).upper())

def sleep(answer, argument):
    child = subprocess.Popen(["sleep", "600"])
    answer.sendall(json.dumps([os.getpid(), child.pid]).encode())
    time.sleep(600)

def fail(answer, argument):
    raise ValueError(argument)
"""
HOLD = """
import json, sys, time
from autograder.sandbox.processserver import ProcessServer
connection = ProcessServer([], json.loads(sys.argv[1])).call("probe:sleep", None)
print(connection.recv(100).decode(), flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("probe")
    (folder / "probe.py").write_text(PROBE)
    plain = plain_environment(threads=1)
    return plain | {"PYTHONPATH": plain["PYTHONPATH"] + os.pathsep + str(folder)}


@pytest.fixture
def processes(environment: dict[str, str]) -> Iterator[ProcessServer]:
    started = ProcessServer(["colorsys"], environment)
    yield started
    started.close()


def received(connection: socket.socket) -> Any:
    data = b""
    while part := connection.recv(1000):
        data += part
    return json.loads(data)


def has_ended(pid: int) -> bool:
    """Whether a process ends within a minute."""
    deadline = time.monotonic() + 60
    while (running := any(map(is_running, tree(pid)[:1]))) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not running


def test_each_call_has_a_process_of_its_own_with_its_argument_and_the_modules(processes: ProcessServer) -> None:
    argument = {"text": "ä" * 100_000, "list": [1, None]}
    with processes.call("probe:look", argument) as one, processes.call("probe:look", 2) as other:
        first, second = received(one), received(other)

    assert first[0] != second[0]
    assert (first[1], second[1]) == (argument, 2)
    assert first[2] == ["colorsys", "json"]
    assert "PYTHONHASHSEED" in first[3] and "USER" not in first[3], "nothing of the grader's environment"


def test_what_libraries_leave_in_a_folder_for_temporary_files_goes_with_the_session(
    environment: dict[str, str], tmp_path: Path
) -> None:
    with ProcessServer([], environment, shared=tmp_path).call("probe:where", None) as connection:
        assert received(connection) == [str(tmp_path)] * 2


def test_the_socket_carries_both_ways(processes: ProcessServer, tmp_path: Path) -> None:
    with processes.call("probe:echo", None, tmp_path) as connection:
        connection.sendall(b"to and fro")

        assert connection.recv(100) == b"TO AND FRO"
    assert processes.seen(tmp_path) == tmp_path


def test_a_function_that_fails_closes_the_connection(processes: ProcessServer) -> None:
    with processes.call("probe:fail", "no") as connection:
        assert connection.recv(100) == b""


@pytest.mark.parametrize(
    "end", [lambda server, connection: connection.close(), lambda server, connection: server.close()]
)
def test_to_close_the_connection_or_the_server_ends_the_process_and_what_it_started(
    processes: ProcessServer, end: Callable[[ProcessServer, socket.socket], None]
) -> None:
    connection = processes.call("probe:sleep", None)
    pids = json.loads(connection.recv(100))
    end(processes, connection)

    assert all(map(has_ended, pids))


def test_a_process_ends_when_its_grader_is_killed(environment: dict[str, str]) -> None:
    command = [sys.executable, "-c", HOLD, json.dumps(environment)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as grader:
        assert grader.stdout is not None
        pid, child = json.loads(grader.stdout.readline())
        grader.send_signal(signal.SIGKILL)

        assert has_ended(pid)
    os.kill(child, signal.SIGKILL)


def test_a_closed_server_starts_nothing(processes: ProcessServer) -> None:
    processes.close()

    assert not processes.is_alive
    with pytest.raises(CheckError, match="the server of processes is closed"):
        processes.call("probe:look", None)


def test_a_python_that_cannot_be_started_is_an_error(processes: ProcessServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(CheckError, match="a process could not be started"):
        processes.call("probe:look", None)
