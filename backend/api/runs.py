"""What pages, the command line and notebooks may ask of a run of whatever kind."""

import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backend.api.cluster import wake_cluster
from backend.api.house import house
from backend.errors import RaydeckError
from backend.kinds import specs
from backend.kinds.specs import RunSpec
from backend.launcher import Launcher
from backend.model import Event, Run, RunState
from backend.store import queries, space


def launch(spec: RunSpec | Mapping[str, Any], *, parent_id: str | None = None, launch_key: str | None = None) -> str:
    """Starts a run and returns its id. It waits in the queue while the cluster starts or every slot is taken.

    Raises:
        InvalidSpec: the spec cannot be run; nothing was started.
    """
    ready = specs.parse(dict(spec)) if isinstance(spec, Mapping) else spec
    run_id = house().launcher.launch(ready, parent_id=parent_id, launch_key=launch_key)
    wake_cluster()
    return run_id


def stop(run_id: str) -> None:
    """Stops a run: a queued one at once, a running one after its next report, within 15 s.

    Raises:
        UnknownRun, IllegalMove
    """
    house().launcher.stop(run_id)


def valid(run_id: str) -> Run:
    """Returns a run in its true state, if its spec can still be run.

    Raises:
        UnknownRun
        IllegalMove: it is a script's own.
        InvalidSpec: says what is no longer there.
    """
    house().launcher.reconcile()
    return house().launcher.valid(run_id)


def resume(run_id: str) -> None:
    """Lets a stopped, failed or lost run go on from its last checkpoints.

    Raises:
        UnknownRun, IllegalMove
        InvalidSpec: says what is no longer there.
    """
    house().launcher.resume(run_id)
    wake_cluster()


def delete(run_id: str) -> None:
    """Deletes a run that is over, at once and for good; its files and the room it took are cleared in the background.

    Raises:
        UnknownRun, IllegalMove
    """
    house().launcher.delete(run_id)
    purge_soon()


def delete_all(run_ids: Sequence[str]) -> None:
    """Deletes those of the runs that are over, as `delete` does.

    Raises:
        IllegalMove: some are not, or are gone; all others are deleted.
    """
    try:
        house().launcher.delete_all(run_ids)
    finally:
        purge_soon()


def purge() -> int:
    """Clears what deleted runs left, and returns how many there were."""
    return house().launcher.purge()


def purge_soon() -> None:
    """Does `purge` in the background; should the process end before, the next start goes on."""
    threading.Thread(target=_purge_quietly, args=(house().launcher,), name="purge", daemon=True).start()


def _purge_quietly(launcher: Launcher) -> None:
    try:
        launcher.purge()
    except RaydeckError as error:  # a full disk, a database that is away: the next start or `compact` tries again
        print(f"could not clear what deleted runs left: {error}", file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Compacted:
    """Bytes that the database took before and after, and how many deleted runs were cleared first."""

    before: int
    after: int
    cleared: int


def compact() -> Compacted:
    """Rewrites the database without any gaps; what is recorded meanwhile waits in its process's memory.

    Raises:
        StoreUnavailable: there is no room for the copy that is made on the way.
    """
    database = house().database
    before, cleared = space.size(database), purge()
    space.compact(database)
    return Compacted(before, space.size(database), cleared)


def run(run_id: str) -> Run:
    """Returns one run in its true state.

    Raises:
        UnknownRun
    """
    house().launcher.reconcile()
    return queries.run(house().database, run_id)


def runs(query: str = "", *, states: Sequence[RunState] | None = None, limit: int | None = None) -> list[Run]:
    """Returns the runs that `query` describes (docs/manual.md: Find), newest first; archived ones only if it says so.

    Raises:
        InvalidQuery: says where the query is wrong.
    """
    house().launcher.reconcile()
    return queries.all_runs(house().database, states=states, query=query, limit=limit)


def events(run_id: str) -> list[Event]:
    """Returns what happened to a run, in order."""
    return queries.history(house().database, run_id)


def log_tail(run_id: str, lines: int = 200) -> str:
    """Returns the last lines of a run's driver log."""
    return house().launcher.log_tail(run_id, lines)
