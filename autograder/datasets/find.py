"""The dataset of a grading run: found outside the kernel, validated, and told by its arrays rather than its file."""

from __future__ import annotations

import hashlib
import os
import queue
import threading
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import numpy as np
import platformdirs
from numpy.typing import NDArray

from autograder.errors import DataError
from autograder.files import write_atomically

# The file that keras.datasets.mnist.load_data() downloads, and the hash that it expects.
MNIST_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
MNIST_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"

MNIST_DIGEST = "e5ea4841dd6fde90b155843179ce5756a4864227194eec7fb09d7cfc4cf702a5"
"""The digest of MNIST's arrays (see ``digest``), whatever file holds them."""

ANSWER_SECONDS = 5.0
"""How long a download waits for the first byte, and then for each further one."""

DOWNLOAD_SECONDS = 30.0
"""How long a download may take in all."""

MAX_BYTES: Final = 2**30
"""What the members of a dataset file may unpack to."""

_MAX_DOWNLOAD_BYTES = 2**26
_GENERATOR = "autograder stand-in"  # what the member ``generator`` of a stand-in file begins with


class Arrays(NamedTuple):
    """Images (N, height, width), whole or real numbers, and their labels (N,), whole numbers."""

    x_train: NDArray[Any]
    y_train: NDArray[Any]
    x_test: NDArray[Any]
    y_test: NDArray[Any]


@dataclass(frozen=True)
class Dataset:
    """A dataset file that has been read and found valid.

    ``kind`` decides which thresholds hold; ``name`` is for people; ``digest`` is that of the arrays; ``notes`` say
    what was tried before and why it did not serve.
    """

    path: Path
    kind: Literal["mnist", "stand-in", "other"]
    name: str
    digest: str
    notes: tuple[str, ...] = ()


class Contents(NamedTuple):
    """What a dataset file holds; ``generator`` says what made the arrays, where the file tells."""

    arrays: Arrays
    generator: str | None


def resolve(data: Path | None = None, *, environ: Mapping[str, str] = os.environ, download: bool = True) -> Dataset:
    """Find the dataset: ``data``, ``MNIST_NPZ``, the Keras cache, a download, or else the generated stand-in.

    What is downloaded or generated is kept in ``AUTOGRADER_CACHE`` or else the user's cache folder, and found there
    the next time. ``AUTOGRADER_OFFLINE=1`` is the same as ``download=False``.

    Raises ``DataError`` when a file that was named is missing or malformed, or when the stand-in cannot be stored.
    """
    if data is not None:
        return _named(data, "--data")
    if environ.get("MNIST_NPZ"):
        return _named(Path(environ["MNIST_NPZ"]), "MNIST_NPZ")

    notes: list[str] = []
    folder = cache_folder(environ)
    ours = folder / "mnist.npz"
    for path in (_keras_folder(environ) / "datasets" / "mnist.npz", ours):
        if mnist := _cached(path, "mnist", notes):
            return mnist
    if download and environ.get("AUTOGRADER_OFFLINE", "") in ("", "0"):
        try:
            _download(ours)
        except DataError as error:
            notes.append(f"MNIST could not be downloaded: {error}")
        else:
            if mnist := _cached(ours, "mnist", notes):
                return mnist
    return _stand_in(folder, notes)


def read(path: Path) -> Contents:
    """Read a dataset file without unpickling anything; members other than the four arrays do not matter.

    Raises ``DataError`` when it is missing, no .npz, lacks an array, would unpack to more than 1 GiB, or when its
    arrays are not images of numbers (N, height, width), all of one size, with N whole-number labels.
    """
    try:
        if not path.is_file():
            raise DataError(f"{path}: must be a file that exists")
        contents = _unpack(path)
    except DataError:
        raise
    except Exception as error:  # zipfile and NumPy raise errors of a dozen kinds, MemoryError too, on a damaged file
        raise DataError(f"{path}: must be an .npz file of plain arrays ({error})") from error
    _check(path, contents.arrays)
    return contents


def _unpack(path: Path) -> Contents:
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())  # zipfile reads no more than that
    if unpacked > MAX_BYTES:
        raise DataError(f"{path}: must unpack to at most {MAX_BYTES} bytes (got {unpacked})")
    with np.load(path, allow_pickle=False) as file:
        for name in Arrays._fields:
            if f"{name}.npy" not in file:
                raise DataError(f"{path}: must hold the arrays {', '.join(Arrays._fields)} (there is no {name})")
        arrays = Arrays(*(file[f"{name}.npy"] for name in Arrays._fields))
        try:
            generator = file["generator.npy"]
        except (KeyError, ValueError):  # there is none, or it is no plain array
            generator = None
    return Contents(arrays, str(generator) if isinstance(generator, np.ndarray) and generator.ndim == 0 else None)


def _check(path: Path, arrays: Arrays) -> None:
    for images, labels, which in ((arrays.x_train, arrays.y_train, "train"), (arrays.x_test, arrays.y_test, "test")):
        for array, name in ((images, f"x_{which}"), (labels, f"y_{which}")):
            if not isinstance(array, np.ndarray):  # NumPy gives the bytes of a member that is no array
                raise DataError(f"{path}: {name} must be a NumPy array (got {len(array)} other bytes)")
        if images.ndim != 3 or images.dtype.kind not in "uif" or not images.size:
            raise DataError(
                f"{path}: x_{which} must hold images as numbers of shape (N, height, width), "
                f"each at least 1 (got {images.dtype} of shape {images.shape})"
            )
        if labels.shape != images.shape[:1] or labels.dtype.kind not in "ui":
            raise DataError(
                f"{path}: y_{which} must hold a whole number for each of {len(images)} images "
                f"(got {labels.dtype} of shape {labels.shape})"
            )
    if arrays.x_train.shape[1:] != arrays.x_test.shape[1:]:
        raise DataError(
            f"{path}: the images of x_test must have the size of those of x_train, {arrays.x_train.shape[1:]} "
            f"(got {arrays.x_test.shape[1:]})"
        )


def digest(arrays: Arrays) -> str:
    """The SHA-256 (hex) over names, types, shapes and bytes of the arrays, in C order and little-endian."""
    total = hashlib.sha256()
    for name, array in zip(Arrays._fields, arrays, strict=True):
        plain = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        total.update(f"{name} {plain.dtype.str} {plain.shape}\n".encode())
        total.update(plain.tobytes())
    return total.hexdigest()


def _named(path: Path, origin: str) -> Dataset:
    """The dataset in a file that somebody named: whatever is wrong with it is an error."""
    try:
        return _dataset(path)
    except DataError as error:
        raise DataError(f"{origin}: {error}") from None


def _cached(path: Path, kind: str, notes: list[str]) -> Dataset | None:
    """The dataset in a file that was found, or None: a file that does not serve is noted and passed over."""
    try:
        if not path.is_file():
            return None
        dataset = _dataset(path)
    except (DataError, OSError) as error:  # OSError: a folder on the way that may not be entered
        notes.append(f"a cached file was passed over: {error}")
        return None
    if dataset.kind != kind:
        notes.append(f"a cached file was passed over: {path} must hold the {kind} dataset (it holds {dataset.name})")
        return None
    return replace(dataset, notes=tuple(notes))


def _dataset(path: Path) -> Dataset:
    contents = read(path)
    found = digest(contents.arrays)
    if found == MNIST_DIGEST:
        return Dataset(path.resolve(), "mnist", "MNIST", found)
    if contents.generator is not None and contents.generator.startswith(_GENERATOR):
        return Dataset(path.resolve(), "stand-in", "stand-in digits (not MNIST)", found)
    return Dataset(path.resolve(), "other", path.name, found)


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Where the grader keeps what it may need again: ``AUTOGRADER_CACHE``, or else the user's cache folder."""
    return Path(environ.get("AUTOGRADER_CACHE") or platformdirs.user_cache_dir("autograder"))


def _keras_folder(environ: Mapping[str, str]) -> Path:
    # Path.home() raises where a user has no home; this gives a path at which there is nothing.
    return Path(environ.get("KERAS_HOME") or Path(os.path.expanduser("~")) / ".keras")  # noqa: PTH111


def _download(target: Path) -> None:
    """Fetch MNIST into ``target``.

    Raises ``DataError`` when it does not come whole, in time, and with the right hash.
    """
    body = _fetch(MNIST_URL)
    if (found := hashlib.sha256(body).hexdigest()) != MNIST_SHA256:
        raise DataError(f"{MNIST_URL} must have the SHA-256 {MNIST_SHA256} (got {found})")
    try:
        with write_atomically(target) as file:
            file.write(body)
    except OSError as error:
        raise DataError(f"{target}: cannot be written ({error})") from None


def _fetch(url: str) -> bytes:
    """The body of a page, read by a thread: neither name servers nor the trying of address after address obey a
    time-out of urllib's.
    """
    chunks: queue.SimpleQueue[bytes | Exception] = queue.SimpleQueue()
    given_up = threading.Event()

    def read_on() -> None:
        try:
            with urllib.request.urlopen(url, timeout=ANSWER_SECONDS) as response:
                while not given_up.is_set():
                    chunk = response.read1(2**16)
                    chunks.put(chunk)
                    if not chunk:
                        return
        except Exception as error:  # whatever the network does, the stand-in serves
            if isinstance(error, urllib.error.HTTPError):
                error.close()
            chunks.put(error)

    threading.Thread(target=read_on, daemon=True).start()
    deadline = time.monotonic() + DOWNLOAD_SECONDS
    body = bytearray()
    try:
        while chunk := chunks.get(timeout=ANSWER_SECONDS):
            if isinstance(chunk, Exception):
                raise DataError(f"{url} cannot be reached ({chunk})")
            body += chunk
            if len(body) > _MAX_DOWNLOAD_BYTES:
                raise DataError(f"{url} must have at most {_MAX_DOWNLOAD_BYTES} bytes")
            if time.monotonic() > deadline:
                raise DataError(f"{url} must come within {DOWNLOAD_SECONDS:g} s")
    except queue.Empty:
        raise DataError(f"{url} must send something every {ANSWER_SECONDS:g} s") from None
    finally:
        given_up.set()
    return bytes(body)


def _stand_in(folder: Path, notes: list[str]) -> Dataset:
    """The generated dataset, made if no cached file has it."""
    from autograder.datasets import digits

    path = folder / f"stand-in-{digits.VERSION}.npz"
    if (cached := _cached(path, "stand-in", notes)) is not None:
        return cached
    arrays = digits.generate()
    generator = np.array(f"{_GENERATOR} {digits.VERSION}")
    try:
        with write_atomically(path) as file:
            np.savez_compressed(file, **arrays._asdict(), generator=generator)
    except OSError as error:
        raise DataError(f"{path}: the stand-in dataset must be kept here, but cannot be written ({error})") from None
    return replace(_dataset(path), notes=tuple(notes))
