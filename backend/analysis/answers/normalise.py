"""Scores of several environments on one scale; what cannot be compared is refused with the reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from backend.analysis.answers.samples import Sample
from backend.errors import NotComparable
from backend.model import Floats, Mode

Range = tuple[float, float]  # what a random agent scores, and what counts as solved


@dataclass(frozen=True, eq=False)
class Normalised:
    """Groups over the environments all of them have.

    `scale` says in words what 0 and 1 are, empty where the scores are as they were; `left_out` are the other
    environments. `mode` says which of these scores are good: on a scale high ones, whatever was good before.
    """

    samples: tuple[Sample, ...]
    scale: str
    left_out: tuple[str, ...]
    mode: Mode
    is_absolute: bool  # 1 means solved: only then an optimality gap means something


def normalised(
    samples: Sequence[Sample], references: Mapping[str, Range] | None = None, mode: Mode = "max"
) -> Normalised:
    """Returns groups on one scale: as they are if they share one environment, else each environment from 0 to 1.

    0 and 1 are the random and the solved score where `references` has those of every environment, else the worst and
    best of all groups. Seeds without a finite score stay so.

    Raises:
        NotComparable: there are fewer than two groups, they share no environment, or those shared have nothing to
            normalise by.
    """
    names = _shared(samples)
    left_out = tuple(dict.fromkeys(name for each in samples for name in each.scores if name not in names))
    ranges = {
        name: references[name]
        for name in names
        if references and name in references and references[name][0] != references[name][1]
    }
    if len(names) == 1 and not ranges:
        only = tuple(Sample(each.label, {names[0]: each.scores[names[0]]}) for each in samples)
        return Normalised(only, "", left_out, mode, False)
    absolute = len(ranges) == len(names)
    if not absolute:
        ranges = {name: _seen(samples, name, mode) for name in names}
    flat = [name for name, (low, high) in ranges.items() if low == high]
    names = [name for name in names if name not in flat]
    if not names:
        raise NotComparable(
            f"In {', '.join(flat)} all seeds of all groups came to the same score, so there is nothing to normalise by."
            " Compare them on one environment at a time."
        )
    on_scale = tuple(
        Sample(each.label, {name: _scaled(each.scores[name], *ranges[name]) for name in names}) for each in samples
    )
    scale = (
        "0: a random agent, 1: solved"
        if absolute
        else "0: the worst score of any group in that environment, 1: the best"
    )
    return Normalised(on_scale, scale, (*left_out, *flat), "max", absolute)


def _shared(samples: Sequence[Sample]) -> list[str]:
    if len(samples) < 2:
        raise NotComparable("A comparison needs two groups. Choose another one, or group by a param that differs.")
    names = [name for name in samples[0].scores if all(len(each.scores.get(name, ())) for each in samples)]
    if not names:
        environments = "; ".join(f"“{each.label}”: {', '.join(each.scores) or 'none'}" for each in samples)
        raise NotComparable(
            f"The groups share no environment, so no score of one says anything about the other. {environments}."
        )
    return names


def _seen(samples: Sequence[Sample], name: str, mode: Mode) -> Range:
    """Returns the worst and best finite score of all groups in an environment; twice the same if there are none."""
    every = np.concatenate([each.scores[name] for each in samples])
    scores = every[np.isfinite(every)]
    if not len(scores):
        return 0.0, 0.0
    low, high = float(scores.min()), float(scores.max())
    return (low, high) if mode == "max" else (high, low)


def _scaled(scores: Floats, low: float, high: float) -> Floats:
    return np.asarray((scores - low) / (high - low))
