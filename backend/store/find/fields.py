"""The fields that a query knows, as data: what each is, and how it may be compared."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from backend.model import RunState, goals
from backend.store.find.query import Operator

FieldKind = Literal["text", "choice", "number", "seconds", "moment", "flag", "tags", "setting", "metric"]
Stat = Literal["last", "best", "mean", "low", "high"]

EQUAL: tuple[Operator, ...] = ("==", "!=", "in")
ORDERED: tuple[Operator, ...] = ("==", "!=", "<", "<=", ">", ">=", "in")
OPERATORS: dict[FieldKind, tuple[Operator, ...]] = {
    "text": (*EQUAL, "contains"), "choice": EQUAL, "number": ORDERED, "seconds": ORDERED, "moment": ORDERED,
    "flag": ("==", "!="),
    "tags": ("contains", "==", "!=", "in"), "setting": (*ORDERED, "contains"), "metric": ORDERED,
}  # fmt: skip
STATS: dict[str, Stat] = {"last": "last", "best": "best", "mean": "mean", "min": "low", "max": "high"}
_RECENT = re.compile(r"mean([1-9][0-9]{0,3})")  # mean25: of the last 25 values
STORED = 10  # values that a stored mean is over, see standing
LONGEST_NAME = 200  # letters of a setting that are kept; an index takes no longer names
PARAMS, OPTIONS, METRICS = "params.", "environment_options.", "metrics."


@dataclass(frozen=True)
class QueryField:
    """A field. `column` is the run's, the setting's name or the metric's key."""

    name: str
    kind: FieldKind
    about: str
    column: str = ""
    stat: Stat = "last"
    recent: int = 0  # of a mean: over how many last values, where that is not the stored one
    choices: tuple[str, ...] = ()  # of a choice all there are; none where they are not known here
    optional: bool = False  # stands alone as a question: is there any, is it set

    @property
    def number(self) -> str:
        """Which of the numbers that tell how a run stands in a metric this is."""
        return f"{self.stat}{self.recent}" if self.recent else self.stat

    @property
    def operators(self) -> tuple[Operator, ...]:
        return OPERATORS[self.kind]


_FIXED = (
    QueryField("state", "choice", "how it stands", "state", choices=tuple(RunState)),
    QueryField("kind", "choice", "what kind of work it is", "kind"),
    QueryField("name", "text", "what it is called", "name"),
    QueryField("id", "text", "its id", "id"),
    QueryField("algorithm", "setting", "of reinforcement learning"),
    QueryField("environment", "setting", "of reinforcement learning"),
    QueryField("trainable", "setting", "what a sweep tunes"),
    QueryField("metric", "setting", "what a sweep improves"),
    QueryField("search", "setting", "a sweep's search algorithm"),
    QueryField("scheduler", "setting", "a sweep's scheduler"),
    QueryField("function", "setting", "what is fanned out"),
    QueryField("seed", "setting", "of any of its trials", "params.seed"),
    QueryField("tags", "tags", "its tags", optional=True),
    QueryField("note", "text", "its note", "note", optional=True),
    QueryField("starred", "flag", "whether it has a star", "starred", optional=True),
    QueryField("archived", "flag", "whether it is archived; hidden unless asked for", "archived", optional=True),
    QueryField("created", "moment", "when it was launched", "created_at"),
    QueryField("started", "moment", "when it began", "started_at"),
    QueryField("ended", "moment", "when it was over", "ended_at"),
    QueryField("duration", "seconds", "how long it took, or has taken so far"),
    QueryField("best", "number", "the best value of what it is judged by, such as its reward", "best"),
    QueryField("last", "number", "the last value of what it is judged by, mean over its trials", "last"),
    QueryField("attempt", "number", "how often it was begun", "attempt"),
    QueryField("parent", "text", "the run it was cloned from", "parent_id", optional=True),
    QueryField("host", "text", "the machine it ran on", "host"),
    QueryField("error", "text", "why it failed", "error", optional=True),
    *(QueryField(key, "metric", "the last value of that metric", key) for key in goals.COUNTERS),
)
FIELDS = {
    field.name: QueryField(
        field.name, field.kind, field.about, field.column or field.name, choices=field.choices, optional=field.optional
    )
    for field in _FIXED
}


def find(name: str) -> QueryField | None:
    """Returns the field called `name`; None if there cannot be one."""
    for prefix in (PARAMS, OPTIONS):
        if name.lower().startswith(prefix) and len(name) > len(prefix):
            return QueryField(name, "setting", "", (prefix + name[len(prefix) :])[:LONGEST_NAME], optional=True)
    if name.lower().startswith(METRICS) and len(name) > len(METRICS):
        return _metric(name, name[len(METRICS) :])
    return FIELDS.get(name.lower())


def _metric(name: str, key: str) -> QueryField:
    front, dot, stat = key.rpartition(".")
    if dot and front and stat.lower() in STATS:
        return QueryField(name, "metric", "", front, STATS[stat.lower()], optional=True)
    if dot and front and (over := _RECENT.fullmatch(stat.lower())):
        count = int(over[1])
        return QueryField(name, "metric", "", front, "mean", recent=0 if count == STORED else count, optional=True)
    return QueryField(name, "metric", "", key, optional=True)


def can_stand_alone(name: str) -> bool:
    field = find(name)
    return field is not None and field.optional


def is_many(name: str) -> bool:
    """Returns whether a field holds several values, so that something can be in it."""
    return name.lower() == "tags"


def nearest(name: str, names: Iterable[str]) -> list[str]:
    """Returns up to three names that are like one that there is not: spelled alike, or containing it."""
    listed = list(names)
    low = {each.lower(): each for each in listed}
    tail = name.lower().rpartition(".")[2]
    same = [each for each in listed if tail and each.lower().rpartition(".")[2] == tail]
    close = [low[each] for each in difflib.get_close_matches(name.lower(), low, n=3, cutoff=0.7)]
    inside = [each for each in listed if len(tail) > 2 and tail in each.lower()]
    return list(dict.fromkeys([*same, *close, *([] if same or close else inside)]))[:3]
