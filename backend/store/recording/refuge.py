"""Where a run goes on when the database that it is recorded in is gone: in a file beside it, until that is back."""

import math
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, select
from sqlalchemy.exc import DatabaseError

from backend import files
from backend.errors import StoreUnavailable
from backend.store import carry, sqlite_file
from backend.store.advice import explained, gone, without_password
from backend.store.database import Database, is_current
from backend.store.fresh import fresh
from backend.store.recording.patience import say
from backend.store.schema import fanouts, run_settings, runs, trials
from backend.store.whereabouts import Trouble

GRACE_SECONDS = 3.0  # what is moved is often back at once
SERVER_GRACE_SECONDS = 60.0  # it takes longer to put back what was dropped
FORGOTTEN_SECONDS = 10.0  # trouble that nobody met for so long was another
LOOK_SECONDS = 2.0  # between two looks at whether it is back
PATTERN = "raydeck.rescue-{}.db"  # what the file of a run is called


class Refuge:
    """Sees to the database of a run that is being recorded.

    A file that was removed can be read as long as it is open, so that what it holds of the run goes along.
    """

    def __init__(self, database: Database, run_id: str, attempt: int, home: Path) -> None:
        """`home` is where the file goes if the database is on a server."""
        self.database, self.run_id, self.attempt = database, run_id, attempt
        self._folders = [database.path.parent if database.path else home, Path(tempfile.gettempdir())]
        self._known = _known(database, run_id)
        self._origin = database.place
        self._spoiled = False  # whether the file at home was damaged when it was left
        # Connections to the file that is used now, whatever comes to be in its place, and before it to those that were
        # used since it was at home: what is open keeps its inode, by which it is told from others.
        self._kept: list[Connection] = []
        self._keep_open()
        self._since = self._met_at = self._looked_at = -math.inf
        database.meets = self.meet

    def meet(self, trouble: Trouble | None) -> None:
        """Brings the run back to its database, or after a while into a file of its own.

        Raises:
            StoreGone: not yet; what is to be written waits in memory.
        """
        now = time.monotonic()
        if trouble is None:
            if now - self._looked_at >= LOOK_SECONDS:
                self._go_home()
            return
        problem = gone(self.database.url, trouble, advice="")
        if now - self._met_at > FORGOTTEN_SECONDS:
            self._since = now
            say(f"raydeck: {problem} What run {self.run_id} records is kept in memory meanwhile.")
        self._met_at = now
        if (self.database.is_away or trouble is Trouble.REPLACED) and self._go_home():
            return
        is_server = trouble is Trouble.DROPPED
        if now - self._since >= (SERVER_GRACE_SECONDS if is_server else GRACE_SECONDS):
            self._move_out(trouble, problem)
        elif not is_server:  # which is asked each time whether it is back
            raise problem

    def leave(self) -> None:
        """Call when the run is over: brings it home if that can be, and says where it is if not."""
        if self.database.is_away and not self._go_home():
            say(
                f"raydeck: run {self.run_id} is in {self.database.path}; “raydeck recover” brings it into the database."
            )

    # ---- home

    def _go_home(self) -> bool:
        """Goes on in the database that the run began in, if it is there and knows the run; returns whether it does."""
        self._looked_at = time.monotonic()
        refuge = self.database.path if self.database.is_away else None
        home = Database(self.database.home)
        try:
            if not self._is_home(home):
                return False
            with self._source() as source:
                with home.write() as tx:
                    carry.carry(source, tx, self.run_id)
                self._goes_on_in(self.database.home)
        except (StoreUnavailable, DatabaseError):
            return False  # out of reach, locked or full; the next look tries again
        finally:
            home.close()
        if refuge:
            sqlite_file.remove(refuge)
        say(f"raydeck: run {self.run_id} goes on in {without_password(self.database.url)}, which is there again.")
        return True

    def _is_home(self, home: Database) -> bool:
        """Whether the database is there again, whole, and has this attempt of the run."""
        if home.path:
            if not home.is_there or (self._spoiled and self._origin.is_same_file):
                return False
            if not is_current(home.path, without_log=self._origin.left_its_log):
                return False
            if self._origin.left_its_log:
                sqlite_file.put_log_aside(home.path)
        with home.looking() as connection:
            wanted = select(runs.c.attempt).where(runs.c.id == self.run_id, runs.c.deleted_at.is_(None))
            return bool(connection.execute(wanted).scalar() == self.attempt)

    def _goes_on_in(self, url: str) -> None:
        self.database.go_on_in(url)
        if not self.database.is_away:
            self._let_go()
            self._origin, self._spoiled = self.database.place, False
        self._keep_open()

    def _keep_open(self) -> None:
        if self.database.path:
            self._kept.append(self.database.engine.connect())

    def _let_go(self) -> None:
        while self._kept:
            self._kept.pop().close()

    @contextmanager
    def _source(self) -> Iterator[carry.Source]:
        """Yields what to carry from; nobody writes into it any more until the run goes on elsewhere."""
        kept = self._kept[-1] if self._kept else None
        if kept:
            try:
                kept.execution_options(raydeck_write=True).begin()
            except DatabaseError:  # nobody else can write into what is damaged like that
                kept.execution_options(raydeck_write=False)
        try:
            yield carry.Source(kept)
        finally:
            if kept and not kept.closed:
                kept.rollback()

    # ---- away

    def _move_out(self, trouble: Trouble, problem: StoreUnavailable) -> None:
        folder = next((each for each in self._folders if os.access(each, os.W_OK)), None)
        if folder is None:
            raise problem
        path = folder / PATTERN.format(self.run_id)
        with self._source() as source:
            if is_current(path):  # of an earlier time
                self._bring(source, Database(f"sqlite:///{path}"))
            else:
                with explained(f"sqlite:///{path}"), files.replacing(path) as part:
                    self._bring(source, fresh(part))
            self._spoiled |= trouble is Trouble.DAMAGED and not self.database.is_away
            self._goes_on_in(f"sqlite:///{path}")
        say(f"raydeck: run {self.run_id} goes on in {path}; “raydeck recover” brings it back into the database.")

    def _bring(self, source: carry.Source, refuge: Database) -> None:
        """Brings along what can still be read of the run, at least what is needed to record more of it."""
        with refuge.write() as tx:
            if carry.carry(source, tx, self.run_id) is carry.Carried.NOTHING:
                for table, rows in self._known:
                    carry.upsert(tx, table, rows, replace=False)
        refuge.close()


def _known(database: Database, run_id: str) -> list[tuple[Table, list[dict[str, Any]]]]:
    """Returns what a database must hold of a run for more to be recorded of it, should it no longer be readable."""
    with database.read() as connection:
        ordinal = select(runs.c.ordinal).where(runs.c.id == run_id).scalar_subquery()
        owners = (runs.c.id == run_id, trials.c.run_id == run_id, fanouts.c.run_id == run_id)
        wanted = (*zip((runs, trials, fanouts), owners, strict=True), (run_settings, run_settings.c.run == ordinal))
        return [
            (table, [dict(row._mapping) for row in connection.execute(select(table).where(mine))])
            for table, mine in wanted
        ]
