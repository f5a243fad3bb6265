"""How a sweep searches: what proposes configurations, and what ends trials early."""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec

RANGES = frozenset({"uniform", "loguniform", "quniform", "qloguniform", "randint", "lograndint", "qrandint", "randn"})
FLOATS = frozenset({"uniform", "loguniform"})
ANY = RANGES | {"choice"}


@dataclass(frozen=True, kw_only=True)
class Searcher:
    """One search algorithm: `when` says when to use it, `domains` are the kinds of parameters it can search."""

    id: str
    title: str
    when: str
    source: str
    package: str = ""  # that must be installed
    domains: frozenset[str] = ANY
    several: bool = False  # objectives
    least: int = 1  # searched parameters

    @property
    def is_installed(self) -> bool:
        return not self.package or find_spec(self.package) is not None

    def why_not(self, kinds: Iterable[str], objectives: int = 1) -> str:
        """Returns what keeps it from searching parameters of these kinds (without fixed ones), or an empty string."""
        searched = list(kinds)
        if not self.is_installed:
            return f"{self.title} needs the package {self.package}, which is not installed."
        if objectives > 1 and not self.several:
            return (
                f"{self.title} takes one objective; several go with"
                f" {_titles(each for each in SEARCHERS.values() if each.several)}."
            )
        if odd := sorted(set(searched) - self.domains):
            reason = f"{self.title} cannot search {', '.join(odd)}; it takes {', '.join(sorted(self.domains))}."
            return f"{reason} {_INSTEAD.get(odd[0], '')}".strip()
        if len(searched) < self.least:
            return f"{self.title} needs at least {self.least} searched parameters."
        return ""


_INSTEAD = {
    "grid": "For single values take choice.",
    "uniform": "Give single values, by choice or grid.",
    "choice": "Random, Optuna's TPE and HyperOpt search choices.",
}


def _titles(each: Iterable["Searcher | Scheduler"]) -> str:
    return " or ".join(one.title for one in each)


_SEARCHERS = (
    Searcher(
        id="random", title="Random", least=0, source="https://jmlr.org/papers/v13/bergstra12a.html",
        when="The fair baseline. Good with few trials, many parameters, or all CPUs busy at once.",
    ),
    Searcher(
        id="grid", title="Grid", domains=frozenset({"choice", "grid"}), source="https://docs.ray.io/en/latest/tune/",
        when="Each combination of the given values once. For one or two parameters that you want to see whole.",
    ),
    Searcher(
        id="optuna", title="Optuna TPE", package="optuna", several=True, source="https://arxiv.org/abs/2304.11127",
        when="Learns from what was tried. The usual first choice from about 20 trials on; takes every kind of "
        "parameter.",
    ),
    Searcher(
        id="optuna_gp", title="Optuna GP", package="optuna", source="https://arxiv.org/abs/1807.02811",
        when="A Gaussian process: the fewest trials where each is expensive, up to about 20 parameters and a few "
        "hundred trials.",
    ),
    Searcher(
        id="optuna_cmaes", title="Optuna CMA-ES", package="cmaes", domains=RANGES, least=2,
        source="https://arxiv.org/abs/1604.00772",
        when="An evolution strategy for number ranges that depend on each other; wants some hundred trials.",
    ),
    Searcher(
        id="optuna_nsga2", title="Optuna NSGA-II", package="optuna", several=True,
        source="https://doi.org/10.1109/4235.996017",
        when="Evolution for several objectives at once: finds the front of best compromises; wants some hundred "
        "trials.",
    ),
    Searcher(
        id="hyperopt", title="HyperOpt TPE", package="hyperopt",
        source="https://proceedings.mlr.press/v28/bergstra13.html",
        when="The first TPE. Much like Optuna's; for comparing with older work.",
    ),
    Searcher(
        id="nevergrad", title="Nevergrad", package="nevergrad", source="https://facebookresearch.github.io/nevergrad/",
        when="Differential evolution: many trials side by side, robust against noise; wants some hundred trials.",
    ),
    Searcher(
        id="bayesopt", title="BayesOpt", package="bayes_opt", domains=FLOATS, source="https://arxiv.org/abs/1012.2599",
        when="A Gaussian process for a handful of float ranges. A log range is searched by its exponent.",
    ),
)  # fmt: skip

SEARCHERS: dict[str, Searcher] = {each.id: each for each in _SEARCHERS}


@dataclass(frozen=True, kw_only=True)
class Scheduler:
    """One scheduler: which running trials go on."""

    id: str
    title: str
    when: str
    source: str = ""
    needs_checkpoints: bool = False
    is_population: bool = False  # it makes configurations itself, from those of better trials
    floats_only: bool = False

    def why_not(
        self,
        *,
        search: str,
        kinds: Iterable[str],
        checkpoints: bool,
        objectives: int = 1,
        repeats: int = 1,
        is_rl: bool = False,
    ) -> str:
        """Returns what keeps it from going with the rest of a spec, or an empty string."""
        if self.id == "fifo":
            return ""
        if objectives > 1:
            return f"{self.title} judges trials by one objective; several go with FIFO."
        if repeats > 1:
            return f"{self.title} would end single repeats of a configuration; repeats go with FIFO."
        # their settings lie deep in a trial's config, and a learner that is built keeps its own
        if self.is_population and is_rl:
            return (
                f"{self.title} changes settings in the middle of a trial, which a reinforcement-learning algorithm does"
                " not take over."
            )
        if self.needs_checkpoints and not checkpoints:
            return f"{self.title} pauses trials and lets them go on, so it needs a trainable that reports checkpoints."
        if self.is_population and search != "random":
            return (
                f"{self.title} takes no search algorithm: it changes the parameters of its trials itself. Choose"
                " random."
            )
        searched = set(kinds)
        if self.is_population and not searched:
            return f"{self.title} changes the parameters that are searched, and none is."
        if self.floats_only and not (searched <= FLOATS | {"quniform"}):
            return f"{self.title} changes float ranges only: uniform, loguniform or quniform."
        return ""


_SCHEDULERS = (
    Scheduler(id="fifo", title="FIFO",
    when="Every trial runs to its end. For short trials, repeats and several objectives."),
    Scheduler(
        id="asha", title="ASHA", source="https://arxiv.org/abs/1810.05934",
        when="Ends the worse trials early and often, without waiting for others. The first choice for trials that "
        "report many times.",
    ),
    Scheduler(
        id="hyperband", title="HyperBand", source="https://jmlr.org/papers/v18/16-558.html", needs_checkpoints=True,
        when="Compares trials in rounds of the same length; pauses all of a round until the last has come so far.",
    ),
    Scheduler(
        id="median", title="Median stopping", source="https://research.google/pubs/pub46180/",
        when="Ends a trial whose best is below the median of the others' means at that time. Gentler than ASHA.",
    ),
    Scheduler(
        id="pbt", title="PBT", source="https://arxiv.org/abs/1711.09846", needs_checkpoints=True, is_population=True,
        when="A population: from time to time the worst copy the best and change their parameters. Finds schedules, "
        "not constants.",
    ),
    Scheduler(
        id="pb2", title="PB2", source="https://arxiv.org/abs/2002.02518", needs_checkpoints=True, is_population=True,
        floats_only=True,
        when="PBT with a Gaussian process that chooses the changes; for small populations.",
    ),
)  # fmt: skip

SCHEDULERS: dict[str, Scheduler] = {each.id: each for each in _SCHEDULERS}
