"""The fixtures of evidence: a network crosses as evidence does."""

from evidence.conftest import absent, carried, carry

__all__ = ["absent", "carried", "carry"]
