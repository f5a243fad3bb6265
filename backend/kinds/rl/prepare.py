"""Checks a reinforcement-learning run in an environment of the user's own before it starts."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from backend.catalog import own_environments
from backend.catalog.algorithms import ALGORITHMS
from backend.catalog.own_environments import Checked, OwnEnvironment, is_own
from backend.errors import InvalidSpec, UnknownWorkload
from backend.kinds.rl.checks import cannot_normalise
from backend.kinds.rl.spec import RLSpec
from backend.model import Checkpoint
from backend.model.goals import COUNTERS
from backend.model.stored import stored
from backend.store import queries
from backend.store.database import Database


@dataclass(frozen=True)
class CheckedAgent:
    """A spec that was checked, with every default written out; `found` and `checked` are of
    the user's own environment."""

    spec: RLSpec
    found: OwnEnvironment | None = None
    checked: Checked | None = None


def check(spec: RLSpec, workloads_folder: Path, environments_folder: Path) -> CheckedAgent:
    """Returns a spec ready to start. An environment of the user's own is made and stepped in another process, if it is
    new.

    Raises:
        InvalidSpec: with one entry in `problems` for each field that is wrong.
    """
    if not is_own(spec.environment):
        return CheckedAgent(spec)
    try:
        environment = own_environments.look_up(spec.environment, workloads_folder)
        options = environment.options.model_validate(spec.environment_options).model_dump()
    except UnknownWorkload as error:
        raise InvalidSpec({"environment": str(error)}) from None
    except ValidationError as error:
        raise InvalidSpec(
            {f"environment_options.{'.'.join(map(str, each['loc']))}": each["msg"] for each in error.errors()}
        ) from None
    if needed := [each.name for each in environment.arguments if each.required]:
        raise InvalidSpec({"environment": f"the constructor needs {', '.join(needed)}: give each a default"})
    checked = own_environments.check(environment, options, workloads_folder, environments_folder)
    if problems := dict(_problems(spec, checked)):
        raise InvalidSpec(problems)
    return CheckedAgent(spec.model_copy(update={"environment_options": options}), environment, checked)


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


def start_of(spec: RLSpec, database: Database) -> Checkpoint | None:
    """Returns the checkpoint that training is to go on from.

    Raises:
        InvalidSpec: there is none such, it is another agent's, or it has been trained as far as is asked already.
    """
    if not spec.start_from:
        return None
    run_id, _, place = spec.start_from.partition("/")
    checkpoint = next(
        (each for each in queries.checkpoints(database, run_id) if place == f"{each.trial}/{each.iteration}"), None
    )
    if checkpoint is None:
        raise InvalidSpec(
            {"start_from": f"there is no checkpoint {spec.start_from}; it may have made room for a newer one"}
        )
    earlier_spec = stored(queries.run(database, run_id).spec)
    if other := [name for name in ("algorithm", "environment") if earlier_spec.text(name) != getattr(spec, name)]:
        raise InvalidSpec(
            {name: f"the checkpoint to start from was trained with {earlier_spec.text(name)}" for name in other}
        )
    limits = {key: limit for key, limit in spec.stop.criteria().items() if key in COUNTERS}
    if done := {
        f"stop.{key}": checkpoint.metrics[key]
        for key, limit in limits.items()
        if (checkpoint.metrics.get(key) or 0) >= limit
    }:
        raise InvalidSpec(
            {key: f"the checkpoint to start from has {value:g} already: ask for more" for key, value in done.items()}
        )
    return checkpoint
