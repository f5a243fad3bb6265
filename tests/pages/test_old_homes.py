"""Homes that another version left, and specs that say what this one does not know: every page
opens, every command answers."""

import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from backend import api
from backend.api import export
from backend.model import Run
from backend.settings import ROOT, read_settings
from backend.store.database import Database, open_database
from backend.store.schema import runs as table
from pages.runs.kinds import starts
from tests.assets import make_home
from tests.pages import everywhere
from tests.pages.test_compare_tabs import made

ASSETS = ROOT / "tests" / "assets"
VERSIONS = sorted(path.name.partition(".")[0] for path in ASSETS.glob("*.tar.xz"))
# Each was a step on the way of the next: of those between the first and the newest all pages are opened by night.
NOW = [
    version if version in (VERSIONS[0], VERSIONS[-1]) else pytest.param(version, marks=pytest.mark.nightly)
    for version in VERSIONS
]
IDS = ("algorithm", "environment", "trainable", "function", "search", "scheduler")
Change = Callable[[dict[str, Any]], dict[str, Any]]


def gone_ids(spec: dict[str, Any]) -> dict[str, Any]:
    """Each id of a catalogue is one that is no longer there."""
    return {
        name: gone_ids(value) if isinstance(value, dict) else f"gone_{value}" if name in IDS else value
        for name, value in spec.items()
    }


def more_fields(spec: dict[str, Any]) -> dict[str, Any]:
    """There is a field more in each part."""
    return {"gone": {"field": [1]}} | {
        name: more_fields(value) if isinstance(value, dict) else value for name, value in spec.items()
    }


def fewer_fields(spec: dict[str, Any]) -> dict[str, Any]:
    """All is missing that may be left out."""
    least = (
        "kind",
        "name",
        "algorithm",
        "environment",
        "stop",
        "trainable",
        "space",
        "function",
        "inputs",
        "params",
        "max_iterations",
    )
    return {name: value for name, value in spec.items() if name in least}


def no_fields(spec: dict[str, Any]) -> dict[str, Any]:
    return {"kind": spec["kind"], "name": spec["name"]}


def other_types(spec: dict[str, Any]) -> dict[str, Any]:
    """Each field is of another type."""
    return {name: _other(value) if name not in ("kind", "name") else value for name, value in spec.items()}


def _other(value: Any) -> Any:
    return "odd" if isinstance(value, dict | list | int | float) else ["odd", {"a": 1}]


def other_kind(spec: dict[str, Any]) -> dict[str, Any]:
    return {**spec, "kind": f"gone_{spec['kind']}"}


CHANGES: dict[str, Change] = {
    change.__name__: change for change in (gone_ids, more_fields, fewer_fields, no_fields, other_types, other_kind)
}


def _change(database: Database, change: Change) -> None:
    with database.write() as tx:
        for run_id, spec in tx.execute(select(table.c.id, table.c.spec)).all():
            told = change(spec)
            tx.execute(update(table).where(table.c.id == run_id).values(spec=told, kind=told["kind"]))


def unpack(version: str, home: Path) -> None:
    """Lays out the home that a version left."""
    with tarfile.open(ASSETS / f"{version}.tar.xz") as archive:
        archive.extractall(home, filter="data")


@pytest.fixture(scope="module", params=[*NOW, *CHANGES])
def left(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Run]]:
    """The runs of a home that another version left, or that say what this one does not know."""
    home = tmp_path_factory.mktemp(request.param) / "home"
    if request.param in VERSIONS:
        unpack(request.param, home)
    with everywhere.at_home(home):
        if request.param in CHANGES:
            database = open_database(read_settings())
            make_home.fill(read_settings(), database)
            _change(database, CHANGES[request.param])
            database.close()
        yield api.runs(everywhere.LISTED)


def test_there_is_a_home_of_each_schema() -> None:
    made = sorted(
        path.name.partition("_")[0] for path in (ROOT / "backend" / "store" / "migrations" / "versions").glob("*.py")
    )
    assert made == VERSIONS


@pytest.mark.parametrize("version", VERSIONS)
def test_each_home_is_brought_up_to_date_with_all_its_runs(version: str, tmp_path: Path) -> None:
    unpack(version, tmp_path / "home")
    with everywhere.at_home(tmp_path / "home"):
        found = [run.id for run in api.runs(everywhere.LISTED)]
        assert len(found) > 2
        assert {api.run(run_id).id for run_id in found} == set(found)
        assert len(export.points(found)) > 500


def test_each_run_opens_with_each_tab_and_its_trials(left: list[Run]) -> None:
    everywhere.runs(left)


def test_what_was_set_aside_is_shown_if_asked_for(left: list[Run]) -> None:
    everywhere.asides(left)


def test_the_lists_open(left: list[Run]) -> None:
    everywhere.lists()


def test_they_are_compared_reported_and_taken_away(left: list[Run]) -> None:
    ids = [run.id for run in left]
    everywhere.comparison(left)
    assert f"{len(ids)} runs compared" in made(ids)
    assert len(export.points(ids)) > 500


def test_the_command_line_answers(left: list[Run]) -> None:
    everywhere.command_line(left)


def test_each_form_opens_with_what_can_still_be_asked(left: list[Run]) -> None:
    app = everywhere.browser()
    for run in left:
        everywhere.shown(app, run.kind if run.kind in starts() else "rl", clone=run.id)
        everywhere.shown(app, run.kind if run.kind in starts() else "tasks")
