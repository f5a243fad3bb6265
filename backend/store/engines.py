"""How the databases that there may be are connected to."""

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from backend.errors import StoreUnavailable
from backend.store import sqlite_file
from backend.store.schema import storable_json

CONNECT_SECONDS = 5
EXAMPLES = "Examples: sqlite:////home/me/raydeck.db, postgresql://user:password@host/raydeck"


def engine_of(url: str) -> Engine:
    """Returns what connects to a database.

    Raises:
        StoreUnavailable: that is no URL, or one of another kind of database.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreUnavailable(f"RAYDECK_DB is no database URL: {url!r}. {EXAMPLES}") from None
    kind = parsed.get_backend_name()
    if kind == "sqlite":
        return sqlite_file.engine(parsed)
    if kind == "postgresql":
        return _postgresql(parsed)
    raise StoreUnavailable(
        f"RAYDECK_DB must be an SQLite or PostgreSQL URL; this one is {parsed.drivername}. {EXAMPLES}"
    )


def _postgresql(url: URL) -> Engine:
    options = {"connect_timeout": CONNECT_SECONDS, "application_name": "raydeck"}
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        connect_args=options,
        pool_pre_ping=True,
        json_serializer=storable_json,
    )
    event.listen(engine, "begin", _on_snapshot)
    return engine


def _on_snapshot(connection: Connection) -> None:
    if not _writes(connection) and not connection.get_execution_options().get("raydeck_plain"):
        connection.exec_driver_sql("set transaction isolation level repeatable read, read only")


def _writes(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get("raydeck_write", False))
