"""Alembic runs this to migrate a gradebook, on the given connection and in its transaction."""

from __future__ import annotations

from alembic import context

from autograder.gradebook.schema import Table

# SQLite cannot alter most of a table: in batch mode Alembic copies it to a new one.
context.configure(
    connection=context.config.attributes["connection"], target_metadata=Table.metadata, render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()
