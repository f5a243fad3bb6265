"""Files and folders that are there whole or not at all, however many processes write them
and whenever one is killed."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path, ending: str = "") -> Iterator[Path]:
    """Yields a place beside `path`, nobody else's, for a new file or folder, which then takes the place of the file
    there.

    Of what was written nothing is left if that fails. `ending` is for writers that go by the name's.

    Raises:
        OSError: it cannot be put there: a folder that is not empty is in its place.
    """
    with aside(path, ending) as part:
        yield part
        part.replace(path)


@contextmanager
def aside(path: Path, ending: str = "") -> Iterator[Path]:
    """Yields a place beside `path` as `replacing` does, for who only knows at the end where it belongs;
    what is left is removed."""
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part{ending}")
    try:
        yield part
    finally:
        shutil.rmtree(part) if part.is_dir() else part.unlink(missing_ok=True)


def replace(path: Path, content: str | bytes, mode: int = 0o666) -> None:
    """Writes a file, text in UTF-8; whoever reads it meanwhile reads all of the old one or all of the new one.

    `mode` is who may read and write it, less what the process's umask forbids.

    Raises:
        OSError: there is no room, or no right; the old file is as it was.
    """
    with replacing(path) as part:
        part.touch(mode)
        part.write_bytes(content.encode() if isinstance(content, str) else content)
