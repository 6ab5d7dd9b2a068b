"""Similar submissions, more similar than the lab explains: a hint for a person, never a mark."""

from autograder.similarity.page import write_similar
from autograder.similarity.pairs import Pair, pairs
from autograder.similarity.work import Work, work_of

__all__ = ["Pair", "Work", "pairs", "work_of", "write_similar"]
