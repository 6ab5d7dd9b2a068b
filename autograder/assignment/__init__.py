"""What is graded: an assignment's questions, test cases and settings, read from its folder.

- ``assignment``: the whole; ``questions``: its questions and their test cases; ``question_texts``: their words.
- ``course``, ``profile``, ``lateness``, ``counting`` and ``syllabus``: the settings, each declared once, in the words
  of ``settings`` and ``kinds``; ``seeds`` and ``student_files``: two that come from the master.
- ``template``: the notebook that students were given; ``restoring``: marks that theirs has lost; ``answer_cells`` and
  ``written_answers``: what they answered; ``words`` and ``pictures``: those in a text.
- ``code_names``, ``test_case_code`` and ``paths_in_code``: which names are evidence, and what a test case needs, read
  off code; ``libraries``: which of them are imported in advance.
"""

from autograder.assignment.assignment import Assignment, load
from autograder.assignment.course import MASTER_SUFFIXES, Course, RubricEntry
from autograder.assignment.questions import Question, TestCase

__all__ = ["MASTER_SUFFIXES", "Assignment", "Course", "Question", "RubricEntry", "TestCase", "load"]
