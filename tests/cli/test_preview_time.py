"""How long a preview is expected to take: by the trainings in the notebook's code, then by earlier previews."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.cli import preview_time

MLP = "epochs = 4\nmlp.fit(x, y, epochs=epochs)"
CNN = "%matplotlib inline\nhistory = cnn.fit(x, y, batch_size=128, epochs=10)"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOGRADER_CACHE", str(tmp_path / "cache"))


def lines(path: Path, *cells: str, quick: bool = False, caps: str = "") -> list[str]:
    return list(preview_time.expected(cells, path, quick=quick, caps=caps))


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        (MLP, [4]),
        (CNN, [10]),
        ("import keras\nmodel.fit(x, y)", [1]),
        ("from sklearn.linear_model import LinearRegression\nLinearRegression().fit(x, y)", []),
        ("model.fit(x, y, epochs=how_many())", [1]),
        ("model.fit(x, y, epochs=10**9)\nmodel.fit(x, y, epochs=-3)", [1, 1]),
        ("model.fit(x, y, epochs='4')\nmodel.fit(x, y, epochs=True)", [1, 1]),
        ("fit(x)\nmodel.fit", []),
        ("model.fit(", []),
        ("(" * 5000, []),
    ],
)
def test_epochs_are_read_from_the_code(cell: str, found: list[int]) -> None:
    assert preview_time.epochs([cell]) == found


def test_a_first_preview_counts_the_trainings_and_names_the_quick_look(tmp_path: Path) -> None:
    said = " ".join(lines(tmp_path / "lab.ipynb", MLP, CNN))

    assert "calls fit 2 times, for 14 epochs in all. On 60,000 images allow 1 to 19 min" in said
    assert said.endswith("autograder preview --quick")


def test_a_notebook_without_trainings_needs_no_quick_look(tmp_path: Path) -> None:
    assert lines(tmp_path / "lab.ipynb", "x = 3") == [
        "Your notebook trains no network: it takes as long as its own cells do."
    ]


def test_a_quick_look_says_at_what_training_is_capped(tmp_path: Path) -> None:
    said = lines(tmp_path / "lab.ipynb", MLP, quick=True, caps="1 epoch, 600 training images")

    assert said[0].startswith("A quick look: each training is capped at 1 epoch, 600 training images. ")
    assert said[1:] == ["It takes about a minute."]


def test_a_notebook_that_was_previewed_before_takes_as_long_as_then(tmp_path: Path) -> None:
    path = tmp_path / "lab.ipynb"
    for seconds in (60.0, 125.0, 20.0):
        preview_time.remember(path, seconds, quick=False)

    assert "took 20 s, the longest 2 min 5 s." in lines(path, MLP)[0]
    assert "calls fit" in lines(tmp_path / "other.ipynb", MLP)[0]
    assert lines(path, MLP, quick=True, caps="1 epoch")[1:] == ["It takes about a minute."]


@pytest.mark.parametrize("content", ["", "soon", "nan nan", "3 5", "-1 -1", "inf 1"])
def test_a_damaged_memory_is_no_memory(tmp_path: Path, content: str) -> None:
    path = tmp_path / "lab.ipynb"
    preview_time.remember(path, 5, quick=False)
    (remembered,) = (tmp_path / "cache" / "previews").iterdir()
    remembered.write_text(content)

    assert "calls fit" in lines(path, MLP)[0]


def test_a_cache_that_cannot_be_written_to_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "cache").touch()

    preview_time.remember(tmp_path / "lab.ipynb", 5, quick=False)

    assert "calls fit" in lines(tmp_path / "lab.ipynb", MLP)[0]
