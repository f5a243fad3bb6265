"""What a task or a trial may reserve of a cluster."""

from pydantic_core import PydanticCustomError

RAYS_OWN = ("CPU", "GPU", "memory", "object_store_memory")


def without_rays_own(given: dict[str, float]) -> dict[str, float]:
    """Returns custom resources as they are.

    Raises:
        PydanticCustomError: one of them is Ray's own, which has a field of its own.
    """
    if named := [name for name in given if name in RAYS_OWN]:
        raise PydanticCustomError("resources", "{name} has a field of its own", {"name": " and ".join(named)})
    return given
