"""Suggestions for a missing name: they appear in messages and never change a mark."""

from __future__ import annotations

import dis
import inspect
import re
from collections.abc import Mapping
from itertools import pairwise
from types import CodeType
from typing import Any

from rapidfuzz.distance import OSA

from autograder.assignment import Question
from autograder.checks import expect
from autograder.checks.evidence import Evidence
from autograder.errors import EvidenceError
from autograder.messages import message
from autograder.test_case import run_function

#: What test cases call with a network, and with other values, as the first argument.
OF_MODELS = (
    "layers",
    "loss",
    "new_model",
    "optimizer",
    "parameters",
    "accuracy",
    "measure",
    "predictions",
    "score",
    "trained",
)
OF_OTHERS = ("array", "number", "numbers", "whole", "wholes")
#: Characters that the parts of two names must have in common, where one is short for the other.
MIN_PART = 4


def suggestion(name: str, question: Question, bodies: list[Any], evidence: Evidence) -> str:
    """«; did you mean `model`?», or an empty text.

    The suggestion is, in this order: the only model with the expected layers, a name of similar spelling and of the
    same kind, or the only model of the notebook. A model is only suggested for a model.
    """
    fitting = [other for other in evidence.outlines if _fits(other, name, question, bodies, evidence)]
    if len(fitting) == 1:
        return message("checks.suggested_model", other=fitting[0])
    is_model = _is_model(name, question, bodies)
    others = {other: kind for other, kind in evidence.others.items() if other != name and kind != "ellipsis"}
    close = [
        (OSA.distance(name.lower(), other.lower()), other)
        for other, kind in others.items()
        if _are_close(name.lower(), other.lower())
        and (is_model is None or is_model == (kind == "model"))
        and (kind != "function" or name in question.live)
    ]
    if close:
        return message("checks.suggestion", other=min(close)[1])
    models = [other for other, kind in others.items() if kind == "model"]
    return message("checks.suggestion", other=models[0]) if is_model and len(models) == 1 else ""


def _are_close(first: str, second: str) -> bool:
    """Whether names are spelled alike: a slip or two, or the same parts in another order or shortened."""
    if re.findall(r"\d+", first) != re.findall(r"\d+", second):
        return False
    longer = max(len(first), len(second))
    slips = OSA.distance(first, second)
    if slips <= max(1, longer // 5) and 3 * slips < longer:
        return True
    parts, others = sorted(filter(None, first.split("_"))), sorted(filter(None, second.split("_")))
    return len(parts) == len(others) > 1 and all(map(_is_short_for, parts, others))


def _is_short_for(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    return one == other or (len(shorter) >= MIN_PART and longer.startswith(shorter))


def _is_model(name: str, question: Question, bodies: list[Any]) -> bool | None:
    """Whether the question's test cases use a name as a network; None where they do not tell."""
    for case, body in zip(question.cases, bodies, strict=True):
        code = getattr(body, "__code__", None)
        if code is None or name not in case.names:
            continue
        if case.names == (name,) and "Model" in code.co_names:
            return True
        if (use := _use(name, code)) is not None:
            return use in OF_MODELS
    return None


def _use(name: str, code: CodeType) -> str | None:
    """The first function of the grader's that a parameter is given to, as its first argument."""
    steps = [step for step in dis.get_instructions(code) if step.opname != "PUSH_NULL"]
    for function, argument in pairwise(steps):
        first = next(iter(argument.argval), None) if isinstance(argument.argval, tuple) else argument.argval
        is_called = function.opname in ("LOAD_ATTR", "LOAD_METHOD") and function.argval in OF_MODELS + OF_OTHERS
        if is_called and argument.opname.startswith("LOAD_FAST") and first == name:
            return str(function.argval)
    return None


def _fits(other: str, name: str, question: Question, bodies: list[Any], evidence: Evidence) -> bool:
    """Whether a model, under the missing name, passes the hidden test cases of its layers."""
    cases = [
        body
        for case, body in zip(question.cases, bodies, strict=True)
        if case.hidden
        and case.names == (name,)
        and callable(body)
        and inspect.signature(body).parameters.keys() <= {name, "expect"}
    ]
    if not cases:
        return False
    try:
        model = evidence.outline(other)
    except EvidenceError:
        return False
    values: Mapping[str, Any] = {name: model, "expect": expect}
    return all(run_function(body, values).status == "passed" for body in cases)
