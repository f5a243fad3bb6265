"""What proposes configurations: one small adapter for each library, all asked and told alike.

The libraries are asked directly, not through Tune's wrappers: those lose what was learned when a driver is killed, stop
by themselves, or raise on NaN. Whatever was tried before is told again to a new searcher, so its memory is the
database.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from backend.kinds.sweep.optuna_search import Optuna
from backend.kinds.sweep.search import MOST_VALUE, ParamValues, Search, _drawn, _on_grid, _place
from backend.kinds.sweep.space import Domain, Space, combination
from backend.kinds.sweep.translated import translated
from backend.model import Goal

WORKERS = 8  # answers that Nevergrad can do without for the time being


MOST_CANDIDATES = 10_000  # that a searcher without knowledge of the number of trials prepares for


def make(name: str, space: Space, goals: Sequence[Goal], samples: int, seed: int, config_count: int = 0) -> Search:
    """Returns the searcher called `name` over a space without fixed parameters; `config_count` is how many
    configurations there are."""
    # most begin by drawing at random: with the same seed, what was drawn in the attempt before
    later = (seed + config_count) % 2**31
    makers: dict[str, Callable[[Space], Search]] = {
        "random": lambda known: Random(known, seed),
        "grid": GridSearch,
        "hyperopt": lambda known: HyperOpt(known, goals[0], later),
        "nevergrad": lambda known: Nevergrad(known, goals[0], samples, later),
        "bayesopt": lambda known: BayesOpt(known, goals[0], later),
    }
    return translated(space, makers.get(name, lambda known: Optuna(known, goals, name, later)))


class Random:
    """Draws each configuration by itself: its number decides what it is, whatever came before."""

    def __init__(self, space: Space, seed: int) -> None:
        self.space, self.seed = space, seed

    def ask(self, number: int) -> ParamValues:
        generator = np.random.default_rng([self.seed, number])
        return {name: _drawn(domain, generator) for name, domain in self.space.items()}

    def tell(self, number: int, params: ParamValues, values: Sequence[float] | None) -> None:
        """Learns nothing."""


class GridSearch:
    """Each combination once."""

    def __init__(self, space: Space) -> None:
        self.space = space

    def ask(self, number: int) -> ParamValues:
        return combination(self.space, number)

    def tell(self, number: int, params: ParamValues, values: Sequence[float] | None) -> None:
        """Learns nothing."""


class HyperOpt:
    """HyperOpt's TPE, through Tune's wrapper, which makes its trial documents."""

    def __init__(self, space: Space, goal: Goal, seed: int) -> None:
        self.goal, self.seed, self.space = goal, seed, space
        self.told: list[tuple[ParamValues, float | None]] = []
        self.inner: Any = None

    def _begin(self) -> Any:
        """Makes the searcher when it is first asked: what was told by then are the points it begins with."""
        from ray.tune.search.hyperopt import HyperOptSearch

        points = [self._inside(params) for params, _ in self.told]
        space = {name: _of_hyperopt(name, domain) for name, domain in self.space.items()}
        inner = HyperOptSearch(
            space, metric="value", mode=self.goal.mode, points_to_evaluate=points or None, random_state_seed=self.seed
        )
        waiting = list(self.told)
        for number in range(len(points)):
            proposed = inner.suggest(f"told {number}")
            place = next((place for place, (params, _) in enumerate(waiting) if self._same(params, proposed)), 0)
            self._complete(inner, f"told {number}", waiting.pop(place)[1])
        return inner

    def ask(self, number: int) -> ParamValues:
        self.inner = self.inner or self._begin()
        return {name: self._outside(self.space[name], value) for name, value in self.inner.suggest(str(number)).items()}

    def tell(self, number: int, params: ParamValues, values: Sequence[float] | None) -> None:
        if self.inner is None:
            self.told.append((params, values[0] if values else None))
        else:
            self._complete(self.inner, str(number), values[0] if values else None)

    def _complete(self, inner: Any, trial_id: str, value: float | None) -> None:
        inner.on_trial_complete(trial_id, result=None if value is None else {"value": value}, error=value is None)

    def _inside(self, params: ParamValues) -> ParamValues:
        """Returns parameters as HyperOpt has them: of a choice and of steps their place."""
        return {name: _place(self.space[name], value) for name, value in params.items()}

    def _outside(self, domain: Domain, value: Any) -> Any:
        match domain.kind:
            case "choice":
                return domain.values[int(value)]
            case "quniform":
                return _on_grid(domain.of[0], domain.of[2], int(value))
            case "randint":
                return int(value)
        return float(value)

    def _same(self, params: ParamValues, proposed: ParamValues) -> bool:
        return all(math.isclose(value, proposed[name], rel_tol=1e-9) for name, value in self._inside(params).items())


def _of_hyperopt(name: str, domain: Domain) -> Any:
    from hyperopt import hp

    match domain.kind, domain.of:
        case "uniform", [low, high]:
            return hp.uniform(name, low, high)
        case "loguniform", [low, high]:
            return hp.loguniform(name, math.log(low), math.log(high))
        case "quniform", [low, high, step]:
            return hp.uniformint(name, 0, math.floor((high - low) / step + 1e-9))
        case "randint", [low, high]:
            # it refuses a single value
            return hp.uniformint(name, low, high - 1) if high - low > 1 else hp.randint(name, low, high)
    return hp.choice(name, list(range(len(domain.values))))


class Nevergrad:
    """Nevergrad's two-points differential evolution."""

    def __init__(self, space: Space, goal: Goal, samples: int, seed: int) -> None:
        import nevergrad

        self.goal, self.space = goal, space
        self.dict = nevergrad.p.Dict(**{name: self._parameter(nevergrad.p, domain) for name, domain in space.items()})
        self.dict.random_state = np.random.RandomState(seed)
        # Not NGOpt: what that chooses may wait for each answer and hang where one never comes, or fail with NumPy 2.
        self.optimizer = nevergrad.optimizers.TwoPointsDE(
            parametrization=self.dict, budget=min(samples, MOST_CANDIDATES), num_workers=WORKERS
        )
        self.asked: dict[int, Any] = {}
        self.worst: float | None = None  # loss

    def _parameter(self, kinds: Any, domain: Domain) -> Any:
        match domain.kind, domain.of:
            case "loguniform", [low, high]:
                return kinds.Log(lower=low, upper=high)
            case "randint", [low, high]:
                return (
                    kinds.Scalar(lower=low, upper=high - 1).set_integer_casting()
                    if high - low > 1
                    else kinds.Choice([low])
                )
            case (("uniform" | "quniform"), [low, high, *_]):
                return kinds.Scalar(lower=low, upper=high)
        return kinds.Choice(list(range(len(domain.values))))

    def ask(self, number: int) -> ParamValues:
        self.asked[number] = candidate = self.optimizer.ask()
        return {name: self._outside(self.space[name], value) for name, value in candidate.value.items()}

    def tell(self, number: int, params: ParamValues, values: Sequence[float] | None) -> None:
        candidate = self.asked.pop(number, None)
        loss = self.worst if values is None else -self.goal.sign * values[0]
        if loss is None:
            return
        self.worst = loss if self.worst is None else max(loss, self.worst)
        if candidate is None:
            candidate = self.dict.spawn_child(
                new_value={name: self._inside(self.space[name], value) for name, value in params.items()}
            )
        self.optimizer.tell(candidate, loss)

    def _outside(self, domain: Domain, value: Any) -> Any:
        if domain.kind == "choice":
            return domain.values[int(value)]
        if domain.kind == "quniform":
            low, high, step = domain.of
            return _on_grid(low, step, min(math.floor((high - low) / step + 1e-9), round((value - low) / step)))
        return int(value) if domain.kind == "randint" else float(value)

    def _inside(self, domain: Domain, value: Any) -> Any:
        return domain.values.index(value) if domain.kind == "choice" else value


class BayesOpt:
    """A Gaussian process over float ranges; a log range is searched by its exponent."""

    def __init__(self, space: Space, goal: Goal, seed: int) -> None:
        import bayes_opt

        self.goal, self.space = goal, space
        bounds = {name: tuple(self._inside(name, end) for end in domain.of) for name, domain in space.items()}
        self.optimizer = bayes_opt.BayesianOptimization(
            f=None, pbounds=bounds, random_state=seed, verbose=0, allow_duplicate_points=True
        )
        self.utility = bayes_opt.UtilityFunction(kind="ucb", kappa=2.576)

    def ask(self, number: int) -> ParamValues:
        return {name: self._outside(name, value) for name, value in self.optimizer.suggest(self.utility).items()}

    def tell(self, number: int, params: ParamValues, values: Sequence[float] | None) -> None:
        if values is not None:
            inside = {name: self._inside(name, value) for name, value in params.items()}
            self.optimizer.register(inside, max(-MOST_VALUE, min(MOST_VALUE, self.goal.sign * values[0])))

    def _inside(self, name: str, value: float) -> float:
        return math.log10(value) if self.space[name].kind == "loguniform" else value

    def _outside(self, name: str, value: float) -> float:
        domain = self.space[name]
        low, high = domain.of
        return float(min(high, max(low, 10**value if domain.kind == "loguniform" else value)))
