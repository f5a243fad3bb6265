"""Opens the database: connection settings, migrations under a lock, and errors that say what to do."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from filelock import FileLock
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, IntegrityError
from sqlalchemy.pool import NullPool

from backend.errors import StoreUnavailable
from backend.settings import Settings

HEAD = "0011"  # the newest migration; a test holds it against the migrations folder
MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_SECONDS = 30.0
CONNECT_SECONDS = 5
MIGRATION_LOCK = 7_293_325  # any number that is ours alone
EXAMPLES = "Examples: sqlite:////home/me/raydeck.db, postgresql://user:password@host/raydeck"


ADVICE = {
    ("disk is full", "disk I/O error", "No space left"): (
        "The disk is full or failing. Free some space; nothing recorded so far is lost, and writing goes on by itself."
    ),
    ("not a database", "malformed"): (
        "This file is not a Raydeck database. Move it away, or point RAYDECK_DB at another file. Nothing was changed."
    ),
    ("unable to open", "readonly"): "The file cannot be opened for writing. Check the folder's permissions, or set RAYDECK_HOME.",
    ("locked",): f"Another process has held the database for more than {BUSY_SECONDS:.0f} s. Try again.",
    ("does not exist",): "Create the database and the role first (createdb, createuser), or correct RAYDECK_DB.",
    ("password", "authentication"): "Correct the user and password in RAYDECK_DB.",
    ("connection", "server", "terminat"): "Is PostgreSQL running, and is it at the address in RAYDECK_DB? What is not written yet is kept.",
}


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
    def write(self, patience: float | None = None) -> Iterator[Connection]:
        """Opens a transaction that holds the write lock from the start, so that it never has to give up half-way.

        `patience` is for how many seconds it waits while another writes to the same file; BUSY_SECONDS when left out.
        """
        with _explained(self.url), self.engine.connect() as connection, self._patient(connection, patience):
            connection = connection.execution_options(raydeck_write=True)
            with connection.begin():
                yield connection

    @contextmanager
    def _patient(self, connection: Connection, patience: float | None) -> Iterator[None]:
        if patience is None or not self.is_sqlite:
            yield
            return
        file = cast(sqlite3.Connection, connection.connection.driver_connection)
        file.execute(f"pragma busy_timeout={int(1000 * patience)}")
        try:
            yield
        finally:
            file.execute(f"pragma busy_timeout={int(1000 * BUSY_SECONDS)}")

    @contextmanager
    def outside_transactions(self) -> Iterator[Connection]:
        """Opens a connection whose statements each stand for themselves, for those that allow nothing else (vacuum)."""
        with _explained(self.url), self.engine.connect() as connection:
            yield connection.execution_options(isolation_level="AUTOCOMMIT", raydeck_plain=True)

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

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
    if not _is_current(database):
        with FileLock(settings.lock_file("migrate")):
            _upgrade(database)
    return database


def stored_version(database: Database) -> str | None:
    """Returns the schema version in the database, which is left as it is; None when it is empty."""
    with _looking(database) as connection:
        if not connection.dialect.has_table(connection, "alembic_version"):
            return None
        return connection.exec_driver_sql("select version_num from alembic_version").scalar()


@contextmanager
def _looking(database: Database) -> Iterator[Connection]:
    """Opens a connection that changes nothing: the usual one to a file makes it one with a write-ahead log, and tidies that up."""
    path = Path(database.engine.url.database or "")
    if not database.is_sqlite or not path.is_file():
        with database.read() as connection:
            yield connection
        return
    log = path.with_name(f"{path.name}-wal")
    how = "mode=ro" if log.exists() and log.stat().st_size else "immutable=1"  # where nothing is in a log, none is made either
    uri = f"{path.absolute().as_uri()}?{how}"
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS), poolclass=NullPool)
    with _explained(database.url), engine.connect() as connection:
        yield connection


def _is_current(database: Database) -> bool:
    """Returns whether the database has the newest schema.

    Raises:
        StoreUnavailable: it has one that this version does not know.
    """
    stored = stored_version(database)
    if stored is not None and stored not in {path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("*.py")}:
        raise StoreUnavailable(
            f"{_without_password(database.url)} was written by a newer Raydeck (schema {stored}, this one knows {HEAD}). "
            "Update Raydeck, or point RAYDECK_DB at another database. Nothing was changed."
        )
    return stored == HEAD


def _upgrade(database: Database) -> None:
    if _is_current(database):  # asked again, now under the lock: another process may have been quicker
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.write() as connection:
        if not database.is_sqlite:  # the file lock holds on one machine only
            connection.exec_driver_sql(f"select pg_advisory_xact_lock({MIGRATION_LOCK})")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreUnavailable(f"RAYDECK_DB is no database URL: {url!r}. {EXAMPLES}") from None
    kind = parsed.get_backend_name()
    if kind == "sqlite":
        return _sqlite(parsed)
    if kind == "postgresql":
        return _postgresql(parsed)
    raise StoreUnavailable(f"RAYDECK_DB must be an SQLite or PostgreSQL URL; this one is {parsed.drivername}. {EXAMPLES}")


def _sqlite(url: URL) -> Engine:
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _postgresql(url: URL) -> Engine:
    options = {"connect_timeout": CONNECT_SECONDS, "application_name": "raydeck"}
    engine = create_engine(url.set(drivername="postgresql+psycopg"), connect_args=options, pool_pre_ping=True)
    event.listen(engine, "begin", _on_snapshot)
    return engine


def _on_connect(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where we say, see _on_begin
    connection.create_function("lower", 1, _lower, deterministic=True)
    connection.execute("pragma auto_vacuum=incremental")  # heeded in a new file only: deleting gives space back
    connection.execute("pragma journal_mode=wal")
    connection.execute("pragma synchronous=normal")
    connection.execute("pragma foreign_keys=on")


def _lower(value: Any) -> Any:
    """SQLite's own knows A to Z alone; PostgreSQL's knows letters."""
    return value.lower() if isinstance(value, str) else value


def _on_begin(connection: Connection) -> None:
    if connection.get_execution_options().get("raydeck_plain"):
        return
    connection.exec_driver_sql("begin immediate" if _writes(connection) else "begin")


def _on_snapshot(connection: Connection) -> None:
    if not _writes(connection) and not connection.get_execution_options().get("raydeck_plain"):
        connection.exec_driver_sql("set transaction isolation level repeatable read, read only")


def _writes(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get("raydeck_write", False))


@contextmanager
def _explained(url: str) -> Iterator[None]:
    try:
        yield
    except IntegrityError:
        raise
    except DatabaseError as error:
        reason = str(error.orig).strip()
        raise StoreUnavailable(f"{_without_password(url)}: {reason.rstrip('.')}. {_advice(reason)}") from error


def _advice(reason: str) -> str:
    for signs, advice in ADVICE.items():
        if any(sign in reason for sign in signs):
            return advice
    return "Was the database moved or changed by something else? Restart Raydeck; if that does not help, look at the database."


def _without_password(url: str) -> str:
    return make_url(url).render_as_string(hide_password=True)
