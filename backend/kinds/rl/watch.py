"""python -m backend.kinds.rl.watch HELPER [MODULE ...]: lets checkpoints play; a helper job, no Ray within.

It imports the modules, does what it is given (see store.helpers), and then waits for more, unless enough others do.
Its work is WHAT RUN TRIAL ITERATION NUMBER: `episode` (NUMBER is its seed: a video, and each step's reward and action)
or `evaluate` (NUMBER episodes). What came of it is a file under the run's `episodes`, written whole or not at all.
"""

import json
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext, suppress
from importlib import import_module
from pathlib import Path
from statistics import fmean, pstdev
from typing import Any

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
os.environ.setdefault("SDL_AUDIODRIVER", "dummy")
os.environ.setdefault("OMP_NUM_THREADS", "1")  # training holds the cores

from backend import files
from backend.catalog.algorithms import ALGORITHMS
from backend.catalog.lookup import find
from backend.cluster.helpers import Helpers
from backend.kinds.rl.config import stored_config
from backend.model import Checkpoint
from backend.model.stored import stored
from backend.settings import Settings
from backend.store import queries
from backend.store.database import Database, open_database
from backend.store.folders import EPISODES

MOST_FRAMES = 3000
USUAL_FPS = 30
IDLE_SECONDS = 300.0
SPARE = 2  # helpers that wait: two episodes are laid side by side
# of the first episode of an evaluation by hand; no training and no evaluation in training uses them
FRESH_SEED = 2_000_003
FRESH_PER_SEED = 20_000  # each seed has episodes of its own, or one lucky block would flatter all seeds of a run alike
FRESH_SEEDS = 2**31


def serve(helper: str, modules: Sequence[str]) -> None:
    """Works until nothing has come for IDLE_SECONDS, until enough others wait, or until the head is gone."""
    helpers, parent = Helpers(Settings().helpers_folder), os.getppid()
    work = helpers.work(helper)
    for module in modules:
        with suppress(Exception):  # whoever needs it will say what is wrong with it
            import_module(module)
    while work is not None or (len(helpers.waiting()) < SPARE and (work := _next(helpers, helper, parent)) is not None):
        what, run_id, *numbers = work
        main(what, run_id, *map(int, numbers))
        sys.stdout.flush()
        work = None


def _next(helpers: Helpers, helper: str, parent: int) -> list[str] | None:
    return helpers.wait(helper, IDLE_SECONDS, lambda: os.getppid() == parent)


def main(what: str, run_id: str, trial: int, iteration: int, number: int) -> int:
    """Does the work and returns the exit code: what went wrong stands in the file, too."""
    settings = Settings()
    folder = settings.run_folder(run_id) / EPISODES
    target = folder / f"{what}-{trial}-{iteration}-{number}.json"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        report = WORK[what](*_loaded(settings, run_id, trial, iteration), number, target)
    except BaseException as error:
        report = {"error": f"{type(error).__name__}: {error}", "traceback": traceback.format_exc()}
    files.replace(target, json.dumps(report))
    return int("error" in report)


def _loaded(settings: Settings, run_id: str, trial: int, iteration: int) -> tuple[dict[str, Any], Any]:
    """Returns the config of a checkpoint and its policy."""
    with closing(open_database(settings)) as database:
        return _of_database(settings, database, run_id, trial, iteration)


def _of_database(
    settings: Settings, database: Database, run_id: str, trial: int, iteration: int
) -> tuple[dict[str, Any], Any]:
    run = queries.run(database, run_id)
    spec, code = stored(run.spec), queries.workload(database, run_id)
    module = import_module(find("algorithm", spec.text("algorithm"), ALGORITHMS).code.partition(":")[0])
    config = stored_config(spec, dict(spec.part("params").content), code, str(settings.workloads_folder))
    checkpoint = next(
        (each for each in queries.checkpoints(database, run_id) if (each.trial, each.iteration) == (trial, iteration)),
        None,
    )
    if checkpoint is None:
        raise LookupError(f"run {run_id} keeps no checkpoint of iteration {iteration}")
    config["seed"] = run.trials[trial].seed
    return config, module.policy(_folder(settings, checkpoint), config)


def _folder(settings: Settings, checkpoint: Checkpoint) -> Path:
    return settings.run_folder(checkpoint.run_id) / checkpoint.folder


def evaluate(config: dict[str, Any], policy: Any, episodes: int, _target: Path) -> dict[str, Any]:
    """Plays episodes on fresh seeds."""
    environment = import_module("backend.workloads.environment")
    env = environment.make(config, learns=False)
    first = FRESH_SEED + config["seed"] * FRESH_PER_SEED % FRESH_SEEDS
    played = [environment.play(policy, env, first + number) for number in range(episodes)]
    returns = [total for total, _ in played]
    return {
        "episodes": episodes, "mean": fmean(returns), "min": min(returns), "max": max(returns),
        "deviation": pstdev(returns),
        "length": fmean(length for _, length in played), "returns": returns[:10_000],
    }  # fmt: skip


def episode(config: dict[str, Any], policy: Any, seed: int, target: Path) -> dict[str, Any]:
    """Plays one episode; the video stands beside `target`, where the environment can be rendered."""
    env, why_no_video = _rendered(config)
    observation, _ = env.reset(seed=seed)
    rewards: list[float] = []
    actions: list[Any] = []
    with nullcontext() if why_no_video else _video(target.with_suffix(".mp4"), env) as show:
        over = terminated = False
        while not over:
            if show and len(rewards) < MOST_FRAMES:
                show(env.render())
            action = policy(observation)
            observation, reward, terminated, truncated, _ = env.step(action)
            rewards.append(float(reward))
            actions.append(action.tolist() if hasattr(action, "tolist") else action)
            over = terminated or truncated
        if show:
            show(env.render())
    ended = "it came to its end" if terminated else "its time was up"
    return {
        "seed": seed,
        "rewards": rewards,
        "actions": actions,
        "total": sum(rewards),
        "ended": ended,
        "silent": why_no_video,
    }


def _rendered(config: dict[str, Any]) -> tuple[Any, str]:
    """Returns the environment, and what keeps it from being rendered."""
    environment = import_module("backend.workloads.environment")
    plain = environment.make(config, learns=False)
    if "rgb_array" not in plain.metadata.get("render_modes", ()):
        return plain, f"{config['environment']} draws no pictures."
    try:
        env = environment.make(config, render_mode="rgb_array", learns=False)
        env.reset(seed=0)
        if env.render() is None:
            return plain, f"{config['environment']} drew nothing."
    except Exception as error:  # a missing package, no display: the episode can be played all the same
        return plain, f"{config['environment']} cannot be drawn here: {error}"
    return env, ""


@contextmanager
def _video(path: Path, env: Any) -> Iterator[Any]:
    """Yields what takes a frame (height, width, 3); the file appears when all is well."""
    imageio = import_module("imageio")
    fps = env.metadata.get("render_fps") or USUAL_FPS
    options = {"fps": fps, "codec": "libx264", "macro_block_size": 2, "output_params": ["-preset", "ultrafast"]}
    with files.replacing(path, ".mp4") as part, imageio.get_writer(part, **options) as writer:
        yield writer.append_data


WORK = {"episode": episode, "evaluate": evaluate}

if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2:])
    sys.stdout.flush()
    os._exit(0)
