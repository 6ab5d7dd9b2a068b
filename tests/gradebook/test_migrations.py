"""The migrations make the tables that the models say."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from autograder.gradebook import Gradebook, connection
from autograder.gradebook.connection import newest_version
from autograder.gradebook.schema import Table


def test_the_migrations_and_the_models_agree(open_book: Callable[..., Gradebook]) -> None:
    with open_book().engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Table.metadata) == []


def test_the_newest_version_is_the_one_that_the_migrations_come_to(open_book: Callable[..., Gradebook]) -> None:
    with open_book().engine.connect() as connection:
        assert MigrationContext.configure(connection).get_current_revision() == newest_version()


def test_a_gradebook_of_an_older_version_is_migrated_and_keeps_its_rows(
    open_book: Callable[..., Gradebook], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = newest_version()
    open_book().close()
    migrations = tmp_path / "migrations"
    shutil.copytree(connection._MIGRATIONS, migrations)
    (migrations / "versions" / "9998_next.py").write_text(
        "import sqlalchemy as sa\n"
        "from alembic import op\n"
        f"revision, down_revision = '9998', '{older}'\n"
        "def upgrade():\n"
        "    with op.batch_alter_table('about') as batch:\n"
        "        batch.add_column(sa.Column('term', sa.Text(), nullable=True))\n"
    )
    monkeypatch.setattr(connection, "_MIGRATIONS", migrations)

    with open_book().engine.connect() as opened:
        assert MigrationContext.configure(opened).get_current_revision() == "9998" > older
        assert opened.execute(text("select assignment, term from about")).all() == [("Lab", None)]


def test_a_gradebook_that_is_up_to_date_is_opened_without_looking_for_migrations(
    open_book: Callable[..., Gradebook], monkeypatch: pytest.MonkeyPatch
) -> None:
    open_book()
    monkeypatch.setitem(sys.modules, "alembic", None)
    open_book()
