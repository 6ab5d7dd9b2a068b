"""Open the database of a gradebook (SQLite, or any other that SQLAlchemy knows) and bring it up to date."""

from __future__ import annotations

import re
import sqlite3
import time
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from autograder.errors import ConfigError

#: Seconds that a writer waits for another writer before it gives up.
_BUSY_SECONDS = 60


def connect(url: str) -> Engine:
    """The database at an SQLAlchemy URL, migrated to this package's version.

    Raises:
        ConfigError: the URL is malformed, its driver is not installed, nothing answers there, or the gradebook has a
            newer version.
    """
    try:
        address = make_url(url)
        sqlite = address.get_backend_name() == "sqlite"
        options: dict[str, Any] = {"connect_args": {"timeout": _BUSY_SECONDS}} if sqlite else {"pool_pre_ping": True}
        if sqlite and address.database:
            Path(address.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(address, **options)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError, OSError) as error:
        shown = re.sub(r"(://[^:/@]*):.*@", r"\1:***@", url)
        raise ConfigError(f"gradebook '{shown}' must be an SQLAlchemy URL that can be opened ({error})") from None
    shown = address.render_as_string(hide_password=True)
    if sqlite:
        event.listen(engine, "connect", _sqlite_settings)
        event.listen(engine, "begin", _begin_immediate)
    try:
        _migrate(engine)
    except BaseException as error:
        engine.dispose()
        raise _explained(error, shown) from None
    return engine


def _explained(error: BaseException, shown: str) -> BaseException:
    if isinstance(error, CommandError):
        return ConfigError(f"gradebook '{shown}' belongs to a different version of this package ({error})")
    if isinstance(error, SQLAlchemyError):
        return ConfigError(f"gradebook '{shown}' cannot be opened ({reason(error)})")
    return error


def reason(error: SQLAlchemyError) -> str:
    """The database's own words for an error, in a line."""
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0]


def _sqlite_settings(connection: Any, _record: object) -> None:
    """Allow readers beside a writer, check foreign keys, and let SQLAlchemy begin transactions."""
    connection.isolation_level = None
    cursor = connection.cursor()
    _log_ahead(cursor)
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _log_ahead(cursor: sqlite3.Cursor) -> None:
    # Switching a new file to a write-ahead log takes a lock that SQLite does not wait for, despite the timeout.
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        time.sleep(0.02)


def _begin_immediate(connection: Any) -> None:
    # Python's module would begin a transaction only at the first write, too late to wait for other writers.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _migrate(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    with engine.begin() as connection:
        # In one transaction: two programs that open a new database at once must not both create the tables.
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(727072)")
        if (
            MigrationContext.configure(connection).get_current_revision()
            != ScriptDirectory.from_config(config).get_current_head()
        ):
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
