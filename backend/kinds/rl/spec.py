"""The spec of a reinforcement-learning run."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ModelWrapValidatorHandler, ValidationError, field_validator, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from backend.catalog.algorithms import ALGORITHMS, Algorithm
from backend.catalog.environments import ENVIRONMENTS, Environment, unavailable
from backend.catalog.lookup import find
from backend.catalog.own_environments import is_own
from backend.errors import UnknownWorkload
from backend.model.seeds import Seed

Entry = TypeVar("Entry")


class Stop(BaseModel):
    """When a seed ends: as soon as one criterion is met. The keys are metric keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    episodes: int | None = Field(None, gt=0, title="Episodes", description="An episode is one game, from reset to end.")
    env_steps: int | None = Field(None, gt=0, title="Env steps", description="Actions taken in the environment, per seed.")
    iteration: int | None = Field(None, gt=0, title="Iterations", description="Reports of the algorithm, per seed.")
    return_mean: float | None = Field(
        None, title="Stop at reward", description="End a seed as soon as its mean episode return reaches this."
    )
    time_s: float | None = Field(None, gt=0, title="Time limit (s)", description="Training time per seed, in seconds.")

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if self.episodes is self.env_steps is self.iteration is self.time_s is None:
            raise PydanticCustomError("endless", "set episodes, env_steps, iteration or time_s, or the run would never end")
        return self

    def criteria(self) -> dict[str, float]:
        """Returns the criteria that are set, by metric key."""
        return self.model_dump(exclude_none=True)


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Evaluation(Part):
    """How often an agent is tested, apart from its training."""

    every: int = Field(
        10, ge=0, title="Evaluate every (iterations)", description="Iterations between two evaluations, without exploring. 0: never."
    )
    episodes: int = Field(10, ge=1, le=10_000, title="Episodes per evaluation", description="Played at each one, on seeds of their own.")


class Checkpoints(Part):
    """Which checkpoints are kept, beside the newest and the best by evaluation."""

    every: int = Field(10, ge=0, title="Checkpoint every (iterations)", description="Iterations between two kept ones. 0: none are.")
    keep: int = Field(10, ge=1, le=1000, title="Keep", description="How many of them a seed keeps, the newest ones.")


class Wrappers(Part):
    """What stands between an agent and its environment."""

    time_limit: int | None = Field(
        None, ge=1, title="Time limit (env steps)", description="Ends an episode after so many env steps; the environment's own if empty."
    )
    frame_stack: int = Field(1, ge=1, le=64, title="Frame stack", description="How many of the last observations the agent sees at once.")
    normalize_observation: bool = Field(
        False, title="Normalise observations", description="Shifts and scales what the agent sees to mean 0 and variance 1, as it learns."
    )
    normalize_reward: bool = Field(
        False, title="Normalise rewards", description="Scales rewards in training to a variance of 1; what is recorded stays as it is."
    )

    def used(self) -> list[str]:
        """Returns the names of the wrappers that change anything."""
        return [name for name, field in type(self).model_fields.items() if getattr(self, name) != field.default]


class RLSpec(BaseModel):
    """One algorithm in one environment, over one or more seeds; each seed is a trial."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["rl"] = "rl"
    name: str = Field("", max_length=120, title="Name", description="What you will recognise the run by.")
    algorithm: str = Field(title="Algorithm", description="How the agent learns.")
    environment: str = Field(title="Environment", description="The world the agent acts in.")
    environment_options: dict[str, Any] = Field(default_factory=dict)
    seeds: list[Seed] = Field(
        default=[1],
        min_length=1,
        max_length=100,
        title="Seeds",
        description="The same training is repeated once per seed, since luck differs. One curve proves little; five show a trend.",
    )
    params: dict[str, Any] = Field(default_factory=dict)
    wrappers: Wrappers = Wrappers()
    evaluation: Evaluation = Evaluation()
    checkpoints: Checkpoints = Checkpoints()
    start_from: str = Field(
        "", title="Start from", description="A checkpoint of another run, RUN/SEED/ITERATION, that training goes on from."
    )
    stop: Stop

    @field_validator("seeds")
    @classmethod
    def _distinct(cls, seeds: list[int]) -> list[int]:
        twice = sorted({seed for seed in seeds if seeds.count(seed) > 1})
        if twice:
            raise PydanticCustomError("duplicate", f"each seed may occur once; {', '.join(map(str, twice))} is there twice")
        return seeds

    @model_validator(mode="wrap")
    @classmethod
    def _fits_catalogue(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Checks the spec against the catalogue and fills in defaults; all problems are reported at once."""
        if not isinstance(data, dict):
            return handler(data)
        found = list(_catalogue_problems(data))
        try:
            spec = handler(_completed(data) if not found else data)
        except ValidationError as error:
            own = [detail(problem["loc"], problem["msg"], problem["input"]) for problem in error.errors()]
            raise ValidationError.from_exception_data(cls.__name__, own + found) from None
        if found:
            raise ValidationError.from_exception_data(cls.__name__, found)
        return spec

    @property
    def processes(self) -> list[float]:
        """CPUs of each process of one seed, its own first."""
        return ALGORITHMS[self.algorithm].cpus(self.params)

    @property
    def cpus_per_trial(self) -> float:
        return sum(self.processes)

    @property
    def gpus(self) -> float:
        """GPUs of one seed."""
        return ALGORITHMS[self.algorithm].gpus(self.params)


def detail(loc: tuple[int | str, ...], message: str, given: Any) -> InitErrorDetails:
    """Returns one problem of a spec for pydantic's own error."""
    # Braces would be read as placeholders of the message template.
    safe = message.replace("{", "(").replace("}", ")")
    return InitErrorDetails(type=PydanticCustomError("problem", safe), loc=loc, input=given)


def _looked_up(what: str, data: dict[str, Any], table: Mapping[str, Entry]) -> tuple[Entry | None, list[InitErrorDetails]]:
    name = data.get(what)
    if not isinstance(name, str):
        return None, []  # missing or of a wrong type: the field itself says so
    try:
        return find(what, name, table), []
    except UnknownWorkload as error:
        return None, [detail((what,), str(error), name)]


def _catalogue_problems(data: dict[str, Any]) -> Iterator[InitErrorDetails]:
    algorithm, unknown = _looked_up("algorithm", data, ALGORITHMS)
    yield from unknown
    environment, unknown = _environment(data)
    yield from unknown
    if algorithm and environment and (why := algorithm.why_not(environment)):
        yield detail(("environment",), why, environment.id)
    yield from _part_problems("params", data, algorithm.params if algorithm else None)
    yield from _wrapper_problems(data, algorithm)
    given = data.get("wrappers")
    if environment and isinstance(given, dict) and (why := cannot_normalise(environment, given)):
        yield detail(("wrappers", "normalize_observation"), why, True)
    yield from _part_problems("environment_options", data, environment.options if environment else None)


def _environment(data: dict[str, Any]) -> tuple[Environment | None, list[InitErrorDetails]]:
    """Returns the environment that is meant. The user's own is looked at when a run starts: it may have changed since this one's."""
    name = data.get("environment")
    if is_own(name):
        return None, []
    if isinstance(name, str) and name not in ENVIRONMENTS and (known := unavailable(name)):
        return None, [detail(("environment",), known.told, name)]
    return _looked_up("environment", data, ENVIRONMENTS)


def cannot_normalise(environment: Environment, wrappers: Mapping[str, Any]) -> str:
    """Returns why observations cannot be normalised, if they are to be: numbers of states have no mean; stacked, they are vectors."""
    if environment.observation != "discrete" or not wrappers.get("normalize_observation") or wrappers.get("frame_stack", 1) != 1:
        return ""
    return f"{environment.id} has discrete observations, and numbers of states have neither mean nor variance: leave it off"


def _wrapper_problems(data: dict[str, Any], algorithm: Algorithm | None) -> Iterator[InitErrorDetails]:
    given = data.get("wrappers")
    if algorithm is None or not isinstance(given, dict):
        return
    for name, value in given.items():
        if name in Wrappers.model_fields and name not in algorithm.wrappers and value != Wrappers.model_fields[name].default:
            can = ", ".join(sorted(algorithm.wrappers)) or "none"
            yield detail(("wrappers", name), f"{algorithm.title} does not bear this wrapper here; it bears {can}", value)


def _part_problems(part: str, data: dict[str, Any], model: type[BaseModel] | None) -> Iterator[InitErrorDetails]:
    given = data.get(part) or {}
    if model is None or not isinstance(given, dict):
        return
    try:
        model.model_validate(given)
    except ValidationError as error:
        for problem in error.errors():
            message = problem["msg"]
            if problem["type"] == "extra_forbidden":
                message = f"there is no such setting; there is {', '.join(model.model_fields) or 'none'}"
            yield detail((part, *problem["loc"]), message, problem["input"])


def _completed(data: dict[str, Any]) -> dict[str, Any]:
    """Returns a sound spec with every default written out, so that it runs the same in a later version."""
    algorithm, name = ALGORITHMS.get(str(data.get("algorithm"))), str(data.get("environment"))
    environment = None if is_own(name) else ENVIRONMENTS.get(name)
    if algorithm is None or (environment is None and not is_own(name)):
        return data
    options = _with_defaults(environment.options, data.get("environment_options")) if environment else data.get("environment_options")
    return {
        **data,
        "name": data.get("name") or f"{algorithm.id}-{name.replace(':', '.') if environment is None else name}"[:120],
        "params": _with_defaults(algorithm.params, data.get("params"), algorithm.defaults(name)),
        "environment_options": options or {},
        "evaluation": _evaluation(algorithm, name, data.get("evaluation")),
    }


def _evaluation(algorithm: Algorithm, environment: str, given: Any) -> Any:
    if given is not None and not isinstance(given, dict):
        return given  # the field's own type check refuses it
    return algorithm.evaluation(environment) | (given or {})


def _with_defaults(model: type[BaseModel], given: Any, defaults: Mapping[str, Any] | None = None) -> Any:
    if given is not None and not isinstance(given, dict):
        return given  # the field's own type check refuses it
    return model.model_validate({**(defaults or {}), **(given or {})}).model_dump()
