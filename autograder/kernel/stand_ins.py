"""``google.colab``, and all of ``otter``, OkPy and Gofer but their checks: can be imported, and do nothing."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
import types
from collections.abc import Mapping, Sequence
from typing import Any

from autograder.messages import message

_COLAB, _OTTER = "google.colab", "otter"
#: OkPy and Gofer, which had Otter's test files before Otter.
_ANCESTORS = ("client", "gofer")


class _Part:
    """Something of a stand-in: a function, or a module that was not imported by its own name."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> _Part:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Part(f"{self._name}.{name}")

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        print(message("runs.skipped", command=f"{self._name}()"))
        return {} if self._name == f"{_COLAB}.files.upload" else None

    def __repr__(self) -> str:
        return self._name


class StandIn(types.ModuleType):
    """A module that has whatever it is asked for, beside what it is given."""

    def __getattr__(self, name: str) -> _Part:
        return getattr(_Part(self.__name__), name)  # type: ignore[no-any-return]


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds ``google.colab`` and all below it, all below ``otter``, and ``google``, OkPy and Gofer if they are missing.

    ``given`` is what modules have, by their names.
    """

    def __init__(self, given: Mapping[str, Mapping[str, Any]]) -> None:
        self._given = given

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        is_ancestor = fullname.partition(".")[0] in _ANCESTORS
        if is_ancestor or fullname in ("google", _COLAB) or fullname.startswith((f"{_COLAB}.", f"{_OTTER}.")):
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return types.ModuleType(spec.name) if spec.name == "google" else StandIn(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        module.__dict__.update(self._given.get(module.__name__, {}))


def install(given: Mapping[str, Mapping[str, Any]]) -> None:
    """Have imports of them work in this process, whatever else of ``google`` is installed; see ``_Finder``."""
    sys.meta_path.append(_Finder(given))
