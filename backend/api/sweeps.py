"""What pages, the command line and notebooks may ask about sweeps."""

import json
import os
import statistics
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from backend import files
from backend.analysis import tables
from backend.api.cluster import must_fit
from backend.api.house import house
from backend.api.runs import launch
from backend.catalog import tunables
from backend.catalog.trainables import TRAINABLES
from backend.catalog.tunables import Found
from backend.errors import IllegalMove, InvalidSpec, UnknownWorkload
from backend.kinds import specs
from backend.kinds.sweep import prepare
from backend.kinds.sweep.prepare import Tuning
from backend.kinds.sweep.spec import SweepSpec
from backend.model import Run, Sweep, Trial
from backend.model.stored import stored
from backend.store import queries, wishes

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


def trainable(name: str) -> Found:
    """Returns a trainable by its name, as a spec has it.

    Raises:
        UnknownWorkload
    """
    return tunables.look_up(name, house().settings.workloads_folder)


def seconds_per_trial(spec: SweepSpec) -> float | None:
    """Returns how long a whole trial takes: as it did in earlier sweeps, else as the catalogue says; None if nobody knows."""
    same = [
        run for run in queries.of_kind(house().database, "sweep", RECENT) if _subject(run.spec.get("trainable")) == _subject(spec.trainable)
    ]
    took = [
        trial.ended_at - trial.started_at
        for run in same
        for trial in run.trials
        if trial.state == "succeeded" and trial.ended_at and trial.started_at
    ]
    if took:
        return statistics.median(took)
    known = TRAINABLES.get(spec.trainable) if isinstance(spec.trainable, str) else None
    return known.seconds if known else None


def _subject(trainable: Any) -> Any:
    """Returns what tells one trainable from another: its name, or algorithm, environment and length."""
    given = trainable.model_dump(exclude_none=True) if isinstance(trainable, BaseModel) else trainable
    if not isinstance(given, Mapping):
        return given
    return given.get("algorithm"), given.get("environment"), json.dumps(given.get("stop"), sort_keys=True)


def extend(run_id: str, *, samples: int | None = None, time_budget_s: float | None = None, concurrency: int | None = None) -> None:
    """Changes how many configurations a sweep tries, how many seconds it may take, or how many trials run at once.

    0 seconds, and 0 at once, are no limit. It holds within a second while the sweep runs, or from the next resume on.

    Raises:
        UnknownRun
        IllegalMove: the run is no sweep, or its grid has no more combinations.
        InvalidSpec: a number that cannot be.
    """
    run = queries.run(house().database, run_id)
    if run.sweep is None:
        raise IllegalMove("Only a sweep can be extended.")
    wanted = {"samples": samples, "time_budget_s": time_budget_s, "concurrency": concurrency}
    asked = {name: value for name, value in wanted.items() if value is not None}
    if samples is not None and stored(run.spec).text("search") == "grid":
        raise IllegalMove("A grid has no more combinations than it has; clone the sweep with more values.")
    _sound(run, run.sweep, asked)
    wishes.ask(house().database, run_id, **asked)


def _sound(run: Run, sweep: Sweep, asked: Mapping[str, Any]) -> None:
    """Makes sure that the spec could have been launched with what is asked.

    Raises:
        InvalidSpec
    """
    spec: SweepSpec = specs.parse({**run.spec, **asked, **{name: None for name in NO_LIMIT if asked.get(name) == 0}})
    if asked.get("time_budget_s") == 0 and _is_endless(run.id, spec):
        raise InvalidSpec({"time_budget_s": f"{prepare.ENDLESS}: without a time budget it would never end"})
    begun = len({trial.number // sweep.repeats for trial in run.trials})
    if asked.get("samples") is not None and asked["samples"] < begun:
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

    Of an RL algorithm that is a reinforcement-learning run, else a sweep of one configuration.

    Raises:
        UnknownRun, IllegalMove, InvalidSpec
    """
    run = queries.run(house().database, run_id)
    trial = _trial(run, number)
    spec: SweepSpec = specs.parse(run.spec)  # only a sweep has such a trial
    name = f"{run.name}, trial {trial.number} again"[:120]
    if not isinstance(spec.trainable, str):
        return launch(spec.rl(trial.params, list(range(1, seeds + 1))).model_copy(update={"name": name}), parent_id=run.id)
    fixed = {name: {"fixed": value} for name, value in trial.params.items() if name != "seed"}  # each repeat has its own
    changed = {"name": name, "space": fixed, "samples": 1, "repeats": seeds, "search": "random", "scheduler": "fifo"}
    kept = {key: value for key, value in run.spec.items() if key not in ("target", "patience", "time_budget_s", "concurrency")}
    return launch(kept | changed, parent_id=run.id)


def _trial(run: Run, number: int | None) -> Trial:
    """Returns a trial of a sweep by its number, or the best one.

    Raises:
        IllegalMove: it is no sweep, or there is no such trial.
    """
    if run.sweep is None:
        raise IllegalMove("Only a sweep has configurations.")
    found = run.best_trial if number is None else next((each for each in run.trials if each.number == number), None)
    if found is None:
        raise IllegalMove("No trial has a value yet." if number is None else f"There is no trial {number}.")
    return found


def use_as_defaults(run_id: str, number: int | None = None) -> dict[str, Any]:
    """Lets forms begin with the parameters of a trial, the best one when left out; returns them.

    Raises:
        UnknownRun, IllegalMove
    """
    run = queries.run(house().database, run_id)
    trial = _trial(run, number)
    kept = defaults()
    kept[subject(run.spec.get("trainable"))] = {"params": trial.params, "run": run.id, "trial": trial.number}
    _keep_defaults(kept)
    return dict(trial.params)


def forget_defaults(name: str) -> None:
    """Lets forms begin with the catalogue's own values again."""
    _keep_defaults({key: value for key, value in defaults().items() if key != name})


def _keep_defaults(kept: Mapping[str, Any]) -> None:
    files.replace(house().settings.defaults_file, json.dumps(kept, indent=1))


def subject(trainable: Any) -> str:
    """Returns what defaults are kept under: a trainable's name, or algorithm and environment."""
    return f"{trainable.get('algorithm')}/{trainable.get('environment')}" if isinstance(trainable, Mapping) else str(trainable)


def defaults() -> dict[str, dict[str, Any]]:
    """Returns the parameters that forms begin with instead of the catalogue's: params, and the run and trial they are of."""
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
    found: dict[tuple[int, int], int] = {}
    for folder, _, names in os.walk(house().settings.run_folder(run_id)):  # which passes over folders that go away
        for name in names:
            try:
                about = os.stat(os.path.join(folder, name), follow_symlinks=False)
            except FileNotFoundError:  # a sweep that runs replaces its checkpoints
                continue
            found[about.st_dev, about.st_ino] = about.st_size
    return sum(found.values())
