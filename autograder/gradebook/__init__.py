"""The gradebook: submissions, results, and what people decide of them, in a database."""

from autograder.gradebook.book import Gradebook, Kept
from autograder.gradebook.entry import Entry, Mark, Override, RubricItem

__all__ = ["Entry", "Gradebook", "Kept", "Mark", "Override", "RubricItem"]
