"""Checks a reinforcement-learning run in an environment of the user's own before it starts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from backend.catalog import own_environments
from backend.catalog.algorithms import ALGORITHMS
from backend.catalog.algorithms.base import PROCESSES
from backend.catalog.own_environments import Checked, OwnEnvironment, is_own
from backend.errors import InvalidSpec, UnknownWorkload
from backend.kinds.rl.spec import RLSpec, cannot_normalise


@dataclass(frozen=True)
class Prepared:
    """A spec that was checked, with every default written out; `found` and `checked` are of the user's own environment."""

    spec: RLSpec
    found: OwnEnvironment | None = None
    checked: Checked | None = None


def check(spec: RLSpec, workloads_folder: Path, environments_folder: Path) -> Prepared:
    """Returns a spec ready to start. An environment of the user's own is made and stepped in another process, if it is new.

    Raises:
        InvalidSpec: with one entry in `problems` for each field that is wrong.
    """
    if not is_own(spec.environment):
        return Prepared(spec)
    try:
        found = own_environments.look_up(spec.environment, workloads_folder)
        options = found.options.model_validate(spec.environment_options).model_dump()
    except UnknownWorkload as error:
        raise InvalidSpec({"environment": str(error)}) from None
    except ValidationError as error:
        raise InvalidSpec({f"environment_options.{'.'.join(map(str, each['loc']))}": each["msg"] for each in error.errors()}) from None
    if needed := [each.name for each in found.arguments if each.required]:
        raise InvalidSpec({"environment": f"the constructor needs {', '.join(needed)}: give each a default"})
    checked = own_environments.check(found, options, workloads_folder, environments_folder)
    if problems := dict(_problems(spec, checked)):
        raise InvalidSpec(problems)
    return Prepared(spec.model_copy(update={"environment_options": options}), found, checked)


def _problems(spec: RLSpec, checked: Checked) -> Iterator[tuple[str, str]]:
    if checked.environment is None:
        yield "environment", "; ".join(checked.problems)
        return
    if why := ALGORITHMS[spec.algorithm].why_not(checked.environment):
        yield "environment", why
    if why := cannot_normalise(checked.environment, spec.wrappers.model_dump()):
        yield "wrappers.normalize_observation", why
    if not checked.ends and spec.wrappers.time_limit is None:
        yield "wrappers.time_limit", "no episode ended by itself while acting at random: set a limit, for example 500"


def lacking(spec: RLSpec, there: Mapping[str, float]) -> Iterator[tuple[str, str]]:
    """Yields each field that asks for more than there is in the whole cluster, and what there is."""
    counts = {name: int(spec.params[name]) for name in PROCESSES if spec.params.get(name)}
    most = max(counts, key=lambda name: counts[name], default="")
    field = f"params.{most}" if most else "algorithm"
    for name, where, need in (("CPU", field, spec.cpus_per_trial), ("GPU", "params.num_gpus_per_learner", spec.gpus)):
        if need > (has := there.get(name, 0.0)):
            yield where, f"a trial asks for {need:g} {name}{'s' if need != 1 else ''}, and the whole cluster has {has:g}"
