"""The wired program: every outside thing it needs."""

from dataclasses import dataclass

from backend import cache
from backend.cache import Cache
from backend.cluster.cluster import Cluster
from backend.launcher import Launcher
from backend.settings import Settings, read_settings
from backend.store.database import Database, open_database


@dataclass(frozen=True)
class House:
    """The wired program: every outside thing it needs."""

    settings: Settings
    database: Database
    cluster: Cluster
    launcher: Launcher


def bootstrap(settings: Settings) -> House:
    """Wires the program for `settings`.

    Raises:
        StoreUnavailable: the database cannot be used; the message says what to do.
    """
    database = open_database(settings)
    cluster = Cluster(settings)
    return House(settings, database, cluster, Launcher(settings, database, cluster))


_house: Cache[House] = Cache(1)


def house() -> House:
    """Returns the program wired for this process's environment."""
    return _house.get("", lambda: bootstrap(read_settings()))


def allowed_hosts() -> list[str]:
    """Returns the names by which browsers may reach the web app, beside those of this machine's loopback.

    Raises:
        BadSettings
    """
    return [name for each in read_settings().allowed_hosts.split(",") if (name := each.strip())]


def reset() -> None:
    """Forgets the wired program and all that is kept of it, so that the next call reads the environment anew
    (for tests and notebooks)."""
    for each in _house.values():
        each.database.close()
    cache.clear_all()
