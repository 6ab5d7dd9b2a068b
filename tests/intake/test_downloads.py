"""A class of 200 in each LMS's form is found with every identifier; hostile downloads gain nothing."""

from __future__ import annotations

import stat
import struct
import tracemalloc
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import classes
import pytest
from classes import NOTEBOOK, PUPILS, write_folder, write_zip

from autograder.errors import ConfigError
from autograder.intake import Origin, Submission, find, lateness_notes, notebook, summary

Write = Callable[[Path, Mapping[str, str]], Path]
NUMBERS = sorted(str(pupil.number) for pupil in PUPILS)
SIDS = sorted(pupil.sid for pupil in PUPILS)


def origins(submissions: list[Submission]) -> list[Origin]:
    return [submission.origin for submission in submissions if submission.origin is not None]


def identifiers(submissions: list[Submission]) -> list[str]:
    return sorted(origin.identifier for origin in origins(submissions))


@pytest.fixture(params=[write_zip, write_folder], ids=["zip", "folder"])
def write(request: pytest.FixtureRequest) -> Write:
    chosen: Write = request.param
    return chosen


def given(write: Write, folder: Path, files: Mapping[str, str]) -> Path:
    return write(folder / ("class.zip" if write is write_zip else "class"), files)


@pytest.mark.parametrize(("folders", "underscore"), [(True, True), (True, False), (False, True)])
def test_a_class_from_moodle(write: Write, tmp_path: Path, folders: bool, underscore: bool) -> None:
    found = find([given(write, tmp_path, classes.moodle(folders, underscore))], "mnist.ipynb", tmp_path / "out")

    assert summary(found) == "Moodle bulk download, 200 students"
    assert identifiers(found) == NUMBERS
    assert len({submission.name for submission in found}) == 200
    assert all(submission.path and notebook.read(submission.path)[0] for submission in found)
    files = {origin.file for origin in origins(found)}
    assert files == {name.partition("/")[0] for name in classes.moodle(folders, underscore)}


def test_a_class_from_canvas(write: Write, tmp_path: Path) -> None:
    files = classes.canvas()
    found = find([given(write, tmp_path, files)], "mnist.ipynb", tmp_path / "out")

    assert summary(found) == "Canvas bulk download, 200 students (20 late)"
    assert identifiers(found) == NUMBERS
    assert {origin.file for origin in origins(found)} == files.keys()
    assert all(submission.path and notebook.read(submission.path)[0] for submission in found)


def test_a_class_from_gradescope(write: Write, tmp_path: Path) -> None:
    files = {f"assignment_12_export/{name}": content for name, content in classes.gradescope().items()}
    found = find([given(write, tmp_path, files)], "mnist.ipynb", tmp_path / "out")

    assert summary(found) == "Gradescope export, 200 students"
    assert identifiers(found) == SIDS
    assert {origin.email for origin in origins(found)} == {pupil.email for pupil in PUPILS}
    assert {origin.submitted for origin in origins(found)} == {datetime(2026, 11, 2, 10, 0, 0, 123456, UTC)}
    assert len({submission.name for submission in found}) == 200
    together = [(one.name, one.student) for one in found if one.name.startswith("submission_190/")]
    assert together == [
        ("submission_190/mnist.ipynb (00690)", PUPILS[190].name), ("submission_190/mnist.ipynb (00691)", PUPILS[191].name)
    ]  # fmt: skip


def test_a_class_from_nbgrader(write: Write, tmp_path: Path) -> None:
    found = find([given(write, tmp_path, classes.nbgrader())], "mnist.ipynb", tmp_path / "out")

    assert summary(found) == "nbgrader's submitted folder, 200 students"
    assert identifiers(found) == SIDS
    expected = Origin("nbgrader", "00500", "", "00500/lab", datetime(2026, 11, 2, 10, 0, 0, 123456, UTC))
    assert found[0].origin == expected


@pytest.mark.parametrize("text", ["02/11/2026", "2026-11-02 10:00:00 Nowhere", "x" * 2_000])
def test_a_time_stamp_that_cannot_be_read_is_told(tmp_path: Path, text: str) -> None:
    files = {"submitted/ada/lab/mnist.ipynb": NOTEBOOK, "submitted/ada/lab/timestamp.txt": text}
    (one,) = find([write_folder(tmp_path / "class", files)], "mnist.ipynb", tmp_path / "out")

    assert one.origin is not None and one.origin.submitted is None
    assert lateness_notes([one])[0].startswith("the time of ada cannot be read, so lateness is not known: ")


def test_a_second_run_finds_the_same_submissions_at_the_same_paths(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "class.zip", classes.moodle())
    first = find([path], "mnist.ipynb", tmp_path / "out")

    assert find([path], "mnist.ipynb", tmp_path / "out") == first
    assert first[0].path is not None and first[0].path.is_relative_to(tmp_path / "out")


def test_reports_in_the_folder_of_a_download_are_no_submissions(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "class", {**classes.moodle(), "grades/ada/executed.ipynb": NOTEBOOK})

    assert identifiers(find([folder], "mnist.ipynb", folder / "grades")) == NUMBERS


def test_one_odd_name_decides_nothing(write: Write, tmp_path: Path) -> None:
    odd = {"Eve_1_assignsubmission_file_/mnist.ipynb": NOTEBOOK, "evil_1_2_mnist.ipynb": NOTEBOOK}
    plain = {f"{name}/mnist.ipynb": NOTEBOOK for name in ("ada", "bo", "cy")}
    folder = write_folder(tmp_path / "plain", {**odd, **plain})

    assert [one.origin for one in find([folder], "mnist.ipynb")] == [None] * 5
    with_odd = {**classes.moodle(), "late by mail/mnist.ipynb": NOTEBOOK, "notes.txt": "x"}
    found = find([given(write, tmp_path, with_odd)], "mnist.ipynb", tmp_path / "out")
    assert [one.student for one in found if one.origin and not one.origin.identifier] == ["late by mail"]
    assert len(found) == 201


def test_dates_in_file_names_are_no_numbers_of_canvas(tmp_path: Path) -> None:
    names = ("lab_03_2026_ada.ipynb", "lab_03_2026_bo.ipynb", "lab_03_2027_cy.ipynb")
    folder = write_folder(tmp_path / "class", dict.fromkeys(names, NOTEBOOK))

    assert [one.student for one in find([folder], "mnist.ipynb")] == [name.removesuffix(".ipynb") for name in names]


@pytest.mark.parametrize(
    ("zip_name", "student"),
    [
        ("phys101-mnist_submissions.zip", "doejane"),
        ("submissions (1).zip", "doejane"),
        ("ada.zip", "ada"),
        ("submissions of ada.zip", "submissions of ada"),
    ],
)
def test_one_notebook_is_canvas_where_its_zip_file_is_called_so(tmp_path: Path, zip_name: str, student: str) -> None:
    path = write_zip(tmp_path / zip_name, {"doejane_12_300_mnist.ipynb": NOTEBOOK})

    (one,) = find([path], "mnist.ipynb", tmp_path / "out")

    assert (one.student, one.identifier) == (student, "12" if student == "doejane" else "")


def test_zip_files_of_students_are_not_taken_for_a_class(tmp_path: Path) -> None:
    evil = write_zip(tmp_path / "eve.zip", {f"Ada_{n}_assignsubmission_file_/mnist.ipynb": NOTEBOOK for n in range(9)})
    ada = write_zip(tmp_path / "ada.zip", {"mnist.ipynb": NOTEBOOK})

    assert find([ada, evil], "mnist.ipynb") == [Submission("ada", "ada.zip", ada), Submission("eve", "eve.zip", evil)]


def test_the_file_that_a_student_names_like_another_student_is_their_own(tmp_path: Path) -> None:
    names = [
        "Eve_7_assignsubmission_file_Ada_8_assignsubmission_file_mnist.ipynb",
        "Bo_9_assignsubmission_file_m.ipynb",
    ]
    found = find([write_zip(tmp_path / "c.zip", dict.fromkeys(names, NOTEBOOK))], "mnist.ipynb", tmp_path / "out")
    assert [(one.student, one.origin.identifier) for one in found if one.origin] == [("Bo", "9"), ("Eve", "7")]

    names = ["eve_7_70_ada_8_80_mnist.ipynb", "bo_9_90_mnist.ipynb"]
    found = find([write_zip(tmp_path / "d.zip", dict.fromkeys(names, NOTEBOOK))], "mnist.ipynb", tmp_path / "out")
    assert [(one.student, one.origin.identifier) for one in found if one.origin] == [("bo", "9"), ("eve", "7")]


def test_blind_marking_has_participants_without_names(tmp_path: Path) -> None:
    files = {f"Participant{sign}{n}_assignsubmission_file_/m.ipynb": NOTEBOOK for sign, n in (("_", 1), (" ", 2))}

    found = find([write_folder(tmp_path / "class", files)], "mnist.ipynb")
    assert [(one.student, one.origin.identifier) for one in found if one.origin] == [
        ("Participant 2", "2"), ("Participant 1", "1")
    ]  # fmt: skip


def test_of_several_attempts_the_latest_counts_and_the_others_are_listed(tmp_path: Path) -> None:
    names = [
        "doejane_12_300_mnist.ipynb",
        "doejane_12_900_mnist-2.ipynb",
        "doejane_12_400_mnist-1.ipynb",
        "bo_13_5_x.ipynb",
    ]
    folder = write_folder(tmp_path / "class", dict.fromkeys(names, NOTEBOOK))

    bo, jane = find([folder], "mnist.ipynb")
    earlier = ("doejane_12_300_mnist.ipynb", "doejane_12_400_mnist-1.ipynb")
    assert jane.origin == Origin("canvas", "12", file="doejane_12_900_mnist-2.ipynb", late=False, attempts=earlier)
    assert summary([bo, jane]) == "Canvas bulk download, 2 students (1 with earlier attempts)"


def test_of_a_student_in_two_downloads_the_last_counts(tmp_path: Path) -> None:
    one, two = (
        write_zip(tmp_path / f"{name}.zip", {f"{name} Ada_7_assignsubmission_file_/mnist.ipynb": NOTEBOOK})
        for name in ("a", "b")
    )
    (found,) = find([two, one], "mnist.ipynb", tmp_path / "out")
    assert (found.name, found.origin and found.origin.attempts) == (
        "b Ada_7_assignsubmission_file_/mnist.ipynb", ("a Ada_7_assignsubmission_file_/mnist.ipynb",)
    )  # fmt: skip


def test_who_handed_in_no_notebook_has_a_row_that_says_why(write: Write, tmp_path: Path) -> None:
    files = {
        "Ada_1_assignsubmission_onlinetext_/onlinetext.html": "x",
        "Bo_2_assignsubmission_file_/report.pdf": "x",
        "Cy_3_assignsubmission_file_/a.ipynb": NOTEBOOK,
        "Cy_3_assignsubmission_file_/b.ipynb": NOTEBOOK,
        "Di_4_assignsubmission_file_/export.zip": NOTEBOOK,
    }
    found = find([given(write, tmp_path, files)], "mnist.ipynb", tmp_path / "out")
    assert [(one.student, one.problem) for one in found] == [
        ("Ada", "only an online text was handed in, no notebook (*.ipynb)"),
        ("Bo", "there is no notebook (*.ipynb) in the submission, only report.pdf"),
        ("Cy", "there are 2 notebooks, and it is not clear which one counts: a.ipynb, b.ipynb"),
        ("Di", ""),
    ]
    folder = write_folder(
        tmp_path / "canvas", {"ada_1_text.html": "x", "bo_2_30_m.ipynb": NOTEBOOK, "cy_3_31_m.ipynb": ""}
    )
    assert find([folder], "mnist.ipynb")[0].problem == "only a text or a link was handed in, no notebook (*.ipynb)"


def test_a_layout_can_be_forced(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "class", {"doejane_12_300_mnist.ipynb": NOTEBOOK})
    (plain,) = find([folder], "mnist.ipynb")
    (forced,) = find([folder], "mnist.ipynb", layout="canvas")
    (single,) = find([folder / "doejane_12_300_mnist.ipynb"], "mnist.ipynb", layout="canvas")
    moodle = write_folder(tmp_path / "moodle", classes.moodle())

    assert plain.origin is None
    assert forced == single == Submission(
        "doejane", "doejane_12_300_mnist.ipynb", folder / "doejane_12_300_mnist.ipynb",
        origin=Origin("canvas", "12", file="doejane_12_300_mnist.ipynb", late=False),
    )  # fmt: skip
    assert {one.origin for one in find([moodle], "mnist.ipynb", layout="plain")} == {None}


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        (
            "blackboard",
            "layout of submissions must be one of gradescope, moodle, canvas, nbgrader, plain (got 'blackboard')",
        ),
        (
            "moodle",
            "is not a Moodle bulk download: no name in it is like Full Name_12345_assignsubmission_file_… (1 files)",
        ),
        ("gradescope", "submission_metadata.yml is missing: an export of Gradescope must have it"),
    ],
)
def test_a_layout_that_is_not_there_is_a_usage_error(tmp_path: Path, layout: str, message: str) -> None:
    folder = write_folder(tmp_path / "class", {"ada.ipynb": NOTEBOOK})
    with pytest.raises(ConfigError) as caught:
        find([folder], "mnist.ipynb", layout=layout)
    assert message in str(caught.value)


@pytest.mark.parametrize("metadata", ["[1, 2]", "a: [", "x: y", "\x00", "[" * 50_000, "&a [*a]"])
def test_metadata_of_gradescope_that_is_broken_is_a_usage_error(tmp_path: Path, metadata: str) -> None:
    folder = write_folder(tmp_path / "class", {"submission_metadata.yml": metadata, "submission_1/m.ipynb": NOTEBOOK})
    assert len(find([folder], "mnist.ipynb")) == 1
    with pytest.raises(ConfigError, match=r"submission_metadata\.yml (cannot be read|must say)"):
        find([folder], "mnist.ipynb", layout="gradescope")


def test_metadata_of_gradescope_that_is_a_link_is_a_usage_error(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "class", {"submission_1/m.ipynb": NOTEBOOK})
    (folder / "submission_metadata.yml").symlink_to("/etc/passwd")
    with pytest.raises(ConfigError, match=r"cannot be read \('submission_metadata\.yml' is a symbolic link"):
        find([folder], "mnist.ipynb", layout="gradescope")


def test_a_name_as_macos_writes_it_into_a_zip_file_is_kept(tmp_path: Path) -> None:
    name = "Zoe\u0301_7_assignsubmission_file_/mnist.ipynb"
    length = len(name.encode())
    content = bytearray(write_zip(tmp_path / "class.zip", {"x" * length: NOTEBOOK}).read_bytes())
    for start in (content.find(b"x" * length), content.rfind(b"x" * length)):
        content[start : start + length] = name.encode()  # without the flag that says it is UTF-8
    (tmp_path / "class.zip").write_bytes(content)

    (found,) = find([tmp_path / "class.zip"], "mnist.ipynb", tmp_path / "out")
    assert (found.student, found.origin and found.origin.file) == ("Zo\xe9", "Zoe\u0301_7_assignsubmission_file_")


def test_metadata_of_gradescope_is_only_text(tmp_path: Path) -> None:
    laughs = "".join(f"b{n}: &b{n} {{x: [{', '.join([f'*b{n - 1}'] * 9) if n else '1'}]}}\n" for n in range(30))
    tagged = "submission_1:\n  :submitters:\n  - :name: !!python/object/apply:os.system ['touch x']\n    :sid: 0012\n"
    folder = write_folder(
        tmp_path / "class", {"submission_metadata.yml": laughs + tagged, "submission_1/m.ipynb": NOTEBOOK}
    )

    one = next(one for one in find([folder], "mnist.ipynb") if one.path)
    assert (one.student, one.origin and one.origin.identifier) == ("0012", "0012")


HOSTILE = "Eve_7_assignsubmission_file_"


@pytest.mark.parametrize(
    "name", [f"../../{HOSTILE}/mnist.ipynb", f"/{HOSTILE}/../mnist.ipynb", f"C:\\{HOSTILE}\\mnist.ipynb"]
)
def test_an_entry_that_leads_out_is_written_below_the_reports(tmp_path: Path, name: str) -> None:
    path = write_zip(tmp_path / "class.zip", {name: NOTEBOOK})
    found = find([path], "mnist.ipynb", tmp_path / "out")

    written = [file for file in tmp_path.rglob("*") if file.is_file() and file != path]
    assert written == [found[0].path] and written[0].is_relative_to(tmp_path / "out" / ".handed-in")


def test_a_link_in_a_class_is_never_followed(tmp_path: Path) -> None:
    link = zipfile.ZipInfo(f"{HOSTILE}/mnist.ipynb")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    folder = tmp_path / "class" / HOSTILE
    folder.mkdir(parents=True)
    (folder / "mnist.ipynb").symlink_to("/etc/passwd")

    for path in (tmp_path / "class.zip", tmp_path / "class"):
        (found,) = find([path], "mnist.ipynb", tmp_path / "out")
        assert (found.path, found.problem) == (None, "'mnist.ipynb' is a symbolic link, and links are not followed")


def test_a_bomb_costs_its_own_student_alone_and_little_memory(tmp_path: Path) -> None:
    files = {f"{HOSTILE}/mnist.ipynb": " " * (100 * 1024**2), "Bo_8_assignsubmission_file_/mnist.ipynb": NOTEBOOK}
    path = write_zip(tmp_path / "class.zip", files)
    content = bytearray(path.read_bytes())
    del files
    tracemalloc.start()
    try:
        _, eve = find([path], "mnist.ipynb", tmp_path / "out")
        assert tracemalloc.get_traced_memory()[1] < 10 * 1024**2
    finally:
        tracemalloc.stop()
    assert eve.problem == f"'{HOSTILE}/mnist.ipynb' must be at most 50 MB without its outputs (got more)"

    size = struct.pack("<L", 100 * 1024**2)
    for start in (content.find(size), content.rfind(size)):
        content[start : start + 4] = struct.pack("<L", 100)
    path.write_bytes(content)
    bo, eve = find([path], "mnist.ipynb", tmp_path / "out")
    assert (bo.problem, eve.path) == ("", None) and "cannot be read" in eve.problem


def test_entries_of_one_name_are_two_notebooks(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        for content in (NOTEBOOK, "{}"):
            archive.writestr(f"{HOSTILE}/mnist.ipynb", content)
    (found,) = find([tmp_path / "class.zip"], "mnist.ipynb", tmp_path / "out")
    assert found.problem.startswith("there are 2 notebooks, and it is not clear which one counts")


def test_tens_of_thousands_of_entries_cost_their_own_student_alone(tmp_path: Path) -> None:
    files = {f"{HOSTILE}/{n}": "" for n in range(20_000)} | {"Bo_8_assignsubmission_file_/mnist.ipynb": NOTEBOOK}
    bo, eve = find([write_zip(tmp_path / "class.zip", files)], "mnist.ipynb", tmp_path / "out")

    assert (bo.problem, eve.problem) == ("", "there are more than 10,000 files in the submission")


def test_a_folder_of_reports_that_cannot_be_written_is_no_fault_of_the_zip_file(tmp_path: Path) -> None:
    zipped = write_zip(tmp_path / "class.zip", classes.moodle())
    (taken := tmp_path / "out").touch()

    with pytest.raises(NotADirectoryError, match=r"out/\.handed-in"):
        find([zipped], "mnist.ipynb", taken)


def test_what_is_copied_out_of_a_zip_file_is_bounded_in_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("autograder.intake.downloads"), "MAX_IN_ALL", 10 * len(NOTEBOOK))
    path = write_zip(tmp_path / "class.zip", classes.moodle())
    with pytest.raises(ConfigError, match=r"class\.zip' must have at most [0-9,]+ bytes in all \(got more\)"):
        find([path], "mnist.ipynb", tmp_path / "out")


def test_a_directory_of_any_size_is_not_read(tmp_path: Path) -> None:
    name = "x" * 60_000
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
        for n in range(150):
            archive.writestr(f"{name}{n}_{n}_assignsubmission_file_/mnist.ipynb", "")
    with pytest.raises(ConfigError, match=r"class\.zip' must have a list of files of at most 8 MB"):
        find([tmp_path / "class.zip"], "mnist.ipynb", tmp_path / "out", layout="moodle")
