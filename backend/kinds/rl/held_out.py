"""Held-out evaluation: what the best and the last agent of each seed come to in episodes by which nothing was chosen.

The best checkpoint is the one whose evaluation came out highest, so that evaluation flatters it. These are the numbers
to report.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import ray

from backend.drivers.attempt import Attempt
from backend.drivers.tune_results import last_line
from backend.kinds.rl.shelf import Shelf
from backend.kinds.trials import OpenTrial, Trials
from backend.model import Checkpoint, TrialState
from backend.model.goals import BEST_POSSIBLE, HELD_OUT, HELD_OUT_LAST, REWARD
from backend.store import runs


class Agent(NamedTuple):
    """A checkpoint that is to play, and the metric key under which its mean return is recorded."""

    trial: OpenTrial
    folder: Path
    key: str
    best: Checkpoint | None = None  # its row, of the best one


def judge(
    trials: Trials, shelf: Shelf, attempt: Attempt, module: str, config: Mapping[str, Any], episodes: int
) -> None:
    """Lets the best and the last checkpoint of each seed that has just succeeded play `episodes` fresh episodes.

    What goes wrong with one is said in the run's events: its training is done all the same. `module` has the
    algorithm's `policy`, `config` is what a seed trains with, without the seed.
    """
    agents = list(_agents(trials, shelf, attempt.settings.home)) if episodes else []
    if not agents:
        return
    many = len({agent.trial.number for agent in agents})
    seeds = "each seed's agents" if many > 1 else "its agents"
    attempt.waits_for = lambda: f"the held-out evaluation: {seeds} play {episodes} fresh episodes each"
    play = ray.remote(num_cpus=1, max_retries=0)(played)
    playing = [
        play.remote(module, str(agent.folder), {**config, "seed": agent.trial.seed}, episodes) for agent in agents
    ]
    metrics: dict[int, dict[str, float]] = {}
    for agent, came_to in zip(agents, playing, strict=True):
        try:
            told = ray.get(came_to)
        except Exception as error:
            what = f"seed {agent.trial.seed}, {agent.folder.name}: {last_line(str(error))}"
            runs.note(attempt.database, attempt.run_id, "held-out evaluation failed", what[:300])
            continue
        metrics.setdefault(agent.trial.number, {}).update(_named(agent, told))
        if agent.best:
            mean = {HELD_OUT: told[REWARD]}
            attempt.recorder.checkpoint(replace(agent.best, metrics={**agent.best.metrics, **mean}))
    for number, values in metrics.items():
        step = trials.by_number[number].last.get("env_steps")
        attempt.recorder.report(number, step, values)
    attempt.waits_for = str


def _agents(trials: Trials, shelf: Shelf, home: Path) -> Iterator[Agent]:
    for number, trial in sorted(trials.by_number.items()):
        if trial.state is not TrialState.SUCCEEDED or HELD_OUT_LAST in trial.last:
            continue
        best = next((each for each in shelf.kept.get(number, {}).values() if each.is_best), None)
        if best:
            yield Agent(trial, shelf.folder / best.folder, HELD_OUT, best)
        if trial.checkpoint and (best is None or best.iteration != trial.iteration):
            yield Agent(trial, home / trial.checkpoint, HELD_OUT_LAST)


def _named(agent: Agent, told: Mapping[str, float]) -> dict[str, float]:
    """Returns what an agent came to under our keys; the best one that is the last one too is both."""
    values = {agent.key: told[REWARD]}
    if agent.best:
        values |= {f"held_out/{name}": value for name, value in told.items() if name not in (REWARD, "best_possible")}
        if agent.best.iteration == agent.trial.iteration:
            values[HELD_OUT_LAST] = told[REWARD]
    if "best_possible" in told:
        values[BEST_POSSIBLE] = told["best_possible"]
    return values


def played(module: str, folder: str, config: Mapping[str, Any], episodes: int) -> dict[str, float]:
    """Plays fresh episodes with the agent of a checkpoint.

    Returns its mean return and what belongs to it, and what an optimal policy would come to where the environment says
    what it is made of.
    """
    environment = import_module("backend.workloads.environment")
    optimal = import_module("backend.workloads.optimal")
    policy = import_module(module).policy(Path(folder), config)
    env = environment.make(config, learns=False)
    seeds = environment.episode_seeds(environment.HELD_OUT, config["seed"], episodes)
    told = {key.removeprefix("eval/"): value for key, value in environment.evaluate(policy, env, seeds).items()}
    best_possible = optimal.mean_return(env.unwrapped, config["max_steps"])
    return told | {"episodes": episodes} | ({} if best_possible is None else {"best_possible": best_possible})
