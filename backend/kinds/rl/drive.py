"""Drives a reinforcement-learning run: an experiment with a trial per seed."""

from pathlib import Path
from typing import Any

from backend.catalog.algorithms import ALGORITHMS
from backend.drivers.attempt import Attempt
from backend.kinds import experiment
from backend.kinds.rl import held_out
from backend.kinds.rl.config import own_config
from backend.kinds.rl.seeds import Seeds
from backend.kinds.rl.shelf import Shelf
from backend.kinds.rl.spec import RLSpec
from backend.kinds.rl.tunable import tunable_of
from backend.kinds.rl.work import work
from backend.model.outcome import Outcome
from backend.store import queries
from backend.store.folders import SNAPSHOTS, START


def drive(spec: RLSpec, attempt: Attempt) -> Outcome:
    """Trains each seed until its stop criteria, or until the attempt is asked to stop.

    Returns:
        succeeded if every seed did, stopped if asked to, failed otherwise, with the first seed's error.
    """
    experiment.connect(attempt, work.needs(spec), spec.processes)
    text = queries.workload(attempt.database, attempt.run_id)
    run = queries.run(attempt.database, attempt.run_id)
    more = _whereabouts(spec, attempt.settings.run_folder(attempt.run_id)) | {"metrics_version": run.metrics_version}
    folder = attempt.settings.workloads_folder
    tunable = tunable_of(spec, spec.processes, text, folder, more)
    seeds, shelf = Seeds(spec, attempt, run, tunable), Shelf(attempt, spec.checkpoints)
    experiment.run(seeds, tunable, attempt, shelf, pending=seeds.most)
    outcome = seeds.result()
    if not attempt.stop_requested:
        module, _, _ = ALGORITHMS[spec.algorithm].code.partition(":")
        config = own_config(spec, dict(spec.params), text, str(folder))
        held_out.judge(seeds, shelf, attempt, module, config, spec.evaluation.held_out)
    return outcome


def _whereabouts(spec: RLSpec, folder: Path) -> dict[str, Any]:
    """Returns where a seed finds what it starts from, and puts what it was like on its way; empty: nowhere."""
    start = folder / START
    if spec.start_from and not start.is_dir():
        raise FileNotFoundError(
            f"The checkpoint {spec.start_from} to start from could not be kept with the run; clone it once there is"
            " room."
        )
    where = {"start_from": str(start) if spec.start_from else ""}
    library = ALGORITHMS[spec.algorithm].library
    return (
        where if library == "rllib" else where | {"snapshots": str(folder / SNAPSHOTS) if library == "tabular" else ""}
    )
