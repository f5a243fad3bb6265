"""Opens a damaged SQLite file to read, also where its beginning makes no sense: it is the same in all of ours."""

import shutil
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from backend.errors import StoreUnavailable
from backend.store import sqlite_file
from backend.store.sqlite_file import log_of

HEADER = 100  # bytes of a file before its first page's own
SIZE_AT, FREE_AT, PAGE_SIZE_AT = 28, 32, 16
INTERIOR, LEAF = 5, 13  # pages of a table
CHILD_CELLS_AT = HEADER + 12
RIGHTMOST_AT = HEADER + 8


@contextmanager
def readable(path: Path, template: Path) -> Iterator[sqlite3.Connection]:
    """Yields a connection to a file, or to a copy of it whose beginning is that of `template`, a database of the same
    schema.

    Raises:
        StoreUnavailable: neither can be read.
    """
    try:
        connection = sqlite_file.opened_to_read(path)
    except sqlite3.DatabaseError:
        connection = _mended(path, template)
    with closing(connection):
        yield connection


def _mended(path: Path, template: Path) -> sqlite3.Connection:
    copy = template.with_name("mended.db")
    for mend in (_header, _first_page):
        sqlite_file.remove(copy)
        shutil.copyfile(path, copy)
        if log_of(path).exists():
            shutil.copyfile(log_of(path), log_of(copy))
        mend(copy, template.read_bytes())
        try:
            connection = sqlite_file.opened_to_read(copy)
        except sqlite3.DatabaseError:
            continue
        if _makes_sense(connection, copy):
            return connection
        connection.close()
    raise StoreUnavailable(
        f"Nothing of {path} can be read. Put a copy in its place: “raydeck recover --from FILE”; “raydeck check” lists"
        " those there are."
    )


def _header(copy: Path, template: bytes) -> None:
    """Gives a file the header of another; how long it is and that no page is free is what a reader must know."""
    with copy.open("r+b") as file:
        file.write(_sized(bytearray(template[:HEADER]), copy.stat().st_size // _page_size(template)))


def _first_page(copy: Path, template: bytes) -> None:
    """Gives a file the list of its tables, too, which begins on the first page; where it goes on is put at the end."""
    size = _page_size(template)
    first = bytearray(template[:size])
    pages = -(-copy.stat().st_size // size)
    more = bytearray()
    if first[HEADER] == INTERIOR:
        cells = struct.unpack_from(f">{struct.unpack_from('>H', first, HEADER + 3)[0]}H", first, CHILD_CELLS_AT)
        for at in (*cells, RIGHTMOST_AT):
            (child,) = struct.unpack_from(">I", first, at)
            more += template[(child - 1) * size : child * size]
            struct.pack_into(">I", first, at, pages + len(more) // size)
    with copy.open("r+b") as file:
        file.write(_sized(first, pages + len(more) // size))
        file.seek(pages * size)
        file.write(more)


def _sized(beginning: bytearray, pages: int) -> bytearray:
    struct.pack_into(">III", beginning, SIZE_AT, pages, 0, 0)
    return beginning


def _page_size(template: bytes) -> int:
    (size,) = struct.unpack_from(">H", template, PAGE_SIZE_AT)
    return 65536 if size == 1 else int(size)


def _makes_sense(connection: sqlite3.Connection, copy: Path) -> bool:
    """Whether each table begins on a page that can be a table's, or an index's."""
    try:
        roots = connection.execute("select rootpage from sqlite_master where rootpage > 1").fetchall()
        (size,) = connection.execute("pragma page_size").fetchone()
    except sqlite3.DatabaseError:
        return False
    with copy.open("rb") as file:
        kinds = []
        for (root,) in roots:
            file.seek((root - 1) * size)
            kinds.append(file.read(1))
    return bool(kinds) and sum(kind in b"\x02\x05\x0a\x0d" and kind != b"" for kind in kinds) > len(kinds) / 2
