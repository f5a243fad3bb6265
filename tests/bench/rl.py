"""Reinforcement learning: recorded training beside the same library by hand, seeds side by side, and a
click until a video plays."""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

from backend.settings import ROOT

PAIRS, VIDEOS = 5, 3
NEVER = {"every": 0}
TAXI: dict[str, Any] = {
    "kind": "rl", "algorithm": "q_learning", "environment": "Taxi-v3", "seeds": [1], "params": {"alpha": 0.5},
    "evaluation": NEVER,
    "stop": {"env_steps": 600_000},
}  # fmt: skip
CART: dict[str, Any] = {
    "kind": "rl",
    "environment": "CartPole-v1",
    "seeds": [1],
    "evaluation": NEVER,
    "stop": {"env_steps": 40_000},
}
PPO: dict[str, Any] = {**CART, "algorithm": "ppo"}
SB3_PPO: dict[str, Any] = {
    **CART,
    "algorithm": "sb3_ppo",
    "stop": {"env_steps": 80_000},
    "params": {
        "n_steps": 256,
        "batch_size": 64,
        "n_epochs": 10,
        "gae_lambda": 0.95,
        "gamma": 0.99,
        "learning_rate": 3e-4,
    },
}
PLAYED = {"tabular": "q_learning", "PyTorch": "a2c", "SB3": "sb3_ppo", "RLlib": "ppo"}
LIMITS = {"RLlib": 9}  # seconds; the others 6


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RAYDECK_HOME"] = f"{folder}/home"
        from backend import api

        api.reset()  # another part may have worked in another home
        load = os.getloadavg()[0]
        print(
            f"Reinforcement learning (medians of {PAIRS} paired runs; {load:.1f} processes want this machine's"
            f" {os.cpu_count()} cores)"
        )
        api.cluster_up()
        try:
            _beside("Q-learning, Taxi", api, TAXI, "q_learning", 0.9)
            _beside("RLlib PPO, CartPole", api, PPO, "rllib", 0.97)
            _beside("SB3 PPO, CartPole", api, SB3_PPO, "sb3", 0.97)
            _seeds(api)
            _videos(api)
        finally:
            api.cluster_down()
            api.reset()


def _beside(title: str, api: Any, spec: dict[str, Any], bare: str, asked: float) -> None:
    ours, theirs = [], []
    for _ in range(PAIRS):  # in turn, since the machine's speed drifts
        ours.append(_rate(api, _run(api, spec)))
        theirs.append(_by_hand(bare, spec["stop"]["env_steps"]))
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    told = f"{min(ratios):.2f} to {max(ratios):.2f}"
    rate = statistics.median(ours)
    print(
        f"{title:22} {rate:8,.0f} env steps/s   {statistics.median(ratios):.2f} × by hand ({told}; asked {asked})",
        flush=True,
    )


def _run(api: Any, spec: dict[str, Any]) -> Any:
    run_id = api.launch(spec)
    while not api.run(run_id).is_over:
        time.sleep(0.2)
    run = api.run(run_id)
    assert run.state == "succeeded", run.error
    return run


def _rate(api: Any, run: Any) -> float:
    """Returns the env steps a second from the first report to the last, by the clock: with
    recording, checkpoints and all."""
    (curve,) = api.curves([run], ["env_steps"], "time", points=100_000)
    return float((curve.mean[-1] - curve.mean[0]) / (curve.x[-1] - curve.x[0]))


def _by_hand(what: str, steps: int) -> float:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("RAY_", "RAYDECK_"))} | {
        "OMP_NUM_THREADS": "1"
    }
    command = [sys.executable, "-m", "tests.bench.bare_rl", what, str(steps)]
    said = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True, env=environment).stdout
    return float(re.findall(r"rate ([\d.]+)", said)[-1])


def _seeds(api: Any) -> None:
    """Eight seeds on two cores, beside eight times as long as one takes."""
    ratios = []
    for _ in range(PAIRS):
        alone, all_ = _span(api, _run(api, TAXI)), _span(api, _run(api, {**TAXI, "seeds": list(range(1, 9))}))
        ratios.append(8 * alone / all_)
    print(f"8 seeds of Q-learning  {statistics.median(ratios):8.2f} × one after the other (asked 1.7)", flush=True)


def _span(api: Any, run: Any) -> float:
    """Returns the seconds from the first report of any seed to the last."""
    curves = api.curves([run], ["env_steps"], "time", points=100_000)
    return float(max(curve.x[-1] for curve in curves) - min(curve.x[0] for curve in curves))


def _videos(api: Any) -> None:
    """From the call behind a click until the file is there; the last of them once more, which is cached.

    The first of all finds no helper that waits; the first of each other library one that has not imported it.
    """
    from backend.api import rl as rl_api

    for title, algorithm in PLAYED.items():
        run = _run(
            api,
            {
                "kind": "rl",
                "algorithm": algorithm,
                "environment": "CartPole-v1",
                "seeds": [1],
                "stop": _stop(algorithm),
            },
        )
        best = next(each for each in rl_api.checkpoints(run.id) if each.is_best)
        took, steps, cached = [], [], 0.0
        for seed in range(1, VIDEOS + 1):
            began = time.perf_counter()
            while (played := rl_api.play(best, seed)) is None:
                time.sleep(0.05)
            took.append(time.perf_counter() - began)
            assert played.video, played.error
            steps.append(len(played.told["rewards"]))
            began = time.perf_counter()
            rl_api.play(best, seed)
            cached = time.perf_counter() - began
        told = f"{statistics.median(steps):.0f} steps; asked {LIMITS.get(title, 6)} s, for 500"
        then = statistics.median(took[1:])
        print(
            f"Video, {title:14}  {took[0]:8.1f} s, others {then:.1f} s ({told}), again {cached:.3f} s (asked 0.5)",
            flush=True,
        )


def _stop(algorithm: str) -> dict[str, float]:
    from backend.catalog.algorithms import ALGORITHMS

    return ALGORITHMS[algorithm].stops("CartPole-v1")


if __name__ == "__main__":
    main()
