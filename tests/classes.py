"""A made-up class of 200 with names that are hard to keep, and what LMSs and graders make of it."""

from __future__ import annotations

import json
import re
import unicodedata
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

NOTEBOOK = json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []})
_HARD = [
    "Zoé Ünïcode", "Zoe\u0301 Decomposed", "Siobhán O'Made", "Comma, Jr. Made", '=HYPERLINK("x")', "+1 Plus", "-Minus Made",
    "@At Made", "=1+1", "عمر مثال", "שלום דוגמה", "李 例", "under_score_made", "Two  Spaces", "Twin Made", "Twin Made",
    "Twin Made", "Very " + "Long " * 24 + "Made", "Digits 12 34", "o'Apostrophe d'Made", "\u202eRight Made", "Tab;Semi Made",
    'Quote "Q" Made', "Emoji 👩‍🎓 Made", "X", "Dash-Made Name", "dot.made", "İstanbul Made", "ẞharp Made", "Ñandú Made",
]  # fmt: skip


@dataclass(frozen=True)
class Pupil:
    """A made-up student; Moodle and Canvas know the ``number``, Gradescope and the university the ``sid``."""

    name: str
    number: int
    sid: str
    email: str

    @property
    def file_name(self) -> str:
        """The name as Moodle writes it in file names: ``clean_filename``, and no underscore."""
        return re.sub(r"[\x00-\x1f\x7f&<>\"`|':\\/]", "", self.name.replace("_", " "))

    @property
    def squeezed(self) -> str:
        """The sortable name as Canvas writes it in file names."""
        first, _, last = self.name.rpartition(" ")
        name = re.sub(r"_(\d+)_", r"\1", f"{last}, {first}".lower())
        return "".join(c for c in name if unicodedata.category(c)[0] in "LM" or c.isdecimal() or c == "_")


PUPILS = tuple(
    Pupil(
        _HARD[number] if number < len(_HARD) else f"Pupil {chr(65 + number % 26)} Made{number}",
        1000 + 7 * number,
        f"00{500 + number}",
        f"pupil{number}@school.example",
    )
    for number in range(200)
)


def moodle(folders: bool = True, underscore: bool = True) -> dict[str, str]:
    """The files of Moodle's bulk download of the class, by their names in it."""
    middle = f"_assignsubmission_file{'_' if underscore or not folders else ''}{'/' if folders else ''}"
    return {f"{pupil.file_name}_{pupil.number}{middle}mnist.ipynb": NOTEBOOK for pupil in PUPILS}


def canvas() -> dict[str, str]:
    """Canvas' bulk download: every tenth is late, every seventh handed in again."""
    files = {}
    for n, pupil in enumerate(PUPILS):
        late = "LATE_" if n % 10 == 0 else ""
        again = "-1" if n % 7 == 0 else ""
        files[f"{pupil.squeezed}_{late}{pupil.number}_{90_000 + n}_mnist{again}.ipynb"] = NOTEBOOK
    return files


def gradescope() -> dict[str, str]:
    """Gradescope's export; every two of the last ten handed in together."""
    files, lines = {}, ["---"]
    alone = [(pupil,) for pupil in PUPILS[:-10]]
    pairs = list(zip(PUPILS[-10::2], PUPILS[-9::2], strict=True))
    for n, group in enumerate([*alone, *pairs]):
        files[f"submission_{n}/mnist.ipynb"] = NOTEBOOK
        lines += [f"submission_{n}:", "  :submitters:"]
        for pupil in group:
            lines += [
                f"  - :name: {json.dumps(pupil.name, ensure_ascii=False)}",
                f"    :sid: '{pupil.sid}'",
                f"    :email: {pupil.email}",
            ]
        lines += ["  :created_at: 2026-11-02 10:00:00.123456789 Z", "  :score: 3.0"]
    return {"submission_metadata.yml": "\n".join(lines) + "\n", **files}


def nbgrader() -> dict[str, str]:
    """What nbgrader collected."""
    files = {}
    for pupil in PUPILS:
        files[f"submitted/{pupil.sid}/lab/mnist.ipynb"] = NOTEBOOK
        files[f"submitted/{pupil.sid}/lab/timestamp.txt"] = "2026-11-02 10:00:00.123456 UTC\n"
    return files


def write_zip(path: Path, files: Mapping[str, str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def write_folder(path: Path, files: Mapping[str, str]) -> Path:
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(content)
    return path


def _cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def roster(separator: str = ",") -> str:
    """The class as a roster."""
    lines = [separator.join(("Name", "SIS User ID", "E-Mail"))]
    lines += [separator.join(map(_cell, (pupil.name, pupil.sid, pupil.email))) for pupil in PUPILS]
    return "\r\n".join(lines) + "\r\n"


ENGLISH = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments"
)


def worksheet() -> str:
    """Moodle's grading worksheet of the class, out of 20."""
    rows = [
        f"Participant {pupil.number},{_cell(pupil.name)},{pupil.email},Submitted for grading - ,,20.00,Yes,"
        '"Monday, 2 November 2026, 10:00 AM",-,'
        for pupil in PUPILS
    ]
    return "\r\n".join([ENGLISH, *rows, ""])


def gradebook() -> str:
    """Canvas' gradebook of the class, with an assignment «Lab» out of 20."""
    header = "Student,ID,SIS User ID,SIS Login ID,Section,Lab (123456),Final Score"
    rows = [
        ",".join(
            (
                _cell(", ".join(reversed(pupil.name.rsplit(" ", 1)))),
                str(pupil.number),
                pupil.sid,
                pupil.email,
                "A",
                "",
                "",
            )
        )
        for pupil in PUPILS
    ]
    return "\r\n".join([header, "    Points Possible,,,,,20.00,(read only)", *rows, ""])
