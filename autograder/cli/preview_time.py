"""How long a preview will take: by earlier ones of this notebook, or by the trainings that its code asks for."""

from __future__ import annotations

import ast
import contextlib
import hashlib
import math
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from autograder.assignment.code_names import parsed
from autograder.datasets.find import cache_folder
from autograder.files import drop_oldest, write_text
from autograder.messages import message
from autograder.text import duration

#: Seconds of an epoch over 60,000 images on two cores: dense layers, then convolutions (docs/performance.md).
EPOCH_SECONDS = (3, 80)
#: Bytes of all that is remembered of earlier previews.
MAX_BYTES = 100_000


def expected(cells: Iterable[str], path: Path, *, quick: bool, caps: str) -> Iterator[str]:
    """The lines that say how long it will take.

    ``cells`` is the notebook's code, ``caps`` what a training gets at most, and ``quick`` whether a quick look caps it.
    """
    if quick:
        yield message("preview.begins_quick", caps=caps)
    elif caps:
        yield message("preview.begins_capped", caps=caps)
    fits = epochs(cells)
    if (past := _past(path, quick)) is not None:
        longest, last = past
        yield message("preview.took_before", last=duration(last), longest=duration(longest))
    elif quick:
        yield message("preview.takes_a_minute")
    elif caps:
        yield message("preview.takes_minutes")
    elif fits:
        least, most = (max(1, math.ceil(sum(fits) * seconds / 60)) for seconds in EPOCH_SECONDS)
        yield message("preview.trainings", count=len(fits), epochs=sum(fits), least=least, most=most)
    else:
        yield message("preview.trains_nothing")
    if fits and not quick:
        yield message("preview.try_quick")


def remember(path: Path, seconds: float, *, quick: bool) -> None:
    """Note how long a preview of a notebook took, for the next one. A cache that cannot be written to is left alone."""
    longest, _ = _past(path, quick) or (0.0, 0.0)
    file = _file(path, quick)
    with contextlib.suppress(OSError):
        write_text(file, f"{max(longest, seconds):.0f} {seconds:.0f}")
        drop_oldest(file.parent.glob("*.txt"), MAX_BYTES)


def epochs(cells: Iterable[str]) -> list[int]:
    """The epochs of each training that stands in the code; a number that is not written there counts as one.

    A training is a call of ``fit`` with ``epochs``, or any in a notebook with Keras: other libraries' models fit, too.
    """
    cells = list(cells)
    keras = any("keras" in cell or "tensorflow" in cell for cell in cells)
    trees = [tree for tree in map(parsed, cells) if tree is not None]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    numbers = {
        target.id: node.value.value
        for node in nodes
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return [
        _number(node, numbers)
        for node in nodes
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "fit"
        if keras or any(keyword.arg == "epochs" for keyword in node.keywords)
    ]


def _number(call: ast.Call, numbers: Mapping[str, object]) -> int:
    for keyword in call.keywords:
        if keyword.arg == "epochs":
            given = keyword.value
            value = numbers.get(given.id) if isinstance(given, ast.Name) else getattr(given, "value", None)
            return value if type(value) is int and 1 <= value <= 100_000 else 1
    return 1


def _past(path: Path, quick: bool) -> tuple[float, float] | None:
    """How many seconds the longest and the last preview of a notebook took; None if nothing is known."""
    try:
        longest, last = map(float, _file(path, quick).read_text(encoding="utf-8").split())
    except (OSError, ValueError):
        return None
    return (longest, last) if 0 <= last <= longest < math.inf else None


def _file(path: Path, quick: bool) -> Path:
    name = hashlib.sha256(f"{path.resolve()}\n{quick}".encode("utf-8", "surrogateescape")).hexdigest()[:32]
    return cache_folder(os.environ) / "previews" / f"{name}.txt"
