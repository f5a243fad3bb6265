"""Recording from anywhere: a run that somebody's own script or notebook does, live in the app."""

import numbers
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from backend.model import RunState
from backend.model.external import ExternalSpec
from backend.model.seeds import MAX_SEED
from backend.model.validation import validated
from backend.store.schema import storable, storable_within
from backend.tracking.session import INTERRUPTED, Session


class TrackedRun:
    """What `track` returns. `log` takes reports, `stop_requested` says whether Stop was pressed in the app."""

    def __init__(self, spec: ExternalSpec, *, strict: bool = False) -> None:
        self._strict = strict
        self._session = Session(spec)
        self._session.held_by(self)

    @property
    def id(self) -> str:
        """The run's id: its page is /run?id=…"""
        return self._session.id

    @property
    def stop_requested(self) -> bool:
        """Whether somebody asked the run to stop, at most about a second ago. End your loop then."""
        return self._session.stop_requested

    def log(self, metrics: Mapping[str, Any], step: float | None = None) -> None:
        """Records one report: numbers of Python, NumPy, pandas or torch by name. On disk within a second.

        Args:
            metrics: NaN and infinities are kept and shown as such; what lies in mappings is recorded by its path, such
                as loss/actor. What is no number is left out, and named once among the run's events.
            step: where on the x axis it stands; the number of the report, from 0, when left out.

        Raises:
            NotANumber: if the run was begun with `strict`; nothing of the report was recorded.
            IllegalMove: the run is over.
        """
        self._session.report(0, step, metrics, strict=self._strict)

    def finish(self) -> None:
        """Ends the run as succeeded, or as stopped if a stop was requested.

        The end of a `with` block does it for you.
        """
        self._end(RunState.STOPPED if self.stop_requested else RunState.SUCCEEDED)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None or (isinstance(error, SystemExit) and not error.code):
            self.finish()
        elif isinstance(error, KeyboardInterrupt):
            self._end(RunState.STOPPED, INTERRUPTED)
        else:
            self._end(RunState.FAILED, error=error)

    def _end(self, to: RunState, note: str = "", error: BaseException | str = "") -> None:
        note = note or ("stopped by you" if to is RunState.STOPPED else "")
        self._session.meant = to, note  # a signal may keep the next line from being reached
        self._session.finish(to, note, error, ends_trials=True)

    def __repr__(self) -> str:
        return f"<tracked run {self.id}{', over' if self._session.is_over else ''}>"


def track(
    name: str,
    kind: str = "external",
    params: Mapping[str, Any] | None = None,
    *,
    seed: int | None = None,
    strict: bool = False,
) -> TrackedRun:
    """Begins a run that your own code does; it is in the app at once, with a heartbeat until it ends.

    Use it as `with backend.track("mine", params={"lr": 0.1}) as run: run.log({"reward": 1.0}, step=3)`. Without `with`,
    end it by `run.finish()`; a script that does neither ends its run with itself.

    Args:
        name: what you will recognise the run by.
        kind: "external", the only kind that is tracked so far.
        params: what the run works with; NumPy scalars are taken, anything that is no data is kept as text.
        seed: runs that differ only in it are repetitions of each other. A whole number under "seed" in `params` is it
            too.
        strict: whether `log` raises where a value is no number.

    Raises:
        InvalidSpec: a name or params that cannot be stored.
        StoreUnavailable: the database cannot be used; the message says what to do.
    """
    return TrackedRun(external_spec(name, kind, params, seed), strict=strict)


def external_spec(name: str, kind: str, params: Mapping[str, Any] | None, seed: int | None = None) -> ExternalSpec:
    """Returns the spec of a tracked run; a seed among its params becomes its seed."""
    name, rest = storable(name), storable_within(dict(params or {}))
    param_seed = rest.get("seed")
    if seed is None and isinstance(param_seed, numbers.Integral) and 0 <= int(param_seed) <= MAX_SEED:
        seed = int(rest.pop("seed"))
    return validated(ExternalSpec, {"kind": kind, "name": name, "params": rest, "seed": seed})
