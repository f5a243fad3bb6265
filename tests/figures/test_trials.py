"""A sweep's own charts: the best so far goes one way only, curves do not run into each other, no extreme is lost."""

import numpy as np

from backend.figures import trials
from backend.figures.lines import Display
from backend.model import Curve, Run, TrialState
from backend.store.series import pyramid
from tests.analysis.test_study import sweep, trial


def run_of(ends: list[tuple[str, float | None]], mode: str = "max") -> Run:
    """A sweep whose trials ended so, with that best value."""
    made = [trial(number, {"x": 0.5}, best, state=TrialState(state)) for number, (state, best) in enumerate(ends)]
    return sweep({"x": {"uniform": [0, 1]}}, *made, mode=mode)


def curve(number: int, x: list[float], y: list[float], spread: float = 0.0) -> Curve:
    """A curve; with a spread each of its points is a bucket of four."""
    records = np.zeros(len(x), pyramid.RECORD)
    for name, values in {
        "mean": y,
        "min": np.array(y) - spread,
        "max": np.array(y) + spread,
        "last": y,
        "count": 1,
        "points": 1,
    }.items():
        records[name] = values
    return Curve("run", number, "accuracy", np.array(x, dtype=float), records, 4 if spread else 1, len(x))


def segments(line: trials.Line) -> list[list[float]]:
    """The stretches of a line between its gaps, by their x."""
    cuts = np.flatnonzero(np.isnan(line.x))
    return [part[~np.isnan(part)].tolist() for part in np.split(line.x, cuts) if not np.isnan(part).all()]


def test_curves_do_not_run_into_each_other_nor_back() -> None:
    run = run_of([("succeeded", 0.9), ("succeeded", 0.8)])
    found = [curve(0, [1, 2, 3], [0.1, 0.2, 0.3]), curve(1, [1, 2, 1, 2, 3], [0.1, 0.2, 0.1, 0.2, 0.4])]
    chart = trials.curves(run, found, None, "accuracy", Display())
    assert sorted(segments(chart.lines[0])) == [[1, 2], [1, 2, 3], [1, 2, 3]]


def test_every_extreme_of_a_bucket_is_drawn() -> None:
    run = run_of([("succeeded", 0.9)])
    chart = trials.curves(run, [curve(0, [4, 8, 12], [0.1, 0.5, 0.3], spread=0.05)], None, "accuracy", Display())
    assert {round(value, 3) for value in chart.lines[0].y[~np.isnan(chart.lines[0].y)]} == {
        0.05,
        0.15,
        0.45,
        0.55,
        0.25,
        0.35,
    }
    assert (np.diff(chart.lines[0].x[:-1]) >= 0).all()


def test_pruned_ones_are_faint_and_the_best_is_bold_and_in_full() -> None:
    run = run_of([("pruned", 0.2), ("succeeded", 0.9)])
    found = [curve(0, [1], [0.2]), curve(1, [4, 8], [0.5, 0.8], spread=0.1)]
    whole = curve(1, [1, 2, 3, 4, 5, 6, 7, 8], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.9])
    chart = trials.curves(run, found, whole, "accuracy", Display())
    looks = {line.name: (line.opacity, line.width) for line in chart.lines}
    assert looks["pruned"][0] < 0.5 < looks["best, trial 1"][0]
    assert looks["best, trial 1"][1] > looks["trials"][1]
    assert len(chart.lines[-1].x[~np.isnan(chart.lines[-1].x)]) == 8


def test_the_best_so_far_only_gets_better_whichever_way() -> None:
    for mode, expected in (("max", [0.2, 0.5, 0.5, 0.9]), ("min", [0.2, 0.2, 0.1, 0.1])):
        run = run_of(
            [("succeeded", 0.2), ("pruned", 0.5), ("running", 0.1), ("succeeded", 0.9), ("failed", None)], mode=mode
        )
        chart = trials.history(run, "accuracy", trials.OVER_NUMBER, Display())
        hair, best = (line for line in chart.lines if line.name == "best so far")
        assert hair.y[::2].tolist() == expected
        assert sorted(set(best.y[~np.isnan(best.y)])) == sorted(set(expected))
        upright = (np.diff(best.x) == 0) & (np.diff(best.y) != 0)
        assert not upright.any(), "the bold line has steps alone"
        assert {line.name: len(line.x) for line in chart.lines if line.look == "points"} == {
            "pruned": 1,
            "running": 1,
            "finished": 2,
        }
        assert "4 of 5 trials" in chart.caption


def test_nothing_is_drawn_before_the_first_value() -> None:
    assert trials.history(run_of([]), "accuracy", trials.OVER_TIME, Display()).lines == ()
    assert trials.history(run_of([("running", None)]), "accuracy", trials.OVER_TIME, Display()).lines == ()


def test_each_curve_is_smoothed_by_itself_with_the_raw_ones_faint() -> None:
    run = run_of([("succeeded", 1.0), ("succeeded", 9.0)])
    found = [curve(0, [1, 2, 3], [1.0, 1.0, 1.0]), curve(1, [1, 2, 3], [9.0, 9.0, 9.0])]
    for smoothing in ("ema", "mean"):
        raw, smooth = trials.curves(run, found, None, "accuracy", Display(smoothing)).lines
        assert raw.opacity < smooth.opacity
        assert smooth.y[~np.isnan(smooth.y)].tolist() == [1.0, 1.0, 1.0, 9.0, 9.0, 9.0], (
            "nothing goes over from one trial to the next"
        )
        assert len(segments(smooth)) == 2
    jagged = trials.curves(
        run, [curve(0, [1, 2, 3, 4], [0.0, 1.0, 0.0, 1.0])], None, "accuracy", Display("ema", 0.5)
    ).lines[1]
    assert np.nanmax(jagged.y) < 1


def test_what_is_not_finite_is_marked_at_the_foot() -> None:
    run = run_of([("succeeded", 1.0), ("succeeded", 2.0)])
    broken = curve(1, [1, 2, 3], [2.0, np.nan, 2.0])
    broken.records["count"][1] = 0
    chart = trials.curves(run, [curve(0, [1, 2], [1.0, 1.0]), broken], None, "accuracy", Display())
    marks = [line for line in chart.lines if line.look == "marks"]
    assert [line.x.tolist() for line in marks] == [[2.0]]
    assert "marked" in chart.caption


def test_of_many_trials_the_spread_is_drawn_and_the_best_by_themselves() -> None:
    run = run_of([("succeeded", number / 100) for number in range(100)])
    found = [curve(number, [1, 2, 3], [0.0, number / 200, number / 100], spread=0.05) for number in range(100)]
    chart = trials.curves(run, found, found[99], "accuracy", Display())
    drawn = {line.name: line for line in chart.lines}
    assert list(drawn) == ["all trials", "median", *(f"trial {number}" for number in range(90, 99)), "best, trial 99"]
    everything = drawn["all trials"]
    assert everything.low is not None
    assert everything.high is not None
    assert round(float(everything.high[-1]), 3) == 1.04, "every extreme is in it"
    assert round(float(everything.low[-1]), 3) == -0.05, "every extreme is in it"
    assert drawn["trial 98"].opacity > drawn["trial 90"].opacity
    assert "100 trials, 300 points" in chart.caption
    assert len(trials.curves(run, found[:60], found[59], "accuracy", Display()).lines) == 2, (
        "few trials have a line each"
    )
