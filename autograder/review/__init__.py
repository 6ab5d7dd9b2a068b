"""The page on which people mark written answers, served on this machine only."""

from autograder.review.server import Review, serve

__all__ = ["Review", "serve"]
