"""Helper work as Ray Jobs: one that waits is taken, else another begins."""

import secrets
import time
from collections.abc import Iterator, Sequence

from backend.cluster.cluster import Cluster
from backend.cluster.helpers import Helpers
from backend.launcher.submit import Submitter

WARMING_SECONDS = 60.0  # a helper that began so long ago waits by now, or never will


class HelperJobs:
    """The helpers of one home as jobs of its cluster."""

    def __init__(self, folder: Helpers, cluster: Cluster, jobs: Submitter) -> None:
        self.folder, self.cluster, self.jobs = folder, cluster, jobs
        self._warmed = -WARMING_SECONDS

    def take(self) -> str:
        """Returns the id of a helper that waits, and is now waited for; of one that is yet to begin if none does.

        Raises:
            ClusterUnavailable
        """
        return next((each for each in self.waiting() if self.folder.take(each)), f"helper-{secrets.token_hex(5)}")

    def waiting(self) -> Iterator[str]:
        for each in self.folder.waiting():
            if self.is_helping(each):
                yield each
            else:  # its head is gone, or it was killed
                self.folder.forget(each)

    def give(self, helper: str, work: Sequence[str]) -> None:
        """Gives work to the helper that `take` returned.

        Raises:
            ClusterUnavailable, StoreUnavailable
        """
        is_new = not self.folder.is_claimed(helper)
        self.folder.hand(helper, work)
        if is_new:
            self._begin(helper)

    def warm(self, modules: Sequence[str]) -> None:
        """Lets a helper begin that imports modules and waits for work, unless one waits or has just begun.

        Raises:
            ClusterUnavailable, StoreUnavailable
        """
        if time.monotonic() - self._warmed > WARMING_SECONDS and next(self.waiting(), None) is None:
            self._warmed = time.monotonic()
            self._begin(f"helper-{secrets.token_hex(5)}", *modules)

    def _begin(self, helper: str, *modules: str) -> None:
        """Submits a job that asks for no slot and no CPU, so that it works while training holds every core."""
        entrypoint = self.jobs.entrypoint(self.folder.log(helper), "backend.kinds.rl.watch", helper, *modules)
        self.cluster.jobs().submit(helper, entrypoint, {})

    def is_helping(self, helper: str) -> bool:
        """Returns whether a helper lives.

        Raises:
            ClusterUnavailable
        """
        return self.cluster.jobs().job(helper).is_alive
