"""A sweep as an Optuna study: what was searched, what each trial tried, what came of it.

Optuna is imported where it is used.
"""

import json
import logging
import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from backend.model import Goal, Run, Trial, TrialState
from backend.model.configurations import is_lost, mean_with_lost, worst_of

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.study import Study

Escape = Callable[[str], str]
# a name of optuna.trial.TrialState
STATES = {TrialState.SUCCEEDED: "COMPLETE", TrialState.PRUNED: "PRUNED", TrialState.FAILED: "FAIL"}
WHOLE = frozenset({"randint", "qrandint", "lograndint", "qlograndint"})
EXCLUSIVE = frozenset({"randint", "lograndint"})  # the high end is not drawn; with a step it is, says Ray
REAL = frozenset({"uniform", "quniform", "loguniform", "qloguniform"})
UNBOUNDED = frozenset({"randn", "qrandn", "normal", "qnormal"})  # of these the trials themselves tell the range
LISTED = frozenset({"choice", "grid", "grid_search"})
BEST = 0.25  # share of the trials that an important parameter sets apart
FEWEST = 5  # trials from which on importances are told


@dataclass(frozen=True)
class _StudyTrial:
    """One trial as Optuna is told it; of repeats, all of them together."""

    number: int
    state: str
    params: dict[str, Any]
    values: tuple[float, ...] | None
    start: float
    end: float


def objectives(run: Run) -> tuple[Goal, ...]:
    """Returns what a sweep optimises; never empty."""
    return run.goals or (Goal(run.main_metric, "max"),)


def study(run: Run, objective: int | None = None, text: Escape = str) -> "Study":
    """Returns a sweep as a study in memory: its trials that are over, under their own numbers, with the parameters that
    vary.

    The value of a trial is its best one, or, where there are several objectives, the last of each. A trial that
    succeeded is left out if a value is not finite or a parameter is missing; one that was pruned or failed keeps what
    it has. Repeats are one trial with their mean. `objective` makes it a study of that objective alone; `text` is
    applied to every name and choice, so that who draws them can escape them.

    Raises:
        IndexError: there is no such objective.
    """
    optuna = _optuna()
    goals = objectives(run)
    chosen = range(len(goals)) if objective is None else [range(len(goals))[objective]]
    distributions = _distributions(run, text)
    optuna_study: Study = optuna.create_study(
        study_name=text(run.name),
        directions=["minimize" if goals[index].mode == "min" else "maximize" for index in chosen],
    )
    entries = _entries(run, goals, chosen, distributions, text)
    for entry in entries:
        trial = optuna.trial.create_trial(
            state=optuna.trial.TrialState[entry.state],
            values=entry.values,
            params=entry.params,
            distributions={name: distributions[name] for name in entry.params},
        )
        trial.datetime_start, trial.datetime_complete = (
            datetime.fromtimestamp(entry.start),
            datetime.fromtimestamp(entry.end),
        )
        optuna_study.add_trial(trial)
    for trial, entry in zip(optuna_study.get_trials(deepcopy=False), entries, strict=True):
        # a study counts from 0 what is added to it, but a person looks for the sweep's own numbers
        trial.number = entry.number
    return optuna_study


def importances(run: Run, objective: int = 0) -> dict[str, float]:
    """Returns how much each parameter sets the best quarter of the trials apart, largest first; {} where too little is
    known.

    The shares add up to 1. PED-ANOVA (Watanabe, Bansal and Hutter 2023): at 500 trials of 8 parameters it takes 0.03 s,
    random forests 0.2 s and fANOVA 12 s; and with the best quarter rather than the best tenth it finds the two
    parameters that matter from about 20 trials on, as the others do.

    Raises:
        IndexError: there is no such objective.
    """
    return importances_of(study(run, objective))


def importances_of(optuna_study: "Study") -> dict[str, float]:
    """Returns the importances, see above, in a study of one objective."""
    optuna = _optuna()
    complete = optuna_study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))
    names = {name for trial in complete for name in trial.params}
    if len(complete) < FEWEST or len(names) < 2 or len({trial.value for trial in complete}) < 2:
        return {}
    shares = optuna.importance.get_param_importances(optuna_study, evaluator=evaluator())
    if len(set(shares.values())) < 2 or not all(map(math.isfinite, shares.values())):
        return {}  # nothing tells them apart
    return dict(sorted(((name, float(share)) for name, share in shares.items()), key=lambda item: (-item[1], item[0])))


def evaluator() -> Any:
    """Returns what importances are computed by."""
    return _optuna().importance.PedAnovaImportanceEvaluator(target_quantile=BEST)


def _optuna() -> Any:
    """Returns optuna, silenced: what it warns of, such as trials that are too few, the pages say in their own words."""
    import optuna

    optuna.logging.set_verbosity(logging.ERROR)
    # Filters rather than catch_warnings, which is not for threads; each time, since a test starts without filters.
    warnings.filterwarnings("ignore", module=r"optuna\.")
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    return optuna


def _listed(arguments: Any) -> list[Any]:
    if arguments is None:
        return []
    return list(arguments) if isinstance(arguments, list | tuple) else [arguments]


def _distributions(run: Run, text: Escape) -> dict[str, "BaseDistribution"]:
    """Returns what each parameter is drawn from, without those of a single value."""
    space = run.spec.get("space")
    distributions = {}
    for name, domain in space.items() if isinstance(space, dict) else ():
        kind, arguments = (
            next(iter(domain.items())) if isinstance(domain, dict) and len(domain) == 1 else ("fixed", domain)
        )
        seen = [trial.params[name] for trial in run.trials if name in trial.params]
        distribution = None if kind == "fixed" else _distribution(kind, _listed(arguments), seen, text)
        if distribution is not None and not distribution.single():
            distributions[text(name)] = distribution
    return distributions


def _distribution(kind: str, arguments: list[Any], seen: list[Any], text: Escape) -> "BaseDistribution | None":
    """Returns a distribution that holds what was asked for and what was seen: a space may
    have been another one once."""
    from optuna.distributions import CategoricalDistribution

    if kind in WHOLE | REAL | UNBOUNDED or (kind not in LISTED and seen and all(map(_is_number, seen))):
        return _numeric(kind, arguments, seen)
    choices: list[Any] = []
    for value in [*(arguments if kind in LISTED else ()), *seen]:
        if (choice := _choice(value, text)) not in choices:
            choices.append(choice)
    return CategoricalDistribution(choices) if choices else None


def _numeric(kind: str, arguments: list[Any], seen: list[Any]) -> "BaseDistribution | None":
    from optuna.distributions import FloatDistribution, IntDistribution

    numbers = [_rounded(value) if kind.startswith("q") else value for value in seen if _is_number(value)]
    bounds = [value for value in arguments[:2] if kind in WHOLE | REAL and _is_number(value)]
    if kind in EXCLUSIVE and len(bounds) == 2:
        bounds[1] = max(bounds[0], bounds[1] - 1)
    if not bounds + numbers:
        return None
    low, high = min(bounds + numbers), max(bounds + numbers)
    log = "log" in kind and low > 0
    step = (
        arguments[2]
        if kind.startswith("q") and not log and len(arguments) > 2 and _is_number(arguments[2]) and arguments[2] > 0
        else None
    )
    if step is not None and not all(_is_on_grid(value, low, step) for value in numbers):
        step = None  # Ray rounds to multiples of the step, Optuna counts steps from the low end
    if kind in WHOLE and all(float(value).is_integer() for value in (low, high, step or 1, *numbers)):
        return IntDistribution(int(low), int(high), log=log, step=int(step or 1))
    return FloatDistribution(low, high, log=log, step=step)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def _rounded(value: float) -> float:
    return float(f"{value:.12g}")  # 0.7000000000000001 is 7 steps of 0.1, not more


def _is_on_grid(value: float, low: float, step: float) -> bool:
    return abs((places := (value - low) / step) - round(places)) < 1e-9


def _choice(value: Any, text: Escape) -> Any:
    """Returns a choice as Optuna takes it: None, a truth value, a number or a text."""
    if value is None or isinstance(value, bool) or _is_number(value):
        return value
    return text(value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False))


def _entries(
    run: Run, goals: Sequence[Goal], chosen: Sequence[int], distributions: dict[str, "BaseDistribution"], text: Escape
) -> list[_StudyTrial]:
    entries = []
    for trial in run.trials:
        if (state := STATES.get(trial.state)) is None:
            continue
        values = _values(trial, goals, chosen)
        params = _params(trial, distributions, text)
        if is_lost(trial, goals[0].key) and goals[0].repeats > 1:  # it counts among its configuration's others
            state, values = "FAIL", None
        if state == "COMPLETE" and (values is None or len(params) < len(distributions)):
            continue
        start = next(
            (at for at in (trial.started_at, trial.ended_at, run.started_at) if at is not None), run.created_at
        )
        end = max(start, start if trial.ended_at is None else trial.ended_at)
        entries.append(_StudyTrial(trial.number, state, params, None if state == "FAIL" else values, start, end))
    chosen_goals = [goals[index] for index in chosen]
    return _merged(entries, chosen_goals) if goals[0].repeats > 1 else entries


def _values(trial: Trial, goals: Sequence[Goal], chosen: Sequence[int]) -> tuple[float, ...] | None:
    """Returns the values of the chosen objectives, or None where one of them is not finite."""
    values = [trial.best if len(goals) == 1 else trial.last.get(goals[index].key) for index in chosen]
    finite = [value for value in values if value is not None and math.isfinite(value)]
    return tuple(finite) if len(finite) == len(values) else None


def _params(trial: Trial, distributions: dict[str, "BaseDistribution"], text: Escape) -> dict[str, Any]:
    """Returns what a trial has of the parameters that vary."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    params: dict[str, Any] = {}
    for name, value in trial.params.items():
        distribution = distributions.get(text(name))
        if isinstance(distribution, CategoricalDistribution):
            params[text(name)] = _choice(value, text)
        elif _is_number(value) and isinstance(distribution, IntDistribution):
            params[text(name)] = int(value)
        elif _is_number(value) and isinstance(distribution, FloatDistribution):
            params[text(name)] = float(value) if distribution.step is None else _rounded(value)
    return params


def _merged(entries: Sequence[_StudyTrial], goals: Sequence[Goal]) -> list[_StudyTrial]:
    """Returns trials that differ in nothing but their seed as one, with the mean of those that came furthest; of these,
    one that failed or diverged counts as the worst of all."""
    every = [entry.values for entry in entries if entry.values is not None]
    worst = [worst_of([each[place] for each in every], goal) for place, goal in enumerate(goals)]
    groups: dict[str, list[_StudyTrial]] = {}
    for entry in entries:
        groups.setdefault(json.dumps(entry.params, sort_keys=True, default=str), []).append(entry)
    return [_together(group, worst) for group in groups.values()]


def _together(group: Sequence[_StudyTrial], worst: Sequence[float | None]) -> _StudyTrial:
    state = next(state for state in STATES.values() if any(entry.state == state for entry in group))
    values = [entry.values for entry in group if entry.state == state and entry.values is not None]
    lost = sum(entry.state == "FAIL" for entry in group) if state != "FAIL" else 0
    columns = zip(*values, strict=True)
    means = tuple(mean_with_lost(column, lost, low) or 0.0 for column, low in zip(columns, worst, strict=False)) or None
    start, end = min(entry.start for entry in group), max(entry.end for entry in group)
    return _StudyTrial(group[0].number, state, group[0].params, means, start, end)
