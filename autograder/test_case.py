"""Run one test case of Otter over values, a function or a doctest: in a checker, or as a last resort in the kernel."""

from __future__ import annotations

import ast
import contextlib
import doctest
import inspect
import io
import linecache
import math
import numbers
import re
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from autograder.errors import EvidenceError
from autograder.messages import message

MAX_MESSAGE = 2_000


class CallTimeout(BaseException):
    """A student's code takes longer than a test case may; not an ``Exception``, which a test case could expect."""


@dataclass(frozen=True)
class Outcome:
    """``status`` is ``passed``, ``failed`` (a wrong answer) or ``error`` (the case could not work with the answer).

    ``points`` are those that the test case gives if it passes, where it returns ``{"points": …}`` instead of all.
    """

    status: str
    message: str = ""
    points: float | None = None


def run_source(source: str, name: str, names: dict[str, Any]) -> Outcome:
    """Run a test case as text over the names of a notebook: a function of this ``name``, or with none a doctest."""
    if not name:
        return run_doctest(source, names)
    linecache.cache["<test case>"] = len(source), None, source.splitlines(keepends=True), "<test case>"
    exec(compile(source, "<test case>", "exec"), names)
    return run_function(names.pop(name), names)


def run_function(function: Callable[..., Any], values: Mapping[str, Any]) -> Outcome:
    """Call a test case of Otter's exception format with the values of its parameters.

    ``env`` gets all values, a parameter without a value gets None, and a parameter with a default keeps it.
    """
    try:
        positional, keywords = _arguments(function, values)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            returned = function(*positional, **keywords)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # the instructor's code works on a student's values
        if not _is_failure(error):
            return Outcome("error", _unusable(error))
        return Outcome("failed", _shorten(_text(error)) or _broken_line(error, function))
    return Outcome("passed", points=_points(returned))


def _points(returned: Any) -> float | None:
    """The points that a test case returned, 0 for less or for what is not finite; None: all, as it returned none.

    ``{"shown": …}`` is what a test cell of nbgrader shows: there, all are given if it is no number above 0.
    """
    key = next(iter(returned)) if type(returned) is dict and len(returned) == 1 else None
    points: Any = returned[key] if key in ("points", "shown") else None
    is_number = isinstance(points, numbers.Real) and not isinstance(points, bool)
    if is_number and 0 < points < math.inf:
        return float(points)
    return 0.0 if is_number and key == "points" else None


def _arguments(function: Callable[..., Any], values: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    positional, keywords = [], {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if parameter.default is not parameter.empty:
            continue
        value = dict(values) if parameter.name == "env" else values.get(parameter.name)
        if parameter.kind is parameter.POSITIONAL_ONLY:
            positional.append(value)
        else:
            keywords[parameter.name] = value
    return positional, keywords


def run_doctest(body: str, values: Mapping[str, Any]) -> Outcome:
    """Run a test case of Otter's OK format: a doctest, in a namespace of these values."""
    examples = doctest.DocTestParser().get_examples(body)
    test = doctest.DocTest(examples, dict(values), "test case", None, None, body)
    runner = _Runner(checker=_NumPyTolerant(), verbose=False)
    with contextlib.redirect_stderr(io.StringIO()):
        runner.run(test, out=lambda text: None, clear_globs=False)
    return runner.outcome


class _NumPyTolerant(doctest.OutputChecker):
    """Compares output without the type names that newer versions of NumPy show: ``np.float64(3.0)`` is ``3.0``.

    Where these stood, and within a list, a dict or the like, spaces and line breaks do not count.
    """

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        got = got.expandtabs()  # as doctest did with what is expected
        if super().check_output(want, got, optionflags):
            return True
        plain = _without_types(want), _without_types(got)
        if plain != (want, got) and super().check_output(*plain, optionflags | doctest.NORMALIZE_WHITESPACE):
            return True
        expected, found = map(_parsed, plain)
        return expected is not None and expected == found


def _parsed(output: str) -> str | None:
    """A list, a dict or the like (``array([1., 2.])``) as Python reads it, whatever its layout; None: other output."""
    with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        shown = ast.parse(output.strip(), mode="eval").body
        return ast.dump(shown) if isinstance(shown, ast.Call | ast.Dict | ast.List | ast.Set | ast.Tuple) else None
    return None


def _without_types(output: str) -> str:
    output = re.sub(r"\bnp\.(?:bool|u?int|float|longdouble|str|bytes)\w*\(([^()]*)\)", r"\1", output)
    output = re.sub(r"\bnp\.c(?:longdouble|omplex\d*)(\([^()]*\))", r"\1", output)
    output = re.sub(r"\b(?:np|numpy)\.(datetime64|timedelta64)\(", r"\1(", output)
    return re.sub(r"\bnp\.(True|False)_", r"\1", output)


class _Runner(doctest.DocTestRunner):
    """Keeps the first failure instead of printing it."""

    def __init__(self, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.outcome = Outcome("passed")

    def report_failure(self, out: Any, test: Any, example: Any, got: str) -> None:
        nothing = message("checks.nothing")
        expected, found = example.want.replace("<BLANKLINE>", "").strip() or nothing, got.strip() or nothing
        text = message("checks.wrong_output", source=example.source.strip(), expected=expected, found=found)
        self._keep("failed", text)

    def report_unexpected_exception(self, out: Any, test: Any, example: Any, exc_info: Any) -> None:
        error = exc_info[1]
        if _is_failure(error):
            line = _last_line(error) or example.source
            self._keep("failed", _text(error) or message("checks.untrue", condition=_condition(line)))
        else:
            self._keep("error", _unusable(error))

    def _keep(self, status: str, text: str) -> None:
        if self.outcome.status == "passed":
            self.outcome = Outcome(status, _shorten(text))


def _last_line(error: BaseException) -> str:
    """The line of a function in a doctest that raised an error; empty for another error."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    is_inside = last.filename.startswith("<doctest ") and last.name != "<module>"
    return (last.line or "") if is_inside else ""


def _broken_line(error: BaseException, function: Callable[..., Any]) -> str:
    """The failed line of the test case, if its source can be read."""
    file = function.__code__.co_filename
    lines = [frame.line for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file and frame.line]
    if not lines:
        return message("checks.untrue_somewhere")
    return _shorten(message("checks.untrue", condition=_condition(lines[-1])))


def _is_failure(error: BaseException) -> bool:
    """Whether a test case says with this that an answer is wrong: by an assertion, or with pytest (``pytest.raises``).

    Only a test case asserts, not what it calls: a remote call marks what it raises (see ``checks.remote``).
    """
    if isinstance(error, AssertionError):
        return getattr(error, "raised_remotely", False) is not True
    pytest: Any = sys.modules.get("_pytest.outcomes")
    return pytest is not None and isinstance(error, pytest.OutcomeException)


def _condition(source: str) -> str:
    return source.strip().removeprefix("assert ")


def _unusable(error: BaseException) -> str:
    text = _text(error)
    is_sentence = text and isinstance(error, EvidenceError | CallTimeout)
    description = text if is_sentence else f"{type(error).__name__}: {text}" if text else type(error).__name__
    return _shorten(message("checks.unusable", error=description))


def _text(error: BaseException) -> str:
    try:
        return str(error).strip()
    except (Exception, CallTimeout):  # ``__str__`` of a student's class may raise; the caller shows the type
        return ""


def _shorten(text: str) -> str:
    text = text.strip()
    return text if len(text) <= MAX_MESSAGE else text[: MAX_MESSAGE - 1] + "…"
