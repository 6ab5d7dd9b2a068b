"""The dataset of a grading run: found outside the kernel, validated, and told by its arrays rather than its file."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograder.errors import DataError

# The file that keras.datasets.mnist.load_data() downloads, and the hash that it expects.
MNIST_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
MNIST_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"

MNIST_DIGEST = "?"
"""The digest of MNIST's arrays (see ``digest``), whatever file holds them."""

ANSWER_SECONDS = 5.0
"""How long a download waits for the first byte, and then for each further one."""

DOWNLOAD_SECONDS = 30.0
"""How long a download may take in all."""

MAX_BYTES: Final = 2**30
"""What the members of a dataset file may unpack to."""

_MAX_DOWNLOAD_BYTES = 2**26


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

    def load(self) -> Arrays:
        """Read the arrays. Raises ``DataError`` when the file is no longer the one that was found valid."""
        arrays = read(self.path).arrays
        if (found := digest(arrays)) != self.digest:
            raise DataError(f"{self.path}: its arrays must stay the same during a run (digest {self.digest}, now {found})")
        return arrays


class Contents(NamedTuple):
    """What a dataset file holds; ``generator`` says what made the arrays, where the file tells."""

    arrays: Arrays
    generator: str | None


def resolve(
    data: Path | None = None, *, environ: Mapping[str, str] = os.environ, download: bool = True
) -> Dataset:
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
    folder = _cache_folder(environ)
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


def digest(arrays: Arrays) -> str:
    """The SHA-256 (hex) over names, types, shapes and bytes of the arrays, in C order and little-endian."""
    total = hashlib.sha256()
    for name, array in zip(Arrays._fields, arrays, strict=True):
        plain = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        total.update(f"{name} {plain.dtype.str} {plain.shape}\n".encode())
        total.update(plain.reshape(-1).view(np.uint8))
    return total.hexdigest()
