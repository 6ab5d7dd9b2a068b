"""From the files of a class to submissions: who, which notebook, and whether it can be read.

- ``find``: the submissions in files and folders; ``downloads``: those of an LMS; ``listing`` and ``archive``: the files
  in a folder or a zip file; ``files``: which of them counts.
- ``submission``: what comes of them; ``people``: who is who; ``roster``, ``teams`` and ``extensions``: what is known of
  them; ``earlier``: who was graded before.
- ``notebook``: a notebook that can be run; ``outputs``: one without its outputs; ``handed_in``: the files beside it.
"""

from autograder.intake.earlier import chosen, fits, join
from autograder.intake.find import find, passed_over
from autograder.intake.people import Student, match
from autograder.intake.roster import enrol, with_times
from autograder.intake.roster import read as read_roster
from autograder.intake.submission import Extension, Origin, Submission, lateness_notes, summary, told_apart

__all__ = [
    "Extension",
    "Origin",
    "Student",
    "Submission",
    "chosen",
    "enrol",
    "find",
    "fits",
    "join",
    "lateness_notes",
    "match",
    "passed_over",
    "read_roster",
    "summary",
    "told_apart",
    "with_times",
]
