"""How far a tabular training is: when it is over, when it reports, and what."""

import time
from collections import deque
from collections.abc import Mapping

from backend.workloads.environment import WINDOW

REPORTS = 200  # about how many a run makes when its length in episodes or env steps is known
EPISODES = 20  # between two reports when it is not
SECONDS = 5.0  # between two reports at most, so that a run is seen to go on, and can be stopped
AT_LEAST = 0.05  # seconds between two reports of a run whose length is a time


class Progress:
    """What was done of a run that ends when a criterion of `stop` is met."""

    def __init__(self, stop: Mapping[str, float]) -> None:
        self.stop = stop
        self.episodes = self.env_steps = self.iteration = 0
        self.time_s = 0.0
        self.returns: deque[float] = deque(maxlen=WINDOW)
        self.lengths: deque[int] = deque(maxlen=WINDOW)
        self.reported_now()

    def add(self, total: float, length: int, seconds: float) -> None:
        """Counts an episode: its return, its length in env steps, and how long it took."""
        self.episodes += 1
        self.env_steps += length
        self.returns.append(total)
        self.lengths.append(length)
        self.time_s += seconds

    def share(self) -> float:
        """Returns how much of the run is done, 0 to 1, by whichever limit is nearest."""
        done = {
            "episodes": self.episodes,
            "env_steps": self.env_steps,
            "iteration": self.iteration,
            "time_s": self.time_s,
        }
        return min(1.0, max(done[key] / limit for key, limit in self.stop.items() if key in done))

    def is_done(self) -> bool:
        goal = self.stop.get("return_mean")
        reached = goal is not None and len(self.returns) == WINDOW and self._mean_return() >= goal
        return reached or self.share() >= 1.0

    def reported_now(self) -> None:
        """Notes where a report was made, from which the next one counts."""
        self.reported = (self.env_steps, self.time_s, self.episodes)
        self.reported_at = time.monotonic()

    def has_news(self) -> bool:
        """Whether it is time for a report: by episodes or env steps where the run's length is known in them."""
        steps, _, episodes = self.reported
        now, stop = time.monotonic() - self.reported_at, self.stop
        marks = [(episodes, self.episodes, stop.get("episodes")), (steps, self.env_steps, stop.get("env_steps"))]
        if any(limit and after * REPORTS // limit > before * REPORTS // limit for before, after, limit in marks):
            return True
        if now > SECONDS:
            return True
        if stop.get("iteration") is None and any(limit for _, _, limit in marks):
            return False
        return self.episodes % EPISODES == 0 and (stop.get("iteration") is not None or now > AT_LEAST)

    def _mean_return(self) -> float:
        return sum(self.returns) / len(self.returns)

    def metrics(self) -> dict[str, float]:
        """Counts a report and returns its metrics; returns and lengths are over the last 100 episodes."""
        self.iteration += 1
        steps, seconds = self.env_steps - self.reported[0], self.time_s - self.reported[1]
        self.reported_now()
        return {
            "return_mean": self._mean_return(),
            "return_min": min(self.returns),
            "return_max": max(self.returns),
            "return_episodes": len(self.returns),
            "episode_length": sum(self.lengths) / len(self.lengths),
            "episodes": self.episodes,
            "env_steps": self.env_steps,
            "iteration": self.iteration,
            "steps_per_second": steps / seconds if seconds else 0.0,
            "time_s": self.time_s,
        }
