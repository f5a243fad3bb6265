"""A sweep whose trials a test makes by hand: its rows, its recorder, and a ledger with a clock that is set."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from backend.kinds.sweep.ledger import Ledger
from backend.kinds.sweep.spec import SweepSpec
from backend.kinds.trials import OpenTrial
from backend.kinds.tunable import Tunable
from backend.model import RunState, TrialState
from backend.settings import Settings
from backend.store import queries, runs, wishes
from backend.store.database import Database
from backend.store.recording.recorder import Recorder
from tests.kinds.sweep.test_spec import OWN, parsed

FUNCTION = Tunable(lambda config: None, lambda params, seed: params, is_class=False)


class Asked:
    """A search that proposes each configuration's number, and notes what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[int, dict[str, Any], list[float] | None]] = []

    def ask(self, number: int) -> dict[str, Any]:
        return {"x": float(number)}

    def tell(self, number: int, params: dict[str, Any], values: Sequence[float] | None) -> None:
        self.told.append((number, params, None if values is None else list(values)))


class Kept:
    """A sweep with its rows, and ledgers of one attempt of it after the other."""

    def __init__(self, database: Database, **more: Any) -> None:
        self.spec: SweepSpec = parsed(OWN, **more)
        self.database, self.clock, self.search = database, 0.0, Asked()
        self.id = runs.create(database, self.spec.model_dump(exclude_none=True, mode="json"), [])
        self.attempt: Any = SimpleNamespace(run_id=self.id, database=database, settings=Settings(), number=0)
        self.ledger = self.begun()

    def begun(self, spent: float = 0.0) -> Ledger:
        """The ledger of the next attempt."""
        self.attempt.number += 1
        runs.claim(self.database, self.id, self.attempt.number, "host", {})
        run = queries.run(self.database, self.id)
        self.recorder = self.attempt.recorder = Recorder(self.database, self.id, self.attempt.number, run.goal)
        self.attempt.wishes, self.attempt.stop_requested = wishes.wishes(self.database, self.id), False
        self.search = Asked()
        self.ledger = Ledger(self.spec, self.attempt, FUNCTION, self.search, run, spent, lambda: self.clock)
        return self.ledger

    def resumed(self, state: RunState = RunState.STOPPED, spent: float = 0.0) -> Ledger:
        self.recorder.finish(state)
        runs.requeue(self.database, self.id, also=state)
        return self.begun(spent)

    def taken(self) -> OpenTrial:
        part = self.ledger.take()
        assert part is not None
        self.ledger.started(part.number, {})
        if part.number not in {trial.number for trial in queries.run(self.database, self.id).trials}:
            self.recorder.add_trial(part.number, part.params, part.seed)
        self.recorder.flush()
        return part

    def trial(self, *scores: float, state: TrialState = TrialState.SUCCEEDED, error: str = "") -> OpenTrial:
        """The next trial: reports these scores, and ends."""
        part = self.taken()
        for step, score in enumerate(scores, 1):
            self.recorder.report(part.number, step, {"score": score})
            self.ledger.reported(part.number, {"score": score})
        self.recorder.trial(part.number, state=state, error=error)
        self.ledger.ended(part.number, state, error)
        self.recorder.flush()
        return part

    def outcome(self) -> tuple[RunState, str]:
        found = self.ledger.result()
        return found.state, found.note
