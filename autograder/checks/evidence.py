"""The evidence of one question, as test cases use it: its values, and the reasons for absent ones."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.errors import EvidenceError
from autograder.evidence.arrays import plain_file, shape
from autograder.evidence.kinds import READERS
from autograder.evidence.nodes import FORMAT, MAX_ARRAYS, VALUELESS, Reader
from autograder.messages import message

MAX_JSON_BYTES = 32 * 1024**2
#: Models in outline, and parameters of one of them.
MAX_OUTLINES = 12
MAX_OUTLINED = 5_000_000


@dataclass(frozen=True)
class Absent:
    """The reason why a name has no value: its ``kind`` (one of ``VALUELESS``, or ``rejected``) and a ``detail``.

    ``code`` is the digest of a function or class (see ``evidence.definitions``).
    """

    kind: str
    detail: str = ""
    code: str = field(default="", compare=False)


@dataclass(frozen=True)
class Evidence:
    """The evidence of one question: ``values`` by name, and names that are ``absent`` with their reasons.

    ``others`` are the types of the notebook's names, ``outlines`` the nodes of its models in outline. ``classes`` are
    the notebook's own classes of values that are recorded as those of a built-in type, or as traces of networks, by
    the values' names.
    """

    question: str
    values: Mapping[str, Any] = field(default_factory=dict)
    absent: Mapping[str, Absent] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)
    outlines: Mapping[str, Any] = field(default_factory=dict)
    classes: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path, question: str, names: tuple[str, ...]) -> Evidence | None:
        """The evidence of a question from a run's folder; None if the run recorded none.

        Raises:
            EvidenceError: the document breaks its format or a bound. A malformed value does not; it is *absent*.
        """
        document = read_document(folder, question)
        if document is None:
            return None
        values: dict[str, Any] = {}
        absent: dict[str, Absent] = {}
        classes: dict[str, str] = {}
        for name in names:
            node = document["values"].get(name, {"kind": "missing"})
            kind = node.get("kind") if isinstance(node, dict) else None
            if kind in VALUELESS:
                absent[name] = Absent(str(kind), _detail(node, "type", "reason"), str(node.get("code", ""))[:64])
                continue
            try:
                if kind == "same":  # an object under a second name
                    values[name] = values[first := node["name"]]
                    classes |= {name: classes[first]} if first in classes else {}
                    continue
                values[name] = Reader(folder / question, READERS).value(node)
                if isinstance(kind := node.get("class"), str):
                    classes[name] = kind
            except EvidenceError as error:
                absent[name] = Absent("rejected", str(error)[:500])
            except Exception as error:  # NumPy, pandas and Keras raise what they like on malformed values
                absent[name] = Absent("rejected", message("evidence.malformed", error=type(error).__name__))
        others = document.get("others")
        types = {str(k)[:100]: str(v)[:200] for k, v in others.items()} if isinstance(others, dict) else {}
        models = document.get("models")
        outlines = {str(k)[:100]: v for k, v in list(models.items())[:MAX_OUTLINES]} if isinstance(models, dict) else {}
        return cls(question, values, absent, types, outlines, classes)

    def outline(self, name: str) -> Any:
        """One of the notebook's models, rebuilt with weights of 0.

        Raises:
            EvidenceError: the outline breaks a rule of models, or has more than ``MAX_OUTLINED`` parameters.
        """
        import numpy as np

        from autograder.networks.rebuild import rebuild

        try:
            shapes = [shape(lengths) for lengths in self.outlines[name]["shapes"]]
            size = sum(math.prod(lengths) for lengths in shapes)
        except (KeyError, TypeError) as error:
            raise EvidenceError(f"a model's outline is malformed ({type(error).__name__})") from None
        if len(shapes) > MAX_ARRAYS or size > MAX_OUTLINED:
            raise EvidenceError(f"a model's outline must have at most {MAX_OUTLINED:,} parameters")
        return rebuild(self.outlines[name], [np.zeros(lengths, np.float32) for lengths in shapes])


def read_document(folder: Path, question: str) -> dict[str, Any] | None:
    """The document of a question, whose values are still nodes; None if there is no document.

    Raises:
        EvidenceError: not a plain file, too large, not JSON, or of a different format or question.
    """
    path = folder / question / "evidence.json"
    if not path.parent.is_dir() or path.parent.is_symlink():
        return None
    try:
        document = json.loads(plain_file(path, MAX_JSON_BYTES).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise EvidenceError(f"evidence of '{question}' is not JSON ({type(error).__name__})") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT or document.get("question") != question:
        raise EvidenceError(f"evidence of '{question}' is not of format {FORMAT}, or of another question")
    if not isinstance(document.get("values"), dict):
        raise EvidenceError(f"evidence of '{question}' holds no values")
    return document


def _detail(node: Mapping[str, Any], *keys: str) -> str:
    return " ".join(node[key][:500] for key in keys if isinstance(node.get(key), str))
