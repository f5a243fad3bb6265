"""Opens the database: connection settings, migrations under a lock, and errors that say what to do."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from filelock import FileLock
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from backend.errors import StoreGone, StoreUnavailable
from backend.settings import Settings
from backend.store import sqlite_file
from backend.store.advice import explained, gone, without_password
from backend.store.engines import engine_of
from backend.store.sqlite_file import BUSY_SECONDS
from backend.store.whereabouts import Server, Trouble, Whereabouts

HEAD = "0013"  # the newest migration; a test holds it against the migrations folder
MIGRATIONS = Path(__file__).parent / "migrations"
MIGRATION_LOCK = 7_293_325  # any number that is ours alone


class Database:
    """One database, shared by threads; `read()` and `write()` are the only ways in."""

    def __init__(self, url: str) -> None:
        self._uses(url)
        self.home = url
        self.meets: Callable[[Trouble | None], None] = self._meet  # what is done about trouble before a transaction
        self.moves = 0  # how often it went on in another database
        self.replaced_at: float | None = None  # when it last did because another one had taken its place
        self.place: Whereabouts | Server = Server()
        self._moving = threading.RLock()

    def _uses(self, url: str) -> None:
        self.url, self.engine = url, engine_of(url)
        self.path = sqlite_file.path_of(self.engine.url)  # None where it is no file
        self._reader = sqlite_file.reader(self.path) if self.path else None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Opens a transaction that sees one state of the database throughout."""
        with self._there(), self._reading() as connection, connection.begin():
            yield connection

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """Opens a transaction that leaves the database as it is, byte by byte.

        The usual one makes an SQLite file one with a write-ahead log, and tidies that up.
        """
        if self._reader is None or not self.is_there:
            with self.read() as connection:
                yield connection
            return
        with explained(self.url), self._reader.connect() as connection, connection.begin():
            yield connection

    def _reading(self) -> Connection:
        try:
            return self.engine.connect()
        except OperationalError:
            if self._reader is None or not self.is_there:
                raise
            return self._reader.connect()  # the disk is full, or nobody may write to it

    @contextmanager
    def write(self, patience: float | None = None) -> Iterator[Connection]:
        """Opens a transaction that holds the write lock from the start, so that it never has to give up half-way.

        `patience` is for how many seconds it waits while another writes to the same file; BUSY_SECONDS when left out.
        """
        with self._there():
            moves = self.moves
            with self.engine.connect() as connection, self._patient(connection, patience):
                connection = connection.execution_options(raydeck_write=True)
                with connection.begin():
                    self._must_be_there(moves)
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
        with self._there(), self.engine.connect() as connection:
            yield connection.execution_options(isolation_level="AUTOCOMMIT", raydeck_plain=True)

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @property
    def is_there(self) -> bool:
        """Whether there is a file; what is none always is."""
        return self.path is None or self.path.is_file()

    # ---- where it is

    @property
    def is_away(self) -> bool:
        """Whether it goes on elsewhere than where it was."""
        return self.url != self.home

    def watch(self) -> None:
        """Asks from now on before each transaction whether the file is still the one that it is now."""
        self.place = Whereabouts(self.path) if self.path else Server()

    def trouble(self) -> Trouble | None:
        """Returns what is wrong with it."""
        return self.place.trouble()

    def look(self) -> None:
        """Sees to its trouble, if it has any.

        Raises:
            StoreGone
        """
        if self.trouble() or self.is_away:
            with self._moving:  # another thread may have seen to it meanwhile
                self.meets(self.trouble())

    @contextmanager
    def _there(self) -> Iterator[None]:
        self.look()
        try:
            with explained(self.url):
                yield
            self.place.note_well()
        except StoreGone:
            self.place.note_gone()
            raise

    def _must_be_there(self, moves: int) -> None:
        """Whoever carries away what a file holds has its write lock meanwhile: nothing is written into it after that.

        Raises:
            StoreGone
        """
        trouble = self.trouble()
        if trouble in (Trouble.REMOVED, Trouble.REPLACED) or moves != self.moves:
            raise gone(self.url, trouble or Trouble.REPLACED)

    def _meet(self, trouble: Trouble | None) -> None:
        """What readers do: they go on with another database that was put in its place, and with what can be read of a
        damaged one.

        Raises:
            StoreGone: nothing is there, or what is there is no database of this schema.
        """
        if self.path is None or trouble not in (Trouble.REMOVED, Trouble.REPLACED):
            return
        if trouble is Trouble.REMOVED or not is_current(self.path, without_log=self.place.left_its_log):
            raise gone(self.url, trouble)
        self.go_on_in(self.url)
        self.replaced_at = time.time()

    def go_on_in(self, url: str) -> None:
        """Uses another database from now on."""
        if self.place.left_its_log and self.path:
            sqlite_file.put_log_aside(self.path)
        self.engine.dispose()
        self._uses(url)
        self.watch()
        self.moves += 1

    def close(self) -> None:
        """Closes every connection that nobody uses now."""
        self.engine.dispose()


def open_database(settings: Settings, *, makes: bool = True) -> Database:
    """Returns the database of `settings`, brought to the newest schema if it is behind.

    `makes` says whether it is made where there is none.

    Raises:
        StoreUnavailable: no database, of a newer version, or out of reach; the message says what to do.
    """
    database = Database(settings.database_url)
    if not makes and not database.is_there:
        raise gone(database.url, Trouble.REMOVED)
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable(
            f"{settings.home} cannot be used: {error}. Set RAYDECK_HOME to a folder you can write to."
        ) from None
    if not _is_current(database):
        _upgrade_alone(database, settings)
    database.watch()
    return database


def is_current(path: Path, *, without_log: bool = False) -> bool:
    """Whether a file is a database of the newest schema; it is left as it is. The log beside it may be another's."""
    try:
        with explained(f"sqlite:///{path}"), sqlite_file.reader(path, without_log=without_log).connect() as connection:
            return _version(connection) == HEAD
    except StoreUnavailable:
        return False


def stored_version(database: Database) -> str | None:
    """Returns the schema version in the database, which is left as it is; None when it is empty."""
    if not database.is_there:
        return None
    with database.looking() as connection:
        return _version(connection)


def _version(connection: Connection) -> str | None:
    if not connection.dialect.has_table(connection, "alembic_version"):
        return None
    return connection.exec_driver_sql("select version_num from alembic_version").scalar()


def _is_current(database: Database) -> bool:
    """Returns whether the database has the newest schema.

    Raises:
        StoreUnavailable: it has one that this version does not know.
    """
    stored = stored_version(database)
    if stored is not None and stored not in {
        path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("*.py")
    }:
        raise StoreUnavailable(
            f"{without_password(database.url)} was written by a newer Raydeck (schema {stored}, this one knows"
            f" {HEAD}). Update Raydeck, or point RAYDECK_DB at another database. Nothing was changed."
        )
    return stored == HEAD


def _upgrade_alone(database: Database, settings: Settings) -> None:
    """Makes a database or brings it up to date, one process at a time.

    Raises:
        StoreUnavailable: nothing can be written there.
    """
    try:
        with FileLock(settings.lock_file("migrate")):
            _upgrade(database)
    except OSError as error:
        raise StoreUnavailable(
            f"{without_password(database.url)} must be brought up to date, and nothing can be written to"
            f" {settings.home}: {error}. Free some space, or set RAYDECK_HOME to a copy that you can write to."
        ) from None


def _upgrade(database: Database) -> None:
    if _is_current(database):  # asked again, now under the lock: another process may have been quicker
        return
    from alembic import command
    from alembic.config import Config

    if database.path and not database.is_there:
        with explained(database.url):
            sqlite_file.make(database.path)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.write() as connection:
        if not database.is_sqlite:  # the file lock holds on one machine only
            connection.exec_driver_sql(f"select pg_advisory_xact_lock({MIGRATION_LOCK})")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
