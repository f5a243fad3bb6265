"""What a spec of reinforcement learning consists of: when a seed ends, how it is tested, what is kept and wrapped."""

from typing import Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    model_validator,
)
from pydantic_core import PydanticCustomError


class Stop(BaseModel):
    """When a seed ends: as soon as one criterion is met. The keys are metric keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    episodes: int | None = Field(None, gt=0, title="Episodes", description="An episode is one game, from reset to end.")
    env_steps: int | None = Field(
        None, gt=0, title="Env steps", description="Actions taken in the environment, per seed."
    )
    iteration: int | None = Field(None, gt=0, title="Iterations", description="Reports of the algorithm, per seed.")
    return_mean: float | None = Field(
        None, title="Stop at reward", description="End a seed as soon as its mean episode return reaches this."
    )
    time_s: float | None = Field(None, gt=0, title="Time limit (s)", description="Training time per seed, in seconds.")

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if self.episodes is self.env_steps is self.iteration is self.time_s is None:
            raise PydanticCustomError(
                "endless", "set episodes, env_steps, iteration or time_s, or the run would never end"
            )
        return self

    def criteria(self) -> dict[str, float]:
        """Returns the criteria that are set, by metric key."""
        return self.model_dump(exclude_none=True)


class Options(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Evaluation(Options):
    """How often an agent is tested, apart from its training."""

    every: int = Field(
        10,
        ge=0,
        title="Evaluate every (iterations)",
        description="Iterations between two evaluations, without exploring. 0: never.",
    )
    episodes: int = Field(
        10, ge=1, le=10_000, title="Episodes per evaluation", description="Played at each one, on seeds of their own."
    )
    held_out: int = Field(
        50,
        ge=0,
        le=10_000,
        title="Held-out episodes",
        description="Fresh episodes that the best and the last agent of each seed play at the end: what to report.",
    )


class Checkpoints(Options):
    """Which checkpoints are kept, beside the newest and the best by evaluation."""

    every: int = Field(
        10, ge=0, title="Checkpoint every (iterations)", description="Iterations between two kept ones. 0: none are."
    )
    keep: int = Field(10, ge=1, le=1000, title="Keep", description="How many of them a seed keeps, the newest ones.")


class Wrappers(Options):
    """What stands between an agent and its environment."""

    time_limit: int | None = Field(
        None,
        ge=1,
        title="Time limit (env steps)",
        description="Ends an episode after so many env steps; the environment's own if empty.",
    )
    frame_stack: int = Field(
        1, ge=1, le=64, title="Frame stack", description="How many of the last observations the agent sees at once."
    )
    normalize_observation: bool = Field(
        False,
        title="Normalise observations",
        description="Shifts and scales what the agent sees to mean 0 and variance 1, as it learns.",
    )
    normalize_reward: bool = Field(
        False,
        title="Normalise rewards",
        description="Scales rewards in training to a variance of 1; what is recorded stays as it is.",
    )

    def used(self) -> list[str]:
        """Returns the names of the wrappers that change anything."""
        return [name for name, field in type(self).model_fields.items() if getattr(self, name) != field.default]
