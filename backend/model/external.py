"""The spec of a run that somebody's own script does, and Raydeck only records."""

import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from backend.model.seeds import Seed


class ExternalSpec(BaseModel):
    """What a script says of itself. It cannot be launched: the script is not ours."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["external"] = "external"
    name: str = Field(min_length=1, max_length=120, title="Name", description="What you will recognise the run by.")
    seed: Seed | None = Field(
        None, title="Seed", description="Runs that differ only in it are repetitions of each other."
    )
    params: dict[str, Any] = Field(default_factory=dict, title="Params", description="What the script ran with.")

    @field_validator("params", mode="before")
    @classmethod
    def _plain(cls, params: Any) -> Any:
        """Turns NumPy and torch scalars into numbers and whatever JSON has no word for into text."""
        try:
            return json.loads(json.dumps(params, default=_plainly), parse_constant=str)
        except (TypeError, ValueError, RecursionError) as error:
            raise PydanticCustomError("params", "cannot be stored: {why}", {"why": str(error)}) from None


def _plainly(value: Any) -> Any:
    if hasattr(value, "tolist"):  # NumPy's and torch's scalars and arrays
        return value.tolist()
    return getattr(value, "__qualname__", None) or str(value)
