"""How many trials a sweep has, how many at once, and for how long: as its spec says, or as was asked since."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backend.model import Run
from backend.model.stored import stored


@dataclass(frozen=True)
class Limits:
    """The limits that hold now, and what there is to search."""

    trials: int  # wanted in all, repeats counted
    concurrency: int | None
    time_budget_s: float | None
    repeats: int  # of each configuration
    searched: tuple[str, ...]  # parameters

    @classmethod
    def of(cls, spec: Mapping[str, Any], wishes: Mapping[str, Any], begun: int = 0) -> "Limits":
        """Reads a spec of whatever version: where nothing says how many trials are wanted, it is
        those that have `begun`."""
        at_launch, now = stored(spec), stored({**spec, **wishes})
        repeats = at_launch.count("repeats")
        samples = now.count("samples", math.ceil(begun / repeats))
        if at_launch.text("search") == "grid":
            samples = min(samples, at_launch.count("samples", samples))  # there is no more in a grid than all of it
        concurrency, budget = now.number("concurrency"), now.number("time_budget_s")  # 0: the limit was lifted
        domains = at_launch.part("space").content.items()
        searched = tuple(name for name, domain in domains if isinstance(domain, Mapping) and "fixed" not in domain)
        return cls(max(1, samples * repeats), int(concurrency or 0) or None, budget or None, repeats, searched)

    def leave_some(self, run: Run) -> bool:
        """Whether a sweep that succeeded has trials left to do: some were added, or its time budget was extended."""
        return len(run.trials) < self.trials or any(not trial.is_finished for trial in run.trials)


def limits_of(run: Run) -> Limits:
    """Returns the limits that hold for a sweep now."""
    return Limits.of(run.spec, run.wishes, len(run.trials))
