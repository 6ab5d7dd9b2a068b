"""What Alembic runs to migrate a gradebook: on the connection that it is given, in that connection's transaction."""

from __future__ import annotations

from alembic import context

from autograder.gradebook.schema import Table

# SQLite cannot alter most of a table: in batch mode Alembic makes a new one and copies.
context.configure(
    connection=context.config.attributes["connection"], target_metadata=Table.metadata, render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()
