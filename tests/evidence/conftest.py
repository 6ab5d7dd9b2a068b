"""Carry values from a namespace through a question's evidence and back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.checks.evidence import Absent, Evidence
from autograder.evidence.arrays import Pieces
from autograder.kernel.recorder import Recorder

Carry = Callable[[Any], Any]


def into(folder: Path) -> Callable[..., None]:
    """What a recorder sends to: it writes the evidence of each question to a folder in this one."""

    def send(question: str, files: Mapping[str, Pieces], *, more: bool = False, live: bool = False) -> None:
        if not more:
            shutil.rmtree(folder / question, ignore_errors=True)
            (folder / question).mkdir(parents=True)
        for name, pieces in files.items():
            (folder / question / name).write_bytes(b"".join(pieces))

    return send


@pytest.fixture
def carried(tmp_path: Path) -> Callable[..., Evidence]:
    """Record names of a namespace (all of them unless said) as question ``q`` and read them back."""

    def carry(namespace: dict[str, Any], *names: str) -> Evidence:
        asked = names or tuple(namespace)
        Recorder(into(tmp_path), {"q": list(asked)}).record("q", namespace)
        evidence = Evidence.read(tmp_path, "q", asked)
        assert evidence is not None
        return evidence

    return carry


@pytest.fixture
def carry(carried: Callable[..., Evidence]) -> Carry:
    """What comes back of a value."""

    def run(value: Any) -> Any:
        evidence = carried({"x": value})
        assert not evidence.absent, evidence.absent
        return evidence.values["x"]

    return run


@pytest.fixture
def absent(carried: Callable[..., Evidence]) -> Callable[[Any], Absent]:
    """Why nothing comes back of a value."""
    return lambda value: carried({"x": value}).absent["x"]


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Evidence]:
    """Read what somebody wrote by hand: the node of ``x`` (or a whole document), beside arrays by file name."""

    def run(node: Any, document: Any = None, names: tuple[str, ...] = ("x",), **files: bytes) -> Evidence:
        folder = tmp_path / "q"
        folder.mkdir(exist_ok=True)
        for name, content in files.items():
            (folder / f"{name.removeprefix('a')}.npy").write_bytes(content)
        if document is None:
            document = {"format": 1, "question": "q", "values": {"x": node}, "others": {}}
        (folder / "evidence.json").write_text(document if isinstance(document, str) else json.dumps(document))
        evidence = Evidence.read(tmp_path, "q", names)
        assert evidence is not None
        return evidence

    return run


@pytest.fixture
def rejected(read: Callable[..., Evidence]) -> Callable[..., str]:
    """Why a node that somebody wrote by hand is refused."""

    def run(node: Any, **files: bytes) -> str:
        evidence = read(node, **files)
        assert (dict(evidence.values), evidence.absent["x"].kind) == ({}, "rejected")
        return evidence.absent["x"].detail

    return run


def npy(array: Any, *, pickled: bool = False) -> bytes:
    """The bytes of a ``.npy`` file."""
    file = BytesIO()
    np.save(file, array, allow_pickle=pickled)
    return file.getvalue()
