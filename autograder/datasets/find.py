"""The datasets of a grading run: found outside the kernel, checked, and identified by their arrays."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import platformdirs

from autograder.datasets.built_in import AXES, STAND_IN
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

    ``name`` is that in ``course.toml``, ``title`` is for people. ``kind`` decides which thresholds hold: the name, or
    ``stand-in``. ``digest`` is that of the arrays. ``in_kernels`` says whether ``keras.datasets`` gives it to student
    code. ``notes`` list the sources that were tried before, with the reasons why they failed.
    """

    name: str
    path: Path
    kind: str
    title: str
    digest: str
    in_kernels: bool = True
    notes: tuple[str, ...] = ()


def files_by_name(datasets: Iterable[Dataset]) -> dict[str, Path]:
    return {dataset.name: dataset.path for dataset in datasets}


def resolve_all(shipped: Mapping[str, Path | None], data: Mapping[str, Path]) -> tuple[Dataset, ...]:
    """The datasets of an assignment, which are Keras's (None) or shipped as a file, each from ``data`` if it is there.

    ``data`` are the files that a person named, by dataset; a file by the name ``""`` is that of the only dataset.

    Raises:
        DataError: as ``resolve``, or ``data`` is of no dataset of the assignment.
    """
    names = ", ".join(shipped) or "none"
    for name, path in data.items():
        if name and name not in shipped:
            raise DataError(f"--data {name}={path}: must be of a dataset of course.toml (it names: {names})")
        if not name and len(shipped) != 1:
            raise DataError(f"--data {path}: must be NAME=FILE, with a dataset of course.toml (it names: {names})")
    return tuple(resolve(name, data.get(name, data.get("")), file=file) for name, file in shipped.items())


def resolve(
    name: str,
    data: Path | None = None,
    *,
    file: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    download: bool = True,
) -> Dataset:
    """Find a dataset: in ``data``, the ``file`` that the assignment ships, the Keras cache or the grader's own.

    MNIST is looked for in ``MNIST_NPZ`` first, and is downloaded, or else generated digits stand in for it. What is
    downloaded or generated is stored in ``AUTOGRADER_CACHE``, or else in the user's cache folder, for the next time.
    ``AUTOGRADER_OFFLINE=1`` is the same as ``download=False``.

    Raises:
        DataError: a named file is missing or malformed, the dataset is nowhere, or the stand-in cannot be stored.
    """
    if data is not None:
        return replace(_named(name, data, "--data"), in_kernels=file is None)
    if file is not None:
        return replace(_named(name, file, f"dataset '{name}' of course.toml"), in_kernels=False)
    if name == "mnist" and environ.get("MNIST_NPZ"):
        return _named(name, Path(environ["MNIST_NPZ"]), "MNIST_NPZ")

    notes: list[str] = []
    folder = cache_folder(environ)
    ours = cache_file(name, environ)
    for path in _places(name, environ):
        if cached := _cached(name, path, name, notes):
            return cached
    if name != "mnist":
        raise DataError(
            message("commands.no_dataset", name=name, path=ours, notes="".join(f"; {one}" for one in notes))
        )
    if download and environ.get("AUTOGRADER_OFFLINE", "") in ("", "0"):
        try:
            download_mnist(ours)
        except DataError as error:
            notes.append(message("commands.not_downloaded", why=error))
        else:
            if mnist := _cached(name, ours, name, notes):
                return mnist
    return _stand_in(folder, notes)


def _named(name: str, path: Path, origin: str) -> Dataset:
    """The dataset in a file that a person named: any problem with it is an error."""
    try:
        return _dataset(name, path)
    except DataError as error:
        raise DataError(f"{origin}: {error}") from None


def _cached(name: str, path: Path, kind: str, notes: list[str]) -> Dataset | None:
    """The dataset in a cached file; None, with a note, if the file cannot be used."""
    try:
        if not path.is_file():
            return None
        dataset = _dataset(name, path)
    except (DataError, OSError) as error:  # OSError: a folder without permission
        notes.append(message("commands.unusable_cache", why=error))
        return None
    genuine = name != "mnist" or kind != name or dataset.digest == MNIST_DIGEST
    if dataset.kind != kind or not genuine:
        notes.append(message("commands.other_cache", path=path, kind=kind, dataset=dataset.title))
        return None
    return replace(dataset, notes=tuple(notes))


def _dataset(name: str, path: Path) -> Dataset:
    contents = read(path, name)
    found = digest(contents.arrays)
    if name == "mnist" and found == MNIST_DIGEST:
        return Dataset(name, path.resolve(), name, "MNIST", found)
    if name == "mnist" and contents.generator is not None and contents.generator.startswith(_GENERATOR):
        return Dataset(name, path.resolve(), STAND_IN, message("reports.stand_in"), found)
    title = name if path.stem == name and name != "mnist" else f"{name} ({path.name})"
    return Dataset(name, path.resolve(), name, title, found)


def cache_folder(environ: Mapping[str, str]) -> Path:
    """The grader's cache: ``AUTOGRADER_CACHE``, or else the user's cache folder."""
    return Path(environ.get("AUTOGRADER_CACHE") or platformdirs.user_cache_dir("autograder"))


def cache_file(name: str, environ: Mapping[str, str]) -> Path:
    """Where the grader keeps one of Keras's datasets."""
    return cache_folder(environ) / f"{name}.npz"


def cached(environ: Mapping[str, str]) -> dict[str, Path]:
    """The files of Keras's datasets in the caches, by name; nothing is read."""
    places = {name: _places(name, environ) for name in AXES}
    found = {name: [path for path in paths if path.is_file()] for name, paths in places.items()}
    return {name: paths[0] for name, paths in found.items() if paths}


def _places(name: str, environ: Mapping[str, str]) -> tuple[Path, Path]:
    """Where a file of one of Keras's datasets may be: in Keras's cache, and in the grader's."""
    return _keras_folder(environ) / "datasets" / f"{name}.npz", cache_file(name, environ)


def _keras_folder(environ: Mapping[str, str]) -> Path:
    # Path.home() raises for a user without a home; this returns a path without files.
    return Path(environ.get("KERAS_HOME") or Path(os.path.expanduser("~")) / ".keras")  # noqa: PTH111


def _stand_in(folder: Path, notes: list[str]) -> Dataset:
    """The generated dataset, from the cache if it is there."""
    from autograder.datasets import digits

    path = folder / f"stand-in-{digits.VERSION}.npz"
    if (cached := _cached("mnist", path, STAND_IN, notes)) is not None:
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
    return replace(_dataset("mnist", path), notes=tuple(notes))
