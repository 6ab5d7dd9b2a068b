"""Made-up results that the tests of the reports share."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autograder.results import CaseResult, CaseStatus, CellError, QuestionResult, QuestionStatus, Result, RunStatus


@pytest.fixture
def result() -> Result:
    """A run with a question in each status, public and hidden cases, and two written answers."""
    return Result(
        student="Ada Example",
        submission="ada/mnist.ipynb",
        status=RunStatus.CELL_ERRORS,
        message="1 of 30 cells stopped with an error",
        questions=(
            QuestionResult(
                "sizes",
                QuestionStatus.PASSED,
                1.0,
                1.0,
                "5 of 5 right",
                (
                    CaseResult("are numbers", CaseStatus.PASSED, 0.25, 0.25, hidden=False),
                    CaseResult("have the right values", CaseStatus.PASSED, 0.75, 0.75, hidden=True),
                ),
            ),
            QuestionResult(
                "mlp",
                QuestionStatus.FAILED,
                0.5,
                1.5,
                "layer 3: expected Dense(128, relu), found Dense(64, relu)",
                (
                    CaseResult("is a model", CaseStatus.PASSED, 0.5, 0.5, hidden=False),
                    CaseResult(
                        "has the layers",
                        CaseStatus.FAILED,
                        0.0,
                        1.0,
                        hidden=True,
                        message="layer 3: expected Dense(128, relu), found Dense(64, relu)",
                    ),
                ),
            ),
            QuestionResult(
                "edges",
                QuestionStatus.ERROR,
                0.0,
                0.5,
                "`horizontal_filter` is no array of numbers",
                (
                    CaseResult(
                        "answers edges",
                        CaseStatus.ERROR,
                        0.0,
                        0.5,
                        hidden=False,
                        message="could not be compared",
                        unverified=True,
                    ),
                ),
            ),
            QuestionResult(
                "pooling",
                QuestionStatus.NOT_ANSWERED,
                0.0,
                1.0,
                "`pool_layer` is not defined; did you mean `pool`?",
                (CaseResult("pools", CaseStatus.FAILED, 0.0, 1.0, hidden=True, message="no `pool_layer`"),),
            ),
            QuestionResult("lenet", QuestionStatus.NOT_REACHED, 0.0, 0.5),
            QuestionResult("comment", QuestionStatus.TO_MARK, None, 0.5, written=True, answer="*Balanced*."),
            QuestionResult("end", QuestionStatus.PASSED, 0.5, 0.5, "Well seen", written=True, answer="Deep."),
        ),
        seconds=83.4,
        cell_errors=(
            CellError(12, "NameError", "name 'modle' is not defined", "\x1b[31mNameError\x1b[0m in cell 12", count=7),
        ),
        notes=("Student code ran without isolation.",),
        dataset="MNIST",
        profile="quick",
        accuracies={"mlp": 0.9625},
    )


@pytest.fixture
def ungraded(result: Result) -> Result:
    """A submission whose file could not be read."""
    return replace(
        result,
        student="Bo Example",
        submission="bo.ipynb",
        status=RunStatus.UNREADABLE,
        message="bo.ipynb is not JSON",
        questions=tuple(
            replace(question, status=QuestionStatus.NOT_REACHED, score=0.0, message="", cases=(), answer=None)
            for question in result.questions
        ),
        cell_errors=(),
        notes=(),
        seconds=0.0,
    )
