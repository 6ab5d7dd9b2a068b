"""The module that ``import otter`` gives in a grading run, and those of OkPy and Gofer, where they are not installed.

``grader.check("id")`` records evidence and says so; ``check_all`` and ``export`` do nothing. Tests are neither run nor
kept here.
"""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograder.kernel import stand_ins
from autograder.kernel.recorder import Recorder
from autograder.kernel.rpc_server import RpcServer
from autograder.kernel.stand_ins import StandIn
from autograder.messages import message

_recorder: Recorder | None = None
_namespace: dict[str, Any] = {}
_rpc_server: RpcServer | None = None


class Recorded:
    """The output of a check in a grading run: ``mlp_params: recorded for grading``."""

    def __init__(self, question: str) -> None:
        self.question = question

    def __repr__(self) -> str:
        return message("runs.recorded", question=self.question)


class Notebook:
    """The replacement of ``otter.Notebook`` and of OkPy's; all arguments are ignored."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        pass

    def check(self, question: str, *arguments: Any, **keywords: Any) -> Recorded:
        record(str(question))
        return Recorded(str(question))

    def check_all(self, *arguments: Any, **keywords: Any) -> None:
        """Does nothing: each question is recorded at its own check."""

    def export(self, *arguments: Any, **keywords: Any) -> None:
        """Does nothing: a grading run has no use for the file."""

    to_pdf = add_plugin_files = run_plugin = auth = backup = score = submit = export

    def grade(self, question: str, *arguments: Any, **keywords: Any) -> Recorded:
        """OkPy's and Gofer's check: it names the question, or its test file."""
        return self.check(Path(question).name.removesuffix(".py"))


def install(recorder: Recorder, namespace: dict[str, Any], reseed: Callable[[], None], call_seconds: float) -> None:
    """Have ``import otter`` give the recorder, and define ``grader`` for notebooks without its cell.

    ``reseed`` is called before each test case that needs the kernel, as it is before each cell. Such a test case may
    take ``call_seconds`` here.
    """
    global _recorder, _namespace, _rpc_server
    _recorder, _namespace = recorder, namespace
    _rpc_server = RpcServer(recorder.live, reseed, recorder.namespaces, namespace, call_seconds)
    module = StandIn("otter", __doc__)
    module.__path__ = []  # a package, whose other parts do nothing
    module.Notebook = Notebook  # type: ignore[attr-defined]
    module.__version__ = "7.0.0"  # type: ignore[attr-defined]
    sys.modules["otter"] = module
    namespace["grader"] = Notebook()
    stand_ins.install({"client.api.notebook": {"Notebook": Notebook}, "gofer.ok": {"check": namespace["grader"].grade}})


def receive_file(name: str, content: str) -> None:
    """Write a file that the student handed in beside the notebook, whose ``content`` comes in base64."""
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(base64.b64decode(content))


def record(question: str) -> None:
    """Record a question without a check cell, at the cell that Otter Assign marked instead."""
    if _recorder is not None:
        _recorder.record(question, _namespace)


def record_rest() -> None:
    """Record the questions whose check cell never ran."""
    if _recorder is not None:
        _recorder.record_rest(_namespace)


def answer(request: str) -> str:
    """The answer to a remote procedure call, both JSON (see ``rpc_server``); it crosses in base64."""
    text = "" if _rpc_server is None else _rpc_server.answer(request)
    return base64.b64encode(text.encode()).decode()
