"""Makes a small home as this version of Raydeck leaves it, without Ray: a run of each kind it knows, in each way a run
can stand.

Beside this file is a home of each schema of the database, made by the last commit whose newest schema it was. They stay
as they are: every later version must open them. So with a migration come two homes, each by one line in the project's
folder:

    python -m tests.assets.make_home tests/assets    # before it is written: the last home of the schema until then
    python -m tests.assets.make_home tests/assets    # with it: the first home of the new schema, made anew before the
    next one

What a new schema can hold is added to `fill`; what a version does not know yet is left out.
"""

import json
import math
import os
import sqlite3
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

HOST, VERSIONS = "laptop", {"python": "3.11.7", "ray": "2.60.0"}
REPORTS = 40
NAN = float("nan")
ODD = "<b>odd</b> **name** $x$"
LAKE: dict[str, Any] = {
    "kind": "rl", "name": "lake", "algorithm": "q_learning", "environment": "FrozenLake-v1",
    "environment_options": {"is_slippery": False}, "seeds": [1, 2], "stop": {"episodes": 400},
}  # fmt: skip
CART: dict[str, Any] = {
    "kind": "rl",
    "name": ODD,
    "algorithm": "ppo",
    "environment": "CartPole-v1",
    "seeds": [1],
    "stop": {"env_steps": 9000},
}
PI: dict[str, Any] = {
    "kind": "tasks",
    "name": "pi",
    "function": "monte_carlo_pi",
    "inputs": {"list": [1, 2, 3, 4], "argument": "seed"},
}
TILES: dict[str, Any] = {
    "kind": "tasks",
    "name": "tiles",
    "function": "mandelbrot",
    "inputs": {"grid": {"row": [0, 1], "column": [0, 1]}},
}
DIGITS: dict[str, Any] = {
    "kind": "sweep", "name": "digits", "trainable": "digits_mlp", "samples": 6, "search": "random", "scheduler": "asha",
    "max_iterations": 20, "space": {"lr": {"loguniform": [1e-4, 1e-1]}, "hidden": {"choice": [16, 32]},
    "epochs": {"fixed": 20}},
}  # fmt: skip
AGENTS: dict[str, Any] = {
    "kind": "sweep",
    "name": "agents",
    "samples": 2,
    "search": "random",
    "space": {"alpha": {"uniform": [0.1, 0.9]}},
    "trainable": {"algorithm": "q_learning", "environment": "FrozenLake-v1", "stop": {"episodes": 100}, "seeds": 2},
}
CODE = "def double(x: float) -> float:\n    return 2 * x\n"
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a49444154789c63600000000200014873010f0000000049454e44ae426082"
)


class Maker:
    """Writes runs into an open database, as drivers and scripts do."""

    def __init__(self, settings: Any, database: Any) -> None:
        from backend.model import RunState, TrialState
        from backend.store import runs
        from backend.store.database import HEAD
        from backend.store.recording import recorder as metrics

        self.settings, self.database, self.runs, self.metrics, self.schema = settings, database, runs, metrics, HEAD
        self.RunState, self.TrialState = RunState, TrialState
        self.began = float(int(time.time()))

    def queued(self, spec: Mapping[str, Any], **more: Any) -> str:
        """Stores a run that waits, and returns its id."""
        from backend.kinds import specs

        parsed = specs.parse(dict(spec))
        content = parsed.model_dump(exclude_none=True, mode="json")
        return str(self.runs.create(self.database, content, parsed.seeds, **more))

    def begun(self, spec: Mapping[str, Any], attempt: int = 1, **more: Any) -> tuple[str, Any]:
        """Returns a run that its driver has taken, and the recorder."""
        run_id = self.queued(spec, **more)
        for number in range(1, attempt + 1):
            self.runs.claim(self.database, run_id, number, HOST, VERSIONS)
            if number < attempt:
                self.runs.finish(self.database, run_id, number, self.RunState.STOPPED, "stopped by you")
                self.runs.requeue(self.database, run_id)
        log = self.settings.driver_log(run_id)
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(f"driver of {run_id}\n")
        return run_id, self.recorder(run_id, attempt)

    def recorder(self, run_id: str, attempt: int = 1) -> Any:
        from backend.store import queries

        goal = [queries.run(self.database, run_id).goal] if self.schema >= "0005" else []
        return self.metrics.Recorder(self.database, run_id, attempt, *goal)

    def learn(self, recorder: Any, trial: int, reports: int, values: Callable[[int], Mapping[str, float]]) -> None:
        """Reports four times a second."""
        for number in range(1, reports + 1):
            recorder.report(trial, 100 * number, values(number), at=self.began + number / 4)

    def end(self, run_id: str, recorder: Any, to: str, attempt: int = 1, error: str = "", traceback: str = "") -> None:
        recorder.close()
        self.runs.finish(self.database, run_id, attempt, self.RunState(to), error=error, traceback=traceback)


def fill(settings: Any, database: Any) -> None:
    """Writes runs of every kind that the code on the path knows."""
    maker = Maker(settings, database)
    _agents(maker)
    for since, part in (
        ("0002", _scripts),
        ("0003", _deleted),
        ("0004", _fanouts),
        ("0005", _sweeps),
        ("0007", _words),
        ("0013", _gone_back),
    ):
        if maker.schema >= since:
            part(maker)


def _agents(maker: Maker) -> None:
    """Reinforcement learning: with tables and checkpoints, failed in its second attempt, running, queued."""

    def reported(number: int) -> dict[str, float]:
        whole = {
            "return_mean": number / REPORTS,
            "return_min": 0.0,
            "return_max": 1.0,
            "episode_length": 10.0,
            "time_s": number / 4,
        }
        evaluated = {"eval/return_mean": number / REPORTS} if number % 10 == 0 else {}
        counted = {
            "episodes": 10.0 * number,
            "env_steps": 100.0 * number,
            "iteration": float(number),
            "steps_per_second": 400.0,
        }
        return {**whole, **counted, **evaluated, "learner/loss": NAN if number == 3 else 1 / number}

    lake, recorder = maker.begun(LAKE)
    for trial, seed in ((0, 1), (1, 2)):
        maker.learn(recorder, trial, REPORTS, reported)
        if maker.schema >= "0012":
            held_out = {"held_out/return_mean": 0.9, "held_out/last_return_mean": 0.8, "held_out/episodes": 50.0}
            recorder.report(trial, 100 * REPORTS, {**held_out, "held_out/best_possible": 0.95}, at=maker.began + 11)
        recorder.trial(trial, maker.TrialState.SUCCEEDED)
        if maker.schema >= "0005":
            _table(maker, lake, seed)
        if maker.schema >= "0006":
            _checkpoints(maker, recorder, lake, trial)
    maker.end(lake, recorder, "succeeded")
    cart, recorder = maker.begun(CART, attempt=2)
    maker.learn(recorder, 0, 3, reported)
    recorder.trial(0, maker.TrialState.FAILED, error="Traceback: KeyError")
    maker.end(cart, recorder, "failed", attempt=2, error="KeyError: 'x7'", traceback="Traceback: here\nKeyError: 'x7'")
    _, recorder = maker.begun({**CART, "name": "goes on", "algorithm": "dqn"})
    maker.learn(recorder, 0, 3, reported)
    recorder.close()
    maker.queued({**LAKE, "name": "waits"})


def _table(maker: Maker, run_id: str, seed: int) -> None:
    import numpy as np

    from backend.workloads.snapshots import Snapshots

    folder = maker.settings.run_folder(run_id) / "snapshots"
    arrays = {
        "q": np.ones((16, 4)),
        "visits": np.ones((16, 4), np.int64),
        "env_steps": np.int64(4000),
        "episodes": np.int64(400),
    }
    Snapshots(str(folder), seed, 0).take(REPORTS, 1.0, arrays)


def _checkpoints(maker: Maker, recorder: Any, run_id: str, trial: int) -> None:
    from backend.model import Checkpoint

    for iteration in (20, REPORTS):
        metrics = {
            "return_mean": iteration / REPORTS,
            "eval/return_mean": iteration / REPORTS,
            "env_steps": 100.0 * iteration,
        }
        recorder.checkpoint(Checkpoint.of(run_id, trial, iteration, metrics, 1000, is_best=iteration == REPORTS))
    folder = maker.settings.run_folder(run_id) / "episodes"
    folder.mkdir(exist_ok=True)
    told = {
        "rewards": [0.0, 1.0],
        "actions": [2, 1],
        "total": 1.0,
        "ended": "it came to its end",
        "seed": 1,
        "silent": "It draws nothing.",
    }
    (folder / f"episode-{trial}-{REPORTS}-1.json").write_text(json.dumps(told))


def _scripts(maker: Maker) -> None:
    """What a script of somebody's own recorded: one with further trials that was lost, one that ended well."""
    for name, params in (("mine", {"lr": 0.1, "net": {"units": [64, 64]}}), (ODD, {"lr": 0.2})):
        spec = {"kind": "external", "name": name, "seed": 7, "params": params}
        run_id = maker.runs.begin(maker.database, spec, HOST, VERSIONS)
        recorder = maker.recorder(run_id)
        recorder.add_trial(1, {"lr": 0.3})
        for trial in (0, 1):
            maker.learn(recorder, trial, REPORTS, lambda number: {"reward": float(number), "loss": 1 / number})
        if name != "mine":
            recorder.end_trials(maker.TrialState.SUCCEEDED)
        maker.end(
            run_id, recorder, "lost" if name == "mine" else "succeeded", error="No heartbeat." if name == "mine" else ""
        )


def _fanouts(maker: Maker) -> None:
    """Numbers with a failure, pictures, and a function of one's own that has not begun."""
    from backend.store.fanout.book import TaskBook
    from backend.store.fanout.task_rows import Done

    run_id, recorder = maker.begun(PI, total=4)
    book = TaskBook(maker.database, run_id, 1)
    book.summary.workers.append(["node", 1])
    for each in (0, 1, 2):
        book.succeed(
            [
                Done(
                    each,
                    1,
                    json.dumps({"seed": each + 1}),
                    maker.began,
                    0.5,
                    0,
                    3.0 + each,
                    str(3.0 + each),
                    output=ODD,
                )
            ]
        )
    book.fail(
        Done(
            3, 4, json.dumps({"seed": 4}), maker.began, 0.1, 0, error=("ValueError", "pi.py:3", ODD, "Traceback: here")
        )
    )
    book.flush()
    whole = {"result_mean": 3.0, "result_low": 2.0, "result_high": 4.0, "tasks_per_second": 1.0, "worker/0": 0.5}
    maker.learn(recorder, 0, 3, lambda _: whole)
    maker.end(run_id, recorder, "succeeded")
    run_id, recorder = maker.begun(TILES, total=4)
    book = TaskBook(maker.database, run_id, 1)
    book.summary.pictures = book.summary.files = 1
    path = maker.settings.run_folder(run_id) / "results" / "0000" / "0.png"
    path.parent.mkdir(parents=True)
    path.write_bytes(PIXEL)
    book.succeed(
        [
            Done(
                0,
                1,
                json.dumps({"row": 0, "column": 0}),
                maker.began,
                0.5,
                0,
                None,
                json.dumps("0.png"),
                "results/0000/0.png",
            )
        ]
    )
    book.flush()
    maker.end(run_id, recorder, "stopped")
    spec = {"kind": "tasks", "name": "mine", "function": "mine:double", "inputs": {"range": 3, "argument": "x"}}
    maker.queued(spec, total=3, workload=CODE, workload_hash="5" * 64)


def _sweeps(maker: Maker) -> None:
    """One that pruned and failed and was asked for more, one over an RL algorithm that goes on."""
    from backend.store import wishes

    run_id, recorder = maker.begun(DIGITS)
    for number, state in enumerate(("succeeded", "succeeded", "pruned", "failed", "stopped")):
        recorder.add_trial(number, {"lr": 10.0 ** -(number + 1), "hidden": 16 * (number % 2 + 1), "epochs": 20})
        maker.learn(
            recorder,
            number,
            3,
            lambda step, number=number: {"accuracy": 0.5 + number / 20 + step / 10, "loss": 1 / step},
        )
        recorder.trial(number, maker.TrialState(state), error="Traceback: here" if state == "failed" else "")
    maker.end(run_id, recorder, "stopped")
    wishes.ask(maker.database, run_id, samples=8, concurrency=2, time_budget_s=60.0)
    run_id, recorder = maker.begun(AGENTS)
    for number in range(3):
        recorder.add_trial(number, {"alpha": 0.2 * (number // 2 + 1)}, number % 2 + 1)
        maker.learn(recorder, number, 3, lambda step: {"return_mean": step / REPORTS, "env_steps": 100.0 * step})
    recorder.trial(0, maker.TrialState.SUCCEEDED)
    recorder.close()


def _words(maker: Maker) -> None:
    """What a person said of runs."""
    from backend.store import annotations, queries

    first, second, *_ = (run.id for run in queries.all_runs(maker.database) if run.is_over)
    annotations.tag(maker.database, [first, second], add=["paper", ODD])
    annotations.note(maker.database, first, ODD)
    annotations.star(maker.database, [first], True)
    annotations.archive(maker.database, [second], True)
    annotations.save_view(maker.database, "failures", "q=state+%3D%3D+failed")


def _gone_back(maker: Maker) -> None:
    """Trials that were resumed from a checkpoint, or began anew: an agent's, a sweep's, a script's."""

    def climb(recorder: Any, trial: int, numbers: range, of: str, luck: float = 0.0) -> None:
        for number in numbers:
            height = 1 - 1 / (1 + number / 10) + luck * math.sin(number)
            values = {of: height, "iteration": float(number), "episode_length": 20.0 - number / 4}
            recorder.report(trial, 100 * number, values, at=maker.began + number / 4)

    def whole(run_id: str, recorder: Any, key: str) -> None:
        climb(recorder, 0, range(1, 54), key, 0.05)
        climb(recorder, 1, range(1, 11), key)
        recorder.go_back(0, REPORTS)
        climb(recorder, 0, range(REPORTS + 1, 46), key, 0.02)
        recorder.go_back(0, REPORTS)
        recorder.go_back(1, 0)
        for trial in (0, 1):
            climb(recorder, trial, range(REPORTS + 1 if trial == 0 else 1, 81), key, 0.03)
        maker.end(run_id, recorder, "stopped", attempt=recorder.attempt)

    whole(*maker.begun({**LAKE, "name": "resumed"}, attempt=3), "return_mean")
    run_id, recorder = maker.begun({**DIGITS, "name": "resumed sweep", "scheduler": "fifo"}, attempt=3)
    for number in (0, 1):
        recorder.add_trial(number, {"lr": 10.0 ** -(number + 1), "hidden": 16, "epochs": 20})
    whole(run_id, recorder, "accuracy")
    spec = {"kind": "external", "name": "resumed script", "seed": 7, "params": {"lr": 0.1}}
    run_id = maker.runs.begin(maker.database, spec, HOST, VERSIONS)
    recorder = maker.recorder(run_id)
    recorder.add_trial(1, {"lr": 0.3})
    whole(run_id, recorder, "reward")


def _deleted(maker: Maker) -> None:
    run_id, recorder = maker.begun({**LAKE, "name": "deleted"})
    recorder.report(0, 1, {"return_mean": 1.0})
    maker.end(run_id, recorder, "stopped")
    maker.runs.remove(maker.database, run_id)


def make(folder: Path) -> Path:
    """Returns the archive of a new home, named after the schema, in `folder`."""
    with tempfile.TemporaryDirectory() as made:
        home = Path(made) / "home"
        os.environ["RAYDECK_HOME"] = str(home)
        os.environ.pop("RAYDECK_DB", None)
        from backend.settings import Settings
        from backend.store.database import HEAD, open_database

        database = open_database(Settings())
        fill(Settings(), database)
        database.close()
        with closing(sqlite3.connect(home / "raydeck.db")) as connection:
            connection.execute("vacuum")
        archive = folder / f"{HEAD}.tar.xz"
        with tarfile.open(archive, "w:xz") as target:
            for path in _files(home):
                target.add(path, path.relative_to(home), filter=_plain)
    return archive


def _files(home: Path) -> Iterator[Path]:
    yield from (path for path in sorted(home.rglob("*")) if path.is_file() and path.suffix != ".lock")


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    return entry


if __name__ == "__main__":
    print(make(Path(sys.argv[1])))
