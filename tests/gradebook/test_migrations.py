"""The migrations make the tables that the models say."""

from __future__ import annotations

from collections.abc import Callable

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from autograder.gradebook import Gradebook
from autograder.gradebook.schema import Table


def test_the_migrations_and_the_models_agree(open_book: Callable[..., Gradebook]) -> None:
    with open_book().engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Table.metadata) == []
