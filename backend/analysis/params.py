"""Params against scores, across runs: the table that pictures of params are drawn of, rank
correlations and importances."""

import itertools
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from backend import words
from backend.analysis import groups, study
from backend.analysis.groups import Member
from backend.analysis.scores import Scored
from backend.model import Floats, Mode

FEWEST = study.FEWEST  # different settings with a score from which on anything is told
HINT = 20  # below so many an importance is a hint at most
LOG_FROM = 100.0  # a param whose largest value is so many times its smallest is looked at on a log scale
MOST_VALUES = 12  # different numbers that are values of their own in a box plot; more are put in bins
BINS = 5
MISSING = "–"
APART = ("id", "name")


@dataclass(frozen=True, eq=False)
class Column:
    """One param or metric of all points: numbers with NaN where there is none, or texts."""

    name: str
    numbers: Floats | None
    texts: tuple[str, ...] = ()
    heading: str = ""

    @property
    def title(self) -> str:
        """What it is called on an axis."""
        return self.heading or self.name.removeprefix("params.")

    @property
    def told(self) -> tuple[str, ...]:
        """Its values as a person reads them."""
        return self.texts if self.numbers is None else tuple(words.number(float(value)) for value in self.numbers)


@dataclass(frozen=True, eq=False)
class Points:
    """One point for each member of some groups: what it is called, whose it is, what it was asked, and
    what repeats it belongs to."""

    members: tuple[Member, ...]
    labels: tuple[str, ...]
    owners: tuple[int, ...]  # which group, by place
    params: tuple[Column, ...]
    repeats: tuple[str, ...]  # equal for members that are alike in all settings


@dataclass(frozen=True)
class Correlation:
    """Spearman's rank correlation of a param with a score over n different settings, with its 95 %
    interval (NaN below four)."""

    name: str
    rho: float
    low: float
    high: float
    n: int


def points(scored: Sequence[Scored]) -> Points:
    """Returns the points of some groups, with the settings in which they differ as columns."""
    placed_members = [(place, score.member) for place, each in enumerate(scored) for score in each.scores]
    every = [
        {key: value for key, value in groups.settings(member.run, member.trial).items() if key not in APART}
        for _, member in placed_members
    ]
    names = list(dict.fromkeys(key for own in every for key in own))
    texts = {name: [_text(own[name]) if name in own else None for own in every] for name in names}
    differ = [name for name in names if len(set(texts[name])) > 1]
    ordered = sorted(differ, key=lambda name: not name.startswith("params."))
    return Points(
        tuple(member for _, member in placed_members),
        tuple(f"{member.run.name} ({member.name})" for _, member in placed_members),
        tuple(place for place, _ in placed_members),
        tuple(_column(name, [own.get(name) for own in every], texts[name]) for name in ordered),
        tuple(json.dumps([texts[name][at] for name in differ]) for at in range(len(placed_members))),
    )


def _column(name: str, values: Sequence[Any], texts: Sequence[str | None]) -> Column:
    present = [value for value in values if value is not None]
    if present and all(isinstance(value, int | float) and not isinstance(value, bool) for value in present):
        return Column(name, np.array([math.nan if value is None else _float(value) for value in values]))
    return Column(name, None, tuple(MISSING if text is None else text for text in texts))


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)


def merged(repeats: Sequence[str], column: Floats, scores: Floats) -> tuple[Floats, Floats]:
    """Returns a column and the scores with repeats as one, at their mean: seeds of one setting are no evidence about
    another.

    Points whose number or score is not finite are left out.
    """
    is_finite = np.isfinite(column) & np.isfinite(scores)
    names = np.array(repeats, dtype=object)[is_finite]
    _, places = np.unique(names.astype(str), return_inverse=True)
    count = np.bincount(places)
    return np.bincount(places, column[is_finite]) / count, np.bincount(places, scores[is_finite]) / count


def correlations(all_points: Points, scores: Floats) -> list[Correlation]:
    """Returns for each param that is a number its rank correlation with the scores, the strongest first.

    Those of fewer than FEWEST settings, or that do not differ where there is a score, are left out. Spearman 1904;
    interval by Fisher's z with the variance of Bonett & Wright 2000.
    """
    from scipy import stats

    coefficients = []
    for column in all_points.params:
        if column.numbers is None:
            continue
        x, y = merged(all_points.repeats, column.numbers, scores)
        if len(x) < FEWEST or np.ptp(x) == 0 or np.ptp(y) == 0:
            continue
        rho = float(stats.spearmanr(x, y).statistic)
        coefficients.append(Correlation(column.title, rho, *_interval(rho, len(x)), len(x)))
    return sorted(coefficients, key=lambda each: -abs(each.rho))


def _interval(rho: float, n: int) -> tuple[float, float]:
    if abs(rho) >= 1:
        return math.nan, math.nan
    middle, half = math.atanh(rho), 1.96 * math.sqrt((1 + rho**2 / 2) / (n - 3))
    return math.tanh(middle - half), math.tanh(middle + half)


def importances(all_points: Points, scores: Floats, mode: Mode) -> tuple[dict[str, float], int]:
    """Returns how much each param sets the best quarter of the settings apart (PED-ANOVA, see study.importances), and
    of how many.

    Nothing where fewer than FEWEST settings have a score, or nothing tells the params apart.
    """
    import optuna
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    columns = {column.title: column for column in all_points.params if _is_whole(column, scores)}
    rows = _rows(all_points, list(columns.values()), scores)
    if len(rows) < FEWEST:
        return {}, len(rows)
    distributions: dict[str, Any] = {}
    for name, column in columns.items():
        values = [params[name] for params, _ in rows]
        if column.numbers is None:
            distributions[name] = CategoricalDistribution(sorted(set(values)))
        else:
            distributions[name] = FloatDistribution(min(values), max(values), log=is_wide(np.array(values)))
    made: Any = optuna.create_study(direction="minimize" if mode == "min" else "maximize")
    for params, score in rows:
        made.add_trial(optuna.trial.create_trial(value=score, params=params, distributions=distributions))
    return study.importances_of(made), len(rows)


def _is_whole(column: Column, scores: Floats) -> bool:
    """Returns whether every point with a score has a value: Optuna looks at params that all have."""
    has_score = np.isfinite(scores)
    if column.numbers is None:
        return MISSING not in np.array(column.texts, dtype=object)[has_score]
    return bool(
        has_score.any() and np.isfinite(column.numbers[has_score]).all() and np.ptp(column.numbers[has_score]) > 0
    )


def _rows(all_points: Points, columns: Sequence[Column], scores: Floats) -> list[tuple[dict[str, Any], float]]:
    """Returns params and mean score of each setting that has one."""
    together: dict[str, tuple[dict[str, Any], list[float]]] = {}
    for at in np.flatnonzero(np.isfinite(scores)):
        values = {each.title: each.texts[at] if each.numbers is None else float(each.numbers[at]) for each in columns}
        together.setdefault(all_points.repeats[at], (values, []))[1].append(float(scores[at]))
    return [(values, math.fsum(own) / len(own)) for values, own in together.values()]


def is_wide(values: Floats) -> bool:
    """Returns whether numbers are better looked at on a log scale: all above 0, and far apart."""
    finite = values[np.isfinite(values)]
    return bool(len(finite) and finite.min() > 0 and finite.max() >= LOG_FROM * finite.min())


def values_of(column: Column) -> tuple[list[str], str]:
    """Returns for each point which value it has, in words and with many numbers in bins of about as many points; and
    how that was done.

    A point without a value has an empty text.
    """
    if column.numbers is None:
        return ["" if text == MISSING else text for text in column.texts], ""
    finite = column.numbers[np.isfinite(column.numbers)]
    if len(np.unique(finite)) <= MOST_VALUES:
        return ["" if not math.isfinite(value) else words.number(float(value)) for value in column.numbers], ""
    edges = np.unique(np.quantile(finite, np.linspace(0, 1, BINS + 1)))
    places = np.clip(np.searchsorted(edges, column.numbers, side="right") - 1, 0, len(edges) - 2)
    names = [f"{low:.2g} – {high:.2g}" for low, high in itertools.pairwise(edges)]
    texts = [names[at] if math.isfinite(value) else "" for at, value in zip(places, column.numbers, strict=True)]
    return texts, f"{len(np.unique(finite))} different values, in {len(names)} bins of about as many points each"
