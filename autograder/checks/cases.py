"""Run one Otter test case over values: on the trusted side over restored evidence, and, where that is not possible, in
the kernel beside student code. Imports nothing but the standard library.
"""

from __future__ import annotations

import doctest
import inspect
import re
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

MAX_MESSAGE = 2_000


@dataclass(frozen=True)
class Outcome:
    """``status`` is ``passed``, ``failed`` (the answer is wrong) or ``error`` (the case could not work with it)."""

    status: str
    message: str = ""


def run_function(function: Callable[..., Any], values: Mapping[str, Any]) -> Outcome:
    """Call a test case of Otter's exception format with the values its parameters name; ``env`` gets them all."""
    try:
        arguments = {
            name: dict(values) if name == "env" else values.get(name) for name in inspect.signature(function).parameters
        }
        function(**arguments)
    except AssertionError as error:
        return Outcome("failed", _shorten(str(error)) or _broken_line(error))
    except Exception as error:  # the case is the instructor's, but it works on what a student made
        return Outcome("error", _unusable(error))
    return Outcome("passed")


def run_doctest(body: str, values: Mapping[str, Any]) -> Outcome:
    """Run a test case of Otter's OK format: its examples in order, in a namespace of these values."""
    examples = doctest.DocTestParser().get_examples(body)
    test = doctest.DocTest(examples, dict(values), "test case", None, None, body)
    runner = _Runner(checker=_NumPyTolerant(), verbose=False)
    runner.run(test, out=lambda text: None, clear_globs=False)
    return runner.outcome


class _NumPyTolerant(doctest.OutputChecker):
    """Compares what is shown without NumPy 2's type prefixes: ``np.float64(3.0)`` is ``3.0``, ``np.True_`` is ``True``."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        return super().check_output(_without_types(want), _without_types(got), optionflags | doctest.NORMALIZE_WHITESPACE)


def _without_types(shown: str) -> str:
    shown = re.sub(r"\bnp\.(?:bool|u?int|float|complex|str)\w*\(([^()]*)\)", r"\1", shown)
    return re.sub(r"\bnp\.(True|False)_", r"\1", shown)


class _Runner(doctest.DocTestRunner):
    """Keeps the first failure instead of printing it."""

    def __init__(self, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.outcome = Outcome("passed")

    def report_failure(self, out: Any, test: Any, example: Any, got: str) -> None:
        self._keep("failed", f"`{example.source.strip()}` should give {example.want.strip()}, it gave {got.strip()}")

    def report_unexpected_exception(self, out: Any, test: Any, example: Any, exc_info: Any) -> None:
        error = exc_info[1]
        if isinstance(error, AssertionError):
            self._keep("failed", str(error) or f"this does not hold: {example.source.strip()}")
        else:
            self._keep("error", _unusable(error))

    def _keep(self, status: str, message: str) -> None:
        if self.outcome.status == "passed":
            self.outcome = Outcome(status, _shorten(message))


def _broken_line(error: AssertionError) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    line = frames[-1].line if frames else None
    return _shorten(f"this does not hold: {line.removeprefix('assert ')}") if line else "the check does not hold"


def _unusable(error: BaseException) -> str:
    return _shorten(f"the check could not work with your answer ({type(error).__name__}: {error})")


def _shorten(text: str) -> str:
    text = text.strip()
    return text if len(text) <= MAX_MESSAGE else text[: MAX_MESSAGE - 1] + "…"
