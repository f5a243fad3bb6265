"""What people say of runs: tags, notes, stars, the archive; and the views of the table of runs that they keep."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from backend.errors import InvalidAnnotation
from backend.model import ACTIVE
from backend.store.database import Database
from backend.store.find import settings
from backend.store.schema import events, run_tags, runs, storable, views

LONGEST_TAG, LONGEST_NOTE, LONGEST_NAME = 60, 4000, 80  # letters


@dataclass(frozen=True)
class SavedView:
    """A saved view: what follows the ? in the address of the Runs page."""

    name: str
    query: str
    created_at: float


def _ordinals(tx: Connection, run_ids: Iterable[str]) -> list[tuple[int, str]]:
    wanted = select(runs.c.ordinal, runs.c.id).where(runs.c.id.in_(list(run_ids)), runs.c.deleted_at.is_(None))
    return [(row.ordinal, row.id) for row in tx.execute(wanted)]


def _note(tx: Connection, run_ids: Iterable[str], what: str, note: str = "") -> None:
    rows = [{"run_id": run_id, "at": time.time(), "move": what, "note": note} for run_id in run_ids]
    if rows:
        tx.execute(insert(events), rows)


def tag(database: Database, run_ids: Sequence[str], add: Iterable[str] = (), remove: Iterable[str] = ()) -> None:
    """Gives runs tags and takes some from them; a tag that is there already, or is not, stays so.

    Raises:
        InvalidAnnotation: a tag is empty or too long.
    """
    new, old = ([_text(each, "tag", LONGEST_TAG) for each in dict.fromkeys(tags)] for tags in (add, remove))
    with database.write() as tx:
        for name in new:
            tagged = set(tx.execute(select(run_tags.c.run).where(run_tags.c.tag == name)).scalars())
            pairs = [each for each in _ordinals(tx, run_ids) if each[0] not in tagged]
            if pairs:
                tx.execute(insert(run_tags), [{"tag": name, "run": ordinal} for ordinal, _ in pairs])
            _note(tx, (run_id for _, run_id in pairs), "tagged", name)
        for name in old:
            pairs = _ordinals(tx, run_ids)
            mine = run_tags.c.run.in_([ordinal for ordinal, _ in pairs])
            gone = set(
                tx.execute(delete(run_tags).where(run_tags.c.tag == name, mine).returning(run_tags.c.run)).scalars()
            )
            _note(tx, (run_id for ordinal, run_id in pairs if ordinal in gone), "untagged", name)


def note(database: Database, run_id: str, text: str) -> None:
    """Sets a run's note; an empty one takes it away.

    Raises:
        InvalidAnnotation: it is too long.
    """
    new_note = _text(text, "note", LONGEST_NOTE) if text.strip() else ""
    with database.write() as tx:
        changed = update(runs).where(runs.c.id == run_id, runs.c.deleted_at.is_(None), runs.c.note != new_note)
        if row := tx.execute(changed.values(note=new_note).returning(runs.c.ordinal, runs.c.spec)).first():
            settings.write(tx, settings.rows(row.ordinal, settings.words(run_id, row.spec, new_note)))
            _note(tx, [run_id], "note", new_note[:100])


def star(database: Database, run_ids: Sequence[str], starred: bool) -> None:
    """Gives runs a star, or takes it from them."""
    with database.write() as tx:
        ids = [run_id for _, run_id in _ordinals(tx, run_ids)]
        changed = update(runs).where(runs.c.id.in_(ids), runs.c.starred.is_(not starred)).values(starred=starred)
        _note(tx, tx.execute(changed.returning(runs.c.id)).scalars().all(), "star" if starred else "no star")


def archive(database: Database, run_ids: Sequence[str], archived: bool) -> None:
    """Puts runs that are over into the archive, or takes them out; what is active stays where it is."""
    with database.write() as tx:
        ids = [run_id for _, run_id in _ordinals(tx, run_ids)]
        changed = update(runs).where(runs.c.id.in_(ids), runs.c.archived.is_(not archived), runs.c.state.not_in(ACTIVE))
        done = tx.execute(changed.values(archived=archived).returning(runs.c.id)).scalars().all()
        _note(tx, done, "archived" if archived else "taken out of the archive")


def all_views(database: Database) -> list[SavedView]:
    """Returns the saved views in alphabetical order."""
    with database.read() as connection:
        return sorted(
            (SavedView(*row) for row in connection.execute(select(views))), key=lambda view: view.name.lower()
        )


def save_view(database: Database, name: str, query: str) -> None:
    """Saves a view; one of the same name is overwritten.

    Raises:
        InvalidAnnotation: the name is empty or too long.
    """
    view_name = _text(name, "name", LONGEST_NAME)
    with database.write() as tx:
        tx.execute(delete(views).where(views.c.name == view_name))
        tx.execute(insert(views).values(name=view_name, query=query, created_at=time.time()))


def rename_view(database: Database, name: str, new: str) -> None:
    """Gives a view another name.

    Raises:
        InvalidAnnotation: the name is empty, too long, or taken.
    """
    view_name = _text(new, "name", LONGEST_NAME)
    try:
        with database.write() as tx:
            tx.execute(update(views).where(views.c.name == name).values(name=view_name))
    except IntegrityError:
        raise InvalidAnnotation(f"There is a view “{view_name}” already.") from None


def delete_view(database: Database, name: str) -> None:
    """Forgets a view; the runs it shows stay."""
    with database.write() as tx:
        tx.execute(delete(views).where(views.c.name == name))


def _text(raw: str, what: str, longest: int) -> str:
    text = storable(raw.strip())
    if not text:
        raise InvalidAnnotation(f"A {what} needs at least one letter.")
    if len(text) > longest:
        raise InvalidAnnotation(f"A {what} has at most {longest:,} letters; this one has {len(text):,}.")
    return text
