"""Inside the kernel, beside student code: what ``import otter`` gives in a grading run.

``grader.check("id")`` records evidence and says so; ``check_all`` and ``export`` do nothing. No test is run and no
test is here to be read.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from typing import Any

from autograder.kernel.recorder import Recorder
from autograder.kernel.rpc_server import Calls

_recorder: Recorder | None = None
_namespace: dict[str, Any] = {}
_calls: Calls | None = None


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


def install(recorder: Recorder, namespace: dict[str, Any], reseed: Callable[[], None]) -> None:
    """Make ``import otter`` give the recorder, and ``grader`` exist even where its cell was deleted.

    ``reseed`` is called before a function of the notebook's is called for a test case, as it is before each cell.
    """
    global _recorder, _namespace, _calls
    _recorder, _namespace, _calls = recorder, namespace, Calls(recorder.live, reseed)
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


def answer(request: str) -> str:
    """What a test case asks of a function or object of the notebook's, see ``calls``."""
    return "" if _calls is None else _calls.answer(request)
