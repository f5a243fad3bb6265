"""The metric keys every library reports under, with what a page calls them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    title: str
    unit: str = ""


METRICS: dict[str, Metric] = {
    "return_mean": Metric("Reward", "mean episode return"),
    "return_min": Metric("Lowest return"),
    "return_max": Metric("Highest return"),
    "return_episodes": Metric("Episodes behind the reward"),
    "episode_length": Metric("Episode length", "env steps"),
    "held_out/return_mean": Metric("Reward, held out", "mean episode return"),
    "held_out/last_return_mean": Metric("Reward of the last checkpoint, held out", "mean episode return"),
    "held_out/best_possible": Metric("Best possible reward", "mean episode return"),
    "reward": Metric("Reward"),
    "episodes": Metric("Episodes"),
    "env_steps": Metric("Env steps"),
    "iteration": Metric("Iteration"),
    "steps_per_second": Metric("Speed", "env steps / s"),
    "time_s": Metric("Training time", "s"),
    "result_mean": Metric("Mean result"),
    "result_low": Metric("Mean result, low", "end of the 95 % interval"),
    "result_high": Metric("Mean result, high", "end of the 95 % interval"),
    "tasks_per_second": Metric("Throughput", "tasks / s"),
    "tasks_done": Metric("Tasks done", "tasks"),
    "tasks_failed": Metric("Tasks failed", "tasks"),
    "temperature": Metric("Temperature", "of the softmax"),
    "accuracy": Metric("Accuracy"),
    "loss": Metric("Loss"),
    "val_loss": Metric("Validation loss"),
    "log_loss": Metric("Log loss"),
    "mlogloss": Metric("Log loss"),
    "value": Metric("Value"),
    "epsilon": Metric("Exploration ε", "share of random actions"),
}


_TITLES = {metric.title for metric in METRICS.values()}


def title(key: str) -> str:
    """Returns what a page calls the metric `key`: its title, or the key itself for a user's own."""
    if metric := METRICS.get(key):
        return metric.title
    if key.startswith("learner/"):
        return key.removeprefix("learner/").replace("_", " ")
    return f"“{key}”" if key in _TITLES else key  # beside our Loss, somebody's own


def unit(key: str) -> str:
    metric = METRICS.get(key)
    return metric.unit if metric else ""


def axis(key: str) -> str:
    """Returns what an axis of the metric `key` is called: its title, with the unit."""
    return f"{title(key)} ({unit(key)})" if unit(key) else title(key)


def group(key: str) -> str:
    """Returns the heading `key` stands under on a run's page."""
    if key.startswith("return_"):
        return "Return"
    if key.startswith("learner/"):
        return "Learner"
    if key.startswith(("eval/", "held_out/")):
        return "Evaluation"
    if key in ("episode_length", "episodes", "env_steps", "iteration", "steps_per_second", "time_s"):
        return "Sampling"
    return "Other"
