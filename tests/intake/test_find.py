"""Which submissions are found in what was given: who, which notebook, and why there is none."""

from __future__ import annotations

import os
import subprocess
import unicodedata
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import classes
import pytest
from classes import NOTEBOOK, write_folder, write_zip

from autograder.errors import ConfigError
from autograder.intake import Submission, find, notebook, passed_over, summary

Tree = Callable[..., Path]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Make files by their paths below a folder (a path that ends in / is a folder), and give that."""

    def make(*names: str, root: str = "class") -> Path:
        folder = tmp_path / root
        folder.mkdir(exist_ok=True)
        for name in names:
            path = folder / name
            (path if name.endswith("/") else path.parent).mkdir(parents=True, exist_ok=True)
            if not name.endswith("/"):
                path.write_text("{}")
        return folder

    return make


def found(*given: Path) -> list[tuple[str, str, str]]:
    """(student, name, problem) of what is found."""
    submissions = find(list(given), "mnist.ipynb")
    assert all((submission.path is None) == bool(submission.problem) for submission in submissions)
    return [(submission.student, submission.name, submission.problem) for submission in submissions]


def test_each_notebook_and_each_subfolder_of_a_folder_is_a_submission(tree: Tree) -> None:
    folder = tree("bo.ipynb", "ada/mnist.ipynb", "cy/deep/er/work.ipynb", "notes.txt", "dora/report.pdf", "eve/")
    assert find([folder], "mnist.ipynb") == [
        Submission("ada", "ada/mnist.ipynb", folder / "ada/mnist.ipynb"),
        Submission("bo", "bo.ipynb", folder / "bo.ipynb"),
        Submission("cy", "cy/deep/er/work.ipynb", folder / "cy/deep/er/work.ipynb"),
        Submission("dora", "dora", None, "there is no notebook (*.ipynb) in the folder, only report.pdf"),
        Submission("eve", "eve", None, "the folder is empty or cannot be read"),
    ]


def test_of_several_notebooks_the_one_with_the_assignments_name_counts(tree: Tree) -> None:
    assert found(tree("ada/mnist.ipynb", "ada/draft.ipynb", "ada/old/b.ipynb")) == [("ada", "ada/mnist.ipynb", "")]


@pytest.mark.parametrize(
    ("original", "copy"),
    [
        ("mnist.ipynb", "mnist (1).ipynb"),
        ("mnist.ipynb", "mnist(2).ipynb"),
        ("work.ipynb", "work-Copy1.ipynb"),
        ("work.ipynb", "work - Copy.ipynb"),
        ("work.ipynb", "work copy 2.ipynb"),
        ("mnist.ipynb", "mnist (1).ipynb.txt"),
        ("mnist.zip", "mnist (1).zip"),
    ],
)
def test_of_copies_the_newest_counts_and_both_are_named(tree: Tree, original: str, copy: str) -> None:
    folder = tree(f"ada/{original}", f"ada/{copy}")
    for newer, older in ((original, copy), (copy, original)):
        os.utime(folder / "ada" / older, (1_000, 1_000))
        os.utime(folder / "ada" / newer, (2_000, 2_000))
        (one,) = find([folder], "mnist.ipynb")
        assert (one.name, one.notes) == (
            f"ada/{newer}",
            (f"of several copies the newest counts: {newer}, and not {older}",),
        )


def test_what_is_not_graded_of_a_students_files_is_named(tree: Tree) -> None:
    (one,) = find([tree("ada/mnist.ipynb", "ada/draft.ipynb", "ada/helper.py", "ada/data/x.csv")], "mnist.ipynb")
    assert one.notes == (
        "mnist.ipynb counts, because it has the name of the assignment, and not draft.ipynb",
        "only the notebook is graded, not these 2 files: data/x.csv, helper.py",
    )


@pytest.mark.parametrize("name", ["ada.ipynb.json", "ada.ipynb.txt", "ada.IPYNB.TXT"])
def test_a_notebook_that_a_browser_saved_under_another_suffix_is_read_with_a_note(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(NOTEBOOK)
    (one,) = find([tmp_path], "mnist.ipynb")

    assert one.student == "ada" and one.path is not None
    assert notebook.read(one.path)[1] == (f"'{name}' was read as a notebook; its name should end in .ipynb",)


def test_files_that_are_nobodys_are_named(tree: Tree) -> None:
    folder = tree("ada.ipynb", "notes.txt", "bo/mnist.ipynb", "bo/x.txt", "solution.py", ".hidden", "grades/x.txt")
    named = passed_over([folder, folder / "ada.ipynb"], folder / "grades")
    from_moodle = passed_over([write_folder(folder.parent / "m", {**classes.moodle(), "index.html": ""})])

    assert (named, from_moodle) == (["notes.txt", "solution.py"], ["index.html"])
    assert passed_over([write_zip(folder.parent / "c.zip", {**classes.gradescope(), "readme.md": ""})]) == ["readme.md"]


PLAIN_CLASSES: list[tuple[dict[str, str], list[tuple[str, str]]]] = [
    ({"ada.ipynb": "", "bo.ipynb": ""}, [("ada", "ada.ipynb"), ("bo", "bo.ipynb")]),
    ({"class/ada/mnist.ipynb": "", "class/bo/x.ipynb": ""}, [("ada", "ada/mnist.ipynb"), ("bo", "bo/x.ipynb")]),
    ({"ada.zip": "", "bo.zip": "", "notes.txt": ""}, [("ada", "ada.zip"), ("bo", "bo.zip")]),
    (
        {"ada/mnist.ipynb": "", "bo/w.zip": "", "cy/a.txt": ""},
        [("ada", "ada/mnist.ipynb"), ("bo", "bo/w.zip"), ("cy", "cy")],
    ),
]


@pytest.mark.parametrize(("files", "expected"), PLAIN_CLASSES)
@pytest.mark.parametrize("in_folder", [False, True])
def test_a_class_in_a_plain_zip_file_is_a_class(
    tmp_path: Path, files: dict[str, str], expected: list[tuple[str, str]], in_folder: bool
) -> None:
    (tmp_path / "given").mkdir()
    path = write_zip(tmp_path / "given" / "class.zip", files)
    submissions = find([path.parent if in_folder else path], "mnist.ipynb", tmp_path / "out")

    assert [(one.student, one.name) for one in submissions] == expected
    assert summary(submissions) == f"Files and folders, {len(expected)} students"


@pytest.mark.parametrize(
    "files",
    [
        {"mnist.ipynb": "", "draft.ipynb": ""},
        {"lab/mnist.ipynb": "", "lab/data/x.csv": ""},
        {"src/mnist.ipynb": "", "data/x.csv": ""},
        {"work.ipynb": "", "old/work.ipynb": ""},
        {"ada.ipynb": "", "helper.py": "", "data/x.csv": ""},
        {"mnist.ipynb": "", "mnist (1).ipynb": ""},
        {"work.ipynb": "", "work (1).ipynb": ""},
    ],
)
def test_a_students_zip_file_is_one_submission(tmp_path: Path, files: dict[str, str]) -> None:
    (one,) = find([write_zip(tmp_path / "ada.zip", files)], "mnist.ipynb", tmp_path / "out")
    assert (one.student, one.name, one.origin) == ("ada", "ada.zip", None)


def test_of_several_zip_files_each_is_a_students(tmp_path: Path) -> None:
    paths = [write_zip(tmp_path / f"{name}.zip", {"a.ipynb": "", "b.ipynb": ""}) for name in ("ada", "bo")]
    assert [one.student for one in find(paths, "mnist.ipynb", tmp_path / "out")] == ["ada", "bo"]


STORED, TYPED = unicodedata.normalize("NFD", "été"), unicodedata.normalize("NFC", "été")


@pytest.mark.parametrize(("stored", "typed"), [(STORED, TYPED), (TYPED, STORED)])
def test_the_assignments_name_is_known_in_each_form_of_its_accents(
    tree: Tree, tmp_path: Path, stored: str, typed: str
) -> None:
    folder = tree(f"ada/{stored}.ipynb", "ada/draft.ipynb", f"bo/{stored}.ipynb")
    students_zip = write_zip(tmp_path / "cy.zip", {f"{stored}.ipynb": "", "draft.ipynb": ""})

    assert [one.problem for one in find([folder], f"{typed}.ipynb")] == ["", ""]
    assert [one.student for one in find([folder / "ada" / f"{stored}.ipynb"], f"{typed}.ipynb")] == ["ada"]
    assert [one.student for one in find([students_zip], f"{typed}.ipynb", tmp_path / "out")] == ["cy"]


def test_copies_are_known_in_each_form_of_their_accents(tree: Tree) -> None:
    (one,) = find([tree(f"ada/{STORED}.ipynb", f"ada/{TYPED} (1).ipynb")], "mnist.ipynb")
    assert (one.problem, len(one.notes)) == ("", 1)


@pytest.mark.parametrize("names", [("a.ipynb", "b.ipynb"), ("x/mnist.ipynb", "y/mnist.ipynb")])
def test_with_several_and_no_telling_the_submission_says_so(tree: Tree, names: tuple[str, str]) -> None:
    problem = f"there are 2 notebooks, and it is not clear which one counts: {', '.join(names)}"
    assert found(tree(*(f"ada/{name}" for name in names))) == [("ada", "ada", problem)]


def test_hidden_entries_checkpoints_and_what_macos_adds_are_passed_over(tree: Tree) -> None:
    hidden = (
        ".hidden.ipynb",
        "._bo.ipynb",
        ".ipynb_checkpoints/bo-checkpoint.ipynb",
        "__MACOSX/x.ipynb",
        "__pycache__/x",
    )
    inner = ("ada/mnist.ipynb", "ada/.ipynb_checkpoints/mnist-checkpoint.ipynb", "ada/__MACOSX/mnist.ipynb")
    folder = tree(*hidden, *inner, "__eve__.ipynb")
    assert found(folder) == [("__eve__", "__eve__.ipynb", ""), ("ada", "ada/mnist.ipynb", "")]


def test_a_file_that_is_named_is_a_submission_of_the_student_it_is_named_after(tree: Tree) -> None:
    folder = tree("ada.ipynb", "bo/mnist.ipynb", "CY.IPYNB")
    given = [folder / "bo/mnist.ipynb", folder / "CY.IPYNB", folder / "ada.ipynb"]
    assert found(*given) == [("CY", "CY.IPYNB", ""), ("ada", "ada.ipynb", ""), ("bo", "bo/mnist.ipynb", "")]


def test_a_notebook_with_the_assignments_name_is_its_folders_also_in_a_folder(tree: Tree) -> None:
    assert found(tree("mnist.ipynb", root="ada")) == [("ada", "ada/mnist.ipynb", "")]


def test_students_with_the_same_file_name_are_told_apart_by_folder(tree: Tree) -> None:
    folder = tree("one/ada/hw.ipynb", "two/ada/hw.ipynb", "two/bo/hw.ipynb", "cy.ipynb")
    given = [folder / name for name in ("one/ada/hw.ipynb", "two/ada/hw.ipynb", "two/bo/hw.ipynb", "cy.ipynb")]
    assert found(*given) == [
        ("bo", "bo/hw.ipynb", ""),
        ("cy", "cy.ipynb", ""),
        ("ada", "one/ada/hw.ipynb", ""),
        ("ada", "two/ada/hw.ipynb", ""),
    ]


def test_the_same_name_in_two_folders_keeps_its_student(tree: Tree) -> None:
    folders = [tree("ada.ipynb", "bo/", root=root) for root in ("monday", "friday")]
    assert found(*folders) == [
        ("ada", "friday/ada.ipynb", ""),
        ("bo", "friday/bo", "the folder is empty or cannot be read"),
        ("ada", "monday/ada.ipynb", ""),
        ("bo", "monday/bo", "the folder is empty or cannot be read"),
    ]


def test_what_is_given_twice_is_one_submission(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tree("ada/mnist.ipynb", "bo.ipynb")
    monkeypatch.chdir(folder)
    assert found(folder / "ada/mnist.ipynb", folder, Path(), Path("bo.ipynb"), Path("../class/bo.ipynb")) == [
        ("ada", "ada/mnist.ipynb", ""), ("bo", "bo.ipynb", "")
    ]  # fmt: skip


def test_the_order_of_what_is_given_changes_nothing(tree: Tree) -> None:
    folder = tree("one/ada/hw.ipynb", "two/ada/hw.ipynb", "two/x.txt", "a\nb.ipynb", "a\rb.ipynb")
    given = [folder / "one", folder / "two/ada/hw.ipynb", folder / "two/x.txt", folder / "a\nb.ipynb", folder]
    assert find(given, "mnist.ipynb") == find(given[::-1], "mnist.ipynb")


def test_a_named_file_of_another_type_has_a_row_that_says_so(tree: Tree) -> None:
    folder = tree("ada.py", "mnist")
    assert found(folder / "ada.py", folder / "mnist") == [
        ("ada", "ada.py", "'ada.py' is not a notebook: its name must end in .ipynb or .zip"),
        ("mnist", "mnist", "'mnist' is not a notebook: its name must end in .ipynb or .zip"),
    ]


def test_a_zip_file_counts_where_there_is_no_notebook(tree: Tree) -> None:
    folder = tree("ada.zip", "bo/mnist_2026.zip", "cy/mnist.ipynb", "cy/mnist.zip", "dora/a.zip", "dora/b.zip")
    (folder / "eve.zip").symlink_to(folder / "ada.zip")
    assert find([folder], "mnist.ipynb") == [
        Submission("ada", "ada.zip", folder / "ada.zip"),
        Submission("bo", "bo/mnist_2026.zip", folder / "bo/mnist_2026.zip"),
        Submission(
            "cy", "cy/mnist.ipynb", folder / "cy/mnist.ipynb", notes=("only the notebook is graded, not mnist.zip",)
        ),
        Submission("dora", "dora", None, "there are 2 zip files, and it is not clear which one counts: a.zip, b.zip"),
        Submission("eve.zip", "eve.zip", None, "'eve.zip' is a symbolic link, and links are not followed"),
    ]


def test_folders_as_deep_as_paths_can_be_are_searched(tree: Tree) -> None:
    folder = tree()
    for deep in range(1_500):
        (folder / ("ada/" + "d/" * deep)).mkdir()
    (folder / ("ada/" + "d/" * deep) / "x.ipynb").touch()
    try:
        assert [student for student, _, problem in found(folder) if not problem] == ["ada"]
    finally:
        subprocess.run(["rm", "-rf", str(folder)], check=True)  # pytest would fail on it


def test_a_link_that_is_found_is_never_followed(tree: Tree, tmp_path: Path) -> None:
    folder = tree("ada/mnist.ipynb", "bo/", "cy/mnist.ipynb")
    (tmp_path / "secret.ipynb").write_text("{}")
    (folder / "bo" / "mnist.ipynb").symlink_to(folder / "ada" / "mnist.ipynb")
    (folder / "cy" / "other.ipynb").symlink_to(tmp_path / "secret.ipynb")
    (folder / "dora.ipynb").symlink_to(tmp_path / "secret.ipynb")
    (folder / "eve").symlink_to(folder / "ada")
    (folder / "fay.ipynb").symlink_to("fay.ipynb")
    (folder / "gus").mkdir()
    (folder / "gus" / "up").symlink_to("..")
    problem = "'{}' is a symbolic link, and links are not followed".format
    assert found(folder) == [
        ("ada", "ada/mnist.ipynb", ""),
        ("bo", "bo", problem("mnist.ipynb")),
        ("cy", "cy/mnist.ipynb", ""),
        ("dora", "dora.ipynb", problem("dora.ipynb")),
        ("eve", "eve", problem("eve")),
        ("fay", "fay.ipynb", problem("fay.ipynb")),
        ("gus", "gus", "there is no notebook (*.ipynb) in the folder, only up"),
    ]


def test_a_link_that_is_named_is_followed(tree: Tree, tmp_path: Path) -> None:
    folder = tree("ada/mnist.ipynb")
    (tmp_path / "bo.ipynb").symlink_to(folder / "ada" / "mnist.ipynb")
    (tmp_path / "all").symlink_to(folder)
    assert found(tmp_path / "bo.ipynb", tmp_path / "all") == [("ada", "ada/mnist.ipynb", ""), ("bo", "bo.ipynb", "")]
    assert find([tmp_path / "bo.ipynb"], "mnist.ipynb")[0].path == folder / "ada" / "mnist.ipynb"


def test_folders_and_pipes_named_like_notebooks_have_a_row(tree: Tree) -> None:
    folder = tree("ada.ipynb/", "bo/x.ipynb/")
    os.mkfifo(folder / "cy.ipynb")
    assert found(folder) == [
        ("ada.ipynb", "ada.ipynb", "the folder is empty or cannot be read"),
        ("bo", "bo", "the folder is empty or cannot be read"),
        ("cy", "cy.ipynb", ""),
    ]


def test_a_folder_of_too_many_files_is_not_searched_on(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("autograder.intake.find"), "MAX_ENTRIES", 3)
    folder = tree("ada/1", "ada/2", "ada/3", "ada/mnist.ipynb", "bo/1", "bo/2", "bo/mnist.ipynb")
    assert found(folder) == [("ada", "ada", "there are more than 3 files in the folder"), ("bo", "bo/mnist.ipynb", "")]


@pytest.mark.parametrize(
    ("name", "student"),
    [
        ("Zoé O'Hara d_'Été (2)", "Zoé O'Hara d_'Été (2)"),
        ("Zoe\u0301", "Zoé"),
        ("عمر שלום 李明 👩‍🎓", "عمر שלום 李明 👩‍🎓"),
        ("two\nlines\tand\x1bmore", "two\ufffdlines\ufffdand\ufffdmore"),
        ("gnp\u202egnp", "gnp\ufffdgnp"),
        ("=1+1", "=1+1"),
        ("-rf", "-rf"),
        (os.fsdecode(b"caf\xe9"), "caf\ufffd"),
    ],
)
def test_weird_names_can_be_shown_and_the_file_is_still_found(tree: Tree, name: str, student: str) -> None:
    folder = tree(f"{name}.ipynb", f"{name}/mnist.ipynb")
    inner, flat = sorted(find([folder], "mnist.ipynb"), key=lambda one: len(str(one.path)), reverse=True)
    assert (flat.student, flat.path) == (student, folder / f"{name}.ipynb")
    assert (inner.student, inner.path) == (student, folder / name / "mnist.ipynb")
    (flat.name + inner.name).encode()
    assert flat.name.isprintable() or "👩" in name


def test_names_that_look_the_same_when_shown_are_numbered(tree: Tree) -> None:
    folder = tree("a\nb.ipynb", "a\rb.ipynb", "a\tb.ipynb")
    assert [name for _, name, _ in found(folder)] == ["a\ufffdb.ipynb", "a\ufffdb.ipynb (2)", "a\ufffdb.ipynb (3)"]


def test_no_name_is_the_number_that_another_was_given(tree: Tree) -> None:
    folder = tree("a\nb/", "a\rb/", "a\ufffdb (2)/")
    assert [name for _, name, _ in found(folder)] == ["a\ufffdb", "a\ufffdb (2)", "a\ufffdb (2) (2)"]


def test_a_path_that_does_not_exist_is_a_usage_error(tree: Tree) -> None:
    with pytest.raises(ConfigError, match=r"submission '.*/class/nobody\.ipynb' does not exist"):
        find([tree("ada.ipynb") / "nobody.ipynb"], "mnist.ipynb")


def test_nothing_to_grade_is_a_usage_error(tree: Tree) -> None:
    with pytest.raises(ConfigError, match=r"there is no notebook \(\*\.ipynb\) in .*/class"):
        find([tree("notes.txt", ".git/x.ipynb")], "mnist.ipynb")


def test_the_reports_of_an_earlier_run_are_no_submissions(tree: Tree) -> None:
    folder = tree("ada.ipynb", "grades/ada/executed.ipynb", "grades/ben/executed.ipynb")
    (link := folder.parent / "link").symlink_to(folder)

    for given, out in ((folder, folder / "grades"), (folder, link / "grades"), (link, folder / "grades")):
        assert [one.name for one in find([given], "mnist.ipynb", out)] == ["ada.ipynb"]


def test_reports_do_not_go_where_submissions_are(tree: Tree) -> None:
    folder = tree("ada.ipynb")
    (link := folder.parent / "link").symlink_to(folder)

    for given, out in ((folder, folder / ".." / "class"), (folder, link), (link, folder), (folder / "ada.ipynb", link)):
        with pytest.raises(ConfigError, match=rf"reports must go to a folder of their own \(.* '{folder}'\)"):
            find([given], "mnist.ipynb", out)
