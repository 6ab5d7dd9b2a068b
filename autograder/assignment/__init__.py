"""What is graded: an assignment's questions, test cases and settings, read from its folder."""

from autograder.assignment.assignment import Assignment, load
from autograder.assignment.course import MASTER_SUFFIXES, Course, RubricEntry
from autograder.assignment.questions import Question, TestCase

__all__ = ["MASTER_SUFFIXES", "Assignment", "Course", "Question", "RubricEntry", "TestCase", "load"]
