"""Makes databases with nothing in them, without the migrations that led to their schema."""

from pathlib import Path

from backend.store import sqlite_file
from backend.store.database import HEAD, Database
from backend.store.schema import metadata


def fresh(path: Path) -> Database:
    """Makes a database with nothing in it.

    Raises:
        OSError, sqlite3.Error, StoreUnavailable: it cannot be made there.
    """
    sqlite_file.make(path)
    database = Database(f"sqlite:///{path}")
    with database.write() as tx:
        metadata.create_all(tx)
        tx.exec_driver_sql("create table alembic_version (version_num varchar(32) not null primary key)")
        tx.exec_driver_sql("insert into alembic_version values (?)", (HEAD,))
    database.watch()
    return database
