"""The fixtures of evidence: a network crosses as evidence does."""

from evidence.conftest import absent, carried, carry, read, rejected

__all__ = ["absent", "carried", "carry", "read", "rejected"]
