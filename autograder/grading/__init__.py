"""Grading: one submission from its notebook to its result, a class of them, and which results still hold."""
