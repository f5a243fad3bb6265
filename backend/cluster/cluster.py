"""The one cluster this Raydeck works with: what state it is in, starting it, ending it."""

import threading
import time
from dataclasses import dataclass
from enum import StrEnum

import psutil

from backend.cluster import attach, head
from backend.cluster.jobs import JobsClient, Load
from backend.errors import ClusterUnavailable
from backend.settings import Settings


class ClusterState(StrEnum):
    OFF = "off"
    STARTING = "starting"
    UP = "up"
    DEAD = "dead"


@dataclass(frozen=True)
class ClusterStatus:
    """What a page shows of the cluster. `memory` is (used, total) of this machine in bytes."""

    state: ClusterState
    local: bool
    url: str = ""
    detail: str = ""
    load: Load | None = None
    memory: tuple[int, int] = (0, 0)


class Cluster:
    """Finds, starts and ends the Ray head; `jobs()` is the way to submit work."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._client: JobsClient | None = None
        self._failure = ""
        self._starting = False
        self._lock = threading.Lock()

    @property
    def is_local(self) -> bool:
        return not self.settings.ray_address

    def status(self) -> ClusterStatus:
        """Returns the present state; never raises."""
        try:
            client = self.jobs()
            load = client.load()
        except ClusterUnavailable as error:
            return ClusterStatus(self._state(), self.is_local, detail=self._failure or str(error))
        memory = psutil.virtual_memory()
        return ClusterStatus(
            ClusterState.UP, self.is_local, client.url, "", load, (memory.total - memory.available, memory.total)
        )

    def _state(self) -> ClusterState:
        if self._starting:
            return ClusterState.STARTING
        if not self.is_local:
            return ClusterState.DEAD
        own_head = head.known_head(self.settings)
        if own_head is None:
            return ClusterState.DEAD if self._failure else ClusterState.OFF
        if own_head.is_alive() and time.time() - own_head.started_at < head.START_SECONDS:
            return ClusterState.STARTING
        return ClusterState.DEAD

    def jobs(self) -> JobsClient:
        """Returns a client of a head that answers.

        Raises:
            ClusterUnavailable: there is none; the message says why and what to try.
        """
        client = self._attached() if not self.is_local else self._own()
        if not client.answers():
            if not self.is_local:
                self._client = None  # it may come back on another port
            raise ClusterUnavailable(f"Ray does not answer at {client.url}. Start the cluster on the Cluster page.")
        return client

    def _attached(self) -> JobsClient:
        with self._lock:
            if self._client is None:
                self._client = JobsClient(attach.dashboard_url(self.settings.ray_address), attach.token())
            return self._client

    def _own(self) -> JobsClient:
        own_head = head.known_head(self.settings)
        if own_head is None:
            raise ClusterUnavailable(
                "The Ray cluster is not running. Start it on the Cluster page or with: python -m backend up"
            )
        if not own_head.is_alive():
            raise ClusterUnavailable(f"The Ray cluster has ended: {head.why_dead(self.settings)}")
        with self._lock:
            if self._client is None or self._client.url != own_head.url:
                self._client = JobsClient(own_head.url, head.token(self.settings))
            return self._client

    def is_gone(self) -> bool:
        """Returns whether the local head's process has ended; False for an attached head, of which we cannot know."""
        own_head = head.known_head(self.settings)
        return self.is_local and (own_head is None or not own_head.is_alive())

    def begin(self) -> None:
        """Marks the cluster as starting, before `up` is called in another thread."""
        self._failure, self._starting = "", True

    def up(self) -> None:
        """Starts the local head if need be and waits until it answers.

        Raises:
            ClusterUnavailable: it did not come up; the message holds the head's last words.
        """
        self.begin()
        try:
            if not self.is_local:
                self.jobs()
                return
            self._wait(head.start_head(self.settings))
        except (ClusterUnavailable, OSError) as error:
            self._failure = str(error)
            raise ClusterUnavailable(str(error)) from None
        finally:
            self._starting = False

    def _wait(self, started: head.Head) -> None:
        client = JobsClient(started.url, head.token(self.settings))
        limit = time.monotonic() + head.START_SECONDS
        while time.monotonic() < limit:
            if client.answers():
                return
            head.reap(started.pid)
            if not started.is_alive():
                raise ClusterUnavailable(
                    f"Ray could not be started: {head.why_dead(self.settings)} (all of it: {self.settings.head_log})"
                )
            time.sleep(0.1)
        raise ClusterUnavailable(f"Ray did not answer within {head.START_SECONDS:.0f} s; see {self.settings.head_log}")

    def down(self) -> bool:
        """Ends the head that Raydeck started, never another; returns whether one was running."""
        self._failure = ""
        return head.end_head(self.settings)

    def driver_environment(self) -> dict[str, str]:
        """Returns what a driver must find in its environment to be of this Raydeck."""
        local = head.LOOPBACK_ONLY if self.is_local else {}
        return {"RAYDECK_HOME": str(self.settings.home), "RAYDECK_DB": self.settings.database_url, **local}
