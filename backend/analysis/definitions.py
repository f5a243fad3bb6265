"""Whether a metric means the same in runs of different versions."""

from collections.abc import Iterable

from backend.catalog.algorithms import ALGORITHMS
from backend.model import Run, goals
from backend.model.stored import stored

THEN = "the training episodes that RLlib took together by itself"
LATER = "training episodes are now the last 100 of each seed, evaluation episodes each seed's own"


def why_not_alike(key: str, runs: Iterable[Run]) -> str:
    """Returns why the metric `key` does not mean the same in all of these runs; empty if it does."""
    since = {run.definitions if _has_changed(key, run) else goals.METRICS_VERSION for run in runs if run.definitions}
    if len(since) < 2:
        return ""
    earlier = ", ".join(map(str, sorted(since)[:-1]))
    return f"recorded by earlier definitions (metrics version {earlier}; {LATER}): run it again to compare"


def _has_changed(key: str, run: Run) -> bool:
    if run.definitions >= goals.METRICS_VERSION:
        return False
    return key == goals.evaluated(key.removeprefix("eval/")) or (key in goals.OF_EPISODES and _is_of_rllib(run))


def _is_of_rllib(run: Run) -> bool:
    spec = stored(run.spec)
    algorithm = ALGORITHMS.get(spec.text("algorithm") or spec.part("trainable").text("algorithm"))
    return algorithm is None or algorithm.library == "rllib"


def changed_criteria(run: Run) -> dict[str, str]:
    """Returns the criteria by which a run ends whose metrics mean something else in a new run, by field, and what."""
    spec = stored(run.spec)
    stop = {"stop": spec.part("stop").numbers, "trainable.stop": spec.part("trainable").part("stop").numbers}
    return {
        f"{place}.{key}": f"{value:g} was of {THEN}; it is now of each seed's last {goals.WINDOW} training episodes"
        for place, criteria in stop.items()
        for key, value in criteria.items()
        if run.definitions and _has_changed(key, run)
    }
