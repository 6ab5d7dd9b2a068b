"""The dataset is found in order, told by its arrays, and never taken on trust."""

from __future__ import annotations

import hashlib
import io
import os
import socket
import struct
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import keras_data
import numpy as np
import pytest
from notebooks import ROOT

from autograder.datasets import digits, download, find
from autograder.datasets.built_in import AXES
from autograder.datasets.find import Dataset, resolve
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


def with_members(path: Path, **members: bytes) -> Path:
    """The small dataset with these members, named without their ``.npy``, as they are."""
    with zipfile.ZipFile(small(path)) as archive:
        given = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (given | {f"{name}.npy": content for name, content in members.items()}).items():
            archive.writestr(name, content)
    return path


def of_shape(*shape: int) -> bytes:
    """An array whose header promises more than there is."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
    return file.getvalue()


def environment(cache: Path, **more: str) -> dict[str, str]:
    return {"AUTOGRADER_CACHE": str(cache), "KERAS_HOME": str(cache / "none")} | more


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with a stand-in of few images in it, which two processes made at once."""
    folder = tmp_path_factory.mktemp("cache")
    code = (
        "from autograder.datasets import digits; digits.TRAIN_COUNTS = digits.TEST_COUNTS = (20,) * 10\n"
        "from autograder.datasets.find import resolve; print(resolve('mnist', download=False).digest)"
    )
    command, environ = [sys.executable, "-c", code], os.environ | environment(folder, MNIST_NPZ="")
    both = [subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    digests = {process.communicate()[0] for process in both}
    assert [process.returncode for process in both] == [0, 0]
    assert len(digests) == 1
    return folder


@pytest.fixture(scope="module")
def stand_in(cache: Path) -> Dataset:
    return resolve("mnist", environ=environment(cache), download=False)


def test_a_named_file_comes_before_the_environment(tmp_path: Path) -> None:
    one, two = small(tmp_path / "one.npz"), small(tmp_path / "two.npz", y_test=np.array([1, 1], np.uint8))

    assert resolve("mnist", one, environ={"MNIST_NPZ": str(two)}).title == "mnist (one.npz)"
    assert resolve("mnist", environ={"MNIST_NPZ": str(two)}).kind == "mnist"


def test_equal_arrays_have_one_digest_whatever_the_file(tmp_path: Path) -> None:
    one, two = small(tmp_path / "one.npz"), small(tmp_path / "two.npz")
    other = small(tmp_path / "other.npz", x_test=np.ones((2, 4, 4), np.uint8))

    assert resolve("mnist", one).digest == resolve("mnist", two).digest
    assert resolve("mnist", one).digest != resolve("mnist", other).digest


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (
            {"x_train": np.zeros((3, 16), np.uint8)},
            r"x_train must hold samples with 3 axes \(got uint8 of shape \(3, 16\)",
        ),
        ({"x_train": np.zeros((3, 0, 4), np.uint8)}, r"x_train must hold numbers or texts, at .*\(3, 0, 4\)"),
        ({"x_train": np.zeros((3, 4, 4), complex)}, r"x_train must hold numbers or texts, .*got complex128 of shape"),
        (
            {"x_test": np.zeros((2, 3, 3), np.uint8)},
            r"x_test must have the shape of .*x_train, \(4, 4\) \(got \(3, 3\)\)",
        ),
        ({"x_test": np.zeros((0, 4, 4), np.uint8), "y_test": np.zeros(0, np.uint8)}, "x_test must hold numbers"),
        ({"y_train": np.zeros(2, np.uint8)}, "y_train must hold a label for each of 3 samples"),
        ({"y_test": np.zeros(2)}, "y_test must hold whole numbers"),
        ({"x_train": np.array([None, None, None])}, "must be an .npz file of plain arrays"),
    ],
)
def test_a_named_file_that_breaks_a_rule_is_an_error(
    tmp_path: Path, arrays: dict[str, np.ndarray], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        resolve("mnist", small(tmp_path / "bad.npz", **arrays))


def test_a_missing_file_and_a_file_of_another_format_are_errors(tmp_path: Path) -> None:
    (tmp_path / "text.npz").write_text("not a zip")

    with pytest.raises(DataError, match=r"--data: .*none.npz: must be a file that exists"):
        resolve("mnist", tmp_path / "none.npz")
    with pytest.raises(DataError, match=r"MNIST_NPZ: .*text.npz: must be an .npz file"):
        resolve("mnist", environ={"MNIST_NPZ": str(tmp_path / "text.npz")})


@pytest.mark.parametrize(
    ("member", "message"),
    [
        (b"no array", "x_train must be a NumPy array"),
        (of_shape(3, 4, 4), "must be an .npz file of plain arrays"),
        (of_shape(2**40, 4, 4), "must be an .npz file of plain arrays"),
        (of_shape(-1, 4, 4), "must be an .npz file of plain arrays"),
    ],
)
def test_a_member_that_is_not_the_array_it_claims_to_be_is_an_error(
    tmp_path: Path, member: bytes, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        resolve("mnist", with_members(tmp_path / "bad.npz", x_train=member))


def encrypted(content: bytearray) -> None:
    content[content.rindex(b"PK\x01\x02") + 8] |= 1  # of the last member, y_test


def another_byte(content: bytearray) -> None:
    content[content.index(b"PK\x03\x04", 4) - 1] ^= 1  # the last one of x_train


@pytest.mark.parametrize("damage", [encrypted, another_byte, lambda content: content.__delitem__(slice(-300, None))])
def test_a_damaged_file_is_an_error(tmp_path: Path, damage: Callable[[bytearray], None]) -> None:
    path = small(tmp_path / "damaged.npz")
    content = bytearray(path.read_bytes())
    damage(content)
    path.write_bytes(content)

    with pytest.raises(DataError, match=r"damaged.npz: must be an .npz file of plain arrays"):
        resolve("mnist", path)


def test_a_file_without_one_of_the_arrays_is_an_error(tmp_path: Path) -> None:
    np.savez(tmp_path / "part.npz", x_train=np.zeros((3, 4, 4), np.uint8), y_train=np.zeros(3, np.uint8))

    with pytest.raises(DataError, match=r"part.npz: must hold the arrays .*\(there is no x_test\)"):
        resolve("mnist", tmp_path / "part.npz")


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_what_is_no_ordinary_file_is_an_error_and_not_waited_for(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "mnist.npz")

    with pytest.raises(DataError, match="must be a file that exists"):
        resolve("mnist", tmp_path / "mnist.npz")


def test_a_file_that_would_unpack_to_too_much_is_not_read(tmp_path: Path) -> None:
    path = small(tmp_path / "large.npz")
    content = bytearray(path.read_bytes())
    content[(at := content.index(b"PK\x01\x02") + 24) : at + 4] = struct.pack("<I", 2**31)  # its entry in the directory
    path.write_bytes(content)

    with pytest.raises(DataError, match=r"large.npz: must unpack to at most 1073741824 bytes \(got 2147\d+\)"):
        resolve("mnist", path)


@pytest.mark.parametrize("generator", [np.array("a scanner"), np.array([1, 2]), np.array([None])])
def test_another_array_in_the_file_does_not_matter(tmp_path: Path, generator: np.ndarray) -> None:
    assert resolve("mnist", small(tmp_path / "scans.npz", generator=generator)).kind == "mnist"


def test_the_stand_in_is_called_so_wherever_it_is(stand_in: Dataset, tmp_path: Path) -> None:
    elsewhere = tmp_path / "mnist.npz"
    elsewhere.write_bytes(stand_in.path.read_bytes())

    assert (stand_in.kind, stand_in.title) == ("stand-in", "stand-in digits (not MNIST)")
    assert (resolve("mnist", elsewhere).kind, resolve("mnist", elsewhere).digest) == ("stand-in", stand_in.digest)


def test_the_stand_in_is_made_once_and_leaves_nothing_else(stand_in: Dataset, cache: Path) -> None:
    made = stand_in.path.stat().st_mtime_ns
    again = resolve("mnist", environ=environment(cache), download=False)

    assert (again, again.path.stat().st_mtime_ns) == (stand_in, made)
    assert list(cache.iterdir()) == [stand_in.path]


def test_a_cache_that_cannot_be_written_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digits, "TRAIN_COUNTS", (1,) * 10)
    monkeypatch.setattr(digits, "TEST_COUNTS", (1,) * 10)
    (tmp_path / "cache").write_text("no folder")

    with pytest.raises(DataError, match="the stand-in dataset must be kept here, but cannot be written"):
        resolve("mnist", environ=environment(tmp_path / "cache"), download=False)


@pytest.mark.parametrize("members", [{}, {"x_train": b"no array"}, {"x_train": of_shape(2**40, 4, 4)}])
def test_a_cached_file_that_is_not_mnist_is_passed_over_with_a_note(
    stand_in: Dataset, cache: Path, tmp_path: Path, members: dict[str, bytes]
) -> None:
    with_members(tmp_path / "datasets" / "mnist.npz", **members)

    found = resolve("mnist", environ=environment(cache, KERAS_HOME=str(tmp_path)), download=False)

    assert found.digest == stand_in.digest
    assert found.notes[0].startswith("a cached file was not used: ")


@pytest.fixture
def mnist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small file that counts as MNIST."""
    path = small(tmp_path / "small.npz")
    monkeypatch.setattr(download, "MNIST_SHA256", hashlib.sha256(path.read_bytes()).hexdigest())
    monkeypatch.setattr(find, "MNIST_DIGEST", resolve("mnist", path).digest)
    return path


def test_mnist_in_the_keras_cache_serves(mnist: Path, tmp_path: Path) -> None:
    small(tmp_path / "keras" / "datasets" / "mnist.npz")

    found = resolve(
        "mnist", environ=environment(tmp_path / "cache", KERAS_HOME=str(tmp_path / "keras")), download=False
    )

    assert (found.kind, found.title, found.path.parent.name) == ("mnist", "MNIST", "datasets")


Serve = Callable[[int, bytes], list[str]]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Serve that answer from this machine in MNIST's place; gives the list of the requests that come."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    requests: list[str] = []
    given: list[tuple[int, bytes]] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requests.append(self.path)
            status, body = given[0]
            self.send_response(status)
            self.send_header("Content-Length", "1000000" if status == 206 else str(len(body)))  # 206: breaks off
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()

    def start(status: int, body: bytes) -> list[str]:
        given.append((status, body))
        monkeypatch.setattr(download, "MNIST_URL", f"http://127.0.0.1:{server.server_port}/mnist.npz")
        return requests

    yield start
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_download_serves_and_is_kept(serve: Serve, mnist: Path, tmp_path: Path) -> None:
    requests = serve(200, mnist.read_bytes())
    folder = tmp_path / "cache"

    found, again = resolve("mnist", environ=environment(folder)), resolve("mnist", environ=environment(folder))

    assert (found.kind, found.path, found.notes) == ("mnist", folder / "mnist.npz", ())
    assert again == found
    assert requests == ["/mnist.npz"]
    assert list(folder.iterdir()) == [found.path]


@pytest.mark.parametrize(
    ("status", "body", "note"),
    [
        (200, b"not MNIST", f"must have the SHA-256 {download.MNIST_SHA256}"),
        (206, b"half of it", "must have the SHA-256"),
        (404, b"", "cannot be reached (HTTP Error 404"),
    ],
)
def test_a_download_that_fails_is_noted_and_the_stand_in_serves(
    stand_in: Dataset, cache: Path, serve: Serve, status: int, body: bytes, note: str
) -> None:
    serve(status, body)

    found = resolve("mnist", environ=environment(cache))

    assert found.digest == stand_in.digest
    assert found.notes[0].startswith("MNIST could not be downloaded: http://127.0.0.1:")
    assert note in found.notes[0]
    assert list(cache.iterdir()) == [stand_in.path]


def test_offline_does_not_try(stand_in: Dataset, cache: Path, serve: Serve) -> None:
    requests = serve(200, b"not MNIST")

    assert resolve("mnist", environ=environment(cache, AUTOGRADER_OFFLINE="1")).notes == ()
    assert resolve("mnist", environ=environment(cache), download=False).notes == ()
    assert requests == []


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A port of this machine in the place of MNIST's server; nobody listens there yet."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        monkeypatch.setattr(download, "MNIST_URL", f"http://127.0.0.1:{opened.getsockname()[1]}/mnist.npz")
        yield opened


def test_a_refused_connection_is_no_error(stand_in: Dataset, cache: Path, port: socket.socket) -> None:
    found = resolve("mnist", environ=environment(cache))

    assert found.kind == "stand-in"
    assert "cannot be reached" in found.notes[0]


def test_a_server_that_never_answers_is_given_up(
    stand_in: Dataset, cache: Path, port: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "ANSWER_SECONDS", 0.5)
    port.listen()

    started = time.monotonic()
    with pytest.raises(DataError, match=r"must send something every 0.5 s|timed out"):
        download.fetch(download.MNIST_URL)
    took = time.monotonic() - started

    assert 0.4 < took < 60
    assert resolve("mnist", environ=environment(cache)).kind == "stand-in"


def test_a_server_that_sends_too_slowly_is_given_up(port: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "DOWNLOAD_SECONDS", 0.5)
    port.listen()

    def drip() -> None:
        connection, _ = port.accept()
        with connection, suppress(OSError):  # the other side hangs up
            connection.recv(10_000)
            connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
            for _ in range(30):
                connection.sendall(b".")
                time.sleep(0.1)

    server = threading.Thread(target=drip)
    server.start()
    with pytest.raises(DataError, match=r"must come within 0.5 s"):
        download.fetch(download.MNIST_URL)
    server.join()


def test_a_named_file_must_be_of_a_dataset_of_the_course(tmp_path: Path) -> None:
    path = small(tmp_path / "a.npz")

    assert [one.path for one in find.resolve_all({"mnist": None}, {"": path})] == [path]
    assert [one.path for one in find.resolve_all({"wine": path, "mnist": None}, {"mnist": path})] == [path, path]
    with pytest.raises(
        DataError, match=r"--data cifar10=.*a.npz: must be of a dataset of course.toml \(it names: mnist\)"
    ):
        find.resolve_all({"mnist": None}, {"cifar10": path})
    with pytest.raises(DataError, match=r"--data .*a.npz: must be NAME=FILE, .* \(it names: wine, mnist\)"):
        find.resolve_all({"wine": path, "mnist": None}, {"": path})
    with pytest.raises(DataError, match=r"--data .*a.npz: must be NAME=FILE, .* \(it names: none\)"):
        find.resolve_all({}, {"": path})


def test_a_dataset_of_keras_that_is_nowhere_says_where_to_put_it(tmp_path: Path) -> None:
    with pytest.raises(
        DataError,
        match=r"dataset 'cifar10' is not on this machine: run autograder dataset cifar10, .* put its arrays into "
        r".*cifar10.npz, or name their file with --data cifar10=FILE$",
    ):
        resolve("cifar10", environ=environment(tmp_path), download=False)


def test_the_caches_have_any_of_keras_datasets(tmp_path: Path) -> None:
    keras_data.write(tmp_path / "datasets")
    environ = environment(tmp_path / "own", KERAS_HOME=str(tmp_path))

    assert find.cached(environ).keys() == keras_data.CONTENTS.keys() == AXES.keys()
    found = {name: resolve(name, environ=environ, download=False) for name in AXES if name != "mnist"}
    assert all((one.kind, one.title, one.in_kernels) == (name, name, True) for name, one in found.items())


def test_a_pickle_in_the_cache_of_keras_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "datasets").mkdir()
    np.savez(tmp_path / "datasets" / "imdb.npz", x_train=np.array([[1, 2], [3]], dtype=object), y_train=[0, 1])

    with pytest.raises(
        DataError, match=r"run autograder dataset imdb, .*a cached file was not used: .*allow_pickle=False"
    ):
        resolve("imdb", environ=environment(tmp_path / "own", KERAS_HOME=str(tmp_path)), download=False)


def test_a_file_that_is_shipped_enters_no_kernel(tmp_path: Path) -> None:
    path = tmp_path / "wine.npz"
    np.savez(path, x_train=np.zeros((6, 13)), y_train=np.arange(6) / 2, x_test=np.zeros((3, 13)), y_test=np.arange(3.0))

    assert not resolve("wine", file=path).in_kernels
    assert not resolve("wine", path, file=path).in_kernels
    with pytest.raises(DataError, match=r"dataset 'wine' of course.toml: .*none.npz: must be a file that exists"):
        resolve("wine", file=tmp_path / "none.npz")
