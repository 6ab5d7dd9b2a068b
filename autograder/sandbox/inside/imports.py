"""What a fork server leaves out as it imports: time and memory that each forked process would pay."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec, module_from_spec
from typing import Any, cast


@contextmanager
def without(name: str) -> Iterator[None]:
    """Import as if a package were not installed, unless it is imported already; afterwards it can be imported."""
    modules = cast("dict[str, Any]", sys.modules)
    if hides := name not in modules:
        modules[name] = None
    try:
        yield
    finally:
        if hides:
            del modules[name]


def import_when_asked(name: str) -> None:
    """Have a package there, so that its modules can be imported, and run it once a name is asked of it."""
    if name in sys.modules:
        return
    spec = find_spec(name)
    assert spec is not None
    package: Any = module_from_spec(spec)

    def run(asked: str) -> Any:
        del package.__getattr__
        assert spec.loader is not None
        spec.loader.exec_module(package)
        return getattr(package, asked)

    package.__getattr__ = run  # PEP 562
    sys.modules[name] = package
