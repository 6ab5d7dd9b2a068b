"""Files are replaced as a whole or not at all, and folders stay within their size."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import pytest

from autograder.files import alone_in, drop_oldest, write_atomically, write_text


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_a_reader_finds_the_old_content_until_all_of_the_new_is_there(tmp_path: Path) -> None:
    target = tmp_path / "new folder" / "grades.csv"
    write_text(target, "old\r\n")
    with target.open("rb") as reader:
        with write_atomically(target) as file:
            file.write(b"new")
            file.flush()
            assert target.read_bytes() == b"old\r\n"
            file.write(b"\r\n")
        assert (reader.read(), target.read_bytes()) == (b"old\r\n", b"new\r\n")


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_in_the_block_leaves_the_old_file_and_nothing_else(tmp_path: Path, error: type[BaseException]) -> None:
    write_text(tmp_path / "grades.csv", "old")
    with pytest.raises(error), write_atomically(tmp_path / "grades.csv") as file:
        file.write(b"new")
        raise error
    assert contents(tmp_path) == {"grades.csv": "old"}


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "grades.csv"
    write_text(target, "old")

    def full(self: Path, to: Path) -> Path:
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="no space left"):
        write_text(target, "new")
    assert contents(tmp_path) == {"grades.csv": "old"}


def test_a_file_has_the_permissions_of_any_new_file_and_a_private_one_only_its_owners(tmp_path: Path) -> None:
    write_text(tmp_path / "report", "")
    (tmp_path / "other").touch()
    with write_atomically(tmp_path / "private", private=True):
        pass
    assert (tmp_path / "report").stat().st_mode == (tmp_path / "other").stat().st_mode
    assert (tmp_path / "private").stat().st_mode & 0o777 == 0o600


def test_a_character_without_a_form_in_utf_8_is_a_question_mark(tmp_path: Path) -> None:
    write_text(tmp_path / "name", "caf\udce9 Ä\r\n")
    assert (tmp_path / "name").read_bytes() == "caf? Ä\r\n".encode()


@pytest.mark.parametrize(("limit", "left"), [(30, "abc"), (29, "bc"), (10, "c"), (0, "")])
def test_the_oldest_files_are_dropped_until_the_others_are_within_the_limit(
    tmp_path: Path, limit: int, left: str
) -> None:
    for name, when in (("c", 300), ("a", 100), ("b", 200)):
        (tmp_path / name).write_bytes(bytes(10))
        os.utime(tmp_path / name, (when, when))
    drop_oldest([*tmp_path.iterdir(), tmp_path / "gone meanwhile"], limit)
    assert "".join(sorted(contents(tmp_path))) == left


def test_an_error_without_a_name_is_about_the_file_that_was_being_written(tmp_path: Path) -> None:
    with pytest.raises(OSError) as caught, write_atomically(tmp_path / "grades.csv"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.filename == str(tmp_path / "grades.csv")
    (tmp_path / "file").touch()
    with pytest.raises(OSError) as caught:
        write_text(tmp_path / "file" / "grades.csv", "")
    assert str(tmp_path / "file") in str(caught.value.filename)


def test_a_clock_that_was_set_back_and_forth_does_not_make_new_files_the_oldest(tmp_path: Path) -> None:
    now = time.time()
    for name, when in (("future", now + 10**6), ("past", now - 10**6), ("new", now)):
        (tmp_path / name).write_bytes(bytes(10))
        os.utime(tmp_path / name, (when, when))
    drop_oldest(tmp_path.iterdir(), 25)
    assert sorted(contents(tmp_path)) == ["new", "past"]


def test_only_one_is_alone_in_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    with alone_in(folder) as first, alone_in(folder) as second, alone_in(tmp_path) as elsewhere:
        assert (first, second, elsewhere) == (True, False, True)
    with alone_in(folder) as later:
        assert later
