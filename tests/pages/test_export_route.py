"""Downloads of points: streamed, named, refused to those who do not come from a page of ours."""

import io
from urllib.parse import quote

import pandas as pd
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from backend.store.database import Database
from pages.runs import export_route
from tests.conftest import ON_SQLITE
from tests.export.test_points import COUNT, recorded

pytestmark = ON_SQLITE


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=[export_route.ROUTE]))


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_link_brings_every_point(client: TestClient, database: Database, form: str) -> None:
    ids = [recorded(database, seed=1), recorded(database, seed=2)]
    answer = client.get(export_route.url(ids, ["reward"], ["seed"], form, name='re"wa/rd'))
    assert answer.headers["content-disposition"] == f'attachment; filename="re-wa-rd.{form}"'
    assert "content-length" not in answer.headers, "it is sent as it is read"
    found = (pd.read_csv if form == "csv" else pd.read_parquet)(io.BytesIO(answer.content))
    assert len(found) == 2 * COUNT


def test_a_metric_may_have_any_name(client: TestClient, database: Database) -> None:
    run_id = recorded(database, count=4)
    assert len(client.get(export_route.url([run_id], ["a&b=c,<d>"])).text.splitlines()) == 1
    assert len(client.get(export_route.url([run_id], None)).text.splitlines()) == 1 + 4 + 2


def test_another_site_gets_nothing(client: TestClient, database: Database) -> None:
    run_id = recorded(database, count=4)
    asked = export_route.url([run_id], None)
    for wrong in (asked.rpartition("&key=")[0], asked.rpartition("=")[0] + "=" + quote("ä")):
        answer = client.get(wrong)
        assert answer.status_code == 403
        assert "Reload" in answer.text


def test_what_is_not_there_is_said(client: TestClient, database: Database) -> None:
    assert "no run “gone”" in client.get(export_route.url(["gone"], None)).text
    run_id = recorded(database, count=4)
    answer = client.get(export_route.url([run_id], None, form="xlsx"))
    assert (answer.status_code, "csv, parquet" in answer.text) == (404, True)
