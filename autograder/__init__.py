"""Grade deep-learning notebooks from the evidence that their runs leave: ``docs/python.md`` shows how.

The public names are imported on first use, so that ``import autograder`` costs nothing, also in the kernels that run
student code.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.assignment import Assignment, load
    from autograder.assignment.profile import Profile
    from autograder.errors import GradingError
    from autograder.gradebook import Gradebook
    from autograder.grading.grader import Grader
    from autograder.intake import Submission
    from autograder.results import Result

__version__ = "0.1.0"

__all__ = ["load", "Grader", "Assignment", "Profile", "Submission", "Result", "Gradebook", "GradingError"]

_MODULES = {
    "load": "assignment",
    "Grader": "grading.grader",
    "Assignment": "assignment",
    "Profile": "assignment.profile",
    "Submission": "intake",
    "Result": "results",
    "Gradebook": "gradebook",
    "GradingError": "errors",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'autograder' has no attribute {name!r}")
    return getattr(import_module(f"autograder.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
