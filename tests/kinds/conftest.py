"""What the tests of kinds share."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from backend.store.database import Database


@pytest.fixture
def kept(database: Database) -> Iterator[Callable[..., Any]]:
    """Makes sweeps whose trials a test makes by hand."""
    from tests.kinds.sweep.kept import Kept

    made: list[Kept] = []

    def begin(**more: Any) -> Kept:
        made.append(Kept(database, **more))
        return made[-1]

    yield begin
    for each in made:
        each.recorder.abandon()
