"""What is handed in that is no ordinary notebook: each function makes it in the folder of its student."""

from __future__ import annotations

import json
import os
import socket
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.results import RunStatus
from hostile.attacks import Must

NOTEBOOK = "hostile.ipynb"
_REFUSED = Must((RunStatus.UNREADABLE, RunStatus.NO_NOTEBOOK))


@dataclass(frozen=True)
class Upload:
    """Something handed in; ``make`` is given its folder, and that of all submissions."""

    name: str
    tries: str
    make: Callable[[Path, Path], None]
    must: Must = _REFUSED
    kind: str = "uploads"

    @property
    def folder(self) -> str:
        return f"{self.kind}-{self.name}"


def _document(cells: str) -> str:
    return f'{{"nbformat": 4, "nbformat_minor": 5, "metadata": {{}}, "cells": {cells}}}'


def million_cells(folder: Path, _: Path) -> None:
    (folder / NOTEBOOK).write_text(_document("[" + ",".join(["{}"] * 1_000_000) + "]"))


def large_cell(folder: Path, _: Path) -> None:
    with (folder / NOTEBOOK).open("w") as file:
        file.write('{"nbformat": 4, "cells": [{"cell_type": "code", "source": "')
        for _part in range(100):
            file.write("x" * 1_000_000)
        file.write('"}]}')


def sparse_notebook(folder: Path, _: Path) -> None:
    with (folder / NOTEBOOK).open("wb") as file:
        file.truncate(10 << 30)


def deep_json(folder: Path, _: Path) -> None:
    (folder / NOTEBOOK).write_text(_document("[" * 1_000_000 + "]" * 1_000_000))


def many_values(folder: Path, _: Path) -> None:
    (folder / NOTEBOOK).write_text(_document("[[" + ",".join(["[]"] * 12_000_000) + "]]"))


def huge_number(folder: Path, _: Path) -> None:
    (folder / NOTEBOOK).write_text('{"nbformat": ' + "9" * 1_000_000 + "}")


def fifo(folder: Path, _: Path) -> None:
    os.mkfifo(folder / NOTEBOOK)


def link_to_another(folder: Path, submissions: Path) -> None:
    (folder / NOTEBOOK).symlink_to(submissions / "ordinary-all-right" / NOTEBOOK)


def link_to_itself(folder: Path, _: Path) -> None:
    (folder / NOTEBOOK).symlink_to(folder / NOTEBOOK)
    (folder / "loop").symlink_to(folder)


def link_to_a_device(folder: Path, _: Path) -> None:
    (folder / NOTEBOOK).symlink_to("/dev/zero")


def zip_bomb(folder: Path, _: Path) -> None:
    with (
        zipfile.ZipFile(folder / "hostile.zip", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(NOTEBOOK, "w", force_zip64=True) as file,
    ):
        for _part in range(1000):
            file.write(b" " * (1 << 20))


def zip_slip(folder: Path, _: Path) -> None:
    with zipfile.ZipFile(folder / "hostile.zip", "w") as archive:
        for name in ("../../hostile-slipped.ipynb", "/tmp/hostile-slipped.ipynb", "..\\hostile-slipped.ipynb"):
            archive.writestr(name, _document("[]"))


def zip_with_a_link(folder: Path, submissions: Path) -> None:
    entry = zipfile.ZipInfo(NOTEBOOK)
    entry.external_attr = 0o120777 << 16
    with zipfile.ZipFile(folder / "hostile.zip", "w") as archive:
        archive.writestr(entry, str(submissions / "ordinary-all-right" / NOTEBOOK))


def deep_folders(folder: Path, _: Path) -> None:
    deep = folder
    for _level in range(300):
        deep = deep / "d"
        deep.mkdir()


def many_files(folder: Path, _: Path) -> None:
    for number in range(10_500):
        (folder / f"{number}.txt").touch()


def unreadable_text(folder: Path, _: Path) -> None:
    (folder / NOTEBOOK).write_bytes(os.urandom(100_000))


def cells_of_no_kind(folder: Path, _: Path) -> None:
    sources: list[object] = ["", 3, [1], {}]
    cells = [{"cell_type": kind, "source": source} for kind in ("code", "evil", 7, None) for source in sources]
    (folder / NOTEBOOK).write_text(_document(json.dumps(cells)))


def case_twins(folder: Path, _: Path) -> None:
    for name in (NOTEBOOK, NOTEBOOK.upper(), NOTEBOOK.title()):
        (folder / name).write_text(_document("[]"))


def names_of_devices(folder: Path, _: Path) -> None:
    for name in ("CON.ipynb", "nul.ipynb", "aux.ipynb", "com1.ipynb:stream"):
        (folder / name).write_text(_document("[]"))


def name_from_the_right(folder: Path, _: Path) -> None:
    (folder / "\u202ebpyni.\u2066hostile.ipynb").write_text(_document("[]"))


def zip_with_names(folder: Path, _: Path) -> None:
    names = ("CON", "aux.ipynb", "C:\\..\\hostile.ipynb", "//server/hostile.ipynb", "....//..//HOSTILE.ipynb")
    with zipfile.ZipFile(folder / "hostile.zip", "w") as archive:
        for name in (*names, "\x1b[2J\u202e\nhostile.ipynb", "hostile.ipynb/", "=1+1.ipynb"):
            archive.writestr(name, _document("[]"))


def link_to_a_folder(folder: Path, submissions: Path) -> None:
    (folder / "work").symlink_to(submissions / "ordinary-all-right")


def link_to_the_tests(folder: Path, submissions: Path) -> None:
    (folder / NOTEBOOK).symlink_to(submissions.parent / "assignment" / "tests" / "total.py")


def socket_as_a_notebook(folder: Path, _: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(folder / NOTEBOOK))


def numbers_that_are_none(folder: Path, _: Path) -> None:
    (folder / NOTEBOOK).write_text('{"nbformat": NaN, "nbformat_minor": -Infinity, "metadata": {}, "cells": []}')


def half_characters(folder: Path, _: Path) -> None:
    cell = '{"cell_type": "code", "id": "\\ud800", "metadata": {"\\udfff": 1}, "outputs": [], "source": "x = 1  # \\ud800"}'
    (folder / NOTEBOOK).write_text(_document(f"[{cell}]"))


def deep_metadata(folder: Path, _: Path) -> None:
    deep = '{"a": ' * 500 + "1" + "}" * 500
    kernel = '{"name": "../../../bin/sh", "display_name": "x", "language": "../sh"}'
    metadata = f'{{"kernelspec": {kernel}, "deep": {deep}}}'
    (folder / NOTEBOOK).write_text(_document("[]").replace('"metadata": {}', f'"metadata": {metadata}'))


_RAN = Must((RunStatus.OK, RunStatus.OTHER_ASSIGNMENT, RunStatus.UNREADABLE, RunStatus.NO_NOTEBOOK))
_ANY = Must(
    (RunStatus.OK, RunStatus.OTHER_ASSIGNMENT, RunStatus.UNREADABLE, RunStatus.CELL_ERRORS, RunStatus.KERNEL_DIED)
)
_TRIES: Mapping[Callable[[Path, Path], None], tuple[str, Must]] = {
    million_cells: ("hand in a million cells", _REFUSED),
    large_cell: ("hand in one cell of 100 MB", _REFUSED),
    sparse_notebook: ("hand in a file that seems to be 10 GB", _REFUSED),
    deep_json: ("hand in JSON nested a million deep", _REFUSED),
    many_values: ("hand in JSON of 12 million values", _REFUSED),
    huge_number: ("hand in a version of a million digits", _REFUSED),
    fifo: ("hand in a pipe that nobody writes to", _REFUSED),
    link_to_another: ("hand in a link to another's work", _REFUSED),
    link_to_itself: ("hand in a link to itself", _REFUSED),
    link_to_a_device: ("hand in a link to an endless device", _REFUSED),
    zip_bomb: ("hand in a zip of 1 MB that holds 1 GB", _REFUSED),
    zip_slip: ("hand in a zip whose names lead out of it", _RAN),
    zip_with_a_link: ("hand in a zip with a link to another's work", _REFUSED),
    deep_folders: ("hand in folders nested 300 deep", _REFUSED),
    many_files: ("hand in 10,500 files", _REFUSED),
    unreadable_text: ("hand in noise", _REFUSED),
    cells_of_no_kind: ("hand in cells that are none", _RAN),
    case_twins: ("hand in three names that some disks take for one", _RAN),
    names_of_devices: ("hand in names that are devices elsewhere", _REFUSED),
    name_from_the_right: ("hand in a name that reads from the right", _RAN),
    zip_with_names: ("hand in a zip of names that are paths, devices, codes and formulas", _RAN),
    link_to_a_folder: ("hand in a link to the folder of another", _REFUSED),
    link_to_the_tests: ("hand in a link to the hidden tests", _REFUSED),
    socket_as_a_notebook: ("hand in a socket", _REFUSED),
    numbers_that_are_none: ("hand in a version that is NaN", _REFUSED),
    half_characters: ("hand in halves of characters, which no file can hold", _ANY),
    deep_metadata: ("hand in metadata nested 500 deep, and a kernel that is a shell", _RAN),
}

UPLOADS = [Upload(make.__name__, tries, make, must) for make, (tries, must) in _TRIES.items()]
#: Names of students' folders that are attacks themselves; what they hand in is wrong, and ordinary.
NAMES: Mapping[str, str] = {
    "markup": "uploads-<img src=x onerror=alert(1)>",
    "formula": '=HYPERLINK("http:lab.invalid","click")',
    "dashes": "--isolation=none",
    "direction": "uploads-\u202egpj.exe",
    "escape": "uploads-\x1b[2J\x1b]0;title\x07",
    "lines": "uploads-two\nlines",
    "spaces": "  ",
    "device": "CON",
    "twin": "Ordinary-All-Right",
    "backslashes": "uploads-..\\..\\up",
    "command": "+1+cmd|' C calc'!A0",
    "sum": "@SUM(1)",
    "semicolon": "uploads-a; =1+1",
    "tab": "uploads-\t=1+1",
    "invisible": "\u200b\u2066\ufeff",
    "long": "uploads-" + "u" * 200,
}
