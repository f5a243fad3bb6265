"""What is asked of a comparison, as the Compare page's address says it: alike for page, report and command line."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from backend.analysis import scores
from backend.analysis.answers import Aggregate
from backend.analysis.groups import Group
from backend.analysis.scores import Rule
from backend.model import MODES, Mode, Run, goals

SEPARATOR = ","  # of a list in an address
STATISTICS: tuple[Aggregate, ...] = ("iqm", "mean", "median")  # that can be asked for; the first by default
FARTHEST = 1e300  # that a target can be

Url = Mapping[str, str]  # what follows the ? of an address, by name
Keys = Mapping[str, Sequence[str]]  # the metrics that each run has recorded, by its id
Choice = TypeVar("Choice")


@dataclass(frozen=True)
class Question:
    """What a person asks of some groups: `baseline` is a group's id, `target` the metric's value that is to be reached.

    `is_directed` is False while nobody has said whether high or low values are better; until then high ones are.
    """

    key: str
    rule: Rule
    mode: Mode
    statistic: Aggregate
    baseline: str
    target: float | None = None
    is_directed: bool = True


def question(url: Url, runs: Sequence[Run], groups: Sequence[Group], has: Keys) -> Question:
    """Returns what an address asks of runs and their groups; what it does not say, or says
    wrongly, is as by default."""
    key = metric(url, runs, has)
    mode = scores.direction(runs, key) or one_of(url, "better", MODES, None)
    own = [group.id for group in groups if group.members]
    baseline = one_of(url, "baseline", own, own[0] if own else "")
    statistic = one_of(url, "statistic", STATISTICS, STATISTICS[0])
    rule = scores.rule_of(url.get("score", ""), key)
    return Question(key, rule, mode or "max", statistic, baseline, _target(url), is_directed=mode is not None)


def metric(url: Url, runs: Sequence[Run], has: Keys) -> str:
    """Returns the metric that is asked about."""
    return one_of(url, "metric", keys(runs, has), main(runs, has))


def keys(runs: Sequence[Run], has: Keys) -> list[str]:
    """Returns the metrics that some of the runs have recorded, or are judged by."""
    metrics = {key for of_run in has.values() for key in of_run if not goals.is_of_worker(key)}
    return sorted(metrics | {run.main_metric for run in runs})


def main(runs: Sequence[Run], has: Keys) -> str:
    """Returns the metric that is asked about by default: what most are judged by, its evaluation where all have one."""
    most = Counter(run.main_metric for run in runs).most_common(1)[0][0]
    evaluated = goals.evaluated(most)
    return evaluated if all(evaluated in of_run for of_run in has.values()) else most


def by(url: Url, offered: Sequence[str]) -> list[str]:
    """Returns the settings by which runs are to fall together, of those that can be."""
    return [part for part in listed(url, "by") if part in offered]


def listed(url: Url, name: str) -> tuple[str, ...]:
    """Returns the words of a list in an address, each once."""
    return tuple(dict.fromkeys(part for part in url.get(name, "").split(SEPARATOR) if part))


def one_of(url: Url, name: str, options: Iterable[Choice], default: Choice) -> Choice:
    """Returns what an address says under a name, if that is one of the options."""
    return next((each for each in options if each == url.get(name)), default)


def _target(url: Url) -> float | None:
    try:
        value = float(url.get("target", ""))
    except ValueError:
        return None
    return value if abs(value) < FARTHEST else None
