"""The gradebook: submissions, results, and the decisions of people about them, in a database. Only here is SQL.

- ``schema``: the tables; ``connection`` and ``migrations/``: a database that has them; ``documents``: results in it.
- ``book``: submissions and results, which ``rows`` puts into tables; ``marking``, ``rubric``, ``overriding`` and
  ``dismissals``: what people decide, in ``changes`` that overwrite nothing; ``presence``: who marks what just now.
- ``rules``: those of the course, applied afterwards; ``course``: several gradebooks together.
- ``entries``: all of it by student, for reports, with the ``decisions`` that count now; ``figures`` and
  ``submissions``: parts of it, for the marking page.
"""

from autograder.gradebook.book import Gradebook, StoredResult
from autograder.gradebook.decisions import Mark, Override, RubricItem
from autograder.gradebook.entries import Entry

__all__ = ["Entry", "Gradebook", "StoredResult", "Mark", "Override", "RubricItem"]
