"""What is wrong with the database or its disk stands on every page, in words that say what to do."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from backend import api
from backend.settings import ROOT
from backend.store import health, whereabouts
from backend.store.recording.refuge import PATTERN
from tests.conftest import recorded
from tests.pages.test_pages import PAGES
from tests.small_disk import small_disk


@pytest.fixture
def app(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """The app at a home with one run, without a cluster."""
    monkeypatch.setattr(whereabouts, "LOOK_SECONDS", 0.0)
    st.cache_data.clear()
    st.cache_resource.clear()
    recorded("there", [0.5])
    yield AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    st.cache_resource.clear()


@pytest.fixture
def path(home: Path) -> Path:
    return home / "raydeck.db"


def on_page(app: AppTest, page: str) -> str:
    """Opens a page again and returns the boxes at its head."""
    (run,) = app.session_state["seen"] if "seen" in app.session_state else api.runs()
    app.session_state["seen"] = [run]
    app.query_params.update({"id": run.id, "run": run.id, "number": "0"})
    app.switch_page(PAGES[page]).run()
    assert not app.exception, app.exception
    return "\n".join(each.value.replace("\\", "") for each in (*app.error, *app.warning, *app.info))


@pytest.mark.parametrize("page", list(PAGES))
def test_each_page_says_that_the_database_was_removed_and_goes_on_once_it_is_back(
    app: AppTest, path: Path, page: str
) -> None:
    assert "database" not in on_page(app, page)
    aside = path.rename(path.with_name("aside"))
    said = on_page(app, page)
    assert f"The database {path} was removed" in said
    assert said.count("was removed") == 1, "it is said once, and nothing below it fails"
    aside.rename(path)
    assert "database" not in on_page(app, page)


def test_another_file_is_shown_and_that_it_is_another_until_somebody_knows(
    app: AppTest, path: Path, migrated: Path
) -> None:
    path.unlink()
    shutil.copyfile(migrated, path)
    assert f"{path} was replaced by another file" in on_page_of(app, "overview")
    app.button("storage_known").click().run()
    assert not app.warning
    assert api.runs() == []


def on_page_of(app: AppTest, page: str) -> str:
    app.switch_page(PAGES[page]).run()
    assert not app.exception, app.exception
    return "\n".join(each.value.replace("\\", "") for each in (*app.error, *app.warning, *app.info))


def test_a_damaged_file_is_said_above_what_can_still_be_read(app: AppTest, path: Path) -> None:
    api.house().database.engine.dispose()
    with path.open("r+b") as file:
        file.truncate(file.seek(0, os.SEEK_END) - 8192)
    on_page_of(app, "runs")
    assert "is damaged. “raydeck check” says" in on_page_of(app, "runs")


def test_a_full_disk_is_said_while_it_is_full(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(health, "room", lambda _: 4096)
        assert "is full. Free some space" in on_page(app, "overview")
        assert app.dataframe or app.get("bidi_component"), "what is there is shown"
    assert "is full" not in on_page(app, "overview")


@pytest.mark.parametrize("page", list(PAGES))
def test_each_page_opens_at_a_home_that_can_only_be_read(
    app: AppTest, path: Path, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (run,) = api.runs()
    with small_disk(path.with_name("disk"), 8) as disk:
        api.reset()
        shutil.copyfile(path, disk.folder / "raydeck.db")
        monkeypatch.setenv("RAYDECK_HOME", str(disk.folder))
        disk.may_write(yes=False)
        api.reset()
        st.cache_resource.clear()
        app.session_state["seen"] = [run]
        assert f"Nothing can be written to {disk.folder}" in on_page(app, page)
        api.reset()


def test_a_run_that_went_on_beside_the_database_is_brought_in_by_a_click(app: AppTest, path: Path) -> None:
    beside = path.with_name(PATTERN.format("abcdefgh"))
    api.house().database.engine.dispose()
    shutil.copyfile(path, beside)
    other = sqlite3.connect(beside)
    other.execute("update runs set id = 'abcdefgh', name = 'went on', launch_key = null")
    for table in ("trials", "series", "events"):
        other.execute(f"update {table} set run_id = 'abcdefgh'")
    other.commit()
    other.close()
    assert "beside the database" in on_page_of(app, "overview")
    app.button("storage_bring_in").click().run()
    assert not app.exception
    assert not app.warning
    assert {run.name for run in api.runs()} == {"there", "went on"}
    assert not beside.exists()
