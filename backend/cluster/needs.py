"""Whether what a run reserves is there: asked here alone, for forms, launches and drivers."""

from collections.abc import Mapping

from backend.model.work import Needs

SLOT = "raydeck_slot"  # a head that Raydeck started has it; such a one does not grow with what is asked of it
_UNITS = {"CPU": ("CPU", "CPUs", 1.0), "GPU": ("GPU", "GPUs", 1.0), "memory": ("GB of memory", "GB of memory", 1e9)}


def lacking(needs: Needs, there: Mapping[str, float]) -> dict[str, str]:
    """Returns for each field of the spec that asks for more than there is in the whole cluster what there
    is; nothing if all fits."""
    return {
        needs.field_of(
            name
        ): f"a {needs.part} asks for {amount(name, need)}, and the whole cluster has {_number(name, has):.3g}"
        for name, need in needs.amounts.items()
        if need > (has := _has(there, name))
    }


def waits_for(needs: Needs, free: Mapping[str, float]) -> str:
    """Returns what one part waits for as long as only so much is free; empty if it has room."""
    return " and ".join(amount(name, need) for name, need in needs.amounts.items() if need > _has(free, name))


def amount(name: str, value: float) -> str:
    """Returns an amount of a resource in words: 2 CPUs, 1.5 GB of memory."""
    one, many, _ = _UNITS.get(name, (name, name, 1.0))
    return f"{_number(name, value):g} {one if value == 1 else many}"


def _number(name: str, value: float) -> float:
    return value / _UNITS[name][2] if name in _UNITS else value


def _has(there: Mapping[str, float], name: str) -> float:
    """Ray's dashboard writes my_resource as myResource."""
    return next((has for resource, has in there.items() if _bare(resource) == _bare(name)), 0.0)


def _bare(name: str) -> str:
    return name.replace("_", "").casefold()
