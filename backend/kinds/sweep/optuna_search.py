"""Searches by Optuna: TPE, Gaussian processes, CMA-ES, NSGA-II."""

import math
from collections.abc import Sequence
from typing import Any

from backend.kinds.sweep.search import ParamValues
from backend.kinds.sweep.space import Domain, Space
from backend.model import Goal


class Optuna:
    """Optuna's samplers, by ask and tell."""

    def __init__(self, space: Space, goals: Sequence[Goal], name: str, seed: int) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.optuna = optuna
        self.space = space
        self.distributions = {name: self._distribution(domain) for name, domain in space.items()}
        of = optuna.study.StudyDirection
        directions = [of.MAXIMIZE if goal.mode == "max" else of.MINIMIZE for goal in goals]
        self.study = optuna.create_study(directions=directions, sampler=self._sampler(name, seed))
        self.asked: dict[int, Any] = {}

    def _sampler(self, name: str, seed: int) -> Any:
        samplers = self.optuna.samplers
        match name:
            case "optuna_gp":
                return samplers.GPSampler(seed=seed)
            case "optuna_cmaes":
                return samplers.CmaEsSampler(seed=seed)
            case "optuna_nsga2":
                return samplers.NSGAIISampler(seed=seed)
        return samplers.TPESampler(seed=seed, constant_liar=True)  # else trials that run side by side come out alike

    def _distribution(self, domain: Domain) -> Any:
        kinds = self.optuna.distributions
        match domain.kind, domain.of:
            case "uniform", [low, high]:
                return kinds.FloatDistribution(low, high)
            case "loguniform", [low, high]:
                return kinds.FloatDistribution(low, high, log=True)
            case "quniform", [low, high, step]:
                return kinds.FloatDistribution(low, low + math.floor((high - low) / step + 1e-9) * step, step=step)
            case "randint", [low, high]:
                return kinds.IntDistribution(low, high - 1)
        # lists are no category to Optuna, their places are
        return kinds.CategoricalDistribution(range(len(domain.values)))

    def ask(self, number: int) -> ParamValues:
        self.asked[number] = trial = self.study.ask(self.distributions)
        return {name: self._outside(name, value) for name, value in trial.params.items()}

    def tell(self, number: int, params: ParamValues, values: Sequence[float] | None) -> None:
        state = self.optuna.trial.TrialState
        if (trial := self.asked.pop(number, None)) is not None:
            self.study.tell(
                trial, values=None if values is None else list(values), state=None if values is not None else state.FAIL
            )
            return
        inside = {name: self._inside(name, value) for name, value in params.items()}
        about: dict[str, Any] = {"state": state.FAIL} if values is None else {"values": list(values)}
        self.study.add_trial(self.optuna.trial.create_trial(params=inside, distributions=self.distributions, **about))

    def _outside(self, name: str, value: Any) -> Any:
        return self.space[name].values[value] if self.space[name].kind == "choice" else value

    def _inside(self, name: str, value: Any) -> Any:
        return self.space[name].values.index(value) if self.space[name].kind == "choice" else value
