"""The metric keys every library reports under, with what a page calls them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    title: str
    unit: str = ""


METRICS: dict[str, Metric] = {
    "return_mean": Metric("Reward", "mean episode return"),
    "return_min": Metric("Lowest return", "episode return"),
    "return_max": Metric("Highest return", "episode return"),
    "episode_length": Metric("Episode length", "env steps"),
    "reward": Metric("Reward"),
    "episodes": Metric("Episodes", "episodes"),
    "env_steps": Metric("Env steps", "env steps"),
    "iteration": Metric("Iteration", "iterations"),
    "steps_per_second": Metric("Speed", "env steps / s"),
    "time_s": Metric("Training time", "s"),
    "result_mean": Metric("Mean result"),
    "result_low": Metric("Mean result, low", "end of the 95 % interval"),
    "result_high": Metric("Mean result, high", "end of the 95 % interval"),
    "tasks_per_second": Metric("Throughput", "tasks / s"),
    "tasks_done": Metric("Tasks done", "tasks"),
    "tasks_failed": Metric("Tasks failed", "tasks"),
    "temperature": Metric("Temperature", "of the softmax"),
    "accuracy": Metric("Accuracy", "share that is right"),
    "loss": Metric("Loss"),
    "val_loss": Metric("Validation loss"),
    "log_loss": Metric("Log loss"),
    "mlogloss": Metric("Log loss"),
    "value": Metric("Value"),
    "epsilon": Metric("Exploration ε", "share of random actions"),
}


def title(key: str) -> str:
    """Returns what a page calls the metric `key`: its title, or the key itself for a user's own."""
    known = METRICS.get(key)
    return known.title if known else key.removeprefix("learner/").replace("_", " ")


def unit(key: str) -> str:
    known = METRICS.get(key)
    return known.unit if known else ""


def group(key: str) -> str:
    """Returns the heading `key` stands under on a run's page."""
    if key.startswith("return_"):
        return "Return"
    if key.startswith("learner/"):
        return "Learner"
    if key.startswith("eval/"):
        return "Evaluation"
    if key in ("episode_length", "episodes", "env_steps", "iteration", "steps_per_second", "time_s"):
        return "Sampling"
    return "Other"
