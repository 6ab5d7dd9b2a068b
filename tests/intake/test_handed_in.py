"""Files that students hand in beside the notebook: from their folders and zip files, bounded."""

from __future__ import annotations

import unicodedata
import zipfile
from pathlib import Path
from typing import Literal

import pytest

from autograder.intake import Submission, handed_in
from autograder.intake.handed_in import read_beside

NAMES = ("helpers.py", "data")
USED = "handed in beside the notebook, and there in its run: "


def handed(folder: Path, *names: str) -> Submission:
    """A submission in a folder of its own, with these files beside the notebook."""
    for name in ("hw.ipynb", *names):
        path = folder / "ada" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"content of {name}", encoding="utf-8")
    return Submission("ada", "ada/hw.ipynb", folder / "ada" / "hw.ipynb")


def zipped(path: Path, *names: str) -> Submission:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, f"content of {name}")
    return Submission("ada", path.name, path)


def test_files_and_folders_that_the_assignment_asks_for_are_read(tmp_path: Path) -> None:
    found = read_beside(handed(tmp_path, "helpers.py", "data/a/x.csv", "other.py"), NAMES, "hw.ipynb")

    assert found.files == {"helpers.py": b"content of helpers.py", "data/a/x.csv": b"content of data/a/x.csv"}
    assert found.notes == [f"{USED}data/a/x.csv, helpers.py"]


def test_an_export_of_otter_holds_them_beside_its_notebook(tmp_path: Path) -> None:
    submission = zipped(
        tmp_path / "ada.zip", "hw/hw.ipynb", "hw/helpers.py", "helpers.py", "hw/data/../../../x", "hw/.OTTER_LOG"
    )

    found = read_beside(submission, NAMES, "hw.ipynb")

    assert found.files == {"helpers.py": b"content of hw/helpers.py", "data/x": b"content of hw/data/../../../x"}


def test_a_folder_in_a_zip_file_of_windows_is_no_file(tmp_path: Path) -> None:
    """There a folder's entry has no Unix mode."""
    submission = zipped(tmp_path / "ada.zip", "hw.ipynb")
    with zipfile.ZipFile(tmp_path / "ada.zip", "a") as archive:
        archive.writestr(zipfile.ZipInfo("helpers.py/"), "")
        archive.filelist[-1].external_attr = 0x10

    assert read_beside(submission, NAMES, "hw.ipynb").files == {}


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_name_from_a_mac_is_found_and_is_what_code_writes(tmp_path: Path, form: Literal["NFC", "NFD"]) -> None:
    submission = zipped(tmp_path / "ada.zip", "hw.ipynb", unicodedata.normalize(form, "données.csv"))

    for names in (["données.csv"], [unicodedata.normalize("NFD", "données.csv")]):
        assert list(read_beside(submission, names, "hw.ipynb").files) == ["données.csv"]


def test_a_file_in_the_folder_of_a_class_is_nobodys(tmp_path: Path) -> None:
    handed(tmp_path, "helpers.py", "data/x.csv")
    (tmp_path / "ada" / "ben.ipynb").write_text("{}", encoding="utf-8")

    found = read_beside(Submission("ben", "ben.ipynb", tmp_path / "ada" / "ben.ipynb"), NAMES, "hw.ipynb")

    assert found.files == {}
    assert found.notes == ["the assignment asks for this beside the notebook, where it is not: helpers.py, data"]


def test_links_are_not_followed(tmp_path: Path) -> None:
    submission = handed(tmp_path, "data/x.csv")
    (tmp_path / "ada" / "helpers.py").symlink_to("/etc/passwd")

    found = read_beside(submission, NAMES, "hw.ipynb")

    assert set(found.files) == {"data/x.csv"}
    assert found.notes[0].startswith("helpers.py, beside the notebook, was not taken: 'helpers.py' is a symbolic link")


def test_files_are_bounded_in_number_and_together_in_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handed_in, "MAX_BYTES", 100)
    monkeypatch.setattr(handed_in, "MAX_FILES", 2)
    submission = handed(tmp_path, "helpers.py", "data/1", "data/2", "data/3")
    (tmp_path / "ada" / "data" / "0").write_bytes(bytes(101))

    found = read_beside(submission, NAMES, "hw.ipynb")

    assert set(found.files) == {"data/1", "data/2"}
    assert [note.split(",")[0] for note in found.notes[:-2]] == ["data/0", "data/3"]
    assert "at most 2 such files, of 0 MB together" in found.notes[1]


def test_files_that_are_too_large_are_not_read_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handed_in, "MAX_BYTES", 10)
    submission = zipped(tmp_path / "ada.zip", "hw.ipynb", *(f"data/{number}" for number in range(500)))
    read = []

    def read_entry(archive: object, entry: object, *more: object) -> bytes:
        read.append(entry)
        return b"x" * 11

    monkeypatch.setattr(handed_in, "read_entry", read_entry)

    found = read_beside(submission, NAMES, "hw.ipynb")

    assert len(read) == handed_in.MAX_REFUSED
    assert sum("was not taken" in note for note in found.notes) == handed_in.MAX_REFUSED + 1
