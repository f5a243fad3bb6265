"""The spec of a sweep: a trainable, a search space, and how it is searched."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ModelWrapValidatorHandler, ValidationError, field_validator, model_validator
from pydantic_core import InitErrorDetails

from backend.catalog.algorithms import ALGORITHMS
from backend.catalog.algorithms.base import PROCESSES
from backend.catalog.lookup import find, title
from backend.catalog.search import SCHEDULERS, SEARCHERS
from backend.catalog.trainables import TRAINABLES
from backend.errors import UnknownWorkload
from backend.kinds.rl import space as rl_space
from backend.kinds.rl.spec import RLSpec, Stop, detail
from backend.kinds.sweep.space import MOST_GRID, Domain, Space, combinations
from backend.model.resources import without_rays_own

Mode = Literal["max", "min"]
MOST_SAMPLES = 100_000
GRID_TO_CONFIRM = 10_000
POPULATIONS = ("pbt", "pb2", "hyperband")  # hold all their trials alive at once


class RLTrainable(BaseModel):
    """An algorithm in an environment as what is tuned; the space's parameters are the algorithm's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    algorithm: str = Field(title="Algorithm")
    environment: str = Field(title="Environment")
    environment_options: dict[str, Any] = Field(default_factory=dict)
    params: dict[str, Any] = Field(default_factory=dict)
    stop: Stop
    seeds: int = Field(1, ge=1, le=100, title="Seeds", description="Seeds of each configuration; it is judged by their mean.")


class SweepSpec(BaseModel):
    """Many trials of one trainable over a search space."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    kind: Literal["sweep"] = "sweep"
    name: str = Field("", max_length=120, title="Name", description="What you will recognise the run by.")
    trainable: str | RLTrainable = Field(
        title="Trainable", description="One of the catalogue, “file:function” of a file in data/workloads, or an RL algorithm."
    )
    metric: str | list[str] = Field("", title="Metric", description="What the trainable reports and the search improves.")
    mode: Mode | list[Mode] = Field("max", title="Mode", description="Whether the highest or the lowest value is the best.")
    space: Space = Field(title="Search space", description="Where each parameter's values come from.")
    samples: int = Field(20, ge=1, le=MOST_SAMPLES, title="Samples", description="Configurations to try; of a grid, all of them.")
    search: str = Field("random", title="Search", description="What proposes configurations.")
    scheduler: str = Field("fifo", title="Scheduler", description="What ends trials early.")
    concurrency: int | None = Field(
        None, ge=1, le=10_000, title="Trials at once", description="As many as there is room for when left out."
    )
    cpus: float = Field(1.0, ge=0, title="CPUs per trial", description="What one trial reserves.")
    gpus: float = Field(0.0, ge=0, title="GPUs per trial", description="What one trial reserves.")
    memory_gb: float | None = Field(None, gt=0, title="Memory per trial (GB)", description="What one trial reserves.")
    resources: dict[str, Annotated[float, Field(ge=0)]] = Field(
        default_factory=dict, title="Resources per trial", description="Custom ones of your cluster."
    )
    max_iterations: int | None = Field(None, ge=1, title="Max iterations", description="Reports after which a trial ends.")
    time_budget_s: float | None = Field(None, gt=0, title="Time budget (s)", description="Seconds after which the sweep ends.")
    target: float | None = Field(None, title="Target value", description="The sweep ends as soon as a trial reaches this.")
    patience: int | None = Field(None, ge=1, title="Patience", description="The sweep ends after so many trials without a better one.")
    repeats: int = Field(
        1, ge=1, le=100, title="Repeats", description="Runs of each configuration, with seeds 1, 2, …; judged by their mean."
    )
    max_failures: int = Field(0, ge=0, le=100, title="Max failures", description="How often a trial that fails is tried again.")
    keep_checkpoints: int = Field(1, ge=1, le=1000, title="Checkpoints kept", description="The latest so many of each trial, and its best.")
    grace: int | None = Field(None, ge=1, title="Grace", description="Iterations each trial gets before a scheduler may end it.")
    reduction: int = Field(4, ge=2, le=100, title="Reduction", description="ASHA, HyperBand: one in so many goes on at each rung.")
    perturb_every: int | None = Field(None, ge=1, title="Perturb every", description="PBT, PB2: iterations between two changes.")
    seed: int = Field(1, ge=0, le=2**31 - 1, title="Search seed", description="The same seed proposes the same configurations.")
    tune_loggers: bool = Field(False, title="Tune's own loggers", description="Also write Tune's CSV, JSON and TensorBoard files; slower.")

    @field_validator("resources")
    @classmethod
    def _custom(cls, given: dict[str, float]) -> dict[str, float]:
        return without_rays_own(given)

    @model_validator(mode="wrap")
    @classmethod
    def _fits_catalogue(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Checks the spec as a whole and fills in what follows from it; all problems are reported at once."""
        if not isinstance(data, dict):
            return handler(data)
        found: list[InitErrorDetails] = []
        try:
            spec = handler(_completed(data))
            found = list(_problems(spec))
        except ValidationError as error:
            told = [detail(loc, each["msg"], each["input"]) for each in error.errors() if (loc := _place(each["loc"], data))]
            found = [*told, *_trainable_problems(data.get("trainable"))]
        if found:
            raise ValidationError.from_exception_data(cls.__name__, found)
        return spec

    @property
    def metrics(self) -> list[str]:
        return [self.metric] if isinstance(self.metric, str) else self.metric

    @property
    def modes(self) -> list[Mode]:
        return self.mode if isinstance(self.mode, list) else [self.mode]

    @property
    def searched(self) -> Space:
        return {name: domain for name, domain in self.space.items() if domain.is_searched}

    @property
    def fixed(self) -> dict[str, Any]:
        return {name: domain.of for name, domain in self.space.items() if not domain.is_searched}

    @property
    def cpus_per_trial(self) -> float:
        """CPUs that one trial takes: what the spec says, or what its RL algorithm needs."""
        return sum(self.processes)

    def reserved(self) -> dict[str, float]:
        """Returns what one trial reserves, by Ray's names."""
        given = {"CPU": self.cpus_per_trial, "GPU": self.gpus, "memory": (self.memory_gb or 0) * 1e9, **self.resources}
        return {name: amount for name, amount in given.items() if amount > 0}

    @property
    def processes(self) -> list[float]:
        """CPUs of each process of a trial, its own first; of an RL algorithm as many as the space allows."""
        if isinstance(self.trainable, str):
            return [self.cpus]
        most = {name: max(_values(self.space[name].of)) for name in PROCESSES if name in self.space}
        return ALGORITHMS[self.trainable.algorithm].cpus({**self.trainable.params, **most})

    @property
    def trials(self) -> int:
        """Trials in all: each configuration as often as it is repeated."""
        return self.samples * self.repeats

    @property
    def seeds(self) -> list[int]:
        """A sweep begins without trials; the search makes them."""
        return []

    def rl(self, params: dict[str, Any], seeds: list[int]) -> RLSpec:
        """Returns the reinforcement-learning run that one configuration is."""
        if isinstance(self.trainable, str):
            raise TypeError("not a sweep over an RL algorithm")
        given = self.trainable.model_dump(exclude_none=True) | {"seeds": seeds, "kind": "rl", "name": self.name}
        return RLSpec.model_validate({**given, "params": {**self.trainable.params, **params}})


def _values(of: Any) -> list[float]:
    return [float(each) for each in (of if isinstance(of, list | tuple) else [of])]


def _place(loc: tuple[int | str, ...], data: dict[str, Any]) -> tuple[int | str, ...]:
    """Returns where a problem is; nowhere if the union of text and mapping, or the RL spec's own check, tells it better."""
    if loc[0] in ("metric", "mode") and len(loc) > 1:
        is_list = isinstance(data.get(loc[0]), list)
        return (loc[0], *loc[2:]) if str(loc[1]).startswith("list") is is_list else ()
    if loc[:1] != ("trainable",) or len(loc) < 2:
        return loc
    is_rl = isinstance(data.get("trainable"), dict)
    if loc[1] != ("RLTrainable" if is_rl else "str"):
        return ()
    return ("trainable", *loc[2:]) if not is_rl or loc[2:3] == ("seeds",) else ()


def _completed(data: dict[str, Any]) -> dict[str, Any]:
    """Returns the data with what follows from the trainable and the space written out."""
    trainable = data.get("trainable")
    known = TRAINABLES.get(trainable) if isinstance(trainable, str) else None
    more: dict[str, Any] = {}
    if known:
        more |= {"metric": known.metric} | ({"mode": known.mode} if data.get("metric") in (None, "", known.metric) else {})
        more |= {"name": known.id, "max_iterations": known.iterations if known.iterations > 1 else None}
    elif isinstance(trainable, dict):
        more = {"metric": "return_mean", "mode": "max", "name": f"{trainable.get('algorithm')}-{trainable.get('environment')}"}
        trainable, more["repeats"] = _rl_completed(trainable, data.get("repeats"))
    elif isinstance(trainable, str):
        more = {"name": trainable}
    given = {name: value for name, value in data.items() if value is not None and (value != "" or name not in more)}
    whole = {**more, **given, **({} if trainable is None else {"trainable": trainable})}
    if isinstance(whole.get("metric"), list) and isinstance(mode := whole.get("mode", "max"), str):
        whole["mode"] = [mode] * len(whole["metric"])
    if "repeats" in more and data.get("repeats") in (None, 1):
        whole["repeats"] = more["repeats"]
    if whole.get("search") == "grid":
        whole["samples"] = _grid_size(whole.get("space")) or whole.get("samples", 1)
    return whole


def _rl_completed(trainable: dict[str, Any], repeats: Any) -> tuple[dict[str, Any], Any]:
    """Returns an RL trainable with its defaults written out, and its seeds, which are the sweep's repeats."""
    seeds = (repeats or 1) if trainable.get("seeds") is None else trainable["seeds"]
    try:
        spec = RLSpec.model_validate({key: value for key, value in trainable.items() if key != "seeds"} | {"seeds": [1]})
    except ValidationError:
        return {**trainable, "seeds": seeds}, seeds
    content = spec.model_dump(exclude_none=True)
    return {name: content[name] for name in RLTrainable.model_fields if name in content} | {"seeds": seeds}, seeds


def _grid_size(space: Any) -> int | None:
    try:
        return min(MOST_GRID, combinations({name: Domain.model_validate(given) for name, given in space.items()}))
    except (ValidationError, AttributeError, TypeError):
        return None


def _trainable_problems(trainable: Any) -> Iterator[InitErrorDetails]:
    if isinstance(trainable, str) and ":" not in trainable:
        try:
            find("trainable", trainable, TRAINABLES)
        except UnknownWorkload as error:
            yield detail(("trainable",), str(error), trainable)
    elif isinstance(trainable, dict):
        try:
            RLSpec.model_validate({key: value for key, value in trainable.items() if key != "seeds"} | {"seeds": [1]})
        except ValidationError as error:
            for problem in error.errors():
                yield detail(("trainable", *problem["loc"]), problem["msg"], problem["input"])


def _problems(spec: SweepSpec) -> Iterator[InitErrorDetails]:
    given = spec.trainable
    unknown = list(_trainable_problems(given if isinstance(given, str) else given.model_dump(exclude_none=True)))
    yield from unknown or _metric_problems(spec)
    yield from _search_problems(spec)
    if isinstance(given, RLTrainable):
        yield from rl_space.problems(given.algorithm, spec.space)
    if isinstance(given, RLTrainable):
        for field in ("gpus", "memory_gb", "resources"):
            if value := getattr(spec, field):
                yield detail((field,), "a trial of reinforcement learning reserves the CPUs its algorithm needs, and nothing else", value)
    if not all(name.strip() for name in spec.space):
        yield detail(("space",), "each parameter needs a name", spec.space)
    if isinstance(given, RLTrainable) and spec.repeats != given.seeds:
        yield detail(("repeats",), f"the trainable says {given.seeds} seeds, which are its repeats: change those", spec.repeats)
    if spec.repeats > 1 and "seed" in spec.space:
        yield detail(("space", "seed"), "the repeats have seeds of their own: leave it out", None)
    if not spec.space:
        yield detail(("space",), "has no parameter", spec.space)
    elif not spec.searched and spec.samples > 1:
        yield detail(("samples",), "every parameter is fixed, so all samples would be the same: take 1, and repeats", spec.samples)
    if spec.scheduler in POPULATIONS and spec.concurrency is not None:
        yield detail(
            ("concurrency",), f"{title(spec.scheduler, SCHEDULERS)} keeps all its trials alive: set CPUs per trial", spec.concurrency
        )
    if spec.scheduler != "fifo" and spec.scheduler in SCHEDULERS and spec.max_iterations is None and isinstance(spec.trainable, str):
        yield detail(("max_iterations",), f"{spec.scheduler} needs to know how many iterations a whole trial has", None)


def _metric_problems(spec: SweepSpec) -> Iterator[InitErrorDetails]:
    if not all(spec.metrics) or not spec.metrics:
        yield detail(("metric",), "say what the trainable reports that is to be improved", spec.metric)
    if len(set(spec.metrics)) < len(spec.metrics):
        yield detail(("metric",), "each objective may occur once", spec.metric)
    if len(spec.metrics) != len(spec.modes):
        yield detail(("mode",), f"there are {len(spec.metrics)} objectives and {len(spec.modes)} modes", spec.mode)
    known = TRAINABLES.get(spec.trainable) if isinstance(spec.trainable, str) else None
    if known and (odd := [each for each in spec.metrics if each and each not in known.metrics]):
        yield detail(("metric",), f"{known.id} does not report “{odd[0]}”; it reports {', '.join(known.metrics)}", spec.metric)


def _search_problems(spec: SweepSpec) -> Iterator[InitErrorDetails]:
    kinds = [domain.kind for domain in spec.searched.values()]
    try:
        if why := find("search", spec.search, SEARCHERS).why_not(kinds, len(spec.metrics)):
            yield detail(("search",), why, spec.search)
    except UnknownWorkload as error:
        yield detail(("search",), str(error), spec.search)
    try:
        scheduler = find("scheduler", spec.scheduler, SCHEDULERS)
    except UnknownWorkload as error:
        yield detail(("scheduler",), str(error), spec.scheduler)
        return
    about: dict[str, Any] = {"objectives": len(spec.metrics), "repeats": spec.repeats, "is_rl": isinstance(spec.trainable, RLTrainable)}
    if why := scheduler.why_not(search=spec.search, kinds=kinds, checkpoints=checkpoints(spec), **about):
        yield detail(("scheduler",), why, spec.scheduler)


def checkpoints(spec: SweepSpec) -> bool:
    """Returns whether a trial can go on from where it was; of the user's own code that is seen when it is read."""
    if isinstance(spec.trainable, str):
        known = TRAINABLES.get(spec.trainable)
        return known.checkpoints if known else True
    return True
