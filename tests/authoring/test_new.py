"""The first files of an assignment build, and have a question of each kind; `tests/cli` validates them."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from autograder.assignment import Assignment
from autograder.authoring import build, imported, new


@pytest.mark.parametrize("keras", [False, True])
@pytest.mark.parametrize("name", ["week 3", 'a "lab" \\ é', "---"])
def test_a_new_assignment_builds_without_a_note(tmp_path: Path, name: str, keras: bool) -> None:
    notes: list[str] = []
    imported.write(new.files(name, keras=keras), tmp_path)
    build.write(build.build(tmp_path, notes.append))
    assignment = Assignment.load(tmp_path)
    assert (assignment.title, notes) == (name, [])
    assert [question.written for question in assignment.questions] == [False, True]
    assert assignment.uses_keras() == keras
    assert assignment.load_profile().name == ("quick" if keras else "full")


def test_what_could_not_be_written_whole_leaves_no_folder(tmp_path: Path) -> None:
    files = {PurePosixPath("course.toml"): b"", PurePosixPath("a/b"): b"", PurePosixPath("course.toml/c"): b""}
    with pytest.raises(FileExistsError):
        imported.write(files, tmp_path / "lab")

    assert [*tmp_path.iterdir()] == []
