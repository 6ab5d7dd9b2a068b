"""Back to the learning management system: its own tables filled in, feedback for bulk upload, and a workbook.

Each function takes what the gradebook says of the students (`Entry`) and, where there is one, the teaching assistant's
own download of the table, of which nothing but marks and comments is changed. Whoever cannot be matched is told.
"""

from autograder.lms.canvas import fill_canvas
from autograder.lms.feedback import write_feedback_zip
from autograder.lms.filled import Filled
from autograder.lms.moodle import fill_moodle
from autograder.lms.workbook import write_workbook

__all__ = ["Filled", "fill_canvas", "fill_moodle", "write_feedback_zip", "write_workbook"]
