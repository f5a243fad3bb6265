"""Is A better than B: one value with all a page says about it."""

from dataclasses import dataclass

from backend.analysis.answers.difference import difference
from backend.analysis.answers.improvement import probability
from backend.analysis.answers.more_seeds import MoreSeeds, more_seeds
from backend.analysis.answers.samples import STATISTICS, Estimate, Mode, Sample, Seeds, Statistic, filled, percent, shared
from backend.errors import NotComparable

EVEN = 0.5


@dataclass(frozen=True)
class Verdict:
    """Whether A is better than B. `probability` is that of improvement, `difference` A's statistic less B's."""

    a: str
    b: str
    environments: tuple[str, ...]
    seeds_a: Seeds
    seeds_b: Seeds
    probability: Estimate
    difference: Estimate
    statistic: Statistic
    mode: Mode
    more: MoreSeeds | None  # None where it is settled, or nothing can be said

    @property
    def winner(self) -> str | None:
        """The label of the group that is better; None while that is not settled."""
        if not self.probability.excludes(EVEN):
            return None
        return self.a if self.probability.center > EVEN else self.b

    @property
    def sentence(self) -> str:
        """The answer in words."""
        if not self.probability.has_interval:
            return f"No answer. {self.probability.note}"
        if self.winner is None:
            return f"Not settled: “{self.a}” beats “{self.b}” in {_pairs(self.probability)}, which includes an even chance."
        ahead = self.winner == self.a
        better, worse = (self.a, self.b) if ahead else (self.b, self.a)
        return f"“{better}” is better than “{worse}”: in {_pairs(self.probability if ahead else turned(self.probability))}."

    @property
    def notes(self) -> tuple[str, ...]:
        """What one must know with the answer: seeds without a score, a difference that says something else."""
        said = [
            f"{seeds.diverged} of {seeds.n} seeds of “{label}” have no finite score ({seeds.nan} not a number, {seeds.infinite} infinite). "
            "They are ranked worse than all that have one; in the difference they count as the worst score seen in their environment."
            for label, seeds in ((self.a, self.seeds_a), (self.b, self.seeds_b)) if seeds.diverged
        ]  # fmt: skip
        if self.winner is not None and self.difference.has_interval and not self.difference.excludes(0):
            said.append(f"How large the difference of the {STATISTICS[self.statistic]}s is, is not settled: its interval includes 0.")
        return tuple(said)

    @property
    def method(self) -> str:
        """The methods and their papers."""
        of = f"over {len(self.environments)} environments of equal weight" if len(self.environments) > 1 else "over one environment"
        return (
            f"Probability of improvement (Agarwal et al. 2021) {of}: {self.probability.method}. "
            f"Difference of the {STATISTICS[self.statistic]}s: {self.difference.method}. Intervals of 95 %."
        )


def compare(a: Sample, b: Sample, statistic: Statistic = "iqm", mode: Mode = "max") -> Verdict:
    """Compares two groups; of several environments, on one scale (see normalise.normalised).

    Raises:
        NotComparable: they share no environment.
    """
    names = shared(a.scores, b.scores)
    if not names:
        raise NotComparable(f"“{a.label}” and “{b.label}” share no environment, so no score of one says anything about the other.")
    ours, theirs = (Sample(each.label, {name: each.scores[name] for name in names}) for each in (a, b))
    chance = probability(ours.scores, theirs.scores, mode)
    full_a, full_b = filled([ours, theirs], mode)
    apart = difference(full_a.scores, full_b.scores, statistic)
    more = None if chance.excludes(EVEN) or not chance.has_interval else more_seeds(ours.scores, theirs.scores, mode)
    return Verdict(a.label, b.label, tuple(names), ours.seeds, theirs.seeds, chance, apart, statistic, mode, more)


def turned(chance: Estimate) -> Estimate:
    """Returns the probability that the other group is better."""
    return Estimate(1 - chance.center, 1 - chance.high, 1 - chance.low, chance.n, chance.method, chance.note)


def _pairs(chance: Estimate) -> str:
    return f"{percent(chance.center)} of pairs of seeds (95 % interval {_span(chance)})"


def _span(chance: Estimate) -> str:
    return f"{percent(chance.low, unit=False)}–{percent(chance.high)}"
