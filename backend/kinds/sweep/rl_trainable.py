"""An algorithm of reinforcement learning as what a sweep tunes."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from backend.kinds.rl.options import Stop


class RLTrainable(BaseModel):
    """An algorithm in an environment as what is tuned; the space's parameters are the algorithm's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    algorithm: str = Field(title="Algorithm")
    environment: str = Field(title="Environment")
    environment_options: dict[str, Any] = Field(default_factory=dict)
    params: dict[str, Any] = Field(default_factory=dict)
    stop: Stop
    seeds: int = Field(
        1, ge=1, le=100, title="Seeds", description="Seeds of each configuration; it is judged by their mean."
    )
