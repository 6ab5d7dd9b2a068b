"""The migrations make the tables that the models say."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from autograder.gradebook import Gradebook
from autograder.gradebook.connection import newest_version
from autograder.gradebook.schema import Table


def test_the_migrations_and_the_models_agree(open_book: Callable[..., Gradebook]) -> None:
    with open_book().engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Table.metadata) == []


def test_the_newest_version_is_the_one_that_the_migrations_come_to(open_book: Callable[..., Gradebook]) -> None:
    with open_book().engine.connect() as connection:
        assert MigrationContext.configure(connection).get_current_revision() == newest_version()


def test_a_gradebook_that_is_up_to_date_is_opened_without_looking_for_migrations(
    open_book: Callable[..., Gradebook], monkeypatch: pytest.MonkeyPatch
) -> None:
    open_book()
    monkeypatch.setitem(sys.modules, "alembic", None)
    open_book()
