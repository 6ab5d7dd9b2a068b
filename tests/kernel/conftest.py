"""The fixtures of evidence."""

from evidence.conftest import absent, carried, carry, read, rejected

__all__ = ["absent", "carried", "carry", "read", "rejected"]
