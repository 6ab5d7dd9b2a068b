"""A CSV file as a dataset: what its columns become, and what is said of one that breaks a rule."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from autograder.datasets.arrays import load
from autograder.datasets.find import resolve
from autograder.errors import DataError


def arrays(tmp_path: Path, text: str) -> dict[str, np.ndarray]:
    """The arrays as the processes of a grading get them."""
    path = tmp_path / "houses.csv"
    path.write_text(text, encoding="utf-8")
    return load(resolve("houses", file=path).path)


def test_the_last_column_is_the_label_and_rows_say_what_they_are_for(tmp_path: Path) -> None:
    found = arrays(tmp_path, "\ufeffrooms,split,age,price\n3,train,10.5,200.5\n4,test,2,300\n\n5,train,1,400\n")

    assert {name: array.tolist() for name, array in found.items()} == {
        "x_train": [[3, 10.5], [5, 1]],
        "y_train": [200.5, 400],
        "x_test": [[4, 2]],
        "y_test": [300],
    }


@pytest.mark.parametrize(
    ("labels", "classes"), [(["b", "a", "c", "a"], [1, 0, 2, 0]), (["7", "5", "6", "5"], [7, 5, 6, 5])]
)
def test_whole_numbers_and_texts_are_classes(tmp_path: Path, labels: list[str], classes: list[int]) -> None:
    rows = [f"{place};{place / 2};{label}" for place, label in enumerate(labels)]

    found = arrays(tmp_path, "one;two;kind\n" + "\n".join(rows))

    assert (found["y"].tolist(), found["y"].dtype.kind) == (classes, "i")
    assert (len(found["x_train"]), len(found["x_test"])) == (3, 1)


def test_a_single_column_may_hold_texts(tmp_path: Path) -> None:
    found = arrays(tmp_path, 'review,split,good\n"fine, thanks",train,1\n"no\nway",test,0\n')

    assert (found["x_train"].tolist(), found["x_test"].tolist()) == (["fine, thanks"], ["no\nway"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must have a row with the columns' names and at least two with a sample"),
        ("a,b\n3,4\n", "must have a row with the columns' names and at least two with a sample"),
        ("1,2\n3,4\n5,6\n", "its first row must name the columns"),
        ("1.5,2,carp\n3,4,pike\n5,6,carp\n", "its first row must name the columns"),
        ("a,a\n3,4\n5,6\n", "its first row must name the columns, each with a name of its own"),
        ("a\n3\n4\n", r"must have a column for the samples and a last one for the labels \(got \['a'\]\)"),
        ("a,b\n3,4\n5\n", r"line 3 must have 2 columns, as the first one \(got 1\)"),
        ("a,b\n3,4\n,5\n", r"line 3 must have a value in each column \(got none for 'a'\)"),
        ("a,town,b\n3,Oslo,4\n5,Rome,6\n", r"column 'town' must hold finite numbers \(got 'Oslo'\)"),
        ("a,c,b\n3,nan,4\n5,1,6\n", r"column 'c' must hold finite numbers \(got 'nan'\)"),
        ("a,b\n3,4\n5,many\n", r"column 'b' must hold numbers or texts, not both \(got 'many'\)"),
        ("a,split,b\n3,train,4\n5,valid,4\n", "column 'split' must hold 'train' or 'test'"),
        ('a,b\n"3,4\n', "must be a CSV file"),
    ],
)
def test_what_breaks_a_rule_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=rf"dataset 'houses' of course.toml: .*houses.csv: .*{message}"):
        arrays(tmp_path, text)


def test_other_encodings_are_errors(tmp_path: Path) -> None:
    path = tmp_path / "houses.csv"
    path.write_bytes("Straße,b\n1,2\n".encode("latin-1"))
    with pytest.raises(DataError, match="a CSV file must be in UTF-8"):
        resolve("houses", path)
