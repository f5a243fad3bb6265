"""Is A better than B: the numbers are rliable's, the intervals behave, and what cannot be answered is said."""

import math
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.analysis import answers
from backend.analysis.answers import Aggregate
from backend.errors import NotComparable
from tests.analysis.reference import library, metrics

STATISTICS = get_args(Aggregate)
TABLES = {f"{runs} runs of {tasks}": (runs, tasks) for runs, tasks in ((5, 3), (10, 4), (25, 6))}
seeds = st.lists(st.integers(-50, 50).map(float), min_size=2, max_size=12)
quick = settings(deadline=None, max_examples=40)


@pytest.fixture(autouse=True)
def _rliable_draws_the_same() -> None:
    """It takes NumPy's global random numbers, whatever it is given."""
    np.random.seed(1)


def scores(*values: float) -> answers.Scores:
    return {"lake": np.array(values)}


def table(shape: tuple[int, int], stream: int = 0, shift: float = 0.0) -> np.ndarray:
    return np.random.default_rng([*shape, stream]).beta(4, 2, shape) + shift


@pytest.mark.parametrize("shape", TABLES.values(), ids=TABLES)
@pytest.mark.parametrize("statistic", STATISTICS)
def test_one_group_is_as_rliable_has_it(shape: tuple[int, int], statistic: Aggregate) -> None:
    theirs = getattr(metrics, f"aggregate_{statistic}")
    own = table(shape)
    points, ends = library.get_interval_estimates({"a": own}, lambda each: np.array([theirs(each)]), reps=2000)
    ours = answers.estimate(answers.sample("a", own).scores, statistic, how="percentile")
    assert ours.center == pytest.approx(points["a"][0], abs=5e-4)
    assert (ours.low, ours.high) == pytest.approx(ends["a"].ravel(), abs=0.02)


def test_the_probability_of_improvement_is_as_rliable_has_it() -> None:
    def quick_form(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.array([((x[:, None] > y) + 0.5 * (x[:, None] == y)).mean()])

    a, b = table((20, 2), 1, 0.05), table((15, 2), 2)
    _, ends = library.get_interval_estimates({"ab": [a, b]}, quick_form, reps=2000)
    ours, theirs = answers.sample("a", a).scores, answers.sample("b", b).scores
    plain = answers.probability(ours, theirs, how="percentile")
    assert plain.center == pytest.approx(metrics.probability_of_improvement(a, b), abs=5e-4)
    assert (plain.low, plain.high) == pytest.approx(ends["ab"].ravel(), abs=0.02)
    assert answers.probability(ours, theirs).center == plain.center


def test_the_profile_is_as_rliable_has_it() -> None:
    own, at = table((10, 4)), np.linspace(0, 1, 11)
    shares, ends = library.create_performance_profile({"a": own}, at, reps=1000)
    ours = answers.profile(answers.sample("a", own).scores, at, how="percentile")
    np.testing.assert_allclose(ours.share, shares["a"], atol=5e-4)
    np.testing.assert_allclose([ours.low, ours.high], ends["a"], atol=0.0251)  # a run is a fortieth


def test_the_median_of_one_environment_is_over_its_seeds() -> None:
    assert answers.point(scores(1, 2, 30), "median") == 2
    # of the means 11, 0, 1
    assert answers.point({"x": np.array([1.0, 2, 30]), "y": np.zeros(3), "z": np.ones(3)}, "median") == 1


def test_environments_weigh_the_same_whatever_their_seeds() -> None:
    few, many = {"x": np.array([0.0, 0, 0, 0]), "y": np.array([1.0, 1, 1, 1])}, {"x": np.zeros(40), "y": np.ones(4)}
    for statistic in STATISTICS:
        assert answers.point(many, statistic) == pytest.approx(answers.point(few, statistic)) == pytest.approx(0.5)


@quick
@given(
    seeds,
    st.sampled_from(["mean", "median", "iqm"]),
    st.sampled_from([0.5, 2.0, 8.0]),
    st.integers(-9, 9),
    st.randoms(),
)
def test_an_interval_moves_and_stretches_with_the_scores_and_knows_no_order(
    values, statistic, factor, shift, random
) -> None:  # type: ignore[no-untyped-def]
    plain = answers.estimate(scores(*values), statistic, resamples=200)
    shuffled = random.sample(values, len(values))
    other = answers.estimate(scores(*(factor * value + shift for value in shuffled)), statistic, resamples=200)
    for ours, theirs in ((plain.center, other.center), (plain.low, other.low), (plain.high, other.high)):
        assert theirs == pytest.approx(factor * ours + shift, abs=1e-6)
    assert plain.low - 1e-9 <= plain.center <= plain.high + 1e-9


@quick
@given(seeds, seeds, seeds, st.sampled_from(["mean", "median", "iqm"]))
def test_what_a_wins_b_loses(x, y, z, statistic) -> None:  # type: ignore[no-untyped-def]
    a, b = {"lake": np.array(x), "taxi": np.array(z)}, {"lake": np.array(y), "taxi": np.array(x)}
    there, back = answers.probability(a, b), answers.probability(b, a)
    assert there.center == pytest.approx(1 - back.center)
    assert (there.low, there.high) == pytest.approx((1 - back.high, 1 - back.low))
    assert 0 <= there.low < there.high <= 1
    assert answers.difference(a, b, statistic, resamples=200).center == pytest.approx(
        -answers.difference(b, a, statistic, resamples=200).center
    )


@quick
@given(seeds)
def test_the_same_scores_are_an_even_chance(values) -> None:  # type: ignore[no-untyped-def]
    found = answers.probability(scores(*values), scores(*values))
    assert found.center == pytest.approx(0.5)
    assert not found.excludes(0.5)


def test_ties_count_half() -> None:
    assert answers.probability(scores(1, 2), scores(2, 3)).center == pytest.approx(0.125)


def test_the_lowest_is_best_where_that_is_said() -> None:
    assert answers.probability(scores(1, 2, 3), scores(7, 8, 9), "min").center == 1


def test_five_seeds_that_beat_all_others_are_no_certainty() -> None:
    found = answers.probability(scores(6, 7, 8, 9, 10), scores(1, 2, 3, 4, 5))
    assert found.center == found.high == 1
    assert 0.55 < found.low < 0.75


def test_a_verdict_says_who_is_better_and_how_sure_that_is() -> None:
    verdict = answers.compare(answers.sample("ppo", [6, 7, 8, 9, 10]), answers.sample("dqn", [1, 2, 3, 4, 5]))
    assert verdict.winner == "ppo"
    assert verdict.sentence == "“ppo” is better than “dqn”: it wins 100 % of pairs of seeds (95 % interval 64–100 %)."
    assert verdict.difference.center == 5
    assert verdict.more is None
    assert "Agarwal et al. 2021" in verdict.method
    swapped = answers.compare(answers.sample("dqn", [1, 2, 3, 4, 5]), answers.sample("ppo", [6, 7, 8, 9, 10]))
    assert swapped.sentence == verdict.sentence


def test_what_is_open_is_said_and_how_many_seeds_would_settle_it() -> None:
    verdict = answers.compare(answers.sample("ppo", [4, 6, 7, 9]), answers.sample("dqn", [3, 5, 6, 8]))
    assert verdict.winner is None
    assert verdict.sentence.startswith("Open: against “dqn” “ppo” wins 62 %, ties 6 %, loses 31 % of pairs of seeds")
    assert verdict.more is not None
    assert "more seeds a group would settle it" in verdict.more.sentence


@pytest.mark.parametrize(
    ("n", "m", "level", "is_settled", "more"),
    [(3, 3, 0.05, False, 1), (3, 4, 0.05, False, 1), (4, 4, 0.05, True, 0), (3, 5, 0.05, True, 0),
     (4, 4, 0.05 / 3, False, 1),
     (5, 5, 0.05 / 3, True, 0), (2, 2, 0.05, False, 2)],
)  # fmt: skip
def test_no_order_of_so_few_seeds_is_called_better_than_chance(
    n: int, m: int, level: float, is_settled: bool, more: int
) -> None:
    high, low = answers.sample("high", range(100, 100 + n)), answers.sample("low", range(m))
    verdict = answers.compare(high, low, level=level)
    assert (verdict.winner == "high") is is_settled
    assert (verdict.more.seeds if verdict.more else 0) == more
    if not is_settled:
        assert "even the clearest order comes about by chance" in verdict.sentence


def test_groups_that_are_equal_beat_nobody() -> None:
    verdict = answers.compare(answers.sample("a", [1.0] * 5), answers.sample("b", [1.0] * 5))
    assert verdict.winner is None
    assert "wins 0 %, ties 100 %, loses 0 %" in verdict.sentence
    assert tuple(verdict.outcomes) == (0.0, 1.0, 0.0)


def test_one_seed_has_no_interval_and_the_reason_is_said() -> None:
    verdict = answers.compare(answers.sample("ppo", [9]), answers.sample("dqn", [1, 2, 3]))
    assert verdict.winner is None
    assert not verdict.probability.has_interval
    assert not verdict.difference.has_interval
    assert verdict.sentence == "No answer. One seed: no interval, because nothing says how much luck there was."
    assert math.isnan(answers.estimate(scores(3), "iqm").low)


def test_seeds_that_diverged_are_counted_and_rank_last() -> None:
    good, broken = answers.sample("ppo", [5, 6, 7, 8]), answers.sample("dqn", [math.nan, math.inf, -math.inf, 9])
    verdict = answers.compare(good, broken)
    assert verdict.probability.center == pytest.approx(12 / 16)
    assert (verdict.seeds_b.n, verdict.seeds_b.nan, verdict.seeds_b.infinite) == (4, 1, 2)
    assert "3 of 4 seeds of “dqn” have no finite score" in verdict.notes[0]
    assert verdict.difference.center == pytest.approx(6.5 - 5)  # three at 5, the worst score seen, and 9
    alone = answers.estimate(broken.scores, "mean")
    assert (alone.center, alone.n) == (9, 1)
    assert "3 without a finite score" in alone.note


def test_where_all_diverged_the_other_group_wins_and_no_difference_is_made_up() -> None:
    verdict = answers.compare(answers.sample("ppo", [5, 6, 7, 8]), answers.sample("dqn", [math.nan] * 4))
    assert verdict.winner == "ppo"
    nothing = answers.compare(answers.sample("ppo", [math.nan] * 4), answers.sample("dqn", [math.nan] * 4))
    assert nothing.winner is None
    assert math.isnan(nothing.difference.center)


def test_seeds_that_all_agree_are_no_proof_that_others_would() -> None:
    assert "All seeds came to the same value" in answers.estimate(scores(500, 500, 500), "iqm").note
    assert "All seeds came to the same value" in answers.difference(scores(5, 5), scores(3, 3)).note


def test_groups_that_share_no_environment_are_refused_with_the_reason() -> None:
    a, b = answers.sample("ppo", {"lake": [1, 2]}), answers.sample("dqn", {"taxi": [1, 2]})
    for ask in (lambda: answers.compare(a, b), lambda: answers.normalised([a, b])):
        with pytest.raises(NotComparable, match="share no environment"):
            ask()
    with pytest.raises(NotComparable, match="two groups"):
        answers.normalised([a])


def test_one_environment_keeps_its_scores_and_several_come_on_one_scale() -> None:
    a, b = (
        answers.sample("a", {"lake": [0, 5], "taxi": [100, 300]}),
        answers.sample("b", {"lake": [10, math.nan], "cliff": [1, 2]}),
    )
    one = answers.normalised([a, b])
    assert list(one.samples[0].scores["lake"]) == [0, 5]
    assert set(one.left_out) == {"taxi", "cliff"}
    c = answers.sample("c", {"lake": [10, math.nan], "taxi": [200, 500]})
    several = answers.normalised([a, c])
    assert list(several.samples[0].scores["lake"]) == [0, 0.5]
    assert list(several.samples[1].scores["taxi"]) == [0.25, 1]
    assert math.isnan(several.samples[1].scores["lake"][1])
    assert not several.is_absolute
    known = answers.normalised([a, c], {"lake": (0, 20), "taxi": (-100, 100)})
    assert list(known.samples[1].scores["taxi"]) == [1.5, 3]
    assert known.is_absolute


def test_the_best_is_one_where_the_lowest_score_is_best() -> None:
    a, b = answers.sample("a", {"x": [1, 3], "y": [1, 3]}), answers.sample("b", {"x": [5, 2], "y": [1, 2]})
    assert list(answers.normalised([a, b], mode="min").samples[0].scores["x"]) == [1, 0.5]


def test_an_environment_in_which_nothing_differs_cannot_be_scaled() -> None:
    flat = answers.sample("a", {"x": [1, 1], "y": [2, 2]}), answers.sample("b", {"x": [1, 1], "y": [2, 2]})
    with pytest.raises(NotComparable, match="nothing to normalise by"):
        answers.normalised(flat)
