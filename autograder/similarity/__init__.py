"""Similar submissions, more similar than the lab explains: a hint for a person, never a mark.

``work`` is what one student did, ``pairs`` are the similar ones of a class, in groups; ``find`` leaves out those that a
person dismissed, and ``page`` shows the rest.
"""

from autograder.similarity.find import Found, find_similar
from autograder.similarity.page import write_similar
from autograder.similarity.pairs import Group, Pair, groups, pairs
from autograder.similarity.work import Work, work_of

__all__ = ["Found", "Group", "Pair", "Work", "find_similar", "groups", "pairs", "work_of", "write_similar"]
