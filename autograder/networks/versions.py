"""The versions of the packages that networks depend on, whatever the package is called that brings TensorFlow."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, version


@cache
def versions() -> dict[str, str]:
    """The versions of TensorFlow, Keras and NumPy, by the names of their modules.

    TensorFlow may come of ``tensorflow``, or of ``tensorflow-cpu``, ``tensorflow-macos`` and the like.

    Raises:
        PackageNotFoundError: one of them is not installed.
    """
    return {name: _version(name) for name in ("tensorflow", "keras", "numpy")}


def _version(module: str) -> str:
    try:
        return version(module)
    except PackageNotFoundError:
        brings = packages_distributions().get(module)  # takes a second
        if not brings:
            raise
        return version(brings[0])
