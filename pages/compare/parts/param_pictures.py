"""What can be drawn of params and scores, by what the URL says: for the Params tab and for the report."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from backend.analysis import asking, scores
from backend.analysis import params as analysis
from backend.analysis.asking import Question, Url
from backend.analysis.params import Column, Points
from backend.analysis.scores import Scored
from backend.api import answers
from backend.cache import Cache
from backend.catalog import metrics
from backend.figures import params as figures
from backend.figures.params import Owner
from backend.figures.params_parallel import parallel
from backend.model import Floats
from pages.compare.parts.comparison import Comparison

if TYPE_CHECKING:
    import plotly.graph_objects as go

METRIC = "metrics."
GROUP = "group"  # as a colour: each group has its own
MOST_AXES = 7  # params of the parallel coordinates, unless asked for
KEPT = 16  # importances, for all tabs
_importances: Cache[tuple[dict[str, float], int]] = Cache(KEPT)


@dataclass(frozen=True, eq=False)
class Sight:
    """What a picture is drawn of: the points of all groups, and the score of each."""

    what: Comparison
    scored: tuple[Scored, ...]
    points: Points
    score: Column
    question: Question

    @property
    def owners(self) -> list[Owner]:
        return [Owner(each.group.label, each.group.ordinal) for each in self.scored]

    @property
    def params(self) -> list[str]:
        return [column.name for column in self.points.params]

    @property
    def names(self) -> dict[str, str]:
        """What can be an axis, by what it is called in the URL, with what a person reads."""
        keys = dict.fromkeys([self.what.key, *self.what.keys])
        return {column.name: column.title for column in self.points.params} | {
            METRIC + key: metrics.title(key) for key in keys
        }

    def column(self, name: str) -> Column:
        """Returns a param, or the scores of a metric."""
        if not name.startswith(METRIC):
            return next(column for column in self.points.params if column.name == name)
        if name == self.score.name:
            return self.score
        key = name.removeprefix(METRIC)
        groups = [each.group for each in self.scored]
        return _scores(
            key, answers.scored(groups, key, scores.rule_of("", key), scores.direction(self.what.runs, key) or "max")
        )

    def lack(self, name: str) -> str:
        """Returns what there is too little of for any picture, or for this one; empty if there is enough."""
        if not np.isfinite(numbers(self.score)).any():
            return f"None of these runs has a finite score of {metrics.title(self.what.key)} so far."
        if not self.points.params:
            n = len(self.points.members)
            return f"All {n} points have the same settings: there is no param to compare by. Add runs with other ones."
        if not self.question.is_directed and PICTURES[name].directed:
            return "Say above whether high or low values of this metric are better."
        return ""


def sight(what: Comparison, question: Question) -> Sight:
    """Returns what the groups of a comparison that have seeds or trials have been scored."""
    scored = answers.scored([group for group in what.groups if group.members], what.key, question.rule, question.mode)
    return Sight(what, tuple(scored), analysis.points(scored), _scores(what.key, scored), question)


def _scores(key: str, scored: Sequence[Scored]) -> Column:
    return Column(
        METRIC + key,
        np.array([score.value for each in scored for score in each.scores], np.float64),
        heading=metrics.title(key),
    )


def numbers(column: Column) -> Floats:
    """Returns a column's numbers; NaN for words."""
    return column.numbers if column.numbers is not None else np.full(len(column.texts), np.nan)


def picture(url: Url) -> str:
    """Returns the name of the picture that the URL asks for."""
    return asking.one_of(url, "picture", PICTURES, next(iter(PICTURES)))


@dataclass(frozen=True)
class UrlAxis:
    """What the URL says of one axis: its name there, what it can be and, unless it says otherwise, is."""

    name: str
    options: Sequence[str]
    default: str

    def of(self, url: Url) -> str:
        return asking.one_of(url, self.name, self.options, self.default)


@dataclass(frozen=True)
class Log:
    """Whether an axis of a column is a log one; it can be where there are numbers above 0."""

    name: str
    column: Column
    default: bool = False

    @property
    def is_possible(self) -> bool:
        return bool((numbers(self.column) > 0).any())

    def of(self, url: Url) -> bool:
        return self.is_possible and url.get(self.name, "1" if self.default else "0") == "1"


@dataclass(frozen=True)
class Scatter:
    """The axes of a scatter, as the URL says."""

    sight: Sight
    url: Url

    @property
    def axes(self) -> tuple[UrlAxis, UrlAxis, UrlAxis]:
        every = list(self.sight.names)
        return (
            UrlAxis("px", every, every[0]),
            UrlAxis("py", every, self.sight.score.name),
            UrlAxis("pc", [GROUP, *every], GROUP),
        )

    @property
    def columns(self) -> tuple[Column, Column]:
        x, y, _ = self.axes
        return self.sight.column(x.of(self.url)), self.sight.column(y.of(self.url))

    @property
    def logs(self) -> tuple[Log, Log]:
        x, y = self.columns
        return Log("plx", x, x.numbers is not None and analysis.is_wide(x.numbers)), Log("ply", y)

    @property
    def hidden(self) -> int:
        """How many points cannot be on a log axis."""
        return sum(int((numbers(log.column) <= 0).sum()) for log in self.logs if log.of(self.url))


def _scatter(sight: Sight, url: Url) -> "go.Figure":
    scatter, points = Scatter(sight, url), sight.points
    (x, y), third = scatter.columns, scatter.axes[2].of(url)
    log_x, log_y = (log.of(url) for log in scatter.logs)
    colour = None if third == GROUP else sight.column(third)
    return figures.scatter(x, y, colour, points.labels, points.owners, sight.owners, log_x=log_x, log_y=log_y)


def parallel_params(sight: Sight, url: Url) -> list[str]:
    """Returns the params that the URL names; none if it names none that there is."""
    return [part for part in asking.listed(url, "pp") if part in sight.params]


def _parallel(sight: Sight, url: Url) -> "go.Figure":
    columns = [sight.column(name) for name in parallel_params(sight, url) or sight.params[:MOST_AXES]]
    return parallel(columns, sight.score, sight.question.mode)


def _correlation(sight: Sight, _url: Url) -> "go.Figure | None":
    correlations = analysis.correlations(sight.points, numbers(sight.score))
    return figures.correlation(correlations, sight.score.title) if correlations else None


def importances(sight: Sight) -> tuple[dict[str, float], int]:
    """Returns importances, and of how many settings; computed anew only if what they are of is another."""
    values, mode = numbers(sight.score), sight.question.mode
    name = (tuple(run.id for run in sight.what.runs), sight.score.name, mode)
    state = (tuple(values.tolist()), sight.points.repeats)
    return _importances.get(name, lambda: analysis.importances(sight.points, values, mode), state)


def _importance(sight: Sight, _url: Url) -> "go.Figure | None":
    param_importances, _ = importances(sight)
    return figures.importance(param_importances, sight.score.title) if param_importances else None


def boxes_axes(sight: Sight) -> tuple[UrlAxis, Log]:
    """Returns the axes of the box plots."""
    return UrlAxis("pb", sight.params, sight.params[0]), Log("plb", sight.score)


def _boxes(sight: Sight, url: Url) -> "go.Figure":
    param, log_y = boxes_axes(sight)
    column = sight.column(param.of(url))
    return figures.boxes(column, analysis.values_of(column)[0], sight.score, sight.points.labels, log_y=log_y.of(url))


@dataclass(frozen=True)
class ParamPicture:
    """One kind of picture; `draw` returns None where there is too little for it.

    `directed`: it must know whether high or low is better.
    """

    title: str
    tells: str
    draw: Callable[[Sight, Url], "go.Figure | None"]
    directed: bool = False


PICTURES = {
    "scatter": ParamPicture(
        "Scatter", "A point for each seed or trial: any param or metric against any other.", _scatter
    ),
    "parallel": ParamPicture(
        "Parallel coordinates",
        "Each line is a seed or trial and passes through its params to its score: strong lines that run together show"
        " what goes with good scores.",
        _parallel,
        directed=True,
    ),
    "correlation": ParamPicture(
        "Correlation",
        "How regularly the score rises (right) or falls (left) with each param, from −1 to 1. Nothing is said of why.",
        _correlation,
    ),
    "importance": ParamPicture(
        "Importance",
        "The longer the bar, the more this param sets the best quarter of the settings apart from all of them.",
        _importance,
        directed=True,
    ),
    "boxes": ParamPicture(
        "Box plots", "The scores of all seeds and trials that have the same value of a param.", _boxes
    ),
}
