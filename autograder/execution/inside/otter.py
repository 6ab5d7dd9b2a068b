"""Inside the kernel, beside student code: what ``import otter`` gives in a grading run.

``grader.check("id")`` records evidence and says so; ``check_all`` and ``export`` do nothing. No test is run and no
test is here to be read.
"""

from __future__ import annotations

import sys
import types
from typing import Any

from autograder.evidence.record import Recorder

_recorder: Recorder | None = None
_namespace: dict[str, Any] = {}


class Recorded:
    """What a check shows in a grading run."""

    def __init__(self, question: str) -> None:
        self.question = question

    def __repr__(self) -> str:
        return f"{self.question}: recorded for grading"


class Notebook:
    """Takes the place of ``otter.Notebook``; its arguments do not matter."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        pass

    def check(self, question: str, *arguments: Any, **keywords: Any) -> Recorded:
        record(str(question))
        return Recorded(str(question))

    def check_all(self, *arguments: Any, **keywords: Any) -> None:
        """Nothing: each question is recorded at its own check."""

    def export(self, *arguments: Any, **keywords: Any) -> None:
        """Nothing: there is nobody to hand the file to."""

    to_pdf = add_plugin_files = run_plugin = export


def install(recorder: Recorder, namespace: dict[str, Any]) -> None:
    """Make ``import otter`` give the recorder, and ``grader`` exist even where its cell was deleted."""
    global _recorder, _namespace
    _recorder, _namespace = recorder, namespace
    module = types.ModuleType("otter", __doc__)
    module.Notebook = Notebook  # type: ignore[attr-defined]
    module.__version__ = "7.0.0"  # type: ignore[attr-defined]
    sys.modules["otter"] = module
    namespace["grader"] = Notebook()


def record(question: str) -> None:
    """Record a question that has no check cell of its own, at the cell that Otter Assign marked instead."""
    if _recorder is not None:
        _recorder.record(question, _namespace)


def record_rest() -> None:
    """Record the questions whose check cell was never run."""
    if _recorder is not None:
        _recorder.record_rest(_namespace)


def run_cases(path: str) -> None:
    """Run the test cases of a file (see ``autograder.checks.beside``) over the live values; results go beside it."""
    from autograder.checks.beside import run_file

    if _recorder is not None:
        run_file(path, _recorder.live, _namespace)
