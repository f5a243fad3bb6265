"""A home of its own for each test, and one real Ray head, with a run of each kind that is over, for all that need it.

Tests on Ray share a worker, tests in the browser that need no Ray another: one head, one PostgreSQL, one app.
"""

import io
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import hypothesis
import pytest
from sqlalchemy import create_engine, make_url

from backend import __main__ as command_line
from backend import api
from backend.cluster import head
from backend.kinds import specs
from backend.model import Run, RunState
from backend.settings import ROOT, Settings
from backend.store import runs
from backend.store.database import Database, open_database
from backend.store.recording.recorder import Recorder
from tests import postgres
from tests.jobs import family

Found = TypeVar("Found")

hypothesis.settings.register_profile("the same each time", derandomize=True, deadline=None)
# a test that fails once in a hundred times says nothing of the change
hypothesis.settings.load_profile("the same each time")

NO_POSTGRES = "PostgreSQL is not installed here: what runs on it was skipped (Debian: apt-get install postgresql)."
TEMPLATE = "migrated"  # the database on the tests' server that others are copies of
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
    "evaluation": {"held_out": 2},
}
ENDLESS: dict[str, Any] = {**LAKE, "name": "long", "seeds": [1], "stop": {"time_s": 600}}
FINISHED: dict[str, dict[str, Any]] = {
    "lake": {**LAKE, "evaluation": {"every": 20, "episodes": 10}},
    "ppo": {
        **CARTPOLE,
        "params": {"train_batch_size": 256, "num_epochs": 2},
        "stop": {"iteration": 3},
        "evaluation": {"every": 1, "episodes": 2, "held_out": 3},
    },
    "sweep": {
        "kind": "sweep",
        "name": "digits",
        "trainable": "digits_mlp",
        "search": "grid",
        "space": {"lr": {"grid": [0.001, 0.01]}, "epochs": {"fixed": 2}},
        "max_iterations": 2,
    },
    "tasks": {"kind": "tasks", "function": "monte_carlo_pi", "inputs": {"range": 40}, "params": {"darts": 20_000}},
}
ACTIVE = (RunState.QUEUED, RunState.RUNNING)
PATIENCE_S = 180.0  # only what never comes fails: on a busy machine a driver alone may need half a minute to start
SOON = {"RAYDECK_RECONCILE_S": "0.5", "RAYDECK_SILENT_S": "4"}  # what is lost need not be waited for


def poll(until: Callable[[], Found], why: str = "", limit: float = PATIENCE_S) -> Found:
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
    return subprocess.run(
        command, input=stdin, capture_output=True, text=True, env=environment, cwd=ROOT, timeout=240, check=False
    )


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


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keeps together what shares a head, an app or a module's fixtures; what takes longest begins first."""
    for item in items:
        group = next((name for name in ("ray", "browser") if item.get_closest_marker(name)), item.location[0])
        item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: 0 if item.get_closest_marker("ray") else 1 if item.get_closest_marker("browser") else 2)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Groups that fall apart would start a head in each process: it must not go unseen."""
    if getattr(session.config.option, "loadgroup", False) and any("@" not in item.nodeid for item in session.items):
        raise pytest.UsageError(
            "this pytest-xdist does not keep tests together with this pytest: see requirements-dev.txt"
        )


@pytest.fixture(autouse=True)
def _no_attached_head(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)


@pytest.fixture(scope="session", autouse=True)
def _scanned_once() -> Iterator[None]:
    """Streamlit reads what each installed package says of itself, half a second for every AppTest: once will do."""
    from streamlit.components.v2 import manifest_scanner

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite file of the newest schema: copying it is eighty times as quick as ten migrations."""
    folder = tmp_path_factory.mktemp("migrated")
    open_database(Settings(home=folder, db="")).close()
    return folder / "raydeck.db"


@pytest.fixture
def home(new_home: Path, migrated: Path) -> Path:
    """A home without a cluster, and without a run."""
    new_home.mkdir()
    shutil.copyfile(migrated, new_home / "raydeck.db")
    return new_home


@pytest.fixture
def new_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The home of somebody who has only just come: nothing is there yet, and no head starts by itself."""
    monkeypatch.setenv("RAYDECK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RAYDECK_AUTOSTART", "0")
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
        name = make_url(url).set(database=TEMPLATE).render_as_string(hide_password=False)
        _create(url, TEMPLATE, "template0")
        open_database(Settings(db=name)).close()
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """An empty database, of each kind there is; the api of this process uses it too."""
    if request.param == "postgresql":
        monkeypatch.setenv("RAYDECK_DB", new_database(request.getfixturevalue("postgres_url")))
    opened = open_database(Settings())
    yield opened
    opened.close()


@pytest.fixture
def ray_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Tune works in this process, without a head."""
    from tests.ray_here import RayHere, put_back  # imports Ray, which takes a second

    here = RayHere()
    with put_back(), monkeypatch.context() as patch:
        here.install(patch, tmp_path / "session")
        yield here
        here.close()


@pytest.fixture
def driven(database: Database, home: Path, ray_here: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Drives runs in this process; a user's file of trainables is there."""
    from tests.driven import Driven, lay_out

    lay_out(home, monkeypatch)
    return Driven(ray_here)


@pytest.fixture(scope="session")
def ray_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home whose Ray head runs for the whole session."""
    folder = tmp_path_factory.mktemp("ray") / "home"
    started = cli("up", home=folder)
    assert started.returncode == 0, started.stderr
    yield folder
    ended = cli("down", home=folder)
    assert ended.returncode == 0, ended.stderr
    assert family(folder) == [], "a head that was started is ended, with all that is its own"


@pytest.fixture
def cluster(ray_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The home with the running head, open in this process; runs left active are stopped afterwards."""
    for name, value in {**SOON, "RAYDECK_HOME": str(ray_home)}.items():
        monkeypatch.setenv(name, value)
    api.reset()
    yield ray_home
    end_all_runs()
    api.reset()


def end_all_runs() -> None:
    """Stops what is active and waits until it is over."""
    for run in api.runs(states=ACTIVE):
        api.stop(run.id)
    poll(lambda: not api.runs(states=ACTIVE), "all runs over")


@pytest.fixture(scope="session")
def _finished() -> dict[str, str]:
    return {}


@pytest.fixture
def finished(cluster: Path, _finished: dict[str, str]) -> Callable[[str], Run]:
    """Returns a run of FINISHED that is over, the same for all who ask: read it, and change nothing of it."""

    def run(name: str) -> Run:
        if name not in _finished:
            _finished[name] = api.launch(FINISHED[name])
        poll(lambda: api.run(_finished[name]).is_over, f"{name} over")
        found = api.run(_finished[name])
        assert found.state is RunState.SUCCEEDED, found.error
        return found

    return run


def new_database(server: str, template: str = TEMPLATE) -> str:
    """Returns the URL of a new database of the newest schema; of an empty one with `template0`."""
    name = f"test_{secrets.token_hex(6)}"
    _create(server, name, template)
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def _create(server: str, name: str, template: str) -> None:
    engine = create_engine(make_url(server).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"create database {name} template {template}")
    engine.dispose()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if any(NO_POSTGRES in str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])):
        terminalreporter.write_line(NO_POSTGRES, yellow=True)


def recorded(name: str, values: Iterable[float] = (0.0, 0.5, 1.0), **params: Any) -> str:
    """Stores a run of one seed that has reported these rewards and is over, as its driver would; returns its id."""
    database = api.house().database
    run_id = runs.create(
        database, content({**LAKE, "name": name, "seeds": [1], "params": {**LAKE["params"], **params}}), [1]
    )
    runs.claim(database, run_id, 1, "host", {})
    recorder = Recorder(database, run_id, 1)
    for step, value in enumerate(values):
        recorder.report(0, step, {"return_mean": value})
    recorder.finish(RunState.SUCCEEDED)
    return run_id


def content(spec: dict[str, Any]) -> dict[str, Any]:
    """Returns a spec as it is stored, with its defaults written out."""
    return specs.parse(spec).model_dump(exclude_none=True, mode="json")


@pytest.hookimpl(tryfirst=True, hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    outcome = yield
    if (report := outcome.get_result()).when == "call":
        item.called = report  # type: ignore[attr-defined]
