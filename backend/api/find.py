"""What finds runs: pages of them in any order, the names a query knows, what people say of runs, saved views."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from backend import words
from backend.api.house import house
from backend.cache import Cache
from backend.errors import InvalidQuery
from backend.kinds import KINDS
from backend.model import ACTIVE, Run
from backend.store import annotations, queries
from backend.store.annotations import SavedView
from backend.store.find import fields, grammar, names, pages, settings, written
from backend.store.find.pages import NEWEST, Order, RunsPage
from backend.store.find.written import named as named

__all__ = ["NEWEST", "Order", "RunsPage", "SavedView"]

A_PAGE = 50
VOCABULARY_SECONDS = 5.0
MOST_IDS = 5000  # of one bulk action
STALE_SECONDS = 30.0  # a query of durations and dates finds others as time goes by
KEPT = 64
SHOWN = 3  # values of one param, in a cell
_pages: Cache[RunsPage] = Cache(KEPT)
_vocabulary: Cache[list["Word"]] = Cache(1, VOCABULARY_SECONDS)


@dataclass(frozen=True)
class Word:
    """A name that a query knows: what it is, how it may be compared, and some of the values there are."""

    name: str
    about: str
    operators: tuple[str, ...]
    values: tuple[str, ...] = ()
    is_spoken: bool = False  # its values are words of a query, such as “last 7 days”, and no texts

    @property
    def written(self) -> str:
        """Its name as it stands in a query."""
        return written.named(self.name)

    @property
    def written_values(self) -> list[str]:
        """Its values as they stand in a query."""
        return [value if self.is_spoken else written.quoted(value) for value in self.values]


def page(
    query: str, order: Order = NEWEST, *, states: Sequence[str] = (), offset: int = 0, columns: Iterable[str] = ()
) -> RunsPage:
    """Returns the runs that a query describes from `offset` on, A_PAGE at most, ready for some columns.

    The same `Found` is returned again as long as nothing has happened to any run.

    Raises:
        InvalidQuery: says where it is wrong.
    """
    house().launcher.reconcile()
    metrics = tuple(field for name in columns if (field := fields.find(name)) is not None and field.kind == "metric")
    database, key = house().database, (query, order, tuple(states), offset, metrics)
    now = (*pages.pulse(database), int(time.time() / STALE_SECONDS))
    read = partial(pages.page, database, query, order, states=states, offset=offset, limit=A_PAGE, metrics=metrics)
    return _pages.get(key, read, now)


def value(runs_page: RunsPage, run: Run, column: str) -> tuple[float | None, str]:
    """Returns a run's value in a column as a number, if it is one, and as text: of several values which they are."""
    field = fields.find(column)
    if field is None or field.kind not in ("setting", "metric"):
        return None, ""
    if field.kind == "metric":
        number = runs_page.standings.get(run.ordinal, {}).get(field.column, {}).get(field.number)
        return number, words.number(number)
    whole = settings.of_spec(run.spec)
    setting_maps = [whole, *(settings.of_trial(trial.params, trial.seed) for trial in run.trials)]
    values = list(dict.fromkeys(each[field.column] for each in setting_maps if field.column in each))
    numbers = sorted(number for number, _ in values if number is not None)
    if len(numbers) > SHOWN:
        return numbers[-1], f"{words.number(numbers[0])} … {words.number(numbers[-1])}"
    texts = [*map(words.number, numbers), *(text for _, text in values if text is not None)]
    return (numbers[-1] if numbers else None), ", ".join(texts[:SHOWN]) + (" …" if len(texts) > SHOWN else "")


def columns() -> list[str]:
    """Returns what a table of runs can have a column for: params, options, and the metrics
    with each of their numbers."""
    with house().database.read() as connection:
        every = list(dict.fromkeys(names.all_names(connection)))
    named_fields = [(name, fields.find(name)) for name in every]
    setting_names = [name for name, each in named_fields if each is not None and each.kind == "setting"]
    metrics = [
        name
        for name, each in named_fields
        if each is not None and each.kind == "metric" and name.startswith(fields.METRICS)
    ]
    return [*setting_names, *(f"{name}.{stat}" for name in metrics for stat in fields.STATS)]


def is_column(name: str) -> bool:
    """Returns whether a table of runs can have a column of that name, though `columns` does not offer
    it: metrics.loss.mean25."""
    field = fields.find(name)
    return field is not None and field.kind in ("setting", "metric")


def can_sort(name: str) -> bool:
    """Returns whether runs can be sorted by a field."""
    field = fields.find(name)
    return field is not None and field.kind != "tags"


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
    pairs = pages.ids(house().database, query, states, MOST_IDS)
    active = tuple(run_id for run_id, state in pairs if state in ACTIVE)
    return Matching(active, tuple(run_id for run_id, state in pairs if state not in ACTIVE))


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
    return _vocabulary.get("now", _read_vocabulary)


def _read_vocabulary() -> list[Word]:
    with house().database.read() as connection:
        every = list(dict.fromkeys(names.all_names(connection)))
        entries: list[Word] = []
        for name in every:
            field = fields.find(name)
            if field is None:
                continue
            values = (
                field.choices or tuple(KINDS)
                if field.kind == "choice"
                else ("true", "false")
                if field.kind == "flag"
                else ()
            )
            if field.kind == "tags":
                values = tuple(names.tags(connection))
            elif field.kind == "setting":
                values = tuple(names.values(connection, field.column, 30))
            elif field.kind == "moment":
                values = ("last 7 days", "today", "yesterday")
            entries.append(Word(name, field.about, field.operators, values, is_spoken=field.kind == "moment"))
        return entries


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


def views() -> list[SavedView]:
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
