"""``reference`` of an assignment with one dataset, several or none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras_data
import numpy as np
import pytest

from autograder.checks.references import References
from autograder.errors import ConfigError, DataError

pytestmark = pytest.mark.keras


def data(folder: Path, name: str, **changes: Any) -> Path:
    """Forty samples of three numbers; the class is the place of the largest one."""
    x = np.random.default_rng(0).random((40, 3))
    given = {"x_train": x, "y_train": x.argmax(axis=1), "x_test": x, "y_test": x.argmax(axis=1)}
    np.savez(folder / f"{name}.npz", **(given | changes))
    return folder / f"{name}.npz"


@pytest.fixture(scope="module")
def largest() -> Any:
    """A network that says which number is the largest."""
    import keras

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3, "softmax")])
    model.set_weights([np.eye(3) * 5, np.zeros(3)])
    return model


def test_with_one_dataset_it_is_that_one_by_name_or_not(tmp_path: Path, largest: Any) -> None:
    reference = References({"a": data(tmp_path, "a")}, {"a": {"net": 0.9}})

    reference.accuracy(largest, "net")
    reference["a"].accuracy(largest, "net")

    assert (list(reference), reference.accuracies, reference.x_test.shape) == (["a"], {"net": 1.0}, (40, 3))


def test_with_several_a_test_case_says_which(tmp_path: Path, largest: Any) -> None:
    turned = data(tmp_path, "b", y_test=np.zeros(40, int))
    reference = References({"a": data(tmp_path, "a"), "b": turned}, {"a": {"net": 0.9}, "b": {"low": 0.1, "high": 0.9}})

    reference["a"].accuracy(largest, "net")
    reference["b"].accuracy(largest, "low")
    with pytest.raises(AssertionError, match=r"`high`: expected a test accuracy of at least 0\.900"):
        reference["b"].accuracy(largest, "high")
    with pytest.raises(ConfigError, match="threshold 'net' is of a different dataset"):
        reference["b"].accuracy(largest, "net")
    with pytest.raises(RuntimeError, match=r"several datasets: write reference\[DATASET\].accuracy, with one of a, b"):
        reference.accuracy(largest, "net")
    with pytest.raises(KeyError, match=r"course.toml must name a dataset 'c' \(it names: a, b\)"):
        reference["c"]
    assert reference.accuracies.keys() == reference.confusions.keys() == {"a.net", "b.low", "b.high", "b.net"}


def test_without_any_the_course_is_to_name_one() -> None:
    with pytest.raises(RuntimeError, match=r"this assignment names no dataset in its course\.toml"):
        _ = References({}, {}).x_test


def test_samples_that_are_no_numbers_are_prepared_by_the_test_case(tmp_path: Path, largest: Any) -> None:
    texts = np.array(["first", "second", "third"])
    classes = np.arange(40) % 3
    path = data(tmp_path, "texts", x_train=texts[classes], x_test=texts[classes], y_train=classes, y_test=classes)
    reference = References({"texts": path}, {"texts": {"net": 0.9}})

    prepared = (reference.x_test[:, None] == texts).astype(int)
    reference.accuracy(largest, "net", inputs=prepared)
    reference.predictions(largest, largest.predict(prepared, verbose=0), "predicted", inputs=prepared)
    with pytest.raises(AssertionError, match="expected a test accuracy"):
        reference.accuracy(largest, "net", inputs=prepared[:, ::-1])
    with pytest.raises(DataError, match="its samples are texts or sequences; a test case must prepare them"):
        reference.accuracy(largest, "net")
    with pytest.raises(DataError, match=r"`inputs` must be numbers for each of 40 test samples \(found int64 of shape"):
        reference.accuracy(largest, "net", inputs=prepared[:9])


def test_keras_own_function_gives_what_a_notebook_gets(tmp_path: Path) -> None:
    files = keras_data.write(tmp_path)
    reference = References({"imdb": files["imdb"], "a": data(tmp_path, "a")}, {})

    (x_train, y_train), _ = reference["imdb"].load_data(num_words=10)
    assert (len(x_train), x_train[0][0], max(map(max, x_train)), y_train.sum()) == (20, 1, 9, 10)
    with pytest.raises(ConfigError, match="load_data: 'a' is none of Keras's datasets"):
        reference["a"].load_data()
