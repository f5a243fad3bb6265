"""What a task or a trial may reserve of a cluster."""

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, field_validator
from pydantic_core import PydanticCustomError

RAYS_OWN = ("CPU", "GPU", "memory", "object_store_memory")
Amounts = dict[str, Annotated[FiniteFloat, Field(ge=0)]]


class Reserving(BaseModel):
    """A spec whose parts, tasks or trials, each reserve something.

    Its fields stand in each such spec, in its own words and at their place in its YAML: those of a base would lead it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    if TYPE_CHECKING:
        memory_gb: float | None
        resources: Amounts

    @field_validator("resources", check_fields=False)
    @classmethod
    def _without_rays_own(cls, amounts: Amounts) -> Amounts:
        if named := [name for name in amounts if name in RAYS_OWN]:
            raise PydanticCustomError("resources", "{name} has a field of its own", {"name": " and ".join(named)})
        return amounts

    def reserved_with(self, cpus: float, gpus: float) -> dict[str, float]:
        """Returns what one part reserves that takes so many CPUs and GPUs, by Ray's names; memory in bytes."""
        amounts = {"CPU": cpus, "GPU": gpus, "memory": (self.memory_gb or 0) * 1e9, **self.resources}
        return {name: amount for name, amount in amounts.items() if amount > 0}
