"""Checks a sweep against its trainable and the cluster before it starts."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from backend.catalog.own_environments import OwnEnvironment
from backend.catalog.search import SCHEDULERS
from backend.catalog.tunables import FoundTrainable, look_up
from backend.errors import InvalidSpec, UnknownWorkload
from backend.kinds.rl import prepare as rl_check
from backend.kinds.sweep.spec import SweepSpec

ENDLESS = "a Trainable class goes on until somebody says how many iterations a trial has"


@dataclass(frozen=True)
class Tuning:
    """A sweep that was checked, and its trainable; None where that is an RL algorithm, perhaps in an
    environment of the user's own."""

    spec: SweepSpec
    found: FoundTrainable | None
    environment: OwnEnvironment | None = None


def check(spec: SweepSpec, workloads_folder: Path, environments_folder: Path) -> Tuning:
    """Returns a sweep ready to start.

    Raises:
        InvalidSpec: with one entry in `problems` for each field that is wrong.
    """
    if not isinstance(spec.trainable, str):
        return Tuning(spec, None, _own_environment(spec, workloads_folder, environments_folder))
    try:
        trainable = look_up(spec.trainable, workloads_folder)
    except UnknownWorkload as error:
        raise InvalidSpec({"trainable": str(error)}) from None
    if is_endless(spec, trainable):
        raise InvalidSpec({"max_iterations": ENDLESS})
    if problems := dict(_never_read(spec, trainable)):
        raise InvalidSpec(problems)
    scheduler = SCHEDULERS[spec.scheduler]
    if scheduler.needs_checkpoints and not trainable.checkpoints:
        kinds = [domain.kind for domain in spec.searched.values()]
        raise InvalidSpec({"scheduler": scheduler.why_not(search=spec.search, kinds=kinds, checkpoints=False)})
    return Tuning(spec, trainable)


def _never_read(spec: SweepSpec, trainable: FoundTrainable) -> Iterator[tuple[str, str]]:
    """Yields what is searched and the trainable would not notice: however it is set, all trials would be alike."""
    if trainable.reads is None:
        return
    named = ", ".join(f"“{name}”" for name in sorted(trainable.reads - {"seed"})) or "no parameter"
    for name in spec.searched:
        if name not in trainable.reads:
            yield f"space.{name}", f"{trainable.title} never reads “{name}”; it reads {named}"


def is_endless(spec: SweepSpec, trainable: FoundTrainable) -> bool:
    """Returns whether no trial would ever end."""
    return trainable.is_class and spec.max_iterations is None and spec.time_budget_s is None


def _own_environment(spec: SweepSpec, workloads_folder: Path, environments_folder: Path) -> OwnEnvironment | None:
    try:
        return rl_check.check(spec.rl({}, [1]), workloads_folder, environments_folder).found
    except InvalidSpec as error:
        raise InvalidSpec({f"trainable.{field}": problem for field, problem in error.problems.items()}) from None
