"""What a database's own errors mean, and what to do about them."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import make_url
from sqlalchemy.exc import DatabaseError, IntegrityError

from backend.errors import StoreGone, StoreUnavailable
from backend.store.sqlite_file import BUSY_SECONDS
from backend.store.whereabouts import Trouble

GONE = re.compile(r"malformed|not a database|database \".*\" does not exist")
ADVICE = {
    (
        "disk is full",
        "disk I/O error",
        "No space left",
    ): "The disk is full or failing. Free some space; nothing recorded so far is lost, and writing goes on by itself.",
    ("not a database",): (
        "This file is not a Raydeck database, or its beginning is damaged. Move it away, point RAYDECK_DB at another"
        " file, or let “raydeck recover” save what can be read of it. Nothing was changed."
    ),
    ("malformed",): (
        "The file is damaged. “raydeck check” says what of it, “raydeck recover” saves what can be read, and what goes"
        " on keeps what it records."
    ),
    (
        "unable to open",
        "readonly",
    ): "The file cannot be opened for writing. Check the folder's permissions, or set RAYDECK_HOME.",
    ("locked",): f"Another process has held the database for more than {BUSY_SECONDS:.0f} s. Try again.",
    ("does not exist",): (
        "If it was there before, it was dropped or renamed: put it back; what is not written yet is kept. Else create"
        " the database and the role first (createdb, createuser), or correct RAYDECK_DB."
    ),
    ("password", "authentication"): "Correct the user and password in RAYDECK_DB.",
    (
        "connection",
        "server",
        "terminat",
    ): "Is PostgreSQL running, and is it at the address in RAYDECK_DB? What is not written yet is kept.",
}
TROUBLE = {
    Trouble.REMOVED: (
        "Put it back, or let “raydeck recover” take the newest copy there is; to begin anew without it, restart"
        " Raydeck."
    ),
    Trouble.REPLACED: (
        "The file that is there now has another version's schema, or is no Raydeck database. Put the right one there,"
        " or restart Raydeck."
    ),
    Trouble.DROPPED: "Put it back; what is not written yet is kept.",
    Trouble.DAMAGED: "“raydeck check” says what of it is, and “raydeck recover” saves what can be read.",
}


@contextmanager
def explained(url: str) -> Iterator[None]:
    """Makes what a database says of itself an error that says what to do.

    Raises:
        StoreUnavailable: StoreGone where it is damaged, or no longer there.
    """
    try:
        yield
    except IntegrityError:
        raise
    except (DatabaseError, sqlite3.Error) as error:
        reason = str(error.orig if isinstance(error, DatabaseError) else error).strip()
        kind = StoreGone if GONE.search(reason) else StoreUnavailable
        raise kind(f"{without_password(url)}: {reason.rstrip('.')}. {_advice(reason)}") from error


def gone(url: str, trouble: Trouble, advice: str | None = None) -> StoreGone:
    """Returns what to say where a database is not as it was when it was opened, and what a reader can do about it."""
    where = without_password(url).removeprefix("sqlite:///")
    return StoreGone(f"The database {where} {trouble}. {TROUBLE[trouble] if advice is None else advice}".strip())


def _advice(reason: str) -> str:
    for signs, advice in ADVICE.items():
        if any(sign in reason for sign in signs):
            return advice
    return (
        "Was the database moved or changed by something else? Restart Raydeck; if that does not help, look at the"
        " database."
    )


def without_password(url: str) -> str:
    """Returns a database's URL as it may be shown."""
    return make_url(url).render_as_string(hide_password=True)
