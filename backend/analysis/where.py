"""Where each member was judged: its environment, as far as those of the others are not the same task."""

from collections.abc import Mapping, Sequence
from typing import Any

from backend.analysis import groups
from backend.analysis.groups import Member, TrialKey
from backend.catalog import environments as catalog
from backend.catalog.own_environments import is_own
from backend.model import Run

# settings that say where
WHERE = ("environment", "trainable.environment", "params.environment", "params.env", "params.env_id")
OPTIONS = "environment_options."
LIMITS = ("wrappers.time_limit", "params.time_limit", "params.max_episode_steps")
USUAL = "as usual"  # of an option that a run does not name


def environments(members: Sequence[Member]) -> dict[TrialKey, str]:
    """Returns where each member was judged: its environment, with what makes it another task than those of the same
    name: options, the time limit, the text of a file of one's own. Empty where it names none."""
    tasks = {(member.run.id, member.trial.number): _task(member.run) for member in members}
    by_name: dict[str, list[Mapping[str, Any]]] = {}
    for name, task in tasks.values():
        by_name.setdefault(name, []).append(task)
    return {at: _label(name, task, by_name[name]) for at, (name, task) in tasks.items()}


def _task(run: Run) -> tuple[str, dict[str, Any]]:
    """Returns the name of an environment, and all that makes it the task that it is."""
    own = groups.settings(run)
    name = next((str(own[key]) for key in WHERE if key in own), "")
    task = {key: value for key, value in own.items() if OPTIONS in key}
    limit = next((own[key] for key in LIMITS if key in own), None)
    entry = catalog.known(name) if name and not is_own(name) else None
    if limit is not None or entry is not None:
        task["time_limit"] = limit if limit is not None else entry and entry.max_steps
    if is_own(name) and run.workload_hash:
        task["code"] = run.workload_hash[:8]
    return name, task


def _label(name: str, task: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> str:
    keys = dict.fromkeys(key for each in others for key in each)
    differ = [key for key in keys if len({repr(each.get(key, USUAL)) for each in others}) > 1]
    said = ", ".join(groups.said(key, task.get(key, USUAL)) for key in differ)
    return f"{name} ({said})" if said else name
