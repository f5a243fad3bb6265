"""One process that records ten metrics a report, until all is stored, with us or with a peer: python write.py WHO
REPORTS.

Runs where the peer is installed, in the folder it writes to. Prints from when to when, points and bytes.
"""

import math
import os
import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

KEYS = [f"metric_{number}" for number in range(10)]
Values = Sequence[float]


def raydeck(values: Values) -> Iterator[None]:
    os.environ.setdefault("RAYDECK_HOME", str(Path("raydeck").resolve()))
    import backend

    run = backend.track("bench")
    yield
    for step, value in enumerate(values):
        run.log(dict.fromkeys(KEYS, value), step=step)
    run.finish()


def raw(values: Values) -> Iterator[None]:
    """The limit: narrow rows through sqlite3 itself, 5,000 a transaction, no rollups."""
    os.mkdir("raw")
    db = sqlite3.connect("raw/points.db", isolation_level=None)
    db.execute("pragma journal_mode=wal")
    db.execute("pragma synchronous=normal")
    db.execute(
        "create table point (series int, sequence int, step real, time real, value real, primary key (series,"
        " sequence)) without rowid"
    )
    yield
    for start in range(0, len(values), 500):
        rows = [
            (key, at, at, time.time(), values[at])
            for at in range(start, min(start + 500, len(values)))
            for key in range(10)
        ]
        db.execute("begin")
        db.executemany("insert into point values (?, ?, ?, ?, ?)", rows)
        db.execute("commit")
    db.close()


def trackio(values: Values) -> Iterator[None]:
    os.environ["TRACKIO_DIR"] = os.path.abspath("trackio")
    import trackio as peer

    peer.init(project="bench", name="run", embed=False)
    yield
    for step, value in enumerate(values):
        peer.log(dict.fromkeys(KEYS, value), step=step)
    peer.finish()


def tensorboardx(values: Values) -> Iterator[None]:
    from tensorboardX import SummaryWriter

    writer = SummaryWriter("tensorboardx")
    yield
    for step, value in enumerate(values):
        for key in KEYS:
            writer.add_scalar(key, value, step)
    writer.close()


def mlflow(values: Values) -> Iterator[None]:
    import mlflow as peer
    from mlflow.entities import Metric

    os.mkdir("mlflow")
    peer.set_tracking_uri("sqlite:///mlflow/mlflow.db")
    peer.set_experiment("bench")
    run, client = peer.start_run(), peer.MlflowClient()
    yield
    for start in range(0, len(values), 100):
        part = enumerate(values[start : start + 100], start)
        rows = [Metric(key, value, int(time.time() * 1000), step) for step, value in part for key in KEYS]
        client.log_batch(run.info.run_id, metrics=rows)
    peer.end_run()


def size_of(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


if __name__ == "__main__":
    who, reports = sys.argv[1], int(sys.argv[2])
    numbers = [math.sin(at / 50) + at * 1e-4 for at in range(reports)]
    work = globals()[who](numbers)
    next(work)
    began = time.time()
    for _ in work:
        pass
    print(f"from {began:.3f} to {time.time():.3f}, {reports * len(KEYS)} points, {size_of(Path(who))} bytes")
