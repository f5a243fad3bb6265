"""What a driver and everything in it prints: its log may be on a disk that is full, which must not end who works."""

import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, TextIO, cast


class Output:
    """A text stream that never fails: what cannot be written is dropped, and how much it was is said once there is
    room. All else is the stream's own."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.dropped = 0  # characters since the last that was written

    def write(self, text: str) -> int:
        try:
            self._say_what_is_missing()
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):  # the last where it was closed
            self.dropped += len(text)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()

    def _say_what_is_missing(self) -> None:
        if not self.dropped:
            return
        self._stream.write(f"\n[about {self.dropped:,} characters are missing here: the disk was full]\n")
        self._stream.flush()
        self.dropped = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def never_fail() -> None:
    """From now on nothing that this process prints raises."""
    sys.stdout, sys.stderr = cast(TextIO, Output(sys.stdout)), cast(TextIO, Output(sys.stderr))
