"""What an experiment trains: a trainable for Tune, and the config that one trial's parameters make of it."""

from collections.abc import Callable, Mapping
from typing import Any

from ray import tune

from backend.drivers.tune_results import metrics_of
from backend.model.goals import REWARD, WINDOW

Config = Callable[[dict[str, Any], int | None], dict[str, Any]]


class Tunable:
    """A trainable, how a trial's config is made, and what its metrics are called in Tune's results."""

    def __init__(
        self,
        trainable: Any,
        config: Config,
        *,
        is_class: bool,
        names: dict[str, str] | None = None,
        stop: dict[str, float] | None = None,
    ) -> None:
        """`config` gets a trial's parameters and its seed."""
        self.trainable, self.config, self.is_class = trainable, config, is_class
        # a class's own way
        self.can_save = getattr(trainable, "save_checkpoint", None) is not tune.Trainable.save_checkpoint
        self.names = names or {}  # our metric key -> theirs, where it is another
        self.stop = stop or {}  # criteria that end a trial of a class; functions end by themselves

    def name(self, key: str) -> str:
        return self.names.get(key, key)

    def has_reached(self, result: Mapping[str, Any]) -> bool:
        """Whether a trial of a class has met one of its criteria with one of Tune's results."""
        if not self.stop:
            return False
        metrics = metrics_of(result)
        done = {key: value for key, value in metrics.items() if key != REWARD or _is_whole(metrics)}
        return any(done.get(key, float("-inf")) >= limit for key, limit in self.stop.items())


def _is_whole(metrics: Mapping[str, float]) -> bool:
    """Whether a mean return is of as many episodes as it can be: that of few is soon high."""
    return metrics.get("return_episodes", WINDOW) >= WINDOW
