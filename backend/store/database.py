"""Opens the database: connection settings, migrations under a lock, and errors that say what to do."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, IntegrityError

from backend.errors import StoreUnavailable
from backend.settings import Settings

HEAD = "0001"  # the newest migration; a test holds it against the migrations folder
BUSY_SECONDS = 30.0


class Database:
    """One database, shared by threads; `read()` and `write()` are the only ways in."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _engine(url)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Opens a transaction that sees one state of the database throughout."""
        with _explained(self.url), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Opens a transaction that holds the write lock from the start, so that it never has to give up half-way."""
        with _explained(self.url), self.engine.connect() as connection:
            connection = connection.execution_options(raydeck_write=True)
            with connection.begin():
                yield connection

    def close(self) -> None:
        self.engine.dispose()


def open_database(settings: Settings) -> Database:
    """Returns the database of `settings`, brought to the newest schema if it is behind.

    Raises:
        StoreUnavailable: no database, of a newer version, or out of reach; the message says what to do.
    """
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        database = Database(settings.database_url)
    except OSError as error:
        raise StoreUnavailable(f"{settings.home} cannot be used: {error}. Set RAYDECK_HOME to a folder you can write to.") from None
    if stored_version(database) != HEAD:
        with FileLock(settings.lock_file("migrate")):
            _upgrade(database)
    return database


def stored_version(database: Database) -> str | None:
    """Returns the schema version in the database; None when it is empty."""
    with database.read() as connection:
        if not connection.dialect.has_table(connection, "alembic_version"):
            return None
        return connection.exec_driver_sql("select version_num from alembic_version").scalar()


def _upgrade(database: Database) -> None:
    stored = stored_version(database)  # again, now under the lock: another process may have been quicker
    if stored == HEAD:
        return
    if stored is not None and stored > HEAD:
        raise StoreUnavailable(
            f"{database.url} was written by a newer Raydeck (schema {stored}, this one knows {HEAD}). "
            "Update Raydeck, or point RAYDECK_DB at another database. Nothing was changed."
        )
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreUnavailable(f"RAYDECK_DB is no database URL: {url!r}. An example: sqlite:////home/me/raydeck.db") from None
    if parsed.get_backend_name() != "sqlite":
        raise StoreUnavailable(f"RAYDECK_DB must be an SQLite URL (sqlite:////path/to/raydeck.db); this one is {parsed.drivername}.")
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where we say, see _on_begin
    connection.execute("pragma journal_mode=wal")
    connection.execute("pragma synchronous=normal")
    connection.execute("pragma foreign_keys=on")


def _on_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("raydeck_write", False)
    connection.exec_driver_sql("begin immediate" if writes else "begin")


@contextmanager
def _explained(url: str) -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        reason = str(error.orig)
        if "disk is full" in reason or "disk I/O error" in reason:
            advice = "The disk is full or failing. Free some space; nothing recorded so far is lost, and writing goes on by itself."
        elif "not a database" in reason or "malformed" in reason:
            advice = "This file is not a Raydeck database. Move it away, or point RAYDECK_DB at another file. Nothing was changed."
        elif "unable to open" in reason or "readonly" in reason:
            advice = "The file cannot be opened for writing. Check the folder's permissions, or set RAYDECK_HOME."
        elif "locked" in reason:
            advice = f"Another process has held the database for more than {BUSY_SECONDS:.0f} s. Try again."
        elif isinstance(error, IntegrityError):
            raise
        else:
            advice = "Was the file moved or changed by something else? Restart Raydeck; if that does not help, look at the file."
        raise StoreUnavailable(f"{url}: {reason}. {advice}") from error
