"""A home of its own for each test, and one real Ray head for all that need it."""

import io
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import create_engine, make_url

from backend import __main__ as command_line
from backend import api, specs
from backend.cluster import head
from backend.settings import ROOT, Settings
from backend.store.database import Database, open_database
from tests import postgres

Found = TypeVar("Found")

NO_POSTGRES = "PostgreSQL is not installed here: what runs on it was skipped (Debian: apt-get install postgresql)."
ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # for what is about its file

LAKE: dict[str, Any] = {
    "kind": "rl",
    "name": "lake",
    "algorithm": "q_learning",
    "environment": "FrozenLake-v1",
    "environment_options": {"is_slippery": False},
    "seeds": [1, 2, 3],
    "params": {
        "alpha": 0.5,
        "gamma": 0.99,
        "exploration": "epsilon_greedy",
        "epsilon": 1.0,
        "epsilon_decay": "linear",
        "epsilon_min": 0.01,
    },
    "stop": {"episodes": 2000},
}
CARTPOLE: dict[str, Any] = {
    "kind": "rl",
    "name": "cart",
    "algorithm": "ppo",
    "environment": "CartPole-v1",
    "seeds": [1],
    "stop": {"env_steps": 60_000},
}
ENDLESS: dict[str, Any] = {**LAKE, "name": "long", "seeds": [1], "stop": {"time_s": 600}}


def poll(until: Callable[[], Found], limit: float, why: str = "") -> Found:
    """Asks again and again until the answer is true; fails after `limit` seconds."""
    end = time.monotonic() + limit
    while True:
        found = until()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"not within {limit} s: {why or until}")
        time.sleep(0.1)


def cli(*arguments: str, home: Path | None = None, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """Runs the command line as a person does."""
    environment = {**os.environ, **({"RAYDECK_HOME": str(home)} if home else {})}
    command = [sys.executable, "-m", "backend", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, env=environment, cwd=ROOT, timeout=240, check=False)


def typed(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the command line in this process, as if it had just begun: starting one takes two seconds of computing."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    api.reset()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", ["raydeck", *arguments])
        try:
            command_line.main()
            code: Any = 0
        except SystemExit as ended:
            code = ended.code
    said, problems = (each.buffer.getvalue().decode() for each in (out, err))
    return subprocess.CompletedProcess(arguments, int(code or 0), said, problems)


@pytest.fixture(autouse=True)
def _no_attached_head(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty home without a cluster."""
    monkeypatch.setenv("RAYDECK_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("RAYDECK_DB", raising=False)
    api.reset()
    yield tmp_path / "home"
    api.reset()
    head.end_head(Settings(home=tmp_path / "home"))  # should a test have started one after all


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server for the whole session."""
    if postgres.programs() is None:
        pytest.skip(NO_POSTGRES)
    with postgres.server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """An empty database, of each kind there is; the api of this process uses it too."""
    if request.param == "postgresql":
        monkeypatch.setenv("RAYDECK_DB", new_database(request.getfixturevalue("postgres_url")))
    opened = open_database(Settings())
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def ray_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home whose Ray head runs for the whole session."""
    folder = tmp_path_factory.mktemp("ray") / "home"
    started = cli("up", home=folder)
    assert started.returncode == 0, started.stderr
    yield folder
    cli("down", home=folder)


@pytest.fixture
def cluster(ray_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The home with the running head, open in this process; runs left active are stopped afterwards."""
    monkeypatch.setenv("RAYDECK_HOME", str(ray_home))
    api.reset()
    yield ray_home
    for run in api.runs(states=[api.RunState.QUEUED, api.RunState.RUNNING]):
        api.stop(run.id)
    poll(lambda: not api.runs(states=[api.RunState.QUEUED, api.RunState.RUNNING]), 30, "all runs over")
    api.reset()


def new_database(server: str) -> str:
    name = f"test_{secrets.token_hex(6)}"
    engine = create_engine(make_url(server).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"create database {name} template template0")
    engine.dispose()
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if any(NO_POSTGRES in str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])):
        terminalreporter.write_line(NO_POSTGRES, yellow=True)


def content(spec: dict[str, Any]) -> dict[str, Any]:
    """Returns a spec as it is stored, with its defaults written out."""
    return specs.parse(spec).model_dump(exclude_none=True, mode="json")


@pytest.hookimpl(tryfirst=True, hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    outcome = yield
    if (report := outcome.get_result()).when == "call":
        item.called = report  # type: ignore[attr-defined]
