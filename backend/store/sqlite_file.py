"""How an SQLite file is opened: never made by accident, and read where nothing can be written."""

import os
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool

from backend.store.schema import storable_json

BUSY_SECONDS = 30.0


def path_of(url: URL) -> Path | None:
    """Returns the file of a database; None where it has none: it is in memory, or on a server."""
    is_file = url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")
    return Path(str(url.database)) if is_file and "uri" not in url.query else None


def log_of(path: Path) -> Path:
    """Returns where the write-ahead log of a file is, while there is one."""
    return path.with_name(f"{path.name}-wal")


def engine(url: URL) -> Engine:
    """Returns the usual engine. Only `make` makes a file: one that is gone must not come back empty."""
    made = create_engine(url, connect_args={"timeout": BUSY_SECONDS}, json_serializer=storable_json)
    if path := path_of(url):

        def existing(_dialect: Any, _record: Any, arguments: list[Any], options: dict[str, Any]) -> None:
            arguments[0], options["uri"] = f"{path.absolute().as_uri()}?mode=rw", True

        event.listen(made, "do_connect", existing)
    event.listen(made, "connect", _on_connect)
    event.listen(made, "begin", _on_begin)
    return made


def reader(path: Path, *, without_log: bool = False) -> Engine:
    """Returns an engine that reads a file where the usual one cannot open it, and changes nothing.

    The usual one wants room for what its readers share in memory, which a full disk and one that nobody may write to
    do not have. Each of its connections is opened anew, so that it sees what was written meanwhile; `without_log` it
    sees what is in the file itself.
    """
    made = create_engine("sqlite://", creator=lambda: opened_to_read(path, without_log=without_log), poolclass=NullPool)
    event.listen(made, "connect", _on_any_connect)
    event.listen(made, "begin", _on_begin)
    return made


def make(path: Path) -> None:
    """Makes an empty database where there is no file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS)
    try:
        connection.execute("pragma auto_vacuum=incremental")  # heeded in a new file only: deleting gives space back
        connection.execute("pragma journal_mode=wal")
    finally:
        connection.close()


def remove(path: Path) -> None:
    """Removes a file and its log."""
    for part in (path, log_of(path), path.with_name(f"{path.name}-shm")):
        part.unlink(missing_ok=True)


def put_log_aside(path: Path) -> None:
    """Takes away the log that a file which is gone has left behind: SQLite would add it to whatever is there now."""
    for log in (log_of(path), path.with_name(f"{path.name}-shm")):
        if log.exists():
            log.rename(log.with_name(f"{log.name}.left"))


def opened_to_read(path: Path, *, without_log: bool = False) -> sqlite3.Connection:
    """Opens a file in the first way that works.

    Raises:
        sqlite3.Error: of the first way, if none does.
    """
    first: sqlite3.OperationalError | None = None
    for how, is_alone in _ways(path, without_log):
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?{how}", uri=True, timeout=BUSY_SECONDS, check_same_thread=False
        )
        try:
            if is_alone:  # then what readers share is kept in this process instead of a file
                connection.execute("pragma locking_mode=exclusive")
            connection.execute("select count(*) from sqlite_master").fetchall()
        except sqlite3.OperationalError as error:
            first = first or error
            connection.close()
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    raise first or sqlite3.OperationalError("unable to open database file")


def _ways(path: Path, without_log: bool) -> list[tuple[str, bool]]:
    """Returns in which ways a file may be read, the best first, and whether nobody else may have it open meanwhile."""
    log = log_of(path)
    if without_log or not (log.exists() and log.stat().st_size):
        return [("mode=ro&immutable=1", False)]  # all of it is in the file, and no log is made either
    # of a disk that nobody can write to no lock is needed, and none can be had
    return [("mode=ro", False), ("mode=rw", True) if os.access(path, os.W_OK) else ("mode=ro&vfs=unix-none", True)]


def _on_connect(connection: sqlite3.Connection, record: Any) -> None:
    _on_any_connect(connection, record)
    connection.execute("pragma auto_vacuum=incremental")  # heeded in a new file, and by the next full vacuum
    connection.execute("pragma journal_mode=wal")
    connection.execute("pragma synchronous=normal")
    connection.execute("pragma foreign_keys=on")


def _on_any_connect(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where we say, see _on_begin
    connection.create_function("lower", 1, _lower, deterministic=True)


def _lower(value: Any) -> Any:
    """SQLite's own knows A to Z alone; PostgreSQL's knows letters."""
    return value.lower() if isinstance(value, str) else value


def _on_begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if not options.get("raydeck_plain"):
        connection.exec_driver_sql("begin immediate" if options.get("raydeck_write") else "begin")
