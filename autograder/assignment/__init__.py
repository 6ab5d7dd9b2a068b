"""What is graded: an assignment's questions, test cases and settings, read from its folder."""

from autograder.assignment.assignment import MASTER_SUFFIXES, Assignment, Course, Question, RubricEntry, TestCase

__all__ = ["MASTER_SUFFIXES", "Assignment", "Course", "Question", "RubricEntry", "TestCase"]
