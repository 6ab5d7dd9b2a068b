"""What is handed in that is no ordinary notebook: each function makes it in the folder of its student."""

from __future__ import annotations

import json
import os
import socket
import tarfile
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


def folder_as_a_notebook(folder: Path, _: Path) -> None:
    (folder / NOTEBOOK).mkdir()
    (folder / NOTEBOOK / NOTEBOOK).mkdir()


def notebook_in_utf_16(folder: Path, _: Path) -> None:
    (folder / NOTEBOOK).write_bytes(_document("[]").encode("utf-16"))


def text_of_no_encoding(folder: Path, _: Path) -> None:
    (folder / NOTEBOOK).write_bytes(b"\xef\xbb\xbf" * 3 + b"\xff\xfe\x00{" + _document("[]").encode("utf-32"))


def ids_of_no_kind(folder: Path, _: Path) -> None:
    ids: list[object] = ["same", "same", "", "x" * 1_000_000, "../../x", "<script>", None, 7, ["a"], {"a": 1}, True]
    cells = [{"id": id, "cell_type": "code", "metadata": {}, "outputs": [], "source": "x = 1"} for id in ids]
    (folder / NOTEBOOK).write_text(_document(json.dumps(cells)))


def marks_of_no_kind(folder: Path, _: Path) -> None:
    odd: list[object] = [None, 7, "x", [], {}, [["a"]], {"question": ["total"]}, {"question": "../total"}, True]
    metadata: list[object] = [
        {key: value} for key in ("autograder", "otter", "nbgrader", "tags", "editable") for value in odd
    ]
    metadata += [{"otter": {"tests": value}} for value in odd] + [
        {"nbgrader": {"grade": True, "grade_id": v}} for v in odd
    ]
    cells = [
        {"cell_type": kind, "metadata": one, "attachments": one, "outputs": one, "source": "x"}
        for kind in ("code", "markdown")
        for one in [*metadata, *odd]
    ]
    (folder / NOTEBOOK).write_text(_document(json.dumps(cells)))


def outputs_of_60_mb(folder: Path, _: Path) -> None:
    with (folder / NOTEBOOK).open("w") as file:
        file.write(
            '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "code", "source": "1",'
        )
        file.write(
            ' "metadata": {}, "execution_count": 1, "outputs": [{"output_type": "stream", "name": "stdout", "text": "'
        )
        for _part in range(60):
            file.write("x" * 1_000_000)
        file.write('"}]}]}')


def outputs_that_never_end(folder: Path, _: Path) -> None:
    text = '{"cells": [{"outputs": [' * 200_000
    (folder / NOTEBOOK).write_text(text + "[" * 100_000 + '"\\' * 1_000_000)


def twice_the_cells(folder: Path, _: Path) -> None:
    (folder / NOTEBOOK).write_text('{"nbformat": 4, "cells": [{}], "cells": {"a": 1}, "cells": []}')


def zip_in_zips(folder: Path, _: Path) -> None:
    content, name = _document("[]").encode(), NOTEBOOK
    for level in range(30):
        target = folder / f"{level}.zip"
        with zipfile.ZipFile(target, "w") as archive:
            archive.writestr(name, content)
        content, name = target.read_bytes(), "hostile.zip"
        target.unlink()
    (folder / "hostile.zip").write_bytes(content)


def zip_of_many_names(folder: Path, _: Path) -> None:
    with zipfile.ZipFile(folder / "hostile.zip", "w") as archive:
        for number in range(30_000):
            archive.writestr(f"{number}.txt", b"")


def zip_that_lies_about_sizes(folder: Path, _: Path) -> None:
    path = folder / "hostile.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(NOTEBOOK, b" " * (60 << 20))
    content = bytearray(path.read_bytes())
    for signature, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = content.index(signature) + place
        content[start : start + 4] = (100).to_bytes(4, "little")
    path.write_bytes(content)


def zip_of_overlapping_files(folder: Path, _: Path) -> None:
    path = folder / "hostile.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(NOTEBOOK, b" " * (40 << 20))
        entry = archive.filelist[0]
        for number in range(2_000):
            other = zipfile.ZipInfo(f"{number}.ipynb")
            for field in ("compress_type", "CRC", "compress_size", "file_size", "header_offset"):
                setattr(other, field, getattr(entry, field))
            archive.filelist.append(other)


def zip_that_is_locked(folder: Path, _: Path) -> None:
    path = folder / "hostile.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(NOTEBOOK, _document("[]"))
    content = bytearray(path.read_bytes())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)


def zip_of_another_method(folder: Path, _: Path) -> None:
    with zipfile.ZipFile(folder / "hostile.zip", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr(NOTEBOOK, b" " * (60 << 20))


def zip_of_an_unknown_method(folder: Path, _: Path) -> None:
    path = folder / "hostile.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(NOTEBOOK, _document("[]"))
    content = bytearray(path.read_bytes())
    content[8] = content[content.index(b"PK\x01\x02") + 10] = 97
    path.write_bytes(content)


def zip_within_a_comment(folder: Path, _: Path) -> None:
    with zipfile.ZipFile(folder / "hostile.zip", "w") as archive:
        archive.writestr(NOTEBOOK, _document("[]"))
        archive.comment = b"PK\x05\x06" + b"\xff" * 18 + b"PK\x06\x07" * 100


def half_a_zip(folder: Path, _: Path) -> None:
    path = folder / "hostile.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(NOTEBOOK, _document("[]") * 100)
    path.write_bytes(path.read_bytes()[:-30])


def names_of_bytes(folder: Path, _: Path) -> None:
    for name in (b"\xff\xfe.ipynb", b"two\nlines.ipynb", b"\x1b]0;x\x07.ipynb", b"\xed\xa0\x80.ipynb", b"a.ipynb\n"):
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_text(_document("[]"))


def tar_as_a_notebook(folder: Path, _: Path) -> None:
    for suffix in ("", ".tar.gz", ".7z", ".rar"):
        with tarfile.open(folder / f"{NOTEBOOK}{suffix}", "w:gz") as archive:
            archive.add(__file__, "../../hostile-slipped.ipynb")


def sources_of_a_million_lines(folder: Path, _: Path) -> None:
    cells = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": ["x\n"] * 1_500_000}] * 2
    (folder / NOTEBOOK).write_text(_document(json.dumps(cells)))


def pictures_of_40_mb(folder: Path, _: Path) -> None:
    pictures = {f"{number}.png": {"image/png": "A" * 4_000_000} for number in range(10)}
    pictures |= {'"><script>': {"image/svg+xml": "<svg onload=alert(1)>", "image/png": '"><script>alert(1)</script>'}}
    text = "".join(f"![](attachment:{name})" for name in pictures)
    cell = {"cell_type": "markdown", "metadata": {"autograder": {"question": "why"}}, "attachments": pictures}
    (folder / NOTEBOOK).write_text(_document(json.dumps([{**cell, "source": text}])))


def old_sheets(folder: Path, _: Path) -> None:
    cell = {"cell_type": "heading", "level": 10**9, "source": ["a"], "input": {"b": 1}, "outputs": [[[]]]}
    sheets: list[object] = [{"cells": [cell, None, 7, "x", [], {"cell_type": ["code"]}]}] * 1_000
    (folder / NOTEBOOK).write_text(json.dumps({"nbformat": 3, "metadata": [], "worksheets": sheets}))


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
    folder_as_a_notebook: ("hand in a folder with the name of a notebook", _REFUSED),
    notebook_in_utf_16: ("hand in a notebook in UTF-16", _RAN),
    text_of_no_encoding: ("hand in text of three encodings", _REFUSED),
    ids_of_no_kind: ("hand in cells whose ids are the same, megabytes, paths, lists", _RAN),
    marks_of_no_kind: ("hand in cells whose metadata and attachments are of every wrong type", _ANY),
    outputs_of_60_mb: ("hand in outputs of 60 MB", _RAN),
    outputs_that_never_end: ("hand in outputs that begin again and again, and never end", _REFUSED),
    twice_the_cells: ("hand in cells three times, of which the last are none", _RAN),
    zip_in_zips: ("hand in a zip within 30 zips", _REFUSED),
    zip_of_many_names: ("hand in a zip of 30,000 names", _REFUSED),
    zip_that_lies_about_sizes: ("hand in a zip that says 100 bytes and holds 60 MB", _REFUSED),
    zip_of_overlapping_files: ("hand in a zip whose 2,000 notebooks are the same 40 MB", _REFUSED),
    zip_that_is_locked: ("hand in a zip with a password", _REFUSED),
    zip_of_another_method: ("hand in a bomb that is packed by LZMA", _REFUSED),
    zip_of_an_unknown_method: ("hand in a zip that is packed by no known method", _REFUSED),
    zip_within_a_comment: ("hand in a zip whose comment looks like other zips", _ANY),
    half_a_zip: ("hand in a zip that is cut off", _REFUSED),
    names_of_bytes: ("hand in names that are no text, have lines and codes", _REFUSED),
    tar_as_a_notebook: ("hand in archives of other kinds, one as a notebook", _REFUSED),
    sources_of_a_million_lines: ("hand in sources of three million lines", _ANY),
    pictures_of_40_mb: ("hand in pictures of 40 MB, and markup as pictures", _RAN),
    old_sheets: ("hand in headings of a billion levels in the old format", _RAN),
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
