"""The marking page: people mark written answers on it. It is served on this machine only."""

from autograder.review.server import Review, serve

__all__ = ["Review", "serve"]
