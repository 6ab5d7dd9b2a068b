"""Alembic migrations of the gradebook, run when one is opened (``versions/`` has a file for each version)."""
