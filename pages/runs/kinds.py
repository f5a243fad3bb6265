"""What pages say of a run, kind by kind; nobody imports a kind by its name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Protocol

from backend.api import kinds
from backend.api.kinds import KINDS
from backend.figures.lines import Display
from backend.model import Run, Trial
from pages.runs import charts
from pages.runs.charts import Board
from pages.runs.drafts import Begin, Draft, FormContent, Plan
from pages.runs.spec_text import spec_text


@dataclass(frozen=True, kw_only=True)
class Start:
    """How runs of a kind are started: a line in the menu, the script that it opens, and what stands there."""

    title: str  # in the menu
    icon: str
    address: str  # "rl" of /rl
    page: str  # the script: "pages/kinds/rl/start.py"
    heading: str
    form: Callable[[Draft], FormContent]
    plan: Callable[[Any], Plan]  # of a spec of this kind
    preview: Callable[[Any], None] | None = None  # of the same, below the plan
    begins: Mapping[str, Begin]  # what the form may begin with, by the word in its address; examples and clones aside


class MetricChart(Protocol):
    def __call__(
        self, board: Board, run: Run, key: str, axis: str, display: Display, plot_key: str, *, small: bool = False
    ) -> None: ...


def _nothing(*_of: object) -> None:
    return None


def _no_words(*_of: object) -> str:
    return ""


@dataclass(frozen=True, kw_only=True)
class View:
    """What pages show of runs of a kind: `view` in the module that its `page` names. The first five every kind has."""

    subject: Callable[[Run], str]  # what it does, in a line
    parts: Callable[[Run], str]  # "3 seeds"
    failed: Callable[[Run], str]  # "1 of 3 seeds failed"; empty of none
    numbers: Callable[[Run], None]
    tabs: Callable[[Run], Mapping[str, Callable[[Run, Board], None]]]

    start: Start | None = None  # of those that can be started
    chart: MetricChart = charts.run_chart  # what draws a metric
    media: Callable[[Sequence[Run], Board], None] | None = None  # what several left to look at, side by side
    actions: Callable[[Run], None] = _nothing  # further buttons
    of_trial: Callable[[Run, Trial], None] = _nothing  # what stands below the rest on a trial's page
    trial_actions: Callable[[Run, Trial], None] = _nothing
    why: Callable[[Run], str] = _no_words  # why it ended as it did, where no error says it
    spec: Callable[[Mapping[str, Any]], None] = spec_text
    no_log: str = "The driver has written nothing yet."
    stop_help: str = "Keeps all that was recorded; you can resume later."


def view(run: Run) -> View:
    """Returns what shows a run, also one of a kind that this version does not know."""
    return _imported(kinds.kind(run).page)


@cache
def _imported(page: str) -> View:
    kind_view: View = import_module(page).view
    return kind_view


def starts() -> dict[str, Start]:
    """Returns how each kind that can be started is, by its id, in the order of the menu."""
    return {each.id: start for each in KINDS.values() if each.launches and (start := _imported(each.page).start)}


def side_by_side(runs: Sequence[Run]) -> list[tuple[View, list[Run]]]:
    """Returns runs kind by kind, in the order of the menu, those of unknown kinds last."""
    runs_by_kind: dict[str, list[Run]] = {kind: [] for kind in KINDS}
    for run in runs:
        runs_by_kind.setdefault(kinds.kind(run).id, []).append(run)
    return [(view(some[0]), some) for some in runs_by_kind.values() if some]
