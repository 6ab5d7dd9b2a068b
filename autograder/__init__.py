"""Grade deep-learning notebooks from the evidence their runs leave.

The public names are loaded on first use, so that ``import autograder`` (also done by the kernels that run
student code) costs nothing and pulls in nothing of the trusted side.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "Assignment": "assignment",
    "Question": "assignment",
    "TestCase": "assignment",
    "Profile": "assignment.profile",
    "Submission": "intake",
    "Evidence": "checks.evidence",
    "Result": "results",
    "QuestionResult": "results",
    "CaseResult": "results",
    "QuestionStatus": "results",
    "RunStatus": "results",
    "GradingError": "errors",
    "grade": "grading.grade",
}

__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'autograder' has no attribute {name!r}")
    return getattr(import_module(f"autograder.{_HOMES[name]}"), name)
