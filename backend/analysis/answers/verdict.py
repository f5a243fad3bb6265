"""Is A better than B: one value with all a page says about it."""

from dataclasses import dataclass

from backend.analysis.answers.difference import difference
from backend.analysis.answers.improvement import Outcomes, least_p, outcomes, probability
from backend.analysis.answers.more_seeds import MoreSeeds, at_least, more_seeds
from backend.analysis.answers.samples import (
    LEVEL,
    STATISTICS,
    Aggregate,
    Estimate,
    Sample,
    SeedCounts,
    filled,
    percent,
    shared,
)
from backend.errors import NotComparable
from backend.model import Mode

EVEN = 0.5


@dataclass(frozen=True)
class Verdict:
    """Whether A is better than B. `probability` is that of improvement, `difference` A's statistic less B's."""

    a: str
    b: str
    environments: tuple[str, ...]
    seeds_a: SeedCounts
    seeds_b: SeedCounts
    probability: Estimate
    difference: Estimate
    statistic: Aggregate
    mode: Mode
    more: MoreSeeds | None  # None where it is settled, or nothing can be said
    outcomes: Outcomes  # of the pairs of seeds
    least_p: float  # that so many seeds can give
    level: float  # that p must not exceed, corrected for the number of comparisons

    @property
    def winner(self) -> str | None:
        """The label of the group that is better; None while that is not settled."""
        if not self.probability.excludes(EVEN) or self.least_p > self.level:
            return None
        return self.a if self.probability.center > EVEN else self.b

    @property
    def sentence(self) -> str:
        """The answer in words."""
        if not self.probability.has_interval:
            return f"No answer. {self.probability.note}"
        if self.winner is None and self.least_p > self.level:
            return (
                f"Open: {self._won}. With {self.seeds_a.n} against {self.seeds_b.n} seeds even the clearest order comes"
                f" about by chance in {percent(self.least_p)} of cases."
            )
        if self.winner is None:
            return f"Open: {self._won}; an even chance is within that."
        ahead = self.winner == self.a
        better, worse = (self.a, self.b) if ahead else (self.b, self.a)
        return f"“{better}” is better than “{worse}”: it {self._outcomes(ahead)}."

    @property
    def _won(self) -> str:
        return f"against “{self.b}” “{self.a}” {self._outcomes(True)}"

    def _outcomes(self, ahead: bool) -> str:
        wins, ties, losses = self.outcomes if ahead else self.outcomes[::-1]
        chance = self.probability if ahead else turned(self.probability)
        if not ties:
            return f"wins {percent(wins)} of pairs of seeds (95 % interval {_span(chance)})"
        return (
            f"wins {percent(wins)}, ties {percent(ties)}, loses {percent(losses)} of pairs of seeds (95 % interval"
            f" {_span(chance)}, ties by half)"
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What one must know with the answer: seeds without a score, a difference that says something else."""
        said = [
            f"{seeds.diverged} of {seeds.n} seeds of “{label}” have no finite score ({seeds.nan} not a number,"
            f" {seeds.infinite} infinite). They are ranked worse than all that have one; in the difference they count"
            " as the worst score seen in their environment."
            for label, seeds in ((self.a, self.seeds_a), (self.b, self.seeds_b))
            if seeds.diverged
        ]
        if self.winner is not None and self.difference.has_interval and not self.difference.excludes(0):
            said.append(
                f"How large the difference of the {STATISTICS[self.statistic]}s is, is not settled: its interval"
                " includes 0."
            )
        return tuple(said)

    @property
    def method(self) -> str:
        """The methods and their papers."""
        of = (
            f"over {len(self.environments)} environments of equal weight"
            if len(self.environments) > 1
            else "over one environment"
        )
        return (
            f"Probability of improvement (Agarwal et al. 2021) {of}: {self.probability.method}. "
            f"Difference of the {STATISTICS[self.statistic]}s: {self.difference.method}. Intervals of 95 %."
        )


def compare(
    a: Sample, b: Sample, statistic: Aggregate = "iqm", mode: Mode = "max", level: float = 1 - LEVEL
) -> Verdict:
    """Compares two groups; of several environments, on one scale (see normalise.normalised).

    `level` is that which the smallest p of so few seeds must reach; with several comparisons it is smaller.

    Raises:
        NotComparable: they share no environment.
    """
    names = shared(a.scores, b.scores)
    if not names:
        raise NotComparable(
            f"“{a.label}” and “{b.label}” share no environment, so no score of one says anything about the other."
        )
    ours, theirs = (Sample(each.label, {name: each.scores[name] for name in names}) for each in (a, b))
    chance = probability(ours.scores, theirs.scores, mode)
    full_a, full_b = filled([ours, theirs], mode)
    apart = difference(full_a.scores, full_b.scores, statistic)
    sizes = [(len(ours.scores[name]), len(theirs.scores[name])) for name in names]
    least, more = least_p(sizes), None
    if chance.has_interval and least > level:
        more = at_least(sizes, level)
    elif chance.has_interval and not chance.excludes(EVEN):
        more = more_seeds(ours.scores, theirs.scores, mode)
    return Verdict(
        a.label, b.label, tuple(names), ours.seeds, theirs.seeds, chance, apart, statistic, mode, more,
        outcomes(ours.scores, theirs.scores, mode), least, level,
    )  # fmt: skip


def turned(chance: Estimate) -> Estimate:
    """Returns the probability that the other group is better."""
    return Estimate(1 - chance.center, 1 - chance.high, 1 - chance.low, chance.n, chance.method, chance.note)


def _span(chance: Estimate) -> str:
    return f"{percent(chance.low, unit=False)}–{percent(chance.high)}"
