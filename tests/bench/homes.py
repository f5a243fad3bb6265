"""Homes full of recorded runs, for what reads them."""

import math
import random
import time
from collections.abc import Iterator

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
    """Records a sweep with three parameters, as its driver would; every third trial was pruned early. Returns its id."""
    from backend import api, specs
    from backend.store import runs
    from backend.store.metrics import Recorder
    from backend.store.values import RunState, TrialState

    spec = specs.parse(SWEEP | {"samples": trials, "max_iterations": reports}).model_dump(exclude_none=True, mode="json")
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
        yield params, [top * (1 - math.exp(-5 * step / reports)) + noise.gauss(0, 0.01) for step in range(1, length + 1)]


def curves(count: int, points: int) -> list[str]:
    return [curve(f"variant {number}", points, number) for number in range(count)]


if __name__ == "__main__":
    began = time.time()
    print(curve("speed", 1_000_000), time.time() - began)
