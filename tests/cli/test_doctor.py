"""What ``autograder doctor`` says of machines, after it has tried each part."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result
from machines import OLD, RESTRICTED

from autograder.cli.main import main
from autograder.errors import ConfigError
from autograder.sandbox import doctor as doctor_module


def doctor(*options: str) -> Result:
    return CliRunner().invoke(main, ["doctor", *options])


@pytest.mark.keras
@pytest.mark.timeout(300)
@pytest.mark.parametrize("machine", [RESTRICTED], ids=["restricted"], indirect=True)
def test_where_a_sandbox_makes_no_namespaces_it_says_so_and_grades_a_notebook(machine: str) -> None:
    done = doctor()
    said = " ".join(done.output.split())

    assert done.exit_code == 0, done.output
    assert "-- warm kernels: " in said
    assert "unshare: Operation not permitted" in said
    assert "ok a notebook with TensorFlow: it was run and checked in" in said


@pytest.mark.parametrize("machine", [OLD], ids=["old"], indirect=True)
def test_of_an_old_bubblewrap_it_says_what_the_new_one_has(machine: str) -> None:
    done = doctor("--quick")

    assert done.exit_code == 0, done.output
    assert "bubblewrap 0.6.1" in done.output
    assert "before version 0.7 it does not limit private folders, the watch does" in " ".join(done.output.split())


def test_without_a_folder_for_temporary_files_it_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> None:
        raise ConfigError(
            "'TMPDIR' must name a folder that allows files, locks and sockets (/x: Read-only file system)"
        )

    monkeypatch.setattr(doctor_module, "SessionFolder", fails)
    done = doctor("--quick")

    assert done.exit_code == 1
    assert "FAIL  temporary files: 'TMPDIR' must name a folder" in done.output and "→ set it: export" in done.output
