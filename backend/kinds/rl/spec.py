"""The spec of a reinforcement-learning run."""

from typing import Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from backend.catalog.algorithms import ALGORITHMS
from backend.kinds.rl.checks import catalogue_problems, completed, detail
from backend.kinds.rl.options import Checkpoints, Evaluation, Stop, Wrappers
from backend.model.seeds import Seed


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
        description=(
            "The same training is repeated once per seed, since luck differs. One curve proves little; five show a"
            " trend."
        ),
    )
    params: dict[str, Any] = Field(default_factory=dict)
    wrappers: Wrappers = Wrappers()
    evaluation: Evaluation = Evaluation()
    checkpoints: Checkpoints = Checkpoints()
    start_from: str = Field(
        "",
        title="Start from",
        description="A checkpoint of another run, RUN/SEED/ITERATION, that training goes on from.",
    )
    stop: Stop

    @field_validator("seeds")
    @classmethod
    def _distinct(cls, seeds: list[int]) -> list[int]:
        twice = sorted({seed for seed in seeds if seeds.count(seed) > 1})
        if twice:
            raise PydanticCustomError(
                "duplicate", f"each seed may occur once; {', '.join(map(str, twice))} is there twice"
            )
        return seeds

    @model_validator(mode="wrap")
    @classmethod
    def _fits_catalogue(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Checks the spec against the catalogue and fills in defaults; all problems are reported at once."""
        if not isinstance(data, dict):
            return handler(data)
        problems = list(catalogue_problems(data))
        try:
            spec = handler(completed(data) if not problems else data)
        except ValidationError as error:
            own = [detail(problem["loc"], problem["msg"], problem["input"]) for problem in error.errors()]
            raise ValidationError.from_exception_data(cls.__name__, own + problems) from None
        if problems:
            raise ValidationError.from_exception_data(cls.__name__, problems)
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
