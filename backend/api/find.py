"""What finds runs: pages of them in any order, the names a query knows, what people say of runs, saved views."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from backend import words
from backend.api.house import house
from backend.errors import InvalidQuery
from backend.kinds import KINDS
from backend.model import ACTIVE, Run
from backend.store import annotations, queries
from backend.store.annotations import View
from backend.store.find import fields, grammar, names, pages, settings
from backend.store.find.fields import Known
from backend.store.find.pages import NEWEST, Found, Order

__all__ = ["NEWEST", "Found", "Order", "View"]

A_PAGE = 50
VOCABULARY_SECONDS = 5.0
MOST_IDS = 5000  # of one bulk action
STALE_SECONDS = 30.0  # a query of durations and dates finds others as time goes by
KEPT = 64
SHOWN = 3  # values of one param, in a cell
_Asked = tuple[str, str, Order, tuple[str, ...], int, tuple[Known, ...]]
_pages: dict[_Asked, tuple[tuple[int, ...], Found]] = {}
_vocabulary: dict[str, tuple[float, list["Word"]]] = {}


@dataclass(frozen=True)
class Word:
    """A name that a query knows: what it is, how it may be compared, and some of the values there are."""

    name: str
    about: str
    operators: tuple[str, ...]
    values: tuple[str, ...] = ()


def page(query: str, order: Order = NEWEST, *, states: Sequence[str] = (), offset: int = 0, columns: Iterable[str] = ()) -> Found:
    """Returns the runs that a query describes from `offset` on, A_PAGE at most, ready for some columns.

    The same `Found` is returned again as long as nothing has happened to any run.

    Raises:
        InvalidQuery: says where it is wrong.
    """
    house().launcher.reconcile()
    metrics = tuple(known for name in columns if (known := fields.find(name)) is not None and known.kind == "metric")
    asked = (house().database.url, query, order, tuple(states), offset, metrics)
    now = (*pages.pulse(house().database), int(time.time() / STALE_SECONDS))
    kept = _pages.get(asked)
    if kept is not None and kept[0] == now:
        return kept[1]
    found = pages.page(house().database, query, order, states=states, offset=offset, limit=A_PAGE, metrics=metrics)
    _pages.pop(asked, None)
    _pages[asked] = now, found
    while len(_pages) > KEPT:
        _pages.pop(next(iter(_pages)), None)
    return found


def value(found: Found, run: Run, column: str) -> tuple[float | None, str]:
    """Returns a run's value in a column as a number, if it is one, and as text: of several values which they are."""
    known = fields.find(column)
    if known is None or known.kind not in ("setting", "metric"):
        return None, ""
    if known.kind == "metric":
        number = found.standings.get(run.ordinal, {}).get(known.column, {}).get(known.number)
        return number, words.number(number)
    whole = settings.of_spec(run.spec)
    given = [whole, *(settings.of_trial(trial.params, trial.seed) for trial in run.trials)]
    values = list(dict.fromkeys(each[known.column] for each in given if known.column in each))
    numbers = sorted(number for number, _ in values if number is not None)
    if len(numbers) > SHOWN:
        return numbers[-1], f"{words.number(numbers[0])} … {words.number(numbers[-1])}"
    told = [*map(words.number, numbers), *(text for _, text in values if text is not None)]
    return (numbers[-1] if numbers else None), ", ".join(told[:SHOWN]) + (" …" if len(told) > SHOWN else "")


def columns() -> list[str]:
    """Returns what a table of runs can have a column for: params, options, and the metrics with each of their numbers."""
    with house().database.read() as connection:
        every = list(dict.fromkeys(names.all_names(connection)))
    known = [(name, fields.find(name)) for name in every]
    found = [name for name, each in known if each is not None and each.kind == "setting"]
    metrics = [name for name, each in known if each is not None and each.kind == "metric" and name.startswith(fields.METRICS)]
    return [*found, *(f"{name}.{stat}" for name in metrics for stat in fields.STATS)]


def is_column(name: str) -> bool:
    """Returns whether a table of runs can have a column of that name, though `columns` does not offer it: metrics.loss.mean25."""
    known = fields.find(name)
    return known is not None and known.kind in ("setting", "metric")


def can_sort(name: str) -> bool:
    """Returns whether runs can be sorted by a field."""
    known = fields.find(name)
    return known is not None and known.kind != "tags"


@dataclass(frozen=True)
class Matching:
    """The ids of all runs that a query describes, newest first: those that go on, and those that are over."""

    active: tuple[str, ...]
    over: tuple[str, ...]

    @property
    def every(self) -> tuple[str, ...]:
        return self.active + self.over


def matching(query: str, states: Sequence[str] = ()) -> Matching:
    """Returns all runs that a query describes, MOST_IDS at most.

    Raises:
        InvalidQuery: says where it is wrong.
    """
    found = pages.ids(house().database, query, states, MOST_IDS)
    active = tuple(run_id for run_id, state in found if state in ACTIVE)
    return Matching(active, tuple(run_id for run_id, state in found if state not in ACTIVE))


def some(run_ids: Sequence[str]) -> list[Run]:
    """Returns those of the runs that there are, in the order asked for."""
    return queries.some_runs(house().database, run_ids)


def check(query: str) -> InvalidQuery | None:
    """Returns what is wrong with the grammar of a query; None if nothing is."""
    try:
        grammar.parse(query)
    except InvalidQuery as error:
        return error
    return None


def vocabulary() -> list[Word]:
    """Returns every name that a query knows now, at most 5 s old."""
    url = house().database.url
    at, known = _vocabulary.get(url, (0.0, []))
    if time.monotonic() - at > VOCABULARY_SECONDS or not known:
        known = _read_vocabulary()
        _vocabulary[url] = time.monotonic(), known
    return known


def _read_vocabulary() -> list[Word]:
    with house().database.read() as connection:
        every = list(dict.fromkeys(names.all_names(connection)))
        found: list[Word] = []
        for name in every:
            known = fields.find(name)
            if known is None:
                continue
            values = known.choices or tuple(KINDS) if known.kind == "choice" else ("true", "false") if known.kind == "flag" else ()
            if known.kind == "tags":
                values = tuple(names.tags(connection))
            elif known.kind == "setting":
                values = tuple(names.values(connection, known.column, 30))
            elif known.kind == "moment":
                values = ("last 7 days", "today", "yesterday")
            found.append(Word(name, known.about, known.operators, values))
        return found


def tags() -> list[str]:
    """Returns the tags that any run has, in alphabetical order."""
    with house().database.read() as connection:
        return names.tags(connection)


# ---- what people say of runs


def tag(run_ids: Sequence[str], add: Iterable[str] = (), remove: Iterable[str] = ()) -> None:
    """Gives runs tags and takes some from them.

    Raises:
        InvalidAnnotation: a tag is empty or too long.
    """
    annotations.tag(house().database, run_ids, add, remove)
    _vocabulary.clear()


def note(run_id: str, text: str) -> None:
    """Sets a run's note; an empty one takes it away.

    Raises:
        InvalidAnnotation: it is too long.
    """
    annotations.note(house().database, run_id, text)


def star(run_ids: Sequence[str], starred: bool = True) -> None:
    """Gives runs a star, or takes it from them."""
    annotations.star(house().database, run_ids, starred)


def archive(run_ids: Sequence[str], archived: bool = True) -> None:
    """Puts runs that are over into the archive, where lists do not show them, or takes them out."""
    annotations.archive(house().database, run_ids, archived)


# ---- saved views


def views() -> list[View]:
    """Returns the saved views in alphabetical order."""
    return annotations.all_views(house().database)


def save_view(name: str, query: str) -> None:
    """Saves what follows the ? in the address of the Runs page under a name.

    Raises:
        InvalidAnnotation: the name is empty or too long.
    """
    annotations.save_view(house().database, name, query)


def rename_view(name: str, new: str) -> None:
    """Gives a view another name.

    Raises:
        InvalidAnnotation: the name is empty, too long, or taken.
    """
    annotations.rename_view(house().database, name, new)


def delete_view(name: str) -> None:
    """Forgets a view; the runs it shows stay."""
    annotations.delete_view(house().database, name)
