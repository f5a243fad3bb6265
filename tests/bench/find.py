"""What finding runs costs: the first page and each kind of filter, by the number of runs, on SQLite and PostgreSQL."""

import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from sqlalchemy import insert, make_url

from backend.store import annotations
from backend.store.database import Database, open_database
from backend.store.find import pages, settings
from backend.store.schema import events, run_metrics, run_settings, run_tags, runs, trials

SIZES = (10_000, 100_000)
ROUNDS = 7
A_BATCH = 2_000
KEYS = (
    "return_mean",
    "return_min",
    "return_max",
    "episode_length",
    "episodes",
    "env_steps",
    "iteration",
    "time_s",
    "learner/loss",
    "learner/kl",
)
ASKED = {
    "the first page": {},
    "sorted by a metric": {"order": pages.Order("metrics.return_mean.best")},
    "sorted by Best": {"order": pages.Order("best")},
    "best > 400 and last > 300": {"query": "best > 400 and last > 300"},
    "sorted by a param": {"order": pages.Order("params.lr", down=False)},
    "state == failed": {"query": "state == failed"},
    'name contains "run 77"': {"query": 'name contains "run 77"'},
    'algorithm == "ppo" and params.lr < 1e-3': {"query": 'algorithm == "ppo" and params.lr < 1e-3'},
    "params.lr < 1e-9 (none)": {"query": "params.lr < 1e-9"},
    "not params.lr < 1": {"query": "not params.lr < 1"},
    "metrics.return_mean.best > 400": {"query": "metrics.return_mean.best > 400"},
    "params and metrics, sorted": {
        "query": "params.gamma == 0.99 and metrics.return_mean > 100 and not state == lost",
        "order": pages.Order("metrics.return_mean"),
    },
    "tags contains baseline": {"query": "tags contains baseline"},
    "created in last 7 days": {"query": "created in last 7 days"},
    "duration > 1h": {"query": "duration > 1h"},
    "archived": {"query": "archived"},
    "two words anywhere": {"query": "taxi run"},
    "a word that is nowhere": {"query": "zebra"},
    "the last page": {"offset": 10**9},
}


def main() -> None:
    from tests import postgres

    with tempfile.TemporaryDirectory() as folder:
        _measure("SQLite", lambda size: f"sqlite:///{folder}/{size}.db", folder)
        if postgres.programs() is not None:
            with postgres.server() as url:
                _measure("PostgreSQL", lambda size: _created(url, size), folder)


def _created(server: str, size: int) -> str:
    from sqlalchemy import create_engine

    engine = create_engine(make_url(server).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"create database find_{size}")
    engine.dispose()
    return make_url(server).set(database=f"find_{size}").render_as_string(hide_password=False)


def _measure(title: str, url: Callable[[int], str], folder: str) -> None:
    from backend.settings import Settings

    took: dict[int, dict[str, float]] = {}
    for size in SIZES:
        database = open_database(Settings(home=folder, db=url(size)))
        fill(database, size)
        took[size] = _times(database)
        database.close()
    few, many = (took[size] for size in SIZES)
    print(
        f"Finding runs, {title}: a page of 50                {SIZES[0]:>8,}   {SIZES[1]:>8,} runs (asked: 200 ms,"
        " 600 ms)"
    )
    for name in few:
        print(f"  {name:<48} {few[name] * 1e3:7.1f} ms {many[name] * 1e3:7.1f} ms")


def _times(database: Database) -> dict[str, float]:
    found = {name: _median(partial(pages.page, database, **({"query": ""} | asked))) for name, asked in ASKED.items()}
    return found | {"what a tick asks when nothing changed": _median(lambda: pages.pulse(database))}


def _median(work: Callable[[], object]) -> float:
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return statistics.median(took)


def fill(database: Database, many: int) -> None:
    """Stores runs of several seeds with their params and metrics, as launches and drivers would."""
    noise, now = random.Random(1), time.time()
    for start in range(0, many, A_BATCH):
        rows = [_run(number, noise, now - (many - number) * 60) for number in range(start, min(many, start + A_BATCH))]
        with database.write() as tx:
            ordinals = list(
                tx.execute(insert(runs).returning(runs.c.ordinal, sort_by_parameter_order=True), rows).scalars()
            )
            pairs = list(zip(ordinals, rows, strict=True))
            tx.execute(insert(trials), [trial for _, row in pairs for trial in _trials(row, noise)])
            tx.execute(insert(run_settings), [each for ordinal, row in pairs for each in _settings(ordinal, row)])
            tx.execute(insert(run_metrics), [each for ordinal, row in pairs for each in _metrics(ordinal, row, noise)])
            tx.execute(
                insert(run_tags),
                [{"tag": noise.choice(["baseline", "old", "paper"]), "run": ordinal} for ordinal, _ in pairs[::10]],
            )
            tx.execute(
                insert(events), [{"run_id": row["id"], "at": now, "move": "queued", "note": ""} for _, row in pairs]
            )
    annotations.archive(database, [f"run{number:08}" for number in range(min(many, 1000))], True)
    with database.outside_transactions() as connection:
        connection.exec_driver_sql("analyze")


def _run(number: int, noise: random.Random, at: float) -> dict[str, Any]:
    params = {
        "lr": 10 ** noise.uniform(-5, -1), "gamma": noise.choice([0.9, 0.99, 0.999]), "hidden": [noise.choice([32, 64,
        128])] * 2,
        "train_batch_size": noise.choice([1000, 2000, 4000]), "clip": 0.2, "entropy": 0.0, "num_env_runners": 0,
        "activation": "tanh",
    }  # fmt: skip
    spec = {
        "kind": "rl", "name": f"{noise.choice(['taxi', 'lake', 'cart'])} run {number}",
        "algorithm": noise.choice(["ppo", "dqn", "sac"]),
        "environment": noise.choice(["Taxi-v3", "CartPole-v1", "FrozenLake-v1"]), "environment_options": {},
        "seeds": [1, 2, 3],
        "params": params, "wrappers": {"frame_stack": 1, "normalize_observation": False, "normalize_reward": False},
        "evaluation": {"every": 10, "episodes": 10}, "checkpoints": {"every": 10, "keep": 10},
        "stop": {"env_steps": 60000},
    }  # fmt: skip
    state = noise.choices(["succeeded", "failed", "stopped", "lost"], [80, 10, 9, 1])[0]
    return {
        "id": f"run{number:08}", "name": spec["name"], "kind": "rl", "spec": spec, "group_key": str(spec),
        "state": state, "attempt": 1,
        "created_at": at, "started_at": at + 2, "ended_at": at + 2 + noise.expovariate(1 / 900), "host": "host",
        "error": "",
        "versions": {"ray": "2.60.0"}, "best": noise.uniform(0, 500), "last": noise.uniform(0, 500),
    }  # fmt: skip


def _trials(row: dict[str, Any], noise: random.Random) -> Iterator[dict[str, Any]]:
    for number, seed in enumerate(row["spec"]["seeds"]):
        last = {key: noise.uniform(0, 500) for key in KEYS}
        yield {
            "run_id": row["id"], "number": number, "seed": seed, "params": {"seed": seed},
            "state": row["state"].replace("lost", "stopped"),
            "reports": 100, "last": last, "best": last["return_mean"],
        }  # fmt: skip


def _settings(ordinal: int, row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    given = [(number, settings.of_trial({"seed": seed}, seed)) for number, seed in enumerate(row["spec"]["seeds"])]
    return settings.rows(ordinal, settings.of_spec(row["spec"]) | settings.words(row["id"], row["spec"]), given)


def _metrics(ordinal: int, row: dict[str, Any], noise: random.Random) -> Iterator[dict[str, Any]]:
    for key in KEYS:
        value = noise.uniform(0, 500)
        yield {
            "key": key,
            "run": ordinal,
            "last": value,
            "best": value * 1.1,
            "mean": value,
            "low": 0.0,
            "high": value * 1.1,
        }


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
