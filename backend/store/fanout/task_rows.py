"""Tasks on their way to their table, and how many of them are written at once."""

from collections.abc import Collection
from operator import attrgetter
from typing import NamedTuple

from sqlalchemy import Connection

from backend.store.recording import bulk


class Done(NamedTuple):
    """What became of one task. `error` tells a failure: its kind, place, message and traceback."""

    number: int
    attempts: int
    input: str
    started_at: float | None = None
    seconds: float | None = None
    worker: int | None = None
    value: float | None = None
    result: str | None = None
    artifact: str | None = None
    error: tuple[str, str, str, str] | None = None
    output: str | None = None


class TaskRow(NamedTuple):
    """A row of the table, whatever became of the task; a run has its own."""

    number: int
    state: str
    attempts: int
    input: str
    started_at: float | None = None
    seconds: float | None = None
    worker: int | None = None
    value: float | None = None
    result: str | None = None
    artifact: str | None = None
    error: str | None = None
    failure: int | None = None
    output: str | None = None


# of what left no file and no word
PLAIN = ("number", "attempts", "input", "started_at", "seconds", "worker", "value", "result")
RICH = (*PLAIN, "artifact", "output")


def upsert(tx: Connection, run_id: str, succeeded: Collection[Done], others: Collection[TaskRow]) -> None:
    """Stores tasks; what is there already is overwritten. No task may be there twice.

    What is alike in those that succeeded stands in the statement: it makes it three times quicker.
    """
    mine = {"run_id": f"'{run_id}'"}
    rich = [each for each in succeeded if each.artifact is not None or each.output is not None]
    plain = [each for each in succeeded if each.artifact is None and each.output is None] if rich else succeeded
    for columns, done in ((PLAIN, plain), (RICH, rich)):
        alike = {name: "null" for name in TaskRow._fields if name not in columns} | {"state": "'succeeded'"}
        bulk.upsert(tx, "tasks", columns, mine | alike, list(map(attrgetter(*columns), done)))
    bulk.upsert(tx, "tasks", TaskRow._fields, mine, list(others))
