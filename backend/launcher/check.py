"""Whether a spec fits what it runs, its inputs and the cluster."""

from backend.cluster.cluster import Cluster
from backend.errors import ClusterUnavailable, InvalidSpec
from backend.kinds.rl import prepare as rl_check
from backend.kinds.rl.prepare import Prepared
from backend.kinds.rl.spec import RLSpec
from backend.kinds.sweep import prepare as tuning
from backend.kinds.sweep.prepare import Tuning
from backend.kinds.sweep.spec import SweepSpec
from backend.kinds.tasks import prepare
from backend.kinds.tasks.prepare import Fanout
from backend.kinds.tasks.spec import TaskSpec
from backend.settings import Settings


class Checks:
    """Specs checked before anything is stored, each against what it runs and against the cluster."""

    def __init__(self, settings: Settings, cluster: Cluster) -> None:
        self.settings, self.cluster = settings, cluster

    def tasks(self, spec: TaskSpec) -> Fanout:
        """Returns a fan-out checked against its function, its inputs and the cluster.

        Raises:
            InvalidSpec: with one entry in `problems` for each field that is wrong.
        """
        ready = prepare.check(spec, self.settings.workloads_folder, self.settings.inputs_folder)
        if lacking := dict(prepare.lacking(spec, there)) if (there := self._resources()) else {}:
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
