"""The spec of a sweep: a trainable, a search space, and how it is searched."""

from typing import Any, Literal, Self

from pydantic import ConfigDict, Field, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import InitErrorDetails

from backend.catalog.algorithms import ALGORITHMS
from backend.catalog.algorithms.base import PROCESSES
from backend.kinds.rl.checks import detail
from backend.kinds.rl.spec import RLSpec
from backend.kinds.sweep.checks import completed, numbers_of, problems_of, trainable_problems, where
from backend.kinds.sweep.rl_trainable import RLTrainable
from backend.kinds.sweep.space import Space
from backend.model import Mode
from backend.model.resources import Amounts, Reserving
from backend.model.seeds import MAX_SEED

MOST_SAMPLES = 100_000
GRID_TO_CONFIRM = 10_000


class SweepSpec(Reserving):
    """Many trials of one trainable over a search space."""

    model_config = ConfigDict(allow_inf_nan=False)

    kind: Literal["sweep"] = "sweep"
    name: str = Field("", max_length=120, title="Name", description="What you will recognise the run by.")
    trainable: str | RLTrainable = Field(
        title="Trainable",
        description="One of the catalogue, “file:function” of a file in data/workloads, or an RL algorithm.",
    )
    metric: str | list[str] = Field(
        "", title="Metric", description="What the trainable reports and the search improves."
    )
    mode: Mode | list[Mode] = Field(
        "max", title="Mode", description="Whether the highest or the lowest value is the best."
    )
    space: Space = Field(title="Search space", description="Where each parameter's values come from.")
    samples: int = Field(
        20, ge=1, le=MOST_SAMPLES, title="Samples", description="Configurations to try; of a grid, all of them."
    )
    search: str = Field("random", title="Search", description="What proposes configurations.")
    scheduler: str = Field("fifo", title="Scheduler", description="What ends trials early.")
    concurrency: int | None = Field(
        None, ge=1, le=10_000, title="Trials at once", description="As many as there is room for when left out."
    )
    cpus: float = Field(1.0, ge=0, title="CPUs per trial", description="What one trial reserves.")
    gpus: float = Field(0.0, ge=0, title="GPUs per trial", description="What one trial reserves.")
    memory_gb: float | None = Field(None, gt=0, title="Memory per trial (GB)", description="What one trial reserves.")
    resources: Amounts = Field(
        default_factory=dict, title="Resources per trial", description="Custom ones of your cluster."
    )
    max_iterations: int | None = Field(
        None, ge=1, title="Max iterations", description="Reports after which a trial ends."
    )
    time_budget_s: float | None = Field(
        None, gt=0, title="Time budget (s)", description="Seconds after which the sweep ends."
    )
    target: float | None = Field(
        None, title="Target value", description="The sweep ends as soon as a trial reaches this."
    )
    patience: int | None = Field(
        None, ge=1, title="Patience", description="The sweep ends after so many trials without a better one."
    )
    repeats: int = Field(
        1,
        ge=1,
        le=100,
        title="Repeats",
        description="Runs of each configuration, with seeds 1, 2, …; judged by their mean.",
    )
    first_seed: int | None = Field(
        None,
        ge=0,
        le=MAX_SEED - 100,
        title="First seed",
        description="Of the repeats; the others follow it. 1 if empty.",
    )
    max_failures: int = Field(
        0, ge=0, le=100, title="Max failures", description="How often a trial that fails is tried again."
    )
    keep_checkpoints: int = Field(
        1, ge=1, le=1000, title="Checkpoints kept", description="The latest so many of each trial, and its best."
    )
    grace: int | None = Field(
        None, ge=1, title="Grace", description="Iterations each trial gets before a scheduler may end it."
    )
    reduction: int = Field(
        4, ge=2, le=100, title="Reduction", description="ASHA, HyperBand: one in so many goes on at each rung."
    )
    perturb_every: int | None = Field(
        None, ge=1, title="Perturb every", description="PBT, PB2: iterations between two changes."
    )
    seed: int = Field(
        1, ge=0, le=2**31 - 1, title="Search seed", description="The same seed proposes the same configurations."
    )
    tune_loggers: bool = Field(
        False, title="Tune's own loggers", description="Also write Tune's CSV, JSON and TensorBoard files; slower."
    )

    @model_validator(mode="wrap")
    @classmethod
    def _fits_catalogue(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Checks the spec as a whole and fills in what follows from it; all problems are reported at once."""
        if not isinstance(data, dict):
            return handler(data)
        problems: list[InitErrorDetails] = []
        try:
            spec = handler(completed(data))
            problems = list(problems_of(spec))
        except ValidationError as error:
            field_problems = [
                detail(loc, each["msg"], each["input"]) for each in error.errors() if (loc := where(each["loc"], data))
            ]
            problems = [*field_problems, *trainable_problems(data.get("trainable"))]
        if problems:
            raise ValidationError.from_exception_data(cls.__name__, problems)
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
        return self.reserved_with(self.cpus_per_trial, self.gpus)

    @property
    def processes(self) -> list[float]:
        """CPUs of each process of a trial, its own first; of an RL algorithm as many as the space allows."""
        if isinstance(self.trainable, str):
            return [self.cpus]
        most = {name: max(numbers_of(self.space[name].of)) for name in PROCESSES if name in self.space}
        return ALGORITHMS[self.trainable.algorithm].cpus({**self.trainable.params, **most})

    @property
    def trials(self) -> int:
        """Trials in all: each configuration as often as it is repeated."""
        return self.samples * self.repeats

    @property
    def seeds(self) -> list[int]:
        """A sweep begins without trials; the search makes them."""
        return []

    def seed_of(self, repeat: int) -> int | None:
        """Returns the seed of a repeat, from 0; None where a trainable gets none."""
        gets_one = self.repeats > 1 or self.first_seed is not None or not isinstance(self.trainable, str)
        return (1 if self.first_seed is None else self.first_seed) + repeat if gets_one else None

    def rl(self, params: dict[str, Any], seeds: list[int]) -> RLSpec:
        """Returns the reinforcement-learning run that one configuration is."""
        if isinstance(self.trainable, str):
            raise TypeError("not a sweep over an RL algorithm")
        fields = self.trainable.model_dump(exclude_none=True) | {"seeds": seeds, "kind": "rl", "name": self.name}
        return RLSpec.model_validate({**fields, "params": {**self.trainable.params, **params}})
