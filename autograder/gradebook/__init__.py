"""The gradebook: submissions, results, and the decisions of people about them, in a database."""

from autograder.gradebook.book import Gradebook, StoredResult
from autograder.gradebook.entries import Entry, Mark, Override, RubricItem

__all__ = ["Entry", "Gradebook", "StoredResult", "Mark", "Override", "RubricItem"]
