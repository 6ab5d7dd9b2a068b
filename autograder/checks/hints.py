"""What a missing name may have been called instead: for a message, never for a mark."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from autograder.assignment import Question
from autograder.checks import expect
from autograder.checks.cases import run_function
from autograder.checks.evidence import Evidence
from autograder.errors import EvidenceError
from autograder.messages import message

#: How names begin that are no models', though a model may be all that a notebook has besides.
NO_MODEL = ("score", "predict", "x_", "y_", "N_")


def suggestion(name: str, question: Question, bodies: list[Any], evidence: Evidence) -> str:
    """«; did you mean `model`?», or nothing.

    Suggested is the notebook's only model that has the layers which the question asks for, or a name spelled alike, or
    the only model where a model may be meant.
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
    if len(models) == 1 and not name.startswith(NO_MODEL):
        return message("checks.suggestion", other=models[0])
    return ""


def _fits(other: str, name: str, question: Question, bodies: list[Any], evidence: Evidence) -> bool:
    """Whether a model passes, under the missing name, the hidden test cases that need its layers alone."""
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
