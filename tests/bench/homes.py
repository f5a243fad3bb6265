"""Homes full of recorded runs, for what reads them."""

import json
import math
import random
import time
from collections.abc import Iterator
from typing import Any

import backend

SPIKE = 50.0


def curve(name: str, points: int, seed: int = 0) -> str:
    """Records a run with one curve, noisy and with one spike; returns its id."""
    noise = random.Random(seed)
    run = backend.track(name, params={"points": points})
    for step in range(points):
        value = SPIKE if step == points * 2 // 3 else 1 - math.exp(-3 * step / points) + noise.gauss(0, 0.05)
        run.log({"reward": value}, step=step)
    run.finish()
    return run.id


def sweep(trials: int, reports: int, *, running: bool = False) -> str:
    """Records a sweep with three parameters, as its driver would; every third trial was pruned early.

    Returns its id.
    """
    from backend import api
    from backend.kinds import specs
    from backend.model import RunState, TrialState
    from backend.store import runs
    from backend.store.recording.recorder import Recorder

    spec = specs.parse(SWEEP | {"samples": trials, "max_iterations": reports}).model_dump(
        exclude_none=True, mode="json"
    )
    database = api.house().database
    run_id = runs.create(database, spec, [])
    runs.claim(database, run_id, 1, "host", {})
    recorder = Recorder(database, run_id, 1, api.run(run_id).goal)
    for number, (params, values) in enumerate(sweep_values(trials, reports)):
        recorder.add_trial(number, params)
        for step, value in enumerate(values, 1):
            recorder.report(number, step, {"accuracy": value, "loss": 1 - value})
        state = TrialState.PRUNED if len(values) < reports else TrialState.SUCCEEDED
        recorder.trial(number, state=state, ended_at=time.time())
    recorder.close() if running else recorder.finish(RunState.SUCCEEDED)
    return run_id


SWEEP = {
    "kind": "sweep", "name": "many", "trainable": "digits_mlp", "search": "optuna", "scheduler": "asha",
    "space": {"lr": {"loguniform": [1e-4, 1e-1]}, "hidden": {"choice": [16, 32, 64]}, "alpha": {"uniform": [0.0, 1.0]}},
}  # fmt: skip


def sweep_values(trials: int, reports: int) -> Iterator[tuple[dict[str, float], list[float]]]:
    """Yields the parameters and the learning curve of each trial, always the same."""
    noise = random.Random(1)
    for number in range(trials):
        params = {"lr": 10 ** noise.uniform(-4, -1), "hidden": noise.choice([16, 32, 64]), "alpha": noise.random()}
        top = 0.95 - 0.1 * abs(math.log10(params["lr"]) + 2.5) - 0.1 * params["alpha"]
        length = max(1, reports // 10) if number % 3 == 0 else reports
        yield (
            params,
            [top * (1 - math.exp(-5 * step / reports)) + noise.gauss(0, 0.01) for step in range(1, length + 1)],
        )


def fanout(tasks: int, name: str = "") -> str:
    """Records a fan-out with estimates of π, as its driver would: two workers, chunks of short tasks, 1 in 100 fails.

    Returns its id.
    """
    from backend import api
    from backend.kinds import specs
    from backend.model import RunState, TrialState
    from backend.store import runs
    from backend.store.fanout.book import TaskBook
    from backend.store.recording.recorder import Recorder

    asked = {
        "kind": "tasks",
        "name": name or f"{tasks:,} tasks",
        "function": "monte_carlo_pi",
        "inputs": {"range": tasks, "argument": "seed"},
    }
    database = api.house().database
    run_id = runs.create(database, specs.parse(asked).model_dump(exclude_none=True, mode="json"), [None], total=tasks)
    runs.claim(database, run_id, 1, "host", {})
    book, recorder = TaskBook(database, run_id, 1), Recorder(database, run_id, 1)
    book.summary.workers += [["n0de5a17", 4711], ["n0de5a17", 4712]]
    recorder.trial(0, state=TrialState.RUNNING, started_at=time.time())
    noise, clock, chunk = random.Random(1), [time.time()] * 2, max(1, min(2000, tasks // 250))
    for first in range(0, tasks, chunk):
        worker = first // chunk % 2
        began = clock[worker]
        clock[worker] = _chunk(book, range(first, min(tasks, first + chunk)), worker, began, noise)
        recorder.report(0, float(book.done), {f"worker/{worker}": clock[worker] - began}, at=began)
        half, mean = book.summary.moments.half_width, book.summary.moments.mean
        recorder.report(
            0, float(book.done), {"result_mean": mean, "result_low": mean - half, "result_high": mean + half}
        )
        if book.waiting > 50_000:
            book.flush()
    book.flush()
    recorder.trial(0, state=TrialState.SUCCEEDED, ended_at=time.time())
    recorder.finish(RunState.SUCCEEDED, f"{book.failed:,} of {tasks:,} tasks failed")
    return run_id


def _chunk(book: Any, numbers: range, worker: int, began: float, noise: random.Random) -> float:
    """Writes a chunk of tasks in the book and returns when it ended."""
    from backend.store.fanout.task_rows import Done

    done, at = [], began
    for number in numbers:
        took = 0.002 * noise.lognormvariate(0, 0.6)
        told = (number, 1, json.dumps({"seed": number}), at, took, worker)
        at += took
        if number % 100 == 99:
            kind = ("Timeout", "") if number % 300 == 299 else ("ValueError", "pi.py:12")
            book.fail(
                Done(
                    *told,
                    error=(
                        *kind,
                        f"seed {number} is not in the mood",
                        f"Traceback (most recent call last):\n  {kind[1]}",
                    ),
                )
            )
            continue
        value = noise.gauss(math.pi, 0.0052)
        done.append(Done(*told, value, json.dumps(value)))
    book.succeed(done)
    return at


def curves(count: int, points: int) -> list[str]:
    return [curve(f"variant {number}", points, number) for number in range(count)]


if __name__ == "__main__":
    began = time.time()
    print(curve("speed", 1_000_000), time.time() - began)
