"""From what was handed in to submissions: who, which notebook, and whether it can be read."""

from autograder.intake.find import find
from autograder.intake.forms import told
from autograder.intake.submission import Origin, Submission

__all__ = ["Origin", "Submission", "find", "told"]
