"""From the files of a class to submissions: who, which notebook, and whether it can be read."""

from autograder.intake.find import find
from autograder.intake.roster import enrol
from autograder.intake.roster import read as read_roster
from autograder.intake.submission import Origin, Submission, summary

__all__ = ["Origin", "Submission", "enrol", "find", "read_roster", "summary"]
