"""From an RLlib result to our metric keys."""

from collections.abc import Mapping
from typing import Any, SupportsFloat, TypeGuard

# what RLlib itself makes of its training episodes, which runs of metrics version 1 stay with
SAMPLED = {
    "return_mean": "episode_return_mean",
    "return_min": "episode_return_min",
    "return_max": "episode_return_max",
    "episode_length": "episode_len_mean",
}
COUNTS = ("num_", "curr_", "weights_seq", "module_train_batch", "diff_num", "timers", "connector")


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
    return metrics | _learner((result.get("learners") or {}).get("default_policy") or {})


def _learner(policy: Mapping[str, Any]) -> dict[str, float]:
    learned = {}
    for theirs, value in policy.items():
        name = theirs.removeprefix("gradients_").removeprefix("default_optimizer_")
        if _is_number(value) and not name.startswith(COUNTS):
            learned[f"learner/{name}"] = float(value)
    return learned


def _is_number(value: Any) -> TypeGuard[SupportsFloat]:
    return hasattr(value, "__float__") and not isinstance(value, str | bool)
