"""What pages, the command line and notebooks may ask of a reinforcement-learning run."""

import io
import json
import threading
import time
import zipfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from backend.api.cluster import wake_cluster
from backend.api.house import house
from backend.catalog.algorithms import ALGORITHMS
from backend.errors import ClusterUnavailable, StoreUnavailable, UnknownRun
from backend.launcher import Launcher
from backend.model import Checkpoint, Run
from backend.model.stored import stored
from backend.store import queries
from backend.store.folders import EPISODES, SNAPSHOTS

What = Literal["episode", "evaluate"]
BEGINS_SECONDS = 3.0  # for so long Ray may not know a helper yet
PLAYERS = ("backend.workloads.environment", "imageio")  # what every helper needs


def snapshots(run_id: str, seed: int) -> list[Path]:
    """Returns the files of the tables a seed's agent had, the earliest first; none if it keeps no table."""
    return sorted((house().settings.run_folder(run_id) / SNAPSHOTS / f"seed-{seed}").glob("*.npz"))


def keeps_table(run: Run) -> bool:
    """Returns whether a run's agents keep tables; of an algorithm that is no longer there, what
    they have left tells it."""
    if algorithm := ALGORITHMS.get(stored(run.spec).text("algorithm")):
        return algorithm.library == "tabular"
    return any(snapshots(run.id, trial.seed) for trial in run.trials if trial.seed is not None)


def checkpoints(run_id: str) -> list[Checkpoint]:
    """Returns the checkpoints a run keeps, by trial and iteration."""
    return queries.checkpoints(house().database, run_id)


def checkpoint(run_id: str, trial: int, iteration: int) -> Checkpoint:
    """Returns one kept checkpoint.

    Raises:
        UnknownRun: there is none such.
    """
    for each in checkpoints(run_id):
        if (each.trial, each.iteration) == (trial, iteration):
            return each
    raise UnknownRun(
        f"Run {run_id} keeps no checkpoint of iteration {iteration} of trial {trial}; it may have made room for a newer"
        " one."
    )


def parts(name: str) -> tuple[str, int, int]:
    """Returns run, trial and iteration of a checkpoint called RUN/TRIAL/ITERATION.

    Raises:
        UnknownRun: it is not called so.
    """
    run_id, _, place = name.partition("/")
    trial, _, iteration = place.partition("/")
    if not (trial.isdecimal() and iteration.isdecimal() and len(trial + iteration) < 20):
        raise UnknownRun(f"“{name[:80]}” names no checkpoint; it would be RUN/TRIAL/ITERATION.")
    return run_id, int(trial), int(iteration)


def folder_of(agent_checkpoint: Checkpoint) -> Path:
    return house().settings.run_folder(agent_checkpoint.run_id) / agent_checkpoint.folder


def checkpoint_zip(agent_checkpoint: Checkpoint) -> bytes:
    """Returns a checkpoint's files as a zip."""
    buffer = io.BytesIO()
    folder = folder_of(agent_checkpoint)
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder))
    return buffer.getvalue()


@dataclass(frozen=True)
class Played:
    """What came of letting a checkpoint play; `told` is what backend.kinds.rl.watch wrote."""

    checkpoint: Checkpoint
    video: Path | None = None
    told: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    traceback: str = ""


def play(agent_checkpoint: Checkpoint, seed: int = 1) -> Played | None:
    """Returns an episode of a checkpoint: a video, rewards and actions.

    None while it is made; the first call begins.
    """
    return _made("episode", agent_checkpoint, seed)


def is_played(agent_checkpoint: Checkpoint, seed: int = 1) -> bool:
    """Returns whether an episode of a checkpoint is there; asking begins nothing."""
    return _target("episode", agent_checkpoint, seed).exists()


def evaluate(agent_checkpoint: Checkpoint, episodes: int) -> Played | None:
    """Returns a checkpoint's returns over fresh episodes without exploring. None while they are played."""
    return _made("evaluate", agent_checkpoint, episodes)


def forget(what: What, agent_checkpoint: Checkpoint, number: int) -> None:
    """Forgets what came of it, so that the next call begins anew."""
    target = _target(what, agent_checkpoint, number)
    for path in (target, target.with_suffix(".mp4"), target.with_suffix(".job")):
        path.unlink(missing_ok=True)


def evaluations(run_id: str) -> dict[tuple[int, int], dict[str, Any]]:
    """Returns the largest evaluation by hand of each checkpoint: (trial, iteration) -> what came of it."""
    by_checkpoint: dict[tuple[int, int], dict[str, Any]] = {}
    paths = (house().settings.run_folder(run_id) / EPISODES).glob("evaluate-*.json")
    for path in sorted(paths, key=lambda path: int(path.stem.split("-")[3])):
        evaluation = json.loads(path.read_text())
        if "error" not in evaluation:
            by_checkpoint[int(path.stem.split("-")[1]), int(path.stem.split("-")[2])] = evaluation
    return by_checkpoint


def _target(what: What, agent_checkpoint: Checkpoint, number: int) -> Path:
    folder = house().settings.run_folder(agent_checkpoint.run_id) / EPISODES
    return folder / f"{what}-{agent_checkpoint.trial}-{agent_checkpoint.iteration}-{number}.json"


def _made(what: What, agent_checkpoint: Checkpoint, number: int) -> Played | None:
    target = _target(what, agent_checkpoint, number)
    if target.exists():
        outcome = json.loads(target.read_text())
        video = target.with_suffix(".mp4")
        return Played(
            agent_checkpoint,
            video if video.exists() else None,
            outcome,
            outcome.get("error", ""),
            outcome.get("traceback", ""),
        )
    try:
        return _go_on(what, agent_checkpoint, number, target)
    except ClusterUnavailable:
        wake_cluster()
        return None


def _go_on(what: What, agent_checkpoint: Checkpoint, number: int, target: Path) -> Played | None:
    """Begins the work, or looks whether it is still on its way.

    A note says which helper has it, and under which head.
    """
    note, launcher = target.with_suffix(".job"), house().launcher
    head, _, helper = note.read_text().partition("\n") if note.exists() else ("", "", "")
    if head == _head():
        if (
            target.exists()
            or time.time() - note.stat().st_mtime < BEGINS_SECONDS
            or launcher.helpers.is_helping(helper)
            or target.exists()
        ):
            return None
        log = launcher.helpers.folder.log(helper)
        return Played(
            agent_checkpoint,
            error="The helper ended without a word.",
            traceback=log.read_text()[-4000:] if log.exists() else "",
        )
    note.parent.mkdir(parents=True, exist_ok=True)
    helper = launcher.helpers.take()
    note.write_text(f"{_head()}\n{helper}")
    launcher.helpers.give(
        helper,
        (what, agent_checkpoint.run_id, str(agent_checkpoint.trial), str(agent_checkpoint.iteration), str(number)),
    )
    return None


def warm_soon(run: Run) -> None:
    """Lets a helper begin, in the background, that can then soon play a checkpoint of this
    run, if the cluster is up."""
    if algorithm := ALGORITHMS.get(stored(run.spec).text("algorithm")):
        threading.Thread(
            target=_warm_quietly, args=(house().launcher, algorithm.code.partition(":")[0]), name="warm", daemon=True
        ).start()


def _warm_quietly(launcher: Launcher, module: str) -> None:
    with suppress(ClusterUnavailable, StoreUnavailable):
        launcher.helpers.warm([module, *PLAYERS])


def _head() -> str:
    """Returns which head work is given to: what another had in hand is gone with it."""
    return house().cluster.jobs().url
