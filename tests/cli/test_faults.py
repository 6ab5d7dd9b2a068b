"""What is wrong with the machine is said in a line that names the file, and loses nothing."""

from __future__ import annotations

import errno
import os
import pty
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from commands import Completed, autograder

from autograder.assignment import Assignment
from autograder.cli.main import MAX_FILES, main
from autograder.files import alone_in

#: Root may write everywhere; without these capabilities it is as anybody else with its own files.
AS_ANYBODY = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.getuid() == 0 else []


def as_anybody(folder: Path, *arguments: str | Path) -> Completed:
    command = [*AS_ANYBODY, sys.executable, "-m", "autograder", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=120)


def grade(tiny: Assignment, folder: Path, *options: str) -> Completed:
    return autograder("grade", tiny.course.student, "--assignment", tiny.folder, *options, folder=folder)


def last_line(done: Completed) -> str:
    assert "Traceback" not in done.stderr
    assert done.returncode == 2
    return done.stderr.splitlines()[-1]


def test_a_damaged_gradebook_is_named_and_left_as_it_is(tiny: Assignment, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    book = tmp_path / "out" / "gradebook.sqlite"
    book.write_bytes(b"not a database" * 1_000)
    done = grade(tiny, tmp_path, "--out", "out")

    assert "gradebook 'sqlite:///out/gradebook.sqlite' cannot be opened (file is not a database)" in last_line(done)
    assert book.read_bytes() == b"not a database" * 1_000


def test_a_locale_that_cannot_write_every_name_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("LC_ALL", "C"), ("PYTHONUTF8", "0"), ("PYTHONCOERCECLOCALE", "0")):
        monkeypatch.setenv(name, value)

    assert last_line(as_anybody(tmp_path, "doctor")) == (
        "Error: names of files must be in UTF-8 (here: ascii); set PYTHONUTF8=1"
    )


def test_a_command_may_open_many_files() -> None:
    before = allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(allowed, 500), most))
        CliRunner().invoke(main, ["new", "--help"])
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (min(MAX_FILES, most), most)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_limit_of_open_files_that_is_too_low_is_said_before_anything_is_graded(
    tiny: Assignment, tmp_path: Path
) -> None:
    limited = [sys.executable, "-m", "autograder", "grade", str(tiny.course.student), "--assignment", str(tiny.folder)]
    done = subprocess.run(
        ["bash", "-c", 'ulimit -n 64 && exec "$@"', "bash", *limited, "--out", "out"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=120,
    )

    assert "the limit of open files must be at least 80 to grade with --jobs 1 (it is 64): raise it" in last_line(done)
    assert not list((tmp_path / "out").rglob("results.json"))


@pytest.fixture
def signals() -> Iterator[None]:
    """The process's own signal handlers are there again after the test."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_streams_that_the_caller_closed_are_open_to_nothing(tmp_path: Path) -> None:
    script = (
        "import os, sys; from autograder.cli.main import main\n"
        "def look(quick):\n"
        "    print('said', file=sys.stderr)\n"
        "    with open('seen', 'w') as file:\n"
        "        print(file.fileno() > 2, sys.stdin.read(), [os.readlink(f'/proc/self/fd/{n}') for n in range(3)], file=file)\n"
        "main.commands['doctor'].callback = look\n"
        "main(['doctor'])\n"
    )
    command = ["bash", "-c", 'exec "$@" <&- >&- 2>&-', "bash", sys.executable, "-c", script]
    done = subprocess.run(command, cwd=tmp_path, timeout=120)

    assert (done.returncode, (tmp_path / "seen").read_text()) == (0, f"True  {['/dev/null'] * 3}\n")


@pytest.mark.usefixtures("signals")
def test_a_process_that_may_not_be_forked_is_said_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def fork(quick: bool) -> None:
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    monkeypatch.setattr(main.commands["doctor"], "callback", fork)
    done = CliRunner().invoke(main, ["doctor"])

    assert done.exit_code == 2
    assert "unavailable; let this user have more processes (ulimit -u)" in done.stderr


@pytest.mark.usefixtures("signals")
def test_an_interruption_ends_any_command_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main.commands["doctor"], "callback", lambda quick: signal.raise_signal(signal.SIGTERM))
    done = CliRunner().invoke(main, ["doctor"])

    assert (done.exit_code, done.stderr) == (130, "\nInterrupted.\n")


def test_a_command_whose_terminal_is_closed_ends_as_an_interrupted_one(tmp_path: Path) -> None:
    script = (
        "import pathlib, time; from autograder.cli.main import main\n"
        "main.commands['doctor'].callback = lambda quick: (pathlib.Path('begun').touch(), time.sleep(60))\n"
        "main(['doctor'])\n"
    )
    ours, theirs = pty.openpty()
    streams: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), theirs)
    command = subprocess.Popen([sys.executable, "-c", script], cwd=tmp_path, start_new_session=True, **streams)
    os.close(theirs)
    while not (tmp_path / "begun").exists():
        assert command.poll() is None
        time.sleep(0.02)
    os.close(ours)
    command.send_signal(signal.SIGHUP)

    assert command.wait(timeout=60) == 130


def test_an_interruption_that_hits_a_destructor_ends_the_command_all_the_same() -> None:
    script = (
        "import signal, time; from autograder.cli.main import main\n"
        "class Last:\n"
        "    def __del__(self): signal.raise_signal(signal.SIGINT)\n"
        "main.commands['doctor'].callback = lambda quick: (Last() and None, time.sleep(60))\n"
        "main(['doctor'])\n"
    )
    command = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=30)

    assert (command.returncode, command.stderr) == (130, b"\nInterrupted.\n")


def test_an_interruption_while_python_imports_is_no_traceback() -> None:
    script = (
        "import os, signal, sys\n"
        "class Impatient:\n"
        "    def find_spec(name, *_):\n"
        "        name == 'click' and os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Impatient)\n"
        "import autograder.__main__"
    )
    command = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=60)

    assert (command.returncode, command.stderr) == (-signal.SIGINT, b"")


def test_a_folder_that_cannot_be_written_to_is_named(tiny: Assignment, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = grade(tiny, tmp_path, "--out", "file/out")

    assert "file/out" in last_line(done)


def test_submissions_are_not_the_assignment_whose_test_cases_would_be_theirs(tmp_path: Path) -> None:
    (tmp_path / "subs").mkdir()
    done = autograder("grade", "subs/", "--assignment", "subs", folder=tmp_path)
    assert last_line(done) == "Error: submissions must not be the assignment (got 'subs' for both)"


@pytest.mark.parametrize("place", ["lab", "lab/grades", ".", "link/lab"])
def test_reports_do_not_go_into_the_assignment_or_around_it(tiny: Assignment, tmp_path: Path, place: str) -> None:
    shutil.copytree(tiny.folder, tmp_path / "lab")
    (tmp_path / "link").symlink_to(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    done = autograder("grade", tiny.course.student, "--assignment", "lab", "--out", place, folder=tmp_path)

    assert last_line(done) == (
        f"Error: reports must go to a folder apart from the assignment, 'lab' (got '{place}'): name another with --out"
    )
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("command", ["build", "gradescope"])
def test_a_command_without_its_folder_says_what_to_type(tmp_path: Path, command: str) -> None:
    done = autograder(command, folder=tmp_path)

    assert last_line(done) == (
        "Error: there is no folder 'assignment' here: name that of the assignment with autograder "
        + command
        + " FOLDER"
    )


def test_an_autograder_for_gradescope_does_not_replace_another_file(tiny: Assignment, tmp_path: Path) -> None:
    (master := tmp_path / "lab.py").touch()
    done = autograder("gradescope", tiny.folder, "--out", master)

    assert last_line(done) == f"Error: --out must name a zip file (got '{master}')"


def test_a_folder_that_another_run_grades_into_is_refused(tiny: Assignment, tmp_path: Path) -> None:
    with alone_in(tmp_path / "out") as alone:
        done = grade(tiny, tmp_path, "--out", "out")

    assert alone
    assert last_line(done) == (
        "Error: another run grades into 'out' now: wait until it has ended, or name another folder with --out"
    )


@pytest.mark.usefixtures("signals")
@pytest.mark.parametrize("command", ["report", "review", "dismiss"])
def test_a_gradebook_with_nobody_in_it_is_refused_and_the_reports_stay(
    tiny: Assignment, tmp_path: Path, command: str
) -> None:
    (tmp_path / "gradebook.sqlite").touch()  # as a full disk may leave a copy
    (tmp_path / "grades.csv").write_text("student\nada\n")
    out = ["ada", "bo", "--as", "Tess", "--out"] if command == "dismiss" else []
    done = CliRunner().invoke(main, [command, *out, str(tmp_path), "--assignment", str(tiny.folder)])

    assert (done.exit_code, (tmp_path / "grades.csv").read_text()) == (2, "student\nada\n")
    assert "must have a class (it has nobody): restore it from a copy, or grade into it first" in done.stderr


@pytest.mark.usefixtures("signals")
def test_options_for_a_table_are_refused_without_one(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["report", str(tmp_path), "--only-complete"])

    assert done.exit_code == 2
    assert "must be given with the table of an LMS: --moodle FILE or --canvas FILE" in done.stderr


@pytest.mark.usefixtures("signals")
@pytest.mark.parametrize("other", [["OUT"], ["--assignment", "lab"], ["--scale"], ["--canvas", "book.csv"]])
def test_the_table_of_a_course_is_made_of_nothing_else(tmp_path: Path, other: list[str]) -> None:
    done = CliRunner().invoke(main, ["report", *other, "--course", str(tmp_path)])

    assert done.exit_code == 2
    assert f"--course must be given alone: '{other[0]}' is of one assignment" in done.stderr


@pytest.mark.slow
def test_a_folder_that_may_only_be_read_is_named_and_untouched(tiny: Assignment, tmp_path: Path) -> None:
    assert grade(tiny, tmp_path, "--out", "out").returncode == 0
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}
    for path in (tmp_path / "out", *before):
        path.chmod(path.stat().st_mode & ~0o222)
    done = as_anybody(tmp_path, "grade", tiny.course.student, "--assignment", tiny.folder, "--out", "out", "--again")

    assert "gradebook 'sqlite:///out/gradebook.sqlite' cannot be opened" in last_line(done)
    assert "change the rights of the file and its folder" in last_line(done)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")} == before
    (tmp_path / "out").chmod(0o755)


@pytest.mark.slow
def test_a_report_names_whom_it_has_no_result_of(tiny: Assignment, tmp_path: Path) -> None:
    assert grade(tiny, tmp_path, "--out", "out").returncode == 0
    with closing(sqlite3.connect(tmp_path / "out" / "gradebook.sqlite")) as book, book:
        book.execute("update results set document = '{'")
    done = autograder("report", "out", "--assignment", tiny.folder, folder=tmp_path)

    assert done.returncode == 0
    assert "1 submission has no result, or a damaged one, and is in no report (grade again)" in done.stderr


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """A disk of its own; called with a size, it has that size from then on."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "none", str(folder)], capture_output=True).returncode:
        pytest.skip("these tests do not run as root, who alone may mount a small disk")

    def resize(size: str) -> Path:
        subprocess.run(["mount", "-o", f"remount,size={size}", str(folder)], check=True)
        return folder

    yield resize
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.slow
@pytest.mark.parametrize("what", ["out", "gradebook"])
def test_a_full_disk_ends_the_run_in_a_line_and_the_next_one_goes_on(
    tiny: Assignment, tmp_path: Path, disk: Callable[[str], Path], what: str
) -> None:
    options = ("--out", "disk/out") if what == "out" else ("--gradebook", f"sqlite:///{disk('300k')}/book.sqlite")
    filler = disk("300k") / "filler"
    filler.write_bytes(bytes(200_000))
    full = last_line(grade(tiny, tmp_path, *options))
    filler.unlink()
    disk("50m")
    again = grade(tiny, tmp_path, *options)

    assert "disk" in full and ("No space left" in full or "full" in full)
    assert again.returncode == 0


@pytest.mark.slow
def test_a_full_disk_for_temporary_files_costs_nobody_a_mark(
    tiny: Assignment, tmp_path: Path, disk: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(disk("12k")))
    full = grade(tiny, tmp_path, "--out", "out")
    report = (tmp_path / "out" / "grades.csv").read_text()
    disk("50m")
    again = grade(tiny, tmp_path, "--out", "out")

    assert (full.returncode, again.returncode) == (1, 0), full.stderr
    assert "Traceback" not in full.stderr and "grader error" in report
    assert "1 of 1 graded" in again.stdout


@pytest.mark.usefixtures("signals")
@pytest.mark.parametrize(
    "arguments",
    [
        ["grade", ""],
        ["grade", "class", "--out", ""],
        ["grade", "class", "--roster="],
        ["grade", "class", "--profile="],
        ["report", "grades", "--moodle", ""],
        ["report", "grades", "--gradebook", ""],
        ["build", ""],
    ],
)
def test_a_path_that_is_empty_is_not_the_current_folder(arguments: list[str]) -> None:
    done = CliRunner().invoke(main, arguments)

    assert done.exit_code == 2
    assert "it must not be empty (is a variable of the shell not set?)" in done.stderr
