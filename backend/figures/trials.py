"""Charts of a sweep's trials: how the best improved, and every trial's learning curve; few
lines, however many trials."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from backend.analysis.spread import begin, spread
from backend.figures import lines, palette
from backend.figures.lines import Chart, Display, Line, Titles
from backend.model import Curve, Floats, Run, Trial, TrialState

POINT, SMALL_POINT = 7, 5
MANY = 300
SINGLE = 60  # up to so many trials have a line each; more would be one solid area
BEST = 10  # of more trials, so many are drawn
GREY = "#64748b"
OVER_NUMBER, OVER_TIME = "number", "time"
AXES = {OVER_NUMBER: "trial", OVER_TIME: "time since the start (s)"}


def history(run: Run, title: str, axis: str, display: Display) -> Chart:
    """Draws each trial's best value as a point, by its number or the time of its end, and the best so far as a line."""
    goal = run.goal
    shown = [trial for trial in run.trials if trial.best is not None]
    places = {trial.number: _place(run, trial, axis) for trial in shown}
    shown.sort(key=lambda trial: places[trial.number])
    own, size = palette.of_run(run.ordinal), POINT if len(shown) <= MANY else SMALL_POINT
    kinds = {
        "pruned": ([trial for trial in shown if trial.state is TrialState.PRUNED], GREY, 0.5),
        "running": ([trial for trial in shown if trial.state is TrialState.RUNNING], "#b58100", 1.0),
        "finished": (
            [trial for trial in shown if trial.state not in (TrialState.PRUNED, TrialState.RUNNING)],
            own,
            0.75,
        ),
    }
    drawn = [
        Line(name, colour, *_columns(trials, places), width=size, opacity=opacity, look="points")
        for name, (trials, colour, opacity) in kinds.items()
        if trials
    ]
    if shown and goal:
        x, y = _columns(shown, places)
        best = (np.maximum if goal.mode == "max" else np.minimum).accumulate(y)
        drawn += _stairs(x, best, own)
    layout = lines.layout_of(Titles(AXES[axis], title), display) | {"hovermode": "closest"}
    layout["xaxis"].pop("rangemode", None)  # room before the first trial
    said = f"{len(shown):,} of {len(run.trials):,} trials have a value; each point is the best report of one"
    return Chart(tuple(drawn), layout, said if run.trials else "The first trial has not begun yet.")


def _stairs(x: Floats, best: Floats, own: str) -> list[Line]:
    """Returns the best so far: its steps bold, and what leads from one to the next, soon one
    upright of many, a hair."""
    xs, ys = np.repeat(x, 2)[1:], np.repeat(best, 2)[:-1]
    gaps = 2 * np.flatnonzero(np.diff(best)) + 2
    steps = Line("best so far", own, np.insert(xs, gaps, np.nan), np.insert(ys, gaps, np.nan), width=2.5)
    return [
        replace(steps, x=xs, y=ys, width=0.8, opacity=0.5, group=steps.name, in_legend=False, in_hover=False),
        steps,
    ]


def _place(run: Run, trial: Trial, axis: str) -> float:
    if axis == OVER_NUMBER:
        return float(trial.number)
    return (trial.ended_at or trial.started_at or 0.0) - (run.started_at or run.created_at)


def _columns(trials: Iterable[Trial], places: Mapping[int, float]) -> tuple[Floats, Floats]:
    listed = list(trials)
    return np.array([places[trial.number] for trial in listed]), np.array(
        [trial.best for trial in listed], dtype=np.float64
    )


def curves(
    run: Run, trial_curves: Sequence[Curve], best: Curve | None, title: str, display: Display, x: str = "iteration"
) -> Chart:
    """Draws the learning curves of all trials, the best, which comes in full, bold; of more than
    SINGLE trials how they spread."""
    many = len(trial_curves) > SINGLE and x == "iteration"
    drawn, said = _spread(run, trial_curves, best, display) if many else _single(run, trial_curves, best, display)
    layout = lines.layout_of(Titles(x, title), display) | {"hovermode": "closest"}
    return Chart((*drawn, *_marks(trial_curves)), layout, said)


def _single(run: Run, trial_curves: Sequence[Curve], best: Curve | None, display: Display) -> tuple[list[Line], str]:
    """Returns all learning curves in a few lines with gaps: pruned ones faint."""
    states = {trial.number: trial for trial in run.trials}
    # Those that are over come first and in the order of their end: while the sweep goes on, a line only grows at its
    # end.
    order = sorted(trial_curves, key=lambda curve: (states[curve.trial].ended_at or np.inf, curve.trial))
    own = palette.of_run(run.ordinal)
    groups = (
        ("pruned", GREY, 0.3, 1.0, [each for each in order if states[each.trial].state is TrialState.PRUNED]),
        ("trials", own, 0.35, 1.0, [each for each in order if states[each.trial].state is not TrialState.PRUNED]),
    )
    drawn: list[Line] = []
    for name, colour, opacity, width, mine in groups:
        if mine:
            drawn += _smoothed(
                Line(name, colour, *_with_gaps(mine), width=width, opacity=opacity, in_hover=False), mine, display
            )
    return drawn + _bold(best, own, display), f"{len(trial_curves):,} trials · {lines.caption(trial_curves, display)}"


def _spread(run: Run, trial_curves: Sequence[Curve], best: Curve | None, display: Display) -> tuple[list[Line], str]:
    """Returns where all curves lie, where the middle half does, the median, and the best trials,
    the better the stronger."""
    drawn, own = _bands(trial_curves, palette.of_run(run.ordinal), display), palette.of_run(run.ordinal)
    sign, by_number = run.goal.sign if run.goal else 1.0, {curve.trial: curve for curve in trial_curves}
    ranked = sorted(
        (trial for trial in run.trials if trial.best is not None), key=lambda trial: -sign * (trial.best or 0.0)
    )
    shown = [
        by_number[trial.number]
        for trial in ranked[:BEST]
        if trial.number in by_number and (best is None or trial.number != best.trial)
    ]
    for place, curve in reversed(list(enumerate(shown))):
        line = Line(
            f"trial {curve.trial}", own, *_with_gaps([curve]), width=1.2, opacity=0.9 - 0.06 * place, in_legend=False
        )
        drawn += _smoothed(line, [curve], display)
    points, odd = sum(curve.shown for curve in trial_curves), sum(curve.odd for curve in trial_curves)
    said = [
        f"{len(trial_curves):,} trials, {points:,} points",
        "bands: all of the trials that came so far, and their middle half",
    ]
    said.append(f"lines: the best {len(shown) + bool(best)}")
    return drawn + _bold(best, own, display), " · ".join(
        said + [f"{odd:,} NaN or infinite, marked × at the foot"] * bool(odd)
    )


def _bands(trial_curves: Sequence[Curve], own: str, display: Display) -> list[Line]:
    over = spread(trial_curves)
    if over is None:
        return []
    median = lines.smoother(display, len(over.x))(over.median) if display.smoothing else over.median
    return [
        Line(
            "all trials", GREY, over.x, over.high, low=over.low, high=over.high, width=0.8, opacity=0.8, in_hover=False
        ),
        Line("median", own, over.x, median, low=over.quarter, high=over.three_quarters, width=1.5, dash="dash"),
    ]


def _bold(best: Curve | None, own: str, display: Display) -> list[Line]:
    if best is None:
        return []
    return _smoothed(Line(f"best, trial {best.trial}", own, *_with_gaps([best]), width=3.0), [best], display)


def _smoothed(line: Line, trial_curves: Sequence[Curve], display: Display) -> list[Line]:
    """Returns the line, or if smoothing is on the one of the smoothed curves with the raw one faint behind it."""
    if not display.smoothing:
        return [line]
    raw = replace(
        line,
        name=f"{line.name}, raw",
        opacity=line.opacity * 0.3,
        width=1,
        group=line.name,
        in_legend=False,
        in_hover=False,
    )
    x, ends = _joined(trial_curves)
    y = np.concatenate([lines.smoother(display, len(curve.mean))(curve.mean) for curve in trial_curves])
    return [raw, replace(line, x=np.insert(x, ends, np.nan), y=np.insert(y, ends, np.nan), group=line.name)]


def _marks(trial_curves: Sequence[Curve]) -> list[Line]:
    """Returns marks, of all curves in one line, where values were NaN or infinite."""
    odd = [
        (curve.x[there], curve.not_finite[there])
        for curve in trial_curves
        if curve.odd and (there := curve.not_finite > 0).any()
    ]
    if not odd:
        return []
    x, counts = (np.concatenate(columns).astype(np.float64) for columns in zip(*odd, strict=True))
    return [Line("not finite", palette.ALARM, x, counts, look="marks", group="not finite", in_legend=False)]


def _joined(trial_curves: Sequence[Curve]) -> tuple[Floats, NDArray[np.int64]]:
    """Returns the x of curves one after the other, and where each of them ends."""
    x = np.concatenate([curve.x for curve in trial_curves])
    # A trial that began anew after a crash goes back in x: that is a line of its own.
    return x, np.union1d(np.cumsum([len(curve.x) for curve in trial_curves]), np.flatnonzero(np.diff(x) < 0) + 1)


def _with_gaps(trial_curves: Sequence[Curve]) -> tuple[Floats, Floats]:
    """Returns curves as one line with gaps between them; of buckets of several points their lowest and their highest
    value.

    Computed for all curves at once: a thousand of them are drawn anew each second.
    """
    x, ends = _joined(trial_curves)
    mean = np.concatenate([curve.mean for curve in trial_curves])
    if all(curve.width == 1 for curve in trial_curves):
        return np.insert(x, ends, np.nan), np.insert(mean, ends, np.nan)
    low, high = (np.concatenate([getattr(curve, name) for curve in trial_curves]) for name in ("min", "max"))
    begins = np.zeros(len(x), dtype=bool)
    begins[[0, *ends[:-1]]] = True
    # Where a curve rises, a bucket's lowest value comes first, where it falls its highest; the first one is taken to
    # rise.
    rises = begins | (np.diff(mean, prepend=mean[:1]) >= 0)
    middle = (np.concatenate([x[:1], x[:-1]]) + x) / 2
    middle[begins] = x[begins]
    drawn = [curve for curve in trial_curves if len(curve.x)]
    middle[np.cumsum([0, *(len(curve.x) for curve in drawn)])[:-1]] = [begin(curve) for curve in drawn]
    pairs_x, pairs_y = np.column_stack([middle, x]).ravel(), np.empty(2 * len(x))
    pairs_y[::2], pairs_y[1::2] = np.where(rises, low, high), np.where(rises, high, low)
    return np.insert(pairs_x, 2 * ends, np.nan), np.insert(pairs_y, 2 * ends, np.nan)
