"""Suggestions for a missing name: they appear in messages and never change a mark."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from autograder.assignment import Question
from autograder.checks import expect
from autograder.checks.evidence import Evidence
from autograder.errors import EvidenceError
from autograder.messages import message
from autograder.testcase import run_function

#: Names that begin so are not models: the notebook's only model is not suggested for them.
NOT_MODELS = ("score", "predict", "x_", "y_", "N_")


def suggestion(name: str, question: Question, bodies: list[Any], evidence: Evidence) -> str:
    """«; did you mean `model`?», or an empty text.

    The suggestion is, in this order: the only model with the expected layers, a name of similar spelling, or the only
    model of the notebook.
    """
    fitting = [other for other in evidence.outlines if _fits(other, name, question, bodies, evidence)]
    if len(fitting) == 1:
        return message("checks.suggested_model", other=fitting[0])
    others = {other: kind for other, kind in evidence.others.items() if other != name and kind != "ellipsis"}
    lowered = {other.lower(): other for other in others}
    close = difflib.get_close_matches(name.lower(), lowered, n=1, cutoff=0.75)
    if close:
        return message("checks.suggestion", other=lowered[close[0]])
    models = [other for other, kind in others.items() if kind == "model"]
    if len(models) == 1 and not name.startswith(NOT_MODELS):
        return message("checks.suggestion", other=models[0])
    return ""


def _fits(other: str, name: str, question: Question, bodies: list[Any], evidence: Evidence) -> bool:
    """Whether a model, under the missing name, passes the hidden test cases of its layers."""
    cases = [
        body
        for case, body in zip(question.cases, bodies, strict=True)
        if case.hidden and case.names == (name,) and callable(body) and _parameters(body) <= {name, "expect"}
    ]
    if not cases:
        return False
    try:
        model = evidence.outline(other)
    except EvidenceError:
        return False
    values: Mapping[str, Any] = {name: model, "expect": expect}
    return all(run_function(body, values).status == "passed" for body in cases)


def _parameters(body: Callable[..., Any]) -> set[str]:
    return set(inspect.signature(body).parameters)
