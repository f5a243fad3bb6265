"""Runs in groups: those that differ in nothing but the seed are repetitions of each other, and fall together."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backend import words
from backend.model import ALIKE, Run, Trial
from backend.store.find.settings import flat

TrialKey = tuple[str, int]  # run and trial
APART = ("id",)  # grouped by it, each run is alone
DEFINITIONS = "metrics_version"  # runs whose metrics mean different things are never one group
NOT_OFFERED = (*APART, DEFINITIONS)
SAID = 3  # settings in a label, at most
COLOURS, STYLES = 10, 4  # of lines, that can be told apart


@dataclass(frozen=True, eq=False)
class Member:
    """One repetition: a trial of a run; of an RL run, one seed."""

    run: Run
    trial: Trial

    @property
    def name(self) -> str:
        """What tells it from the group's others."""
        part = f"seed {self.trial.seed}" if self.trial.seed is not None else f"trial {self.trial.number}"
        return f"{self.run.id}, {part}"


def evidence(member: Member) -> tuple[Any, ...]:
    """Returns what is equal for members that are one piece of evidence: a seed run again with the same settings and
    code tells nothing new."""
    run, trial = member.run, member.trial
    if trial.seed is None:
        return run.id, trial.number
    return run.group_key, run.workload_hash, run.definitions, _text(_own(trial)), trial.seed


@dataclass(frozen=True, eq=False)
class Group:
    """Runs that are alike in the settings one groups by. `settings` are those in which the groups differ."""

    label: str
    runs: tuple[Run, ...]
    members: tuple[Member, ...]
    settings: dict[str, Any]
    ordinal: int  # the first run's, whose colour is the group's; another one's where a group before has that colour

    @property
    def id(self) -> str:
        """What it is called in URLs: the id of its first run, with the trial where it begins within one."""
        first = self.members[0] if self.members else None
        return (
            f"{first.run.id}.{first.trial.number}"
            if first and first.trial.number
            else min(self.runs, key=lambda run: run.ordinal).id
        )


def settings(run: Run, trial: Trial | None = None) -> dict[str, Any]:
    """Returns what a run was asked to do, flat: `algorithm`, `params.lr` and so on, without name and seeds.

    With a trial, what it was given too, but for its seed.
    """
    flat_settings = {
        "id": run.id,
        "name": run.name,
        **flat({key: value for key, value in run.spec.items() if key not in ALIKE}),
    }
    if run.workload_hash:
        flat_settings["code"] = run.workload_hash
    if run.definitions:
        flat_settings[DEFINITIONS] = run.definitions
    if trial is not None:
        flat_settings |= flat({"params": _own(trial)})
    return flat_settings


def _own(trial: Trial) -> dict[str, Any]:
    """Returns the params that a trial was given, without its seed."""
    return {name: value for name, value in trial.params.items() if name not in ALIKE}


def seeds(run: Run) -> list[Any]:
    """Returns a run's seeds: those it was asked for, else those its trials had."""
    spec_seeds = run.spec.get("seeds")
    return (
        spec_seeds
        if isinstance(spec_seeds, list) and spec_seeds
        else [trial.seed for trial in run.trials if trial.seed is not None]
    )


def fields(runs: Sequence[Run]) -> list[str]:
    """Returns the settings by which runs can be grouped; those in which they differ come first."""
    every = [settings(run, trial) for run in runs for trial in (run.trials if any(map(_own, run.trials)) else (None,))]
    values: dict[str, set[str]] = {}
    for each in every:
        for key, value in each.items():
            values.setdefault(key, set()).add(_text(value))
    counts = Counter(key for each in every for key in each)
    differ = [key for key in values if len(values[key]) > 1 or counts[key] < len(every)]
    return [key for key in differ if key not in NOT_OFFERED] + [
        key for key in values if key not in differ and key not in NOT_OFFERED
    ]


def offered(runs: Sequence[Run]) -> list[str]:
    """Returns all by which runs can be grouped, to be alone as the last."""
    return [*fields(runs), *APART]


def grouped(runs: Sequence[Run], by: Sequence[str] = ()) -> list[Group]:
    """Returns groups, the oldest first.

    Without `by` only what is known to be a repetition falls together: the same settings and code, and a seed that
    differs. Nothing is known of the code of somebody's own script but its name, and what has no seed is by itself.
    """
    parts_by_key: dict[Any, tuple[dict[str, Run], list[Member]]] = {}
    for run in sorted(runs, key=lambda run: run.ordinal):
        for trial in run.trials or (None,):
            key = _key(run, trial, by)
            own, members = parts_by_key.setdefault(key, ({}, []))
            own[run.id] = run
            if trial is not None:
                members.append(Member(run, trial))
    parts = [(tuple(own.values()), tuple(members)) for own, members in parts_by_key.values()]
    differences = _told(parts, by)
    labels = _labels(parts, differences, by)
    places = _places([min(run.ordinal for run in own) for own, _ in parts])
    return [
        Group(label, *part, own, place)
        for label, part, own, place in zip(labels, parts, differences, places, strict=True)
    ]


def _places(ordinals: Sequence[int]) -> list[int]:
    """Returns ordinals of which no two have the same colour, and of more than there are colours not
    the same line style either."""
    places: list[int] = []
    for ordinal in ordinals:
        first = (ordinal - 1) % COLOURS + 1
        offered = (
            [first, *range(1, COLOURS + 1)]
            if len(places) < COLOURS
            else [first + COLOURS * style for style in range(STYLES)]
        )
        free = [place for place in [*offered, *range(1, COLOURS * STYLES + 1)] if place not in places]
        places.append(free[0] if free else ordinal)
    return places


def _key(run: Run, trial: Trial | None, by: Sequence[str]) -> Any:
    if not by:
        alone = (run.id, trial and trial.number) if trial is None or trial.seed is None else ()
        script = "" if run.is_ours else run.name
        return run.group_key, run.workload_hash, script, run.definitions, trial and _text(_own(trial)), alone
    own = settings(run, trial)
    return run.definitions, tuple(_text(own[key]) if key in own else None for key in by)


_Part = tuple[tuple[Run, ...], tuple[Member, ...]]


def _told(parts: Sequence[_Part], by: Sequence[str]) -> list[dict[str, Any]]:
    """Returns each group's settings, of those in which groups differ."""
    firsts = [settings(runs[0], members[0].trial if members else None) for runs, members in parts]
    names = (
        [*by, DEFINITIONS]
        if by
        else [key for key in dict.fromkeys(key for first in firsts for key in first) if key not in ("id", "name")]
    )
    telling = [key for key in names if len({_text(first.get(key)) for first in firsts}) > 1]
    return [{key: first[key] for key in telling if key in first} for first in firsts]


def _labels(parts: Sequence[_Part], differences: Sequence[Mapping[str, Any]], by: Sequence[str]) -> list[str]:
    """Returns what each group is called: its runs' own name where that is one and no other's,
    else what it differs in."""
    names = [{run.name for run in runs} for runs, _ in parts]
    owners = Counter(name for each in names for name in each)
    only = [next(iter(each)) if len(each) == 1 else "" for each in names]
    labels = []
    for (runs, _), own, name in zip(parts, differences, only, strict=True):
        differs = ", ".join(said(key, value) for key, value in list(own.items())[:SAID] if value not in ({}, []))
        is_its_own = name and owners[name] == 1 and tuple(by) in ((), APART)
        labels.append(name if is_its_own else differs or name or f"{len(runs)} runs")
    twice = Counter(labels)
    said_by = [name if twice[label] > 1 and name else label for label, name in zip(labels, only, strict=True)]
    again = Counter(said_by)
    return [
        f"{label} ({_id(*part)})" if again[label] > 1 else label for label, part in zip(said_by, parts, strict=True)
    ]


def _id(runs: Sequence[Run], members: Sequence[Member]) -> str:
    """Returns what no other group is called, where all else is the same."""
    trial = f", trial {members[0].trial.number}" if members and len(members[0].run.trials) > 1 else ""
    return f"{runs[0].id}{trial}"


def said(key: str, value: Any) -> str:
    """Returns a setting in words: `lr 0.001`; of what is a name, the name alone."""
    if key in ("algorithm", "environment", "trainable", "function", "name", "kind", "id"):
        return str(value)
    return f"{key.rpartition('.')[2]} {words.number(value) if isinstance(value, float) else _text(value)}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
