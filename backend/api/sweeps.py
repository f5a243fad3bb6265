"""What pages, the command line and notebooks may ask about sweeps."""

import json
import os
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import BaseModel

from backend import files
from backend.analysis import tables
from backend.analysis.further import unused
from backend.api.cluster import must_fit
from backend.api.house import house
from backend.api.runs import launch
from backend.catalog import tunables
from backend.catalog.trainables import TRAINABLES
from backend.catalog.tunables import FoundTrainable
from backend.errors import IllegalMove, InvalidSpec, UnknownWorkload
from backend.kinds import specs
from backend.kinds.sweep import prepare
from backend.kinds.sweep.limits import Limits as Limits
from backend.kinds.sweep.limits import limits_of as limits
from backend.kinds.sweep.prepare import Tuning
from backend.kinds.sweep.spec import SweepSpec
from backend.model import Run, Trial
from backend.model.stored import stored
from backend.store import queries, repeats, wishes
from backend.store.series import read

NO_LIMIT = ("concurrency", "time_budget_s")  # of these 0 means none
FORMATS = ("csv", "parquet", "jsonl")


RECENT = 20  # sweeps of the same trainable that an estimate looks at


def check(spec: SweepSpec) -> Tuning:
    """Returns a sweep checked against its trainable and the cluster, as `launch` would start it.

    Raises:
        InvalidSpec: with one entry in `problems` for each field that is wrong.
    """
    ready = prepare.check(spec, house().settings.workloads_folder, house().settings.environments_folder)
    must_fit(spec)
    return ready


def own_trainables() -> list[str]:
    """Returns the names of the user's own Tune trainables in data/workloads."""
    return [name for name, _ in tunables.user_tunables(house().settings.workloads_folder)]


def trainable(name: str) -> FoundTrainable:
    """Returns a trainable by its name, as a spec has it.

    Raises:
        UnknownWorkload
    """
    return tunables.look_up(name, house().settings.workloads_folder)


def seconds_per_trial(spec: SweepSpec) -> float | None:
    """Returns how long a whole trial takes: as it did in earlier sweeps, else as the catalogue
    says; None if nobody knows."""
    same = [
        run
        for run in queries.of_kind(house().database, "sweep", RECENT)
        if _subject(run.spec.get("trainable")) == _subject(spec.trainable)
    ]
    took = [
        trial.ended_at - trial.started_at
        for run in same
        for trial in run.trials
        if trial.state == "succeeded" and trial.ended_at and trial.started_at
    ]
    if took:
        return statistics.median(took)
    entry = TRAINABLES.get(spec.trainable) if isinstance(spec.trainable, str) else None
    return entry.seconds if entry else None


def _subject(trainable: Any) -> Any:
    """Returns what tells one trainable from another: its name, or algorithm, environment and length."""
    content = trainable.model_dump(exclude_none=True) if isinstance(trainable, BaseModel) else trainable
    if not isinstance(content, Mapping):
        return content
    return content.get("algorithm"), content.get("environment"), json.dumps(content.get("stop"), sort_keys=True)


def extend(
    run_id: str, *, samples: int | None = None, time_budget_s: float | None = None, concurrency: int | None = None
) -> None:
    """Changes how many configurations a sweep tries, how many seconds it may take, or how many trials run at once.

    0 seconds, and 0 at once, are no limit. It holds within a second while the sweep runs, or from the next resume on.

    Raises:
        UnknownRun
        IllegalMove: the run is no sweep, or its grid has no more combinations.
        InvalidSpec: a number that cannot be.
    """
    run = queries.run(house().database, run_id)
    if not _is_searched(run):
        raise IllegalMove("Only a sweep can be extended.")
    wanted = {"samples": samples, "time_budget_s": time_budget_s, "concurrency": concurrency}
    changes = {name: value for name, value in wanted.items() if value is not None}
    if samples is not None and stored(run.spec).text("search") == "grid":
        raise IllegalMove("A grid has no more combinations than it has; clone the sweep with more values.")
    _sound(run, limits(run), changes)
    wishes.ask(house().database, run_id, **changes)


def _is_searched(run: Run) -> bool:
    return "space" in run.spec


def _sound(run: Run, now: Limits, changes: Mapping[str, Any]) -> None:
    """Makes sure that the spec could have been launched with what is asked.

    Raises:
        InvalidSpec
    """
    spec: SweepSpec = specs.parse(
        {**run.spec, **changes, **{name: None for name in NO_LIMIT if changes.get(name) == 0}}
    )
    if changes.get("time_budget_s") == 0 and _is_endless(run.id, spec):
        raise InvalidSpec({"time_budget_s": f"{prepare.ENDLESS}: without a time budget it would never end"})
    begun = len({trial.number // now.repeats for trial in run.trials})
    if changes.get("samples") is not None and changes["samples"] < begun:
        raise InvalidSpec({"samples": f"{begun} have begun already"})


def _is_endless(run_id: str, spec: SweepSpec) -> bool:
    """Whether nothing but a time budget ends a trial; of a trainable whose code is gone nobody can tell."""
    if not isinstance(spec.trainable, str):
        return False
    code = queries.workload(house().database, run_id)
    try:
        return prepare.is_endless(spec, tunables.look_up(spec.trainable, house().settings.workloads_folder, code))
    except UnknownWorkload:
        return False


def stop_trial(run_id: str, number: int) -> None:
    """Ends one trial for good, after its next report.

    Raises:
        UnknownRun, IllegalMove
    """
    wishes.request_trial_stop(house().database, run_id, number)


def best_again(run_id: str, seeds: int, number: int | None = None) -> str:
    """Starts a child run with the parameters of a trial, the best one when left out, over N seeds. Returns its id.

    The seeds are none of those that the sweep, or a child of it, has used: by these the trial was chosen.

    Of an RL algorithm that is a reinforcement-learning run, else a sweep of one configuration.

    Raises:
        UnknownRun, IllegalMove, InvalidSpec
    """
    run = queries.run(house().database, run_id)
    trial = _trial(run, number)
    spec: SweepSpec = specs.parse(run.spec)  # only a sweep has such a trial
    name = f"{run.name}, trial {trial.number} again"[:120]
    fresh = unused(repeats.seeds_of_family(house().database, run.id), seeds)
    if not isinstance(spec.trainable, str):
        return launch(spec.rl(trial.params, list(fresh)).model_copy(update={"name": name}), parent_id=run.id)
    # each repeat has its own
    fixed = {name: {"fixed": value} for name, value in trial.params.items() if name != "seed"}
    changed = {"name": name, "space": fixed, "samples": 1, "search": "random", "scheduler": "fifo"}
    changed |= {"repeats": seeds, "first_seed": fresh[0]}
    fields = {
        key: value
        for key, value in run.spec.items()
        if key not in ("target", "patience", "time_budget_s", "concurrency")
    }
    return launch(fields | changed, parent_id=run.id)


@dataclass(frozen=True)
class Again:
    """What the best configuration of a sweep came to on `seeds` seeds by which it was not chosen."""

    value: float
    seeds: int


def on_fresh_seeds(run: Run) -> Again | None:
    """Returns what the best configuration came to in the runs that `best_again` has started of it; None where none has
    come to anything."""
    best, goal = run.best_trial, run.goal
    if best is None or goal is None:
        return None
    own = {
        (child.id, trial.number)
        for child in queries.children(house().database, run.id)
        for trial in child.trials
        if child.is_over and _is_of(child, trial, best)
    }
    curves = read.read(house().database, list({run_id for run_id, _ in own}), [goal.key], points=1)
    ends = [curve for curve in curves if (curve.run_id, curve.trial) in own and curve.count.any()]
    values = [float(np.nanmax(curve.max) if goal.mode == "max" else np.nanmin(curve.min)) for curve in ends]
    return Again(statistics.fmean(values), len(values)) if values else None


def _is_of(child: Run, trial: Trial, best: Trial) -> bool:
    """Whether a child's trial has the parameters of a sweep's."""
    own = {**stored(child.spec).part("params").content, **trial.params}
    return all(own.get(name) == value for name, value in best.params.items() if name != "seed")


def _trial(run: Run, number: int | None) -> Trial:
    """Returns a trial of a sweep by its number, or the best one.

    Raises:
        IllegalMove: it is no sweep, or there is no such trial.
    """
    if not _is_searched(run):
        raise IllegalMove("Only a sweep has configurations.")
    trial = run.best_trial if number is None else next((each for each in run.trials if each.number == number), None)
    if trial is None:
        raise IllegalMove("No trial has a value yet." if number is None else f"There is no trial {number}.")
    return trial


def use_as_defaults(run_id: str, number: int | None = None) -> dict[str, Any]:
    """Lets forms begin with the parameters of a trial, the best one when left out; returns them.

    Raises:
        UnknownRun, IllegalMove
    """
    run = queries.run(house().database, run_id)
    trial = _trial(run, number)
    by_subject = defaults()
    by_subject[subject(run.spec.get("trainable"))] = {"params": trial.params, "run": run.id, "trial": trial.number}
    _keep_defaults(by_subject)
    return dict(trial.params)


def forget_defaults(name: str) -> None:
    """Lets forms begin with the catalogue's own values again."""
    _keep_defaults({key: value for key, value in defaults().items() if key != name})


def _keep_defaults(by_subject: Mapping[str, Any]) -> None:
    files.replace(house().settings.defaults_file, json.dumps(by_subject, indent=1))


def subject(trainable: Any) -> str:
    """Returns what defaults are kept under: a trainable's name, or algorithm and environment."""
    return (
        f"{trainable.get('algorithm')}/{trainable.get('environment')}"
        if isinstance(trainable, Mapping)
        else str(trainable)
    )


def defaults() -> dict[str, dict[str, Any]]:
    """Returns the parameters that forms begin with instead of the catalogue's: params, and the
    run and trial they are of."""
    try:
        return dict(json.loads(house().settings.defaults_file.read_text()))
    except (OSError, ValueError):
        return {}


def trial_table(run_id: str, form: str) -> bytes:
    """Returns a sweep's trials as a csv, parquet or jsonl file.

    Raises:
        UnknownRun
        InvalidSpec: there is no such format.
    """
    if form not in FORMATS:
        raise InvalidSpec({"format": f"must be one of: {', '.join(FORMATS)}"})
    run = queries.run(house().database, run_id)
    return tables.of_trials(run.trials, form)


def disk(run_id: str) -> int:
    """Returns the bytes that a run's files take: checkpoints, results, its log. What has several names counts once."""
    sizes: dict[tuple[int, int], int] = {}
    for folder, _, names in os.walk(house().settings.run_folder(run_id)):  # which passes over folders that go away
        for name in names:
            try:
                about = os.stat(os.path.join(folder, name), follow_symlinks=False)
            except FileNotFoundError:  # a sweep that runs replaces its checkpoints
                continue
            sizes[about.st_dev, about.st_ino] = about.st_size
    return sum(sizes.values())
