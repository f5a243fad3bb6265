"""What a reinforcement-learning run does, in the words that all kinds share."""

from collections.abc import Sequence
from typing import Any

from backend.catalog.algorithms.base import PROCESSES
from backend.kinds.base import Usual
from backend.kinds.rl import prepare, progress
from backend.kinds.rl.spec import RLSpec
from backend.model import Event, Run
from backend.model.outcome import Outcome
from backend.model.work import Needs, Prepared, Progress
from backend.settings import Settings
from backend.store.database import Database


class RLWork(Usual):
    """See `backend.kinds.base.Work`."""

    spec = RLSpec

    def prepare(self, spec: RLSpec, settings: Settings, database: Database) -> Prepared:
        start = prepare.start_of(spec, database)
        ready = prepare.check(spec, settings.workloads_folder, settings.environments_folder)
        code = (ready.found.text, ready.found.hash) if ready.found else ("", "")
        return Prepared(ready.spec, workload=code[0], workload_hash=code[1], start=start)

    def needs(self, spec: RLSpec) -> Needs:
        """The field that asks for CPUs is the number of processes that is largest."""
        counts = {name: int(spec.params[name]) for name in PROCESSES if spec.params.get(name)}
        most = max(counts, key=lambda name: counts[name], default="")
        fields = {"CPU": f"params.{most}" if most else "algorithm", "GPU": "params.num_gpus_per_learner"}
        return Needs("trial", {"CPU": float(spec.cpus_per_trial), "GPU": spec.gpus}, fields)

    def drive(self, spec: RLSpec, attempt: Any) -> Outcome:
        from backend.kinds.rl.drive import drive

        return drive(spec, attempt)

    def progress(self, run: Run, events: Sequence[Event] = ()) -> Progress:
        return progress.of(run)


work = RLWork()
