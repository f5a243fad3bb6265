"""What a query asks of the database: its tree as SQLAlchemy expressions over `runs`.

Every condition is true or false, never NULL.
"""

import math
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Float,
    Select,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    true,
)

from backend.errors import InvalidQuery
from backend.model import ACTIVE, RunState
from backend.store.find import fields, moments, names, recent
from backend.store.find.fields import QueryField
from backend.store.find.grammar import parse, span_of
from backend.store.find.query import (
    And,
    Compare,
    Has,
    LastDays,
    Listing,
    Node,
    Not,
    Number,
    Or,
    Single,
    Words,
    mentions,
)
from backend.store.find.query import Text as Said
from backend.store.find.settings import WORDS
from backend.store.schema import run_metrics, run_settings, run_tags, runs

Condition = ColumnElement[bool]
YES, NO = ("true", "yes", "1"), ("false", "no", "0")


def condition(connection: Connection, query: str, now: float | None = None) -> Condition:
    """Returns which runs a query as it was typed describes; archived ones only if it says anything of that.

    Raises:
        InvalidQuery: it cannot be read, or names what there is not.
    """
    tree = parse(query)
    criterion = Conditions(connection, time.time() if now is None else now).of(tree)
    shown = true() if mentions(tree, "archived") else runs.c.archived.is_(False)
    return and_(runs.c.deleted_at.is_(None), shown, criterion)


class Conditions:
    """Reads a tree against what a database knows."""

    def __init__(self, connection: Connection, now: float) -> None:
        """`now` is in seconds since the epoch."""
        self.connection, self.now = connection, now

    def of(self, node: Node | None) -> Condition:
        """Returns what `node` asks of a run.

        Raises:
            InvalidQuery: a field that there is not, or a comparison that it does not bear.
        """
        match node:
            case None:
                return true()
            case And(parts):
                return and_(*map(self.of, parts))
            case Or(parts):
                return or_(*map(self.of, parts))
            case Not(part):
                return not_(self.of(part))
            case Words(text):
                return _anywhere(text)
            case Has():
                return self._has(node)
            case Compare():
                return self._compare(node)

    def known(self, at: Has | Compare) -> QueryField:
        """Returns the field that a condition is about."""
        name = at.field.name
        field = fields.find(name)
        if field is None or not names.is_known(self.connection, field):
            what = "No run has" if field is not None else "There is no field"
            close = fields.nearest(name, names.all_names(self.connection))
            raise InvalidQuery(f"{what} “{name}”.", at.field.at.start, at.field.at.length, close)
        return field

    def _has(self, node: Has) -> Condition:
        field = self.known(node)
        match field.kind:
            case "setting":
                return _with_setting(field.column)
            case "metric":
                return _with_metric(field, lambda number: number.is_not(None))
            case "tags":
                return exists().where(run_tags.c.run == runs.c.ordinal)
            case "flag":
                return runs.c[field.column].is_(True)
        return and_(runs.c[field.column].is_not(None), runs.c[field.column] != "")

    def _compare(self, node: Compare) -> Condition:
        field = self.known(node)
        if node.operator not in field.operators:
            goes = ", ".join(each for each in field.operators)
            raise InvalidQuery(
                f"“{node.field.name}” cannot be compared with {node.operator}; what goes is {goes}.", *_where(node)
            )
        if node.operator == "!=":
            return not_(self._compare(Compare(node.field, "==", node.value, at=node.at)))
        if node.operator == "in":
            values = node.value.values if isinstance(node.value, Listing) else (node.value,)
            return or_(
                false(), *(self._one(field, Compare(node.field, "==", value, at=node.at), value) for value in values)
            )
        return self._one(field, node, node.value) if not isinstance(node.value, Listing) else false()

    def _one(self, field: QueryField, node: Compare, value: Single) -> Condition:
        makers: dict[str, Callable[[QueryField, Compare, Single], Condition]] = {
            "text": _text, "choice": _choice, "number": _number, "flag": _flag, "tags": _tag, "setting": _setting,
            "metric": _metric,
            "seconds": self._duration, "moment": self._moment,
        }  # fmt: skip
        return makers[field.kind](field, node, value)

    def _duration(self, field: QueryField, node: Compare, value: Single) -> Condition:
        length = moments.seconds(value.value) if isinstance(value, Said) else _as_number(node, value)
        if length is None:
            raise _misfit(node, value, "a length of time, such as 90, 30s, 5min or 2h")
        took = duration(self.now)
        return and_(took.is_not(None), _ordered(took, node, length))

    def _moment(self, field: QueryField, node: Compare, value: Single) -> Condition:
        column = runs.c[field.column]
        span = value if isinstance(value, LastDays) else _as_span(value)
        if span is not None:
            if node.operator != "==":
                raise InvalidQuery(f"Say “{node.field.name} in {span}”.", value.at.start, value.at.length)
            return and_(column.is_not(None), column >= self.now - span.seconds, column <= self.now)
        stretch = moments.stretch(value.value, self.now) if isinstance(value, Said) else None
        if stretch is None:
            raise _misfit(node, value, f"a date, such as {moments.EXAMPLES}")
        start, end = stretch
        comparisons = {
            "==": and_(column >= start, column < end),
            "<": column < start,
            "<=": column < end,
            ">": column >= end,
            ">=": column >= start,
        }
        return and_(column.is_not(None), comparisons[node.operator])


def duration(now: float) -> ColumnElement[Any]:
    """Returns how many seconds a run took, or has taken so far; NULL before it began."""
    until = case((runs.c.state.in_(ACTIVE), now), else_=func.coalesce(runs.c.ended_at, now))
    took = until - runs.c.started_at
    return case((took < 0, 0.0), else_=took)


def _anywhere(text: str) -> Condition:
    """Looks in what settings.words gives, in states and in tags. A search for two words may find them side by side."""
    words = " ".join(text.lower().split())
    # which is in small letters already
    said = _with_setting(WORDS, run_settings.c.text.contains(words, autoescape=True))
    tagged = runs.c.ordinal.in_(select(run_tags.c.run).where(run_tags.c.tag.icontains(text, autoescape=True)))
    states = [state for state in RunState if text.lower() in state.value]
    return or_(said, tagged, *([runs.c.state.in_(states)] if states else []))


def _text(field: QueryField, node: Compare, value: Single) -> Condition:
    column = runs.c[field.column]
    return and_(column.is_not(None), _alike(column, node, value))


def _alike(column: ColumnElement[Any], node: Compare, value: Single) -> Condition:
    text = _as_text(value)
    return column.icontains(text, autoescape=True) if node.operator == "contains" else column == text


def _choice(field: QueryField, node: Compare, value: Single) -> Condition:
    text = _as_text(value).lower()
    if field.choices and text not in field.choices:
        close = fields.nearest(text, field.choices)
        raise InvalidQuery(
            f"{node.field.name.capitalize()} is one of {', '.join(field.choices)}.",
            value.at.start,
            value.at.length,
            close[:1],
        )
    return runs.c[field.column] == text


def _number(field: QueryField, node: Compare, value: Single) -> Condition:
    column = runs.c[field.column]
    return and_(column.is_not(None), _ordered(cast(column, Float), node, _as_number(node, value)))


def _flag(field: QueryField, node: Compare, value: Single) -> Condition:
    text = _as_text(value).lower()
    if text not in YES + NO:
        raise _misfit(node, value, "true or false")
    return runs.c[field.column].is_(text in YES)


def _tag(field: QueryField, node: Compare, value: Single) -> Condition:
    return runs.c.ordinal.in_(select(run_tags.c.run).where(run_tags.c.tag == _as_text(value)))


def _setting(field: QueryField, node: Compare, value: Single) -> Condition:
    number, text = run_settings.c.number, run_settings.c.text
    if node.operator == "contains":
        return _with_setting(field.column, text.icontains(_as_text(value), autoescape=True))
    if node.operator != "==":
        return _with_setting(field.column, _ordered(number, node, _as_number(node, value)))
    if isinstance(value, Number):
        return _with_setting(field.column, number == value.value)
    quoted = _read_number(_as_text(value))  # “64” in quotes is a number to whoever wrote it, and may be one to the run
    same_text = text == _as_text(value)
    return _with_setting(field.column, same_text if quoted is None else or_(same_text, number == quoted))


def _with_setting(name: str, condition: Condition | None = None) -> Condition:
    ordinals: Select[Any] = select(run_settings.c.run).where(run_settings.c.name == name)
    return runs.c.ordinal.in_(ordinals if condition is None else ordinals.where(condition))


def _metric(field: QueryField, node: Compare, value: Single) -> Condition:
    threshold = _as_number(node, value)
    return _with_metric(field, lambda number: _ordered(number, node, threshold))


def _with_metric(field: QueryField, meets: Callable[[ColumnElement[Any]], Condition]) -> Condition:
    if field.recent:
        # Without a value nothing is met, and its contrary is.
        return func.coalesce(meets(recent.mean(field.column, field.recent)), false())
    stored = run_metrics.c[field.stat]
    return runs.c.ordinal.in_(select(run_metrics.c.run).where(run_metrics.c.key == field.column, meets(stored)))


def _ordered(column: ColumnElement[Any], node: Compare, value: float) -> Condition:
    comparisons = {
        "==": column == value,
        "<": column < value,
        "<=": column <= value,
        ">": column > value,
        ">=": column >= value,
    }
    return comparisons[node.operator]


def _as_text(value: Single) -> str:
    return f"{value.value:g}" if isinstance(value, Number) else value.value if isinstance(value, Said) else str(value)


def _as_number(node: Compare, value: Single) -> float:
    number = (
        value.value if isinstance(value, Number) else _read_number(value.value) if isinstance(value, Said) else None
    )
    if number is None:
        raise _misfit(node, value, "a number")
    return number


def _read_number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return None if math.isnan(number) else number


def _as_span(value: Single) -> LastDays | None:
    span = span_of(value.value) if isinstance(value, Said) else None
    return LastDays(*span, at=value.at) if span else None


def _misfit(node: Compare, value: Single, wanted: str) -> InvalidQuery:
    return InvalidQuery(f"“{node.field.name}” is compared with {wanted}.", value.at.start, value.at.length)


def _where(node: Compare) -> tuple[int, int]:
    return node.field.at.start, node.field.at.length
