"""Open the database of a gradebook (SQLite, or any other that SQLAlchemy knows) and bring it up to date."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from autograder.errors import ConfigError

_MIGRATIONS = Path(__file__).parent / "migrations"
#: Seconds that a writer waits for another writer before it gives up.
_BUSY_SECONDS = 60
#: Characters of what a database says of an error.
_MOST_WORDS = 200


def connect(url: str, *, may_be_new: bool = True) -> Engine:
    """The database at an SQLAlchemy URL, migrated to this package's version; if it ``may_be_new``, it is made.

    Raises:
        ConfigError: the URL is malformed, its driver is not installed, nothing answers there, it is not a file, or the
            gradebook has a newer version.
    """
    try:
        address = make_url(url)
        sqlite = address.get_backend_name() == "sqlite"
        options: dict[str, Any] = {"connect_args": {"timeout": _BUSY_SECONDS}} if sqlite else {"pool_pre_ping": True}
        engine = create_engine(address, json_deserializer=_json_or_none, **options)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        shown = re.sub(r"(://[^:/@]*):.*@", r"\1:***@", url)
        raise ConfigError(f"gradebook '{shown}' must be an SQLAlchemy URL that can be opened ({error})") from None
    shown = address.render_as_string(hide_password=True)
    if sqlite:
        if (file := _file(address)) is not None:
            _check_file(file, shown, may_be_new=may_be_new)
        event.listen(engine, "connect", _sqlite_settings)
        event.listen(engine, "begin", _begin_immediate)
    try:
        _migrate(engine)
    except BaseException as error:
        engine.dispose()
        if isinstance(error, SQLAlchemyError | UnicodeDecodeError):
            raise ConfigError(f"gradebook '{shown}' cannot be opened {trouble(error)}") from None
        raise
    return engine


def is_missing(url: str) -> bool:
    """Whether a gradebook is a file of SQLite's that nobody has made yet."""
    try:
        file = _file(make_url(url))
    except ArgumentError:
        return False
    return file is not None and not file.exists()


def _file(address: URL) -> Path | None:
    """The file of a database of SQLite's; None of another one, or of one in memory."""
    database = address.database or ""
    is_path = database not in ("", ":memory:") and not database.startswith("file:")
    return Path(database) if is_path and address.get_backend_name() == "sqlite" else None


def _check_file(path: Path, shown: str, *, may_be_new: bool) -> None:
    """Check that SQLite finds a file, or may make one: it would make another for a name with a typing error."""
    try:
        if not path.is_file() and (path.exists() or not may_be_new):
            rule = "must be a file" if path.exists() else "must exist: grade into it first, or correct the path"
            raise ConfigError(f"gradebook '{shown}' {rule}")
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"gradebook '{shown}' cannot be opened ({error.strerror}); {_RIGHTS}") from None


def trouble(error: Exception) -> str:
    """An error in the database's own words, in parentheses, and the way out."""
    original = getattr(error, "orig", None) or error
    words = (str(original).strip() or type(original).__name__).splitlines()[0]
    # An error of another kind comes of a value that is not what was stored.
    code = getattr(original, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT if isinstance(original, sqlite3.Error) else 0)
    remedy = _REMEDIES.get(code & 0xFF, "") if isinstance(error, SQLAlchemyError) else _RESTORE
    words = words[:_MOST_WORDS]  # they may have a student's answer in them
    return f"({words}); {remedy}" if remedy else f"({words})"


_RESTORE = "restore it from a copy, or name another one with --gradebook"
_ROOM = "make room on the disk, then run the same command again: nothing that is in it is lost"
_RIGHTS = "change the rights of the file and its folder, or name another gradebook with --gradebook"
#: What to do about errors of SQLite, by their codes.
_REMEDIES = {
    sqlite3.SQLITE_FULL: _ROOM,
    sqlite3.SQLITE_BUSY: "another program is writing to it; run the same command again",
    sqlite3.SQLITE_LOCKED: "another program is writing to it; run the same command again",
    sqlite3.SQLITE_ERROR: _RESTORE,  # a table or a column is missing
    sqlite3.SQLITE_CORRUPT: _RESTORE,
    sqlite3.SQLITE_NOTADB: _RESTORE,
    sqlite3.SQLITE_READONLY: _RIGHTS,
    sqlite3.SQLITE_CANTOPEN: _RIGHTS,
    sqlite3.SQLITE_PERM: _RIGHTS,
    sqlite3.SQLITE_IOERR: _ROOM,
}


def _json_or_none(text: str) -> Any:
    """A value of a JSON column; None for a damaged one."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


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
    with engine.begin() as connection:
        # In one transaction: two programs that open a new database at once must not both create the tables.
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(727072)")
        if _version(connection) != newest_version():
            _upgrade(connection)


def _version(connection: Connection) -> str | None:
    """The version of a gradebook; None of a new one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(text("select version_num from alembic_version"))
    return version


def newest_version() -> str:
    """The version of gradebooks that this package makes: the number of its last migration."""
    return max(path.name for path in (_MIGRATIONS / "versions").glob("[0-9]*.py")).partition("_")[0]


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        shown = connection.engine.url.render_as_string(hide_password=True)
        raise ConfigError(
            f"gradebook '{shown}' belongs to a different version of this package ({error}): "
            "use that version, or a later one"
        ) from None
