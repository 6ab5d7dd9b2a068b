"""The dataset is found in order, told by its arrays, and never taken on trust."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest

from autograder import data, standin
from autograder.data import Dataset, resolve
from autograder.errors import DataError


def small(path: Path, **arrays: np.ndarray) -> Path:
    """A dataset of three training images and two test images of 4×4 pixels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    given = {
        "x_train": np.arange(48, dtype=np.uint8).reshape(3, 4, 4),
        "y_train": np.array([0, 1, 2], np.uint8),
        "x_test": np.zeros((2, 4, 4), np.uint8),
        "y_test": np.array([0, 1], np.uint8),
    }
    np.savez(path, **(given | arrays))
    return path


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def stand_in(cache: Path) -> Dataset:
    return resolve(environ={"AUTOGRADER_CACHE": str(cache), "KERAS_HOME": str(cache / "none")}, download=False)


def test_a_named_file_comes_before_the_environment(tmp_path: Path) -> None:
    one, two = small(tmp_path / "one.npz"), small(tmp_path / "two.npz", y_test=np.array([1, 1], np.uint8))

    assert resolve(one, environ={"MNIST_NPZ": str(two)}).name == "one.npz"
    assert resolve(environ={"MNIST_NPZ": str(two)}).kind == "other"


def test_equal_arrays_have_one_digest_whatever_the_file(tmp_path: Path) -> None:
    one, two = small(tmp_path / "one.npz"), small(tmp_path / "two.npz")
    other = small(tmp_path / "other.npz", x_test=np.ones((2, 4, 4), np.uint8))

    assert resolve(one).digest == resolve(two).digest
    assert resolve(one).digest != resolve(other).digest


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x_train": np.zeros((3, 16), np.uint8)}, "x_train must hold images"),
        ({"x_test": np.zeros((0, 4, 4), np.uint8), "y_test": np.zeros(0, np.uint8)}, "x_test must hold images"),
        ({"y_train": np.zeros(2, np.uint8)}, "y_train must hold a whole number for each of 3 images"),
        ({"y_test": np.zeros(2)}, "y_test must hold a whole number"),
        ({"x_train": np.array([None, None, None])}, "must be an .npz file of plain arrays"),
    ],
)
def test_a_named_file_that_breaks_a_rule_is_an_error(
    tmp_path: Path, arrays: dict[str, np.ndarray], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        resolve(small(tmp_path / "bad.npz", **arrays))


def test_a_missing_file_and_a_file_of_another_format_are_errors(tmp_path: Path) -> None:
    (tmp_path / "text.npz").write_text("not a zip")

    with pytest.raises(DataError, match=r"--data: .*none.npz: must be a file that exists"):
        resolve(tmp_path / "none.npz")
    with pytest.raises(DataError, match=r"MNIST_NPZ: .*text.npz: must be an .npz file"):
        resolve(environ={"MNIST_NPZ": str(tmp_path / "text.npz")})


def test_a_file_that_would_unpack_to_too_much_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "MAX_BYTES", 100)
    with pytest.raises(DataError, match="must unpack to at most 100 bytes"):
        resolve(small(tmp_path / "large.npz"))


def test_the_stand_in_has_mnists_shape_type_and_class_counts(stand_in: Dataset) -> None:
    arrays = stand_in.load()

    assert (stand_in.kind, stand_in.name) == ("stand-in", "stand-in digits (not MNIST)")
    assert (arrays.x_train.shape, arrays.x_test.shape) == ((60000, 28, 28), (10000, 28, 28))
    assert (arrays.x_train.dtype.name, int(arrays.x_train.max())) == ("uint8", 255)
    assert tuple(np.bincount(arrays.y_train)) == standin.TRAIN_COUNTS
    assert tuple(np.bincount(arrays.y_test)) == standin.TEST_COUNTS
    assert np.mean(arrays.x_train == 0) > 0.6
    assert len(np.unique(arrays.y_train[:100])) == 10


def test_the_stand_in_is_made_once_and_is_told_when_it_is_named(stand_in: Dataset, cache: Path) -> None:
    made = stand_in.path.stat().st_mtime_ns
    again = resolve(environ={"AUTOGRADER_CACHE": str(cache), "KERAS_HOME": str(cache / "none")}, download=False)

    assert (again.digest, again.path.stat().st_mtime_ns) == (stand_in.digest, made)
    assert resolve(stand_in.path).kind == "stand-in"


def test_the_stand_in_can_be_learnt(stand_in: Dataset) -> None:
    from sklearn.linear_model import LogisticRegression

    arrays = stand_in.load()
    model = LogisticRegression(max_iter=300, tol=0.01)
    model.fit(arrays.x_train[:2000].reshape(-1, 784) / 255, arrays.y_train[:2000])

    assert 0.75 < model.score(arrays.x_test[:2000].reshape(-1, 784) / 255, arrays.y_test[:2000]) < 0.98


def test_a_damaged_cached_file_is_passed_over_with_a_note(stand_in: Dataset, cache: Path) -> None:
    keras = cache / "keras"
    (keras / "datasets").mkdir(parents=True)
    (keras / "datasets" / "mnist.npz").write_bytes(b"damaged")

    found = resolve(environ={"AUTOGRADER_CACHE": str(cache), "KERAS_HOME": str(keras)}, download=False)

    assert found.digest == stand_in.digest
    assert "a cached file was passed over" in found.notes[0]


@pytest.fixture
def server() -> Iterator[str]:
    """A real server on this machine that answers with something that is not MNIST."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"not MNIST")

        def log_message(self, *arguments: object) -> None:
            """Nothing."""

    serving = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=serving.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{serving.server_port}/mnist.npz"
    serving.shutdown()
    thread.join()
    serving.server_close()


def test_a_download_with_another_hash_is_refused_and_the_stand_in_serves(
    stand_in: Dataset, cache: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "MNIST_URL", server)

    found = resolve(environ={"AUTOGRADER_CACHE": str(cache), "KERAS_HOME": str(cache / "none")})

    assert found.kind == "stand-in"
    assert "must have the SHA-256" in found.notes[0]


def test_a_download_that_cannot_be_reached_is_no_error_and_offline_does_not_try(
    stand_in: Dataset, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "MNIST_URL", "http://127.0.0.1:9/mnist.npz")
    environ = {"AUTOGRADER_CACHE": str(cache), "KERAS_HOME": str(cache / "none")}

    assert "cannot be reached" in resolve(environ=environ).notes[0]
    assert resolve(environ=environ | {"AUTOGRADER_OFFLINE": "1"}).notes == ()
