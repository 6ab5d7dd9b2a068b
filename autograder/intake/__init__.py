"""From what was handed in to submissions: who, which notebook, and whether it can be read."""

from autograder.intake.find import Submission, find

__all__ = ["Submission", "find"]
