"""The wired program: every outside thing it needs."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

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


@lru_cache(maxsize=1)
def house() -> House:
    """Returns the program wired for this process's environment."""
    return bootstrap(read_settings())


def allowed_hosts() -> list[str]:
    """Returns the names by which browsers may reach the web app, beside those of this machine's loopback.

    Raises:
        BadSettings
    """
    return [name for each in read_settings().allowed_hosts.split(",") if (name := each.strip())]


_to_forget: list[Callable[[], None]] = []


def on_reset(forget: Callable[[], None]) -> None:
    """Calls `forget` at each `reset`: it clears what a module keeps in memory of this house."""
    _to_forget.append(forget)


def reset() -> None:
    """Forgets the wired program, so that the next call reads the environment anew (for tests and notebooks)."""
    if house.cache_info().currsize:
        house().database.close()
    house.cache_clear()
    for forget in _to_forget:
        forget()
