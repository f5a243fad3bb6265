"""Whether a spec fits what it runs, its inputs and the cluster."""

from backend.cluster.cluster import Cluster
from backend.errors import ClusterUnavailable, InvalidSpec
from backend.settings import Settings
from backend.specs import RLSpec, SweepSpec, TaskSpec, fanout, rl_check, tuning
from backend.specs.fanout import Fanout
from backend.specs.rl_check import Prepared
from backend.specs.tuning import Tuning


class Checks:
    """Specs checked before anything is stored, each against what it runs and against the cluster."""

    def __init__(self, settings: Settings, cluster: Cluster) -> None:
        self.settings, self.cluster = settings, cluster

    def tasks(self, spec: TaskSpec) -> Fanout:
        """Returns a fan-out checked against its function, its inputs and the cluster.

        Raises:
            InvalidSpec: with one entry in `problems` for each field that is wrong.
        """
        ready = fanout.check(spec, self.settings.workloads_folder, self.settings.inputs_folder)
        if lacking := dict(fanout.lacking(spec, there)) if (there := self._resources()) else {}:
            raise InvalidSpec(lacking)
        return ready

    def rl(self, spec: RLSpec) -> Prepared:
        """Returns a reinforcement-learning run checked against the cluster; an environment of the user's own was made and stepped.

        Raises:
            InvalidSpec: with one entry in `problems` for each field that is wrong.
        """
        if lacking := dict(rl_check.lacking(spec, there)) if (there := self._resources()) else {}:
            raise InvalidSpec(lacking)
        return rl_check.check(spec, self.settings.workloads_folder, self.settings.environments_folder)

    def sweep(self, spec: SweepSpec) -> Tuning:
        """Returns a sweep checked against its trainable and the cluster.

        Raises:
            InvalidSpec: with one entry in `problems` for each field that is wrong.
        """
        ready = tuning.check(spec, self.settings.workloads_folder, self.settings.environments_folder)
        if lacking := dict(tuning.lacking(spec, there)) if (there := self._resources()) else {}:
            raise InvalidSpec(lacking)
        return ready

    def _resources(self) -> dict[str, float]:
        """Returns what the whole cluster has; nothing while nobody knows what there will be."""
        try:
            load = self.cluster.jobs().load()
        except ClusterUnavailable:
            return {}
        return load.resources if load else {}
