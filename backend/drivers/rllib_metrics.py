"""From an RLlib result to our metric keys."""

from collections.abc import Mapping
from typing import Any, SupportsFloat, TypeGuard

from backend.model.readings import readings

# what RLlib itself makes of its training episodes, which runs of metrics version 1 stay with
SAMPLED = {
    "return_mean": "episode_return_mean",
    "return_min": "episode_return_min",
    "return_max": "episode_return_max",
    "episode_length": "episode_len_mean",
}
# RLlib's book-keeping, by how a name begins or ends
COUNTS = ("num_", "curr_", "weights_seq", "module_train_batch", "diff_num", "timers", "connector")
TIMES = ("_timer", "_timers", "_throughput", "_connector", "_connectors", "_sampling")
OWN_WORK = frozenset({"sample", "timers", "perf", "agent_steps", "episode_duration_sec_mean"})
INSIDE = ("env_to_module", "module_to_env", "actor_manager")
EPISODES = ("episode_return_", "episode_len_")  # of training: of them we have our own
WHOLE = ("env_runners", "evaluation", "learners")  # parts of a result that hold metrics
ONE_POLICY, ONE_AGENT, ALL = "default_policy", "default_agent", "__all_modules__"


def from_result(result: Mapping[str, Any]) -> dict[str, float]:
    """Returns the metrics of one RLlib iteration; keys without a value yet (no episode has ended) are left out."""
    sampled = result.get("env_runners") or {}
    metrics: dict[str, float] | None = result.get("training_episodes")
    if metrics is None:
        metrics = {ours: float(value) for ours, theirs in SAMPLED.items() if _is_number(value := sampled.get(theirs))}
    if _is_number(episodes := sampled.get("num_episodes_lifetime")):
        metrics = metrics | {"episodes": float(episodes)}
    steps = result.get("num_env_steps_sampled_lifetime", sampled.get("num_env_steps_sampled_lifetime", 0))
    metrics |= {
        "env_steps": float(steps),
        "iteration": float(result["training_iteration"]),
        "time_s": float(result["time_total_s"]),
    }
    speed = sampled.get("num_env_steps_sampled")
    if _is_number(speed) and result.get("time_this_iter_s"):
        metrics["steps_per_second"] = float(speed) / float(result["time_this_iter_s"])
    metrics |= result.get("evaluation_played") or {}
    metrics |= _learner((result.get("learners") or {}).get(ONE_POLICY) or {})
    return metrics | _further(result)


def _further(result: Mapping[str, Any]) -> dict[str, float]:
    """Returns what has no name of ours: metrics of one's own callbacks, of several agents or policies, RLlib's own
    evaluation."""
    found = {}
    for name, number in readings({part: result.get(part) or {} for part in WHOLE}).numbers.items():
        parts = name.split("/")
        if parts[-1] in {ONE_POLICY, ONE_AGENT} or any(map(_is_bookkeeping, parts)):
            continue
        if parts[0] == "env_runners" and len(parts) == 2 and parts[1].startswith(EPISODES):
            continue
        if parts[0] == "learners":
            if parts[1] not in {ONE_POLICY, ALL}:
                found["/".join(["learner", parts[1], *map(_plain, parts[2:])])] = number
        else:
            found[name] = number
    return found


def _plain(part: str) -> str:
    return part.removeprefix("gradients_").removeprefix("default_optimizer_")


def _is_bookkeeping(part: str) -> bool:
    return part.startswith(COUNTS + INSIDE) or part.endswith(TIMES) or part in OWN_WORK


def _learner(policy: Mapping[str, Any]) -> dict[str, float]:
    learned = {}
    for theirs, value in policy.items():
        name = _plain(theirs)
        if _is_number(value) and not name.startswith(COUNTS):
            learned[f"learner/{name}"] = float(value)
    return learned


def _is_number(value: Any) -> TypeGuard[SupportsFloat]:
    return hasattr(value, "__float__") and not isinstance(value, str | bool)
