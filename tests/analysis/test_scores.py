"""A seed's score is what was asked for, and one that has none is named."""

import contextlib
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import backend
from backend.analysis import further, group_tables, groups, params, scores
from backend.analysis.answering import Answers
from backend.analysis.asking import Question
from backend.analysis.groups import Group
from backend.analysis.scores import Rule
from backend.api import answers, compare, kinds
from backend.model import Mode
from tests.conftest import poll

NAN = math.nan


def tracked(name: str, curves: Sequence[Sequence[float]], key: str = "reward", **params: object) -> list[str]:
    ids = []
    for seed, values in enumerate(curves, 1):
        with backend.track(name, params=params, seed=seed) as run:
            for step, value in enumerate(values):
                run.log({key: value}, step=step)
            ids.append(run.id)
    return ids


def grouped(ids: Sequence[str], *by: str) -> list[Group]:
    return groups.grouped(compare.some(ids), by)


def values(ids: Sequence[str], rule: str, mode: str = "max") -> list[float]:
    (found,) = answers.scored(grouped(ids), "reward", scores.rule_of(rule, "reward"), mode)  # type: ignore[arg-type]
    return [round(score.value, 6) for score in found.scores]


def test_the_end_of_a_curve_its_last_and_its_best_value(home: Path) -> None:
    ids = tracked("one", [[*range(100), 7.0]])
    assert values(ids, "last") == [7.0]
    assert values(ids, "best") == [99.0]
    assert values(ids, "best", "min") == [0.0]
    assert values(ids, "share") == [round((sum(range(90, 100)) + 7.0) / 11, 6)]
    assert values(ids, "reports:3") == [round((98 + 99 + 7) / 3, 6)]
    assert values(ids, "reports:1000") == [round((sum(range(100)) + 7) / 101, 6)]


def test_the_end_of_a_long_curve_that_is_read_in_buckets(home: Path) -> None:
    curve = np.cumsum(np.ones(20_000))
    assert values(tracked("long", [curve.tolist()]), "share")[0] == pytest.approx(curve[-2000:].mean(), rel=1e-3)


def test_what_has_no_score_is_counted_and_named_and_not_averaged(home: Path) -> None:
    ids = tracked("mixed", [[1.0] * 20, [*[1.0] * 19, NAN], [*[1.0] * 18, NAN, 3.0]])
    with contextlib.suppress(RuntimeError), backend.track("mixed", seed=4) as run:
        run.log({"reward": 100.0}, step=1)
        raise RuntimeError("out of luck")
    with backend.track("mixed", seed=5) as silent:
        silent.log({"other": 1.0}, step=1)
    (found,) = answers.scored(grouped([*ids, run.id, silent.id], "name"), "reward", Rule("share"), "max")
    assert [score.why for score in found.scores] == ["", "diverged", "", "failed", "missing"]
    assert [score.value for score in found.scores][::2][:2] == [1.0, 3.0]
    assert len(found.counted) == 4
    said = " ".join(found.notes)
    assert f"1 of 5 diverged: the last value is NaN or infinite: {ids[1]}, seed 2." in said
    assert f"failed: {run.id}, seed 4." in said
    assert f"never reported this metric and are left out: {silent.id}, seed 5." in said
    assert f"NaN or infinite values within what is averaged: {ids[2]}, seed 3." in said


def test_a_seed_that_goes_on_counts_so_far_and_is_named(home: Path) -> None:
    with backend.track("going", seed=1) as run:
        run.log({"reward": 2.0}, step=1)
        poll(lambda: compare.keys(compare.some([run.id])).get(run.id), "a report")
        (found,) = answers.scored(grouped([run.id]), "reward", Rule("last"), "max")
    assert found.scores[0].value == 2.0
    assert f"not at the end yet: counted with what is there so far: {run.id}, seed 1." in found.notes[0]
    (found,) = answers.scored(grouped([run.id]), "reward", Rule("last"), "max")
    assert found.notes == []


@pytest.mark.parametrize("key", ["return_mean", "episode_length"])
def test_a_seed_whose_first_episode_goes_on_has_not_diverged(home: Path, key: str) -> None:
    ids = tracked("long episodes", [[NAN, NAN, NAN], [NAN, 5.0, 5.0], [NAN, 5.0, NAN]], key)
    (found,) = answers.scored(grouped(ids), key, Rule("last"), "max")
    assert [score.why for score in found.scores] == ["missing", "", "diverged"]
    assert len(found.counted) == 2
    (other,) = answers.scored(grouped(tracked("loss", [[NAN, NAN]], "loss")), "loss", Rule("last"), "min")
    assert [score.why for score in other.scores] == ["diverged"]


def test_an_evaluation_is_judged_by_its_last_value_and_a_nonsense_link_by_the_default() -> None:
    assert scores.rule_of("", "eval/return_mean").how == "last"
    assert scores.rule_of("", "reward").how == "share"
    for nonsense in ("reports:", "reports:x", "reports:99999999999", "<b>", ":"):
        assert scores.rule_of(nonsense, "reward").how == "share"
    assert scores.rule_of("reports:0", "reward").reports == 1


def answer(
    ids: Sequence[str], *by: str, key: str = "reward", target: float | None = None, mode: Mode = "max"
) -> Answers:
    found = grouped(ids, *by)
    question = Question(key, scores.rule_of("", key), mode, "iqm", found[0].id, target)
    return poll(lambda: answers.standing(found, question).answers, "answers")


def test_the_clearly_better_group_wins_and_reaches_the_target_sooner(home: Path) -> None:
    slow = tracked("slow", [[step * 0.1 + seed for step in range(50)] for seed in range(5)], lr=1)
    fast = tracked("fast", [[step * 1.0 + seed for step in range(50)] for seed in range(5)], lr=2)
    found = answer([*slow, *fast], target=8.0)
    (pair,) = found.pairs
    assert pair.verdict is not None
    assert pair.verdict.winner == "fast"
    assert pair.further == 0
    assert found.no_profile == ""
    first, second = (each.efficiency for each in found.reached)
    assert first.reached == 1, "of the slow seeds only the last comes to 8"
    assert second.reached == 5
    assert second.median.center == 6.0
    assert first.median.center == math.inf


@pytest.mark.parametrize("mode", ["max", "min"])
def test_steps_to_a_target_are_those_of_the_first_point_that_reaches_it(home: Path, mode: Mode) -> None:
    sign, rng = (1.0 if mode == "max" else -1.0), np.random.default_rng(0)
    noise = rng.normal(0, 1, (6, 5000)).clip(-3, 3)
    first = [37, 611, 1200, 2503, 4999, None]  # a single point of each that comes to 10, far above the rest
    for row, place in zip(noise, first, strict=True):
        if place is not None:
            row[place] = 10.0
    ids = tracked("slow", (sign * noise[:3]).tolist(), lr=1) + tracked("fast", (sign * noise[3:]).tolist(), lr=2)
    ours, theirs = (each.efficiency for each in answer(ids, target=sign * 10, mode=mode).reached)
    assert list(ours.steps) == [37, 611, 1200]
    assert list(theirs.steps[:2]) == [2503, 4999]
    assert math.isnan(theirs.steps[2])


def test_one_seed_equal_scores_and_groups_without_the_metric(home: Path) -> None:
    one, other = tracked("one", [[1.0]], lr=1), tracked("other", [[2.0]], lr=2)
    (pair,) = answer([*one, *other]).pairs
    assert pair.verdict is not None
    assert not pair.verdict.probability.has_interval
    assert pair.further == 4, "five seeds are the least"
    assert "No answer. One seed" in pair.verdict.sentence

    same, again = tracked("same", [[1.0]] * 3, lr=3), tracked("again", [[1.0]] * 3, lr=4)
    found = answer([*same, *again])
    assert found.pairs[0].verdict is not None
    assert found.pairs[0].verdict.winner is None
    assert found.no_profile == "All scores are the same, 1: there is nothing to draw."

    silent = tracked("silent", [[1.0]] * 2, key="other", lr=5)
    found = answer([*same, *silent])
    assert [group.label for group in found.present] == ["same"]
    assert found.pairs[0].refused == "“silent” has not reported this metric."


def test_groups_on_different_environments_are_refused_and_on_the_same_ones_strata(home: Path) -> None:
    def runs(name: str, env: str, low: float) -> list[str]:
        return tracked(f"{name}-{env}", [[low + seed] for seed in range(4)], env=env, agent=name)

    a1, a2, b1, b2 = runs("a", "lake", 0), runs("a", "cliff", -100), runs("b", "lake", 10), runs("b", "cliff", -50)
    (pair,) = answer([*a1, *b2]).pairs
    assert pair.verdict is None
    assert "share no environment" in pair.refused
    found = answer([*a1, *a2, *b1, *b2], "params.agent")
    (pair,) = found.pairs
    assert pair.verdict is not None
    assert set(pair.verdict.environments) == {"lake", "cliff"}
    assert pair.verdict.winner == "agent b"
    assert "0: the worst score" in found.scale


@pytest.mark.parametrize(
    "units", [{"lake": 1.0}, {"lake": 1.0, "cliff": 1000.0}, {"lake": 1.0, "cliff": 0.0}, {"lake": 1e-3, "taxi": 1.0}]
)
def test_what_is_low_is_judged_as_its_negative_is_where_high_is_better(home: Path, units: dict[str, float]) -> None:
    def runs(sign: float) -> list[str]:
        return [
            run_id
            for env, unit in units.items()
            for agent, low in (("good", 0.0), ("bad", 5.0))
            for run_id in tracked(agent, [[sign * unit * (low + seed)] for seed in range(5)], env=env, agent=agent)
        ]

    low, high = answer(runs(1.0), "params.agent", mode="min"), answer(runs(-1.0), "params.agent")
    for found in (low, high):
        (verdict,) = (pair.verdict for pair in found.pairs)
        assert verdict is not None
        assert verdict.winner == "agent good"
    (least,), (most,) = ([pair.verdict for pair in found.pairs] for found in (low, high))
    assert least is not None
    assert most is not None
    assert least.probability == most.probability
    is_scaled = len(units) > 1
    assert bool(low.scale) is bool(high.scale) is is_scaled
    assert low.mode == ("max" if is_scaled else "min")
    sign = 1.0 if is_scaled else -1.0
    assert [each.center for each in low.estimates if each] == pytest.approx(
        [sign * each.center for each in high.estimates if each]
    )
    for (_, ours), (_, theirs) in zip(low.profiles, high.profiles, strict=True):
        assert list(ours.share) == pytest.approx(list(theirs.share if is_scaled else theirs.share[::-1]))


def test_a_tick_without_news_computes_nothing_anew(home: Path) -> None:
    ids = [*tracked("a", [[1.0], [2.0]], lr=1), *tracked("b", [[2.0], [3.0]], lr=2)]
    first = answer(ids)
    assert answer(ids) is first
    standing = answers.standing(grouped(ids), first.question)
    assert standing.answers is first
    assert standing.progress is None


def test_the_next_unused_seeds() -> None:
    assert further.unused({1, 2, 3}, 2) == (4, 5)
    assert further.unused(set(), 1) == (1,)
    assert further.unused({1, 3, further.MAX_SEED}, 2) == (2, 4)


def test_scripts_of_ones_own_cannot_be_started_from_here(home: Path) -> None:
    assert "run it again with other seeds" in kinds.no_more_seeds(grouped(tracked("own", [[1.0]])))


def test_correlation_and_importance_count_repetitions_once(home: Path) -> None:
    ids: list[str] = []
    for lr in range(1, 7):
        ids += tracked(f"r{lr}", [[float(lr)], [lr + 0.5]], lr=lr, flat=1, word="<b>x</b>" if lr % 2 else "y")
    scored = answers.scored(grouped(ids), "reward", Rule("last"), "max")
    points = params.points(scored)
    assert [column.name for column in points.params] == ["params.lr", "params.word"], "constant ones tell nothing"
    found = np.array([score.value for each in scored for score in each.scores])
    (lr,) = params.correlations(points, found)
    assert (lr.name, lr.n) == ("lr", 6)
    assert lr.rho == pytest.approx(1.0)
    shares, n = params.importances(points, found, "max")
    assert n == 6
    assert set(shares) <= {"lr", "word"}
    few = params.points(scored[:3])
    assert params.correlations(few, found[:6]) == []
    assert params.importances(few, found[:6], "max") == ({}, 3)


def test_a_seed_that_was_run_again_is_no_new_evidence(home: Path) -> None:
    ids = [each for _ in range(2) for each in tracked("five", [[float(seed)] for seed in range(5)], lr=0.1)]
    (one,) = answers.scored(grouped(ids), "reward", Rule("last"), "max")
    assert [score.value for score in one.scores] == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert [score.times for score in one.scores] == [2] * 5
    assert any("run more than once" in note for note in one.notes)
    table = group_tables.row(one.group, answers._curves(compare.some(ids), "reward"), "last")
    assert (table.n, len(table.values)) == (5, 10)


def test_what_differs_in_more_than_the_seed_is_evidence_of_its_own(home: Path) -> None:
    ids = [*tracked("a", [[1.0], [2.0]], lr=0.1), *tracked("a", [[3.0], [4.0]], lr=0.2)]
    (one,) = answers.scored(grouped(ids, "name"), "reward", Rule("last"), "max")
    assert [score.value for score in one.scores] == [1.0, 2.0, 3.0, 4.0]


def test_runs_without_a_seed_are_each_by_themselves(home: Path) -> None:
    ids = []
    for value in (1.0, 2.0):
        with backend.track("same", params={"lr": 0.1}) as run:
            run.log({"reward": value})
            ids.append(run.id)
    apart = answers.scored(grouped(ids), "reward", Rule("last"), "max")
    assert [[score.value for score in one.scores] for one in apart] == [[1.0], [2.0]]
    (one,) = answers.scored(grouped(ids, "name"), "reward", Rule("last"), "max")
    assert [score.value for score in one.scores] == [1.0, 2.0]
