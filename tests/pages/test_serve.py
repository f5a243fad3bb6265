"""What the browser is served before any page: the index that asks for plotly.js, and plotly.js itself."""

import hashlib
import io
import tarfile
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import HTMLResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from pages.frame.serve import EarlyPlotly
from pages.widgets import plotly_js


def test_every_html_page_asks_for_plotly_and_nothing_else_is_touched() -> None:
    async def index(_request: Any) -> HTMLResponse:
        return HTMLResponse("<html>" + "x" * 5000)

    async def parts(_request: Any) -> StreamingResponse:
        return StreamingResponse(iter(["<html>", "x" * 5000]), media_type="text/html")

    async def text(_request: Any) -> PlainTextResponse:
        return PlainTextResponse("plain")

    async def report(_request: Any) -> HTMLResponse:
        return HTMLResponse("<html>a report", headers={"Content-Disposition": 'attachment; filename="report.html"'})

    routes = [Route("/", index), Route("/parts", parts), Route("/text", text), Route("/report", report)]
    client = TestClient(Starlette(routes=routes, middleware=[Middleware(EarlyPlotly), Middleware(GZipMiddleware)]))
    for path in ("/", "/parts"):
        page = client.get(path).text
        assert f'<link rel="preload" as="script" href="{plotly_js.url()}">' in page
        assert page.count("<html") == 1
    assert client.get("/text").text == "plain"
    assert client.get("/report").text == "<html>a report"
    assert client.get("/missing").status_code == 404
    assert client.head("/").status_code == 200


@pytest.fixture
def static(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("BASIC", "WHOLE"):
        monkeypatch.setattr(plotly_js, name, tmp_path / getattr(plotly_js, name).name)
    monkeypatch.setattr(plotly_js, "STATIC", tmp_path)
    return tmp_path


def answered(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    request = httpx.Request("GET", plotly_js.PACKAGE)
    monkeypatch.setattr(httpx, "get", lambda *_args, **_options: httpx.Response(200, content=content, request=request))


def test_without_the_internet_the_whole_bundle_is_served(static: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*_args: object, **_options: object) -> None:
        raise httpx.ConnectError("no internet")

    monkeypatch.setattr(httpx, "get", offline)
    plotly_js.fetch()
    plotly_js.provide()
    assert (static / Path(plotly_js.url()).name).stat().st_size > 4_000_000


def test_a_bundle_that_is_not_the_one_that_was_pinned_is_refused(static: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answered(monkeypatch, b"something else")
    plotly_js.fetch()
    assert list(static.iterdir()) == []


def test_the_pinned_bundle_is_unpacked(static: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        entry = tarfile.TarInfo(plotly_js.MEMBER)
        entry.size = 4
        archive.addfile(entry, io.BytesIO(b"plot"))
    answered(monkeypatch, packed.getvalue())
    monkeypatch.setattr(plotly_js, "SHA512", hashlib.sha512(packed.getvalue()).hexdigest())
    plotly_js.fetch()
    plotly_js.provide()
    assert (static / Path(plotly_js.url()).name).read_bytes() == b"plot"
