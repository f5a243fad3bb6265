"""More seeds of a group: which runs to start, with which seeds, and about how long that takes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from backend.analysis.groups import Group
from backend.model import Run
from backend.model.seeds import MAX_SEED

MOST = 100  # seeds of one run


@dataclass(frozen=True, eq=False)
class Further:
    """A run to start: a clone of `of` with other seeds; about `seconds` long, None where nothing tells."""

    of: Run
    seeds: tuple[int, ...]
    seconds: float | None


def further(groups: Sequence[Group], count: int, used: Callable[[str], set[int]]) -> list[Further]:
    """Returns the runs that give each group `count` more seeds in each of its environments; `used` tells a
    group key's seeds so far."""
    newest: dict[str, Run] = {}
    every: dict[str, list[Run]] = {}
    for run in (run for group in groups for run in group.runs):
        every.setdefault(run.group_key, []).append(run)
        if run.group_key not in newest or run.ordinal > newest[run.group_key].ordinal:
            newest[run.group_key] = run
    return [Further(run, unused(used(key), count), _seconds(every[key], count)) for key, run in newest.items()]


def unused(used: set[int], count: int) -> tuple[int, ...]:
    """Returns the next seeds after the largest used one; where those would be too large, the smallest that are free."""
    start = max(used, default=0) + 1
    if start + count - 1 <= MAX_SEED:
        return tuple(range(start, start + count))
    free = (seed for seed in range(1, MAX_SEED) if seed not in used)
    return tuple(next(free) for _ in range(count))


def _seconds(runs: Sequence[Run], count: int) -> float | None:
    """Returns how long so many seeds take if they go as those before did, which ran side by side
    as far as there was room."""
    over = [
        (run.ended_at - run.started_at, len(run.trials))
        for run in runs
        if run.ended_at and run.started_at and run.trials
    ]
    seeds = sum(n for _, n in over)
    return count * sum(seconds for seconds, _ in over) / seeds if seeds else None
