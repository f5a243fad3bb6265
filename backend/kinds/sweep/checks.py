"""What must be true of a sweep's spec beyond its fields, and what it is completed with."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from pydantic_core import InitErrorDetails

from backend.catalog.lookup import find, title
from backend.catalog.search import SCHEDULERS, SEARCHERS
from backend.catalog.trainables import TRAINABLES
from backend.errors import UnknownWorkload
from backend.kinds.rl import space as rl_space
from backend.kinds.rl.checks import detail
from backend.kinds.rl.spec import RLSpec
from backend.kinds.sweep.rl_trainable import RLTrainable
from backend.kinds.sweep.space import MOST_GRID, Domain, combinations

if TYPE_CHECKING:
    from backend.kinds.sweep.spec import SweepSpec

ALL_ALIVE = ("pbt", "pb2", "hyperband")  # hold all their trials alive at once


def numbers_of(of: Any) -> list[float]:
    return [float(each) for each in (of if isinstance(of, list | tuple) else [of])]


def where(loc: tuple[int | str, ...], data: dict[str, Any]) -> tuple[int | str, ...]:
    """Returns where a problem is; nowhere if the union of text and mapping, or the RL spec's
    own check, tells it better."""
    if loc[0] in ("metric", "mode") and len(loc) > 1:
        is_list = isinstance(data.get(loc[0]), list)
        return (loc[0], *loc[2:]) if str(loc[1]).startswith("list") is is_list else ()
    if loc[:1] != ("trainable",) or len(loc) < 2:
        return loc
    is_rl = isinstance(data.get("trainable"), dict)
    if loc[1] != ("RLTrainable" if is_rl else "str"):
        return ()
    return ("trainable", *loc[2:]) if not is_rl or loc[2:3] == ("seeds",) else ()


def completed(data: dict[str, Any]) -> dict[str, Any]:
    """Returns the data with what follows from the trainable and the space written out."""
    trainable = data.get("trainable")
    entry = TRAINABLES.get(trainable) if isinstance(trainable, str) else None
    more: dict[str, Any] = {}
    if entry:
        more |= {"metric": entry.metric} | (
            {"mode": entry.mode} if data.get("metric") in (None, "", entry.metric) else {}
        )
        more |= {"name": entry.id, "max_iterations": entry.iterations if entry.iterations > 1 else None}
    elif isinstance(trainable, dict):
        more = {
            "metric": "return_mean",
            "mode": "max",
            "name": f"{trainable.get('algorithm')}-{trainable.get('environment')}",
        }
        trainable, more["repeats"] = _rl_completed(trainable, data.get("repeats"))
    elif isinstance(trainable, str):
        more = {"name": trainable}
    fields = {name: value for name, value in data.items() if value is not None and (value != "" or name not in more)}
    whole = {**more, **fields, **({} if trainable is None else {"trainable": trainable})}
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
        spec = RLSpec.model_validate(
            {key: value for key, value in trainable.items() if key != "seeds"} | {"seeds": [1]}
        )
    except ValidationError:
        return {**trainable, "seeds": seeds}, seeds
    content = spec.model_dump(exclude_none=True)
    return {name: content[name] for name in RLTrainable.model_fields if name in content} | {"seeds": seeds}, seeds


def _grid_size(space: Any) -> int | None:
    try:
        return min(MOST_GRID, combinations({name: Domain.model_validate(domain) for name, domain in space.items()}))
    except (ValidationError, AttributeError, TypeError):
        return None


def trainable_problems(trainable: Any) -> Iterator[InitErrorDetails]:
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


def problems_of(spec: "SweepSpec") -> Iterator[InitErrorDetails]:
    tunable = spec.trainable
    unknown = list(trainable_problems(tunable if isinstance(tunable, str) else tunable.model_dump(exclude_none=True)))
    yield from unknown or _metric_problems(spec)
    yield from _search_problems(spec)
    if isinstance(tunable, RLTrainable):
        yield from rl_space.problems(tunable.algorithm, spec.space)
    if isinstance(tunable, RLTrainable):
        for field in ("gpus", "memory_gb", "resources"):
            if value := getattr(spec, field):
                yield detail(
                    (field,),
                    "a trial of reinforcement learning reserves the CPUs its algorithm needs, and nothing else",
                    value,
                )
    if not all(name.strip() for name in spec.space):
        yield detail(("space",), "each parameter needs a name", spec.space)
    if isinstance(tunable, RLTrainable) and spec.repeats != tunable.seeds:
        yield detail(
            ("repeats",), f"the trainable says {tunable.seeds} seeds, which are its repeats: change those", spec.repeats
        )
    if spec.repeats > 1 and "seed" in spec.space:
        yield detail(("space", "seed"), "the repeats have seeds of their own: leave it out", None)
    if not spec.space:
        yield detail(("space",), "has no parameter", spec.space)
    elif not spec.searched and spec.samples > 1:
        yield detail(
            ("samples",),
            "every parameter is fixed, so all samples would be the same: take 1, and repeats",
            spec.samples,
        )
    if spec.scheduler in ALL_ALIVE and spec.concurrency is not None:
        yield detail(
            ("concurrency",),
            f"{title(spec.scheduler, SCHEDULERS)} keeps all its trials alive: set CPUs per trial",
            spec.concurrency,
        )
    if (
        spec.scheduler != "fifo"
        and spec.scheduler in SCHEDULERS
        and spec.max_iterations is None
        and isinstance(spec.trainable, str)
    ):
        yield detail(("max_iterations",), f"{spec.scheduler} needs to know how many iterations a whole trial has", None)


def _metric_problems(spec: "SweepSpec") -> Iterator[InitErrorDetails]:
    if not all(spec.metrics) or not spec.metrics:
        yield detail(("metric",), "say what the trainable reports that is to be improved", spec.metric)
    if len(set(spec.metrics)) < len(spec.metrics):
        yield detail(("metric",), "each objective may occur once", spec.metric)
    if len(spec.metrics) != len(spec.modes):
        yield detail(("mode",), f"there are {len(spec.metrics)} objectives and {len(spec.modes)} modes", spec.mode)
    entry = TRAINABLES.get(spec.trainable) if isinstance(spec.trainable, str) else None
    if entry and (odd := [each for each in spec.metrics if each and each not in entry.metrics]):
        yield detail(
            ("metric",), f"{entry.id} does not report “{odd[0]}”; it reports {', '.join(entry.metrics)}", spec.metric
        )


def _search_problems(spec: "SweepSpec") -> Iterator[InitErrorDetails]:
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
    about: dict[str, Any] = {
        "objectives": len(spec.metrics),
        "repeats": spec.repeats,
        "is_rl": isinstance(spec.trainable, RLTrainable),
    }
    if why := scheduler.why_not(search=spec.search, kinds=kinds, checkpoints=checkpoints(spec), **about):
        yield detail(("scheduler",), why, spec.scheduler)


def checkpoints(spec: "SweepSpec") -> bool:
    """Returns whether a trial can go on from where it was; of the user's own code that is seen when it is read."""
    if isinstance(spec.trainable, str):
        entry = TRAINABLES.get(spec.trainable)
        return entry.checkpoints if entry else True
    return True
