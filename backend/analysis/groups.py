"""Runs in groups: those that differ in nothing but the seed are repetitions of each other, and fall together."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backend import words
from backend.model import Run, Trial
from backend.store.find.settings import flat

APART = ("id",)  # grouped by it, each run is alone
_NOT_SETTINGS = ("name", "seeds", "seed")
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
        return f"{first.run.id}.{first.trial.number}" if first and first.trial.number else min(self.runs, key=lambda run: run.ordinal).id


def settings(run: Run, trial: Trial | None = None) -> dict[str, Any]:
    """Returns what a run was asked to do, flat: `algorithm`, `params.lr` and so on, without name and seeds.

    With a trial, what it was given too, but for its seed.
    """
    found = {"id": run.id, "name": run.name, **flat({key: value for key, value in run.spec.items() if key not in _NOT_SETTINGS})}
    if run.workload_hash:
        found["code"] = run.workload_hash
    if trial is not None:
        found |= flat({"params": _own(trial)})
    return found


def _own(trial: Trial) -> dict[str, Any]:
    """Returns the params that a trial was given, without its seed."""
    return {name: value for name, value in trial.params.items() if name not in _NOT_SETTINGS}


def seeds(run: Run) -> list[Any]:
    """Returns a run's seeds: those it was asked for, else those its trials had."""
    asked = run.spec.get("seeds")
    return asked if isinstance(asked, list) and asked else [trial.seed for trial in run.trials if trial.seed is not None]


def fields(runs: Sequence[Run]) -> list[str]:
    """Returns the settings by which runs can be grouped; those in which they differ come first."""
    every = [settings(run, trial) for run in runs for trial in (run.trials if any(map(_own, run.trials)) else (None,))]
    values: dict[str, set[str]] = {}
    for each in every:
        for key, value in each.items():
            values.setdefault(key, set()).add(_text(value))
    counts = Counter(key for each in every for key in each)
    differ = [key for key in values if len(values[key]) > 1 or counts[key] < len(every)]
    return [key for key in differ if key not in APART] + [key for key in values if key not in differ and key not in APART]


def grouped(runs: Sequence[Run], by: Sequence[str] = ()) -> list[Group]:
    """Returns groups, the oldest first. Without `by`: all settings but the seed, and the user's own code."""
    found: dict[Any, tuple[dict[str, Run], list[Member]]] = {}
    for run in sorted(runs, key=lambda run: run.ordinal):
        for trial in run.trials or (None,):
            key = _key(run, trial, by)
            own, members = found.setdefault(key, ({}, []))
            own[run.id] = run
            if trial is not None:
                members.append(Member(run, trial))
    parts = [(tuple(own.values()), tuple(members)) for own, members in found.values()]
    told = _told(parts, by)
    labels = _labels(parts, told, by)
    places = _places([min(run.ordinal for run in own) for own, _ in parts])
    return [Group(label, *part, own, place) for label, part, own, place in zip(labels, parts, told, places, strict=True)]


def _places(ordinals: Sequence[int]) -> list[int]:
    """Returns ordinals of which no two have the same colour, and of more than there are colours not the same line style either."""
    places: list[int] = []
    for ordinal in ordinals:
        first = (ordinal - 1) % COLOURS + 1
        offered = [first, *range(1, COLOURS + 1)] if len(places) < COLOURS else [first + COLOURS * style for style in range(STYLES)]
        free = [place for place in [*offered, *range(1, COLOURS * STYLES + 1)] if place not in places]
        places.append(free[0] if free else ordinal)
    return places


def _key(run: Run, trial: Trial | None, by: Sequence[str]) -> Any:
    if not by:
        return run.group_key, run.workload_hash
    own = settings(run, trial)
    return tuple(_text(own[key]) if key in own else None for key in by)


_Part = tuple[tuple[Run, ...], tuple[Member, ...]]


def _told(parts: Sequence[_Part], by: Sequence[str]) -> list[dict[str, Any]]:
    """Returns each group's settings, of those in which groups differ."""
    firsts = [settings(runs[0], members[0].trial if members and by else None) for runs, members in parts]
    names = list(by) or [key for key in dict.fromkeys(key for first in firsts for key in first) if key not in ("id", "name")]
    telling = [key for key in names if len({_text(first.get(key)) for first in firsts}) > 1]
    return [{key: first[key] for key in telling if key in first} for first in firsts]


def _labels(parts: Sequence[_Part], told: Sequence[Mapping[str, Any]], by: Sequence[str]) -> list[str]:
    """Returns what each group is called: its runs' own name where that is one and no other's, else what it differs in."""
    names = [{run.name for run in runs} for runs, _ in parts]
    owners = Counter(name for each in names for name in each)
    labels = []
    for (runs, _), own, each in zip(parts, told, names, strict=True):
        only = next(iter(each)) if len(each) == 1 else ""
        differs = ", ".join(said(key, value) for key, value in list(own.items())[:SAID])
        labels.append(only if only and owners[only] == 1 and tuple(by) in ((), APART) else differs or only or f"{len(runs)} runs")
    twice = Counter(labels)
    return [f"{label} ({runs[0].id})" if twice[label] > 1 else label for label, (runs, _) in zip(labels, parts, strict=True)]


def said(key: str, value: Any) -> str:
    """Returns a setting in words: `lr 0.001`; of what is a name, the name alone."""
    if key in ("algorithm", "environment", "trainable", "function", "name", "kind", "id"):
        return str(value)
    return f"{key.rpartition('.')[2]} {words.number(value) if isinstance(value, float) else _text(value)}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
