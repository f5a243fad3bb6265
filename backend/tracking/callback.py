"""RaydeckCallback: somebody's own Tune experiment, live in the app."""

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ray.tune import Callback
from ray.tune.experiment import Trial
from ray.tune.result import RESULT_DUPLICATE
from ray.tune.tune import run as tune_run
from ray.tune.utils.util import flatten_dict

from backend.drivers.line import Held, Line
from backend.drivers.tune_results import error_of, last_line, reading_of
from backend.errors import IllegalMove, UnknownRun
from backend.model import RunState, TrialState
from backend.model.external import ExternalSpec
from backend.tracking.session import Session
from backend.tracking.track import external_spec

PARTS = 2  # of a checkpoint's path, that stay where somebody moves an experiment
FEW = 40  # a config of more settings than this is a library's, and only what was searched over tells trials apart


class RaydeckCallback(Callback):
    """Records a Tune experiment as one run, with its trials, until `fit()` returns.

    `Tuner(..., run_config=RunConfig(callbacks=[backend.RaydeckCallback()])).fit()`; a restored Tuner goes on with its
    run. Stop in the app ends the experiment as Ctrl-C does, if `fit()` works in the main thread.
    """

    def __init__(self, name: str = "", params: Mapping[str, Any] | None = None) -> None:
        """Names the run; the script's own name is taken when left out. `params` holds for all trials.

        Raises:
            InvalidSpec: a name or params that cannot be stored.
        """
        self._spec = external_spec(name or Path(sys.argv[0]).stem or "tune", "external", params)
        self._resumed = ""  # the run that a restored Tuner goes on with
        self._numbers: dict[str, int] = {}  # Tune's trial id -> trial number
        self._lines: dict[str, Line] = {}
        self._session: Session | None = None
        self._has_begun = False
        self._first_error = ""

    def __getstate__(self) -> dict[str, Any]:
        # Tune pickles callbacks; a connection cannot be
        return self.__dict__ | {"_session": None, "_has_begun": False, "_lines": {}}

    def get_state(self) -> dict[str, Any]:
        held = {trial_id: tuple(line.held) for trial_id, line in self._lines.items() if line.held}
        run = self._session.id if self._session else self._resumed
        return {"run": run, "numbers": dict(self._numbers), "held": held}

    def set_state(self, state: dict[str, Any]) -> None:
        self._resumed, self._numbers = state["run"], dict(state["numbers"])
        self._lines = {trial_id: Line(Held(*held), parts=PARTS) for trial_id, held in state.get("held", {}).items()}

    def setup(self, stop: Any = None, num_samples: Any = None, total_num_samples: Any = None, **info: Any) -> None:
        self._session = self._resume() or Session(self._spec, with_trial=False)
        self._session.on_beat = _Watch(self._session)

    def _resume(self) -> Session | None:
        if not self._resumed:
            return None
        try:
            return Session(self._spec, resume=self._resumed)
        except (UnknownRun, IllegalMove):  # deleted meanwhile, or it had succeeded: this is another run
            self._numbers, self._lines = {}, {}
            return None

    @property
    def _live(self) -> Session:
        if self._session is None:
            raise RuntimeError("Tune has not set the callback up")
        return self._session

    def on_step_begin(self, iteration: int, trials: list[Trial], **info: Any) -> None:
        if not self._has_begun:  # of what ended before the experiment was restored, Tune does not tell again
            self._has_begun = True
            for trial in trials:
                if trial.is_finished():
                    self._ended(trial, TrialState.SUCCEEDED if trial.status == Trial.TERMINATED else TrialState.FAILED)

    def on_trial_start(self, iteration: int, trials: list[Trial], trial: Trial, **info: Any) -> None:
        recorder = self._live.recorder
        if trial.trial_id in self._numbers:
            recorder.trial(self._numbers[trial.trial_id], state=TrialState.RUNNING, error="")
        else:
            number = self._numbers[trial.trial_id] = recorder.next_trial()
            spec = _spec_of(trial)
            recorder.add_trial(number, spec.params, spec.seed)
        self._line(trial).starts(trial, recorder.reports(self._numbers[trial.trial_id]))

    def _line(self, trial: Trial) -> Line:
        return self._lines.setdefault(trial.trial_id, Line(parts=PARTS))

    def on_trial_result(
        self, iteration: int, trials: list[Trial], trial: Trial, result: dict[str, Any], **info: Any
    ) -> None:
        if result.get(RESULT_DUPLICATE):
            return  # a function trainable's end repeats its last report
        live, number, line = self._live, self._numbers[trial.trial_id], self._line(trial)
        if (after := line.goes_on_after(_nobody_knows)) is not None:
            live.go_back(number, after)
        metrics, left_out = reading_of(result)
        live.report(number, result["training_iteration"], metrics)
        live.recorder.leave_out(left_out)
        line.reported(result["training_iteration"], live.recorder.reports(number))

    def on_trial_save(self, iteration: int, trials: list[Trial], trial: Trial, **info: Any) -> None:
        self._line(trial).saved(trial)

    def on_trial_complete(self, iteration: int, trials: list[Trial], trial: Trial, **info: Any) -> None:
        self._ended(trial, TrialState.SUCCEEDED)

    def on_trial_error(self, iteration: int, trials: list[Trial], trial: Trial, **info: Any) -> None:
        self._first_error = self._first_error or error_of(trial)
        self._ended(trial, TrialState.FAILED, error=error_of(trial))

    def _ended(self, trial: Trial, state: TrialState, **columns: Any) -> None:
        if trial.trial_id in self._numbers:  # one that never started has no row
            self._live.recorder.trial(self._numbers[trial.trial_id], state=state, ended_at=time.time(), **columns)

    def on_experiment_end(self, trials: list[Trial], **info: Any) -> None:
        error = sys.exc_info()[1]  # Tune calls this too while an error makes its way out of fit()
        states = self._live.recorder.states()
        failed, succeeded = states.count(TrialState.FAILED), states.count(TrialState.SUCCEEDED)
        note = f"{failed} of {len(states)} trials failed" if failed else ""
        if error is not None:
            self._live.finish(RunState.FAILED, note, error)
        elif TrialState.RUNNING in states or TrialState.QUEUED in states:  # by Stop, Ctrl-C or a limit of Tune's
            self._live.finish(
                RunState.STOPPED, "stopped by you" if self._live.stop_requested else "ended before its trials"
            )
        elif failed and not succeeded:
            self._live.finish(RunState.FAILED, note, last_line(self._first_error), trace=self._first_error)
        else:
            self._live.finish(RunState.SUCCEEDED, note)


def _nobody_knows() -> None:
    """Of what an older version recorded: it stays as it is."""


class _Watch:
    """With each heartbeat: passes a wish to stop on to Tune, and ends a run whose `fit()` went away without a word."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.thread = threading.get_ident()
        self.is_asked = False

    def __call__(self) -> None:
        if self.session.stop_requested and not self.is_asked and _tune_stops_on_signal():
            self.is_asked = True
            os.kill(os.getpid(), signal.SIGUSR1)
        if not self._is_in_fit():  # such as after a second Ctrl-C; a notebook's kernel would beat for ever
            said = "fit() was left before Tune could end its trials"
            self.session.finish(RunState.STOPPED, said, ends_trials=True)

    def _is_in_fit(self) -> bool:
        frame = sys._current_frames().get(self.thread)
        return any(each.f_code is tune_run.__code__ for each, _ in traceback.walk_stack(frame)) if frame else False


def _tune_stops_on_signal() -> bool:
    handler = signal.getsignal(signal.SIGUSR1)
    return callable(handler) and getattr(handler, "__module__", "").startswith("ray.tune")


def _spec_of(trial: Trial) -> ExternalSpec:
    """Returns a trial's params: what was searched over, else its config if that is short."""
    config = trial.evaluated_params or (trial.config if len(trial.config) <= FEW else {})
    seed = trial.config.get("seed")
    params = flatten_dict(dict(config), delimiter="/")
    return external_spec("trial", "external", params if seed is None else params | {"seed": seed})
