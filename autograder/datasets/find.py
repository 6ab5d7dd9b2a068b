"""The dataset of a grading run: found outside the kernel, checked, and identified by its arrays."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import platformdirs

from autograder.datasets.download import download_mnist
from autograder.datasets.npz import digest, read
from autograder.errors import DataError
from autograder.files import write_atomically
from autograder.messages import message

MNIST_DIGEST = "e5ea4841dd6fde90b155843179ce5756a4864227194eec7fb09d7cfc4cf702a5"
"""The digest of MNIST's arrays (see ``npz.digest``), in any file."""

_GENERATOR = "autograder stand-in"  # the first words of the member ``generator`` of a stand-in file


@dataclass(frozen=True)
class Dataset:
    """A dataset file that was read and checked.

    ``kind`` decides which thresholds hold; ``name`` is for people; ``digest`` is that of the arrays; ``notes`` list the
    sources that were tried before, with the reasons why they failed.
    """

    path: Path
    kind: Literal["mnist", "stand-in", "other"]
    name: str
    digest: str
    notes: tuple[str, ...] = ()


def resolve(data: Path | None = None, *, environ: Mapping[str, str] = os.environ, download: bool = True) -> Dataset:
    """Find the dataset: ``data``, ``MNIST_NPZ``, the Keras cache, a download, or else the generated stand-in.

    A download or a generated dataset is stored in ``AUTOGRADER_CACHE``, or else in the user's cache folder, for the
    next time. ``AUTOGRADER_OFFLINE=1`` is the same as ``download=False``.

    Raises:
        DataError: a named file is missing or malformed, or the stand-in cannot be stored.
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
            download_mnist(ours)
        except DataError as error:
            notes.append(message("commands.not_downloaded", why=error))
        else:
            if mnist := _cached(ours, "mnist", notes):
                return mnist
    return _stand_in(folder, notes)


def _named(path: Path, origin: str) -> Dataset:
    """The dataset in a file that a person named: any problem with it is an error."""
    try:
        return _dataset(path)
    except DataError as error:
        raise DataError(f"{origin}: {error}") from None


def _cached(path: Path, kind: str, notes: list[str]) -> Dataset | None:
    """The dataset in a cached file; None, with a note, if the file cannot be used."""
    try:
        if not path.is_file():
            return None
        dataset = _dataset(path)
    except (DataError, OSError) as error:  # OSError: a folder without permission
        notes.append(message("commands.unusable_cache", why=error))
        return None
    if dataset.kind != kind:
        notes.append(message("commands.other_cache", path=path, kind=kind, dataset=dataset.name))
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
    """The grader's cache: ``AUTOGRADER_CACHE``, or else the user's cache folder."""
    return Path(environ.get("AUTOGRADER_CACHE") or platformdirs.user_cache_dir("autograder"))


def _keras_folder(environ: Mapping[str, str]) -> Path:
    # Path.home() raises for a user without a home; this returns a path without files.
    return Path(environ.get("KERAS_HOME") or Path(os.path.expanduser("~")) / ".keras")  # noqa: PTH111


def _stand_in(folder: Path, notes: list[str]) -> Dataset:
    """The generated dataset, from the cache if it is there."""
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
        raise DataError(
            f"{path}: the stand-in dataset must be kept here, but cannot be written ({error.strerror}): name another "
            "folder in AUTOGRADER_CACHE, or a dataset with --data"
        ) from None
    return replace(_dataset(path), notes=tuple(notes))
