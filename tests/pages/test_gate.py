"""Nobody is answered in the name of another site: what a browser says of itself decides, on every route."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from backend import api
from backend.errors import BadSettings
from pages.frame.gate import LOOPBACK, Gate

HERE = "127.0.0.1:8501"


def app(*more: str) -> Starlette:
    async def page(_request: Any) -> PlainTextResponse:
        return PlainTextResponse("a page")

    async def stream(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close()

    routes = [Route("/", page, methods=["GET", "POST"]), WebSocketRoute("/stream", stream)]
    return Starlette(routes=routes, middleware=[Middleware(Gate, hosts=[*LOOPBACK, *more])])


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(app("deck.example.com", "[FD00::1]"), base_url="http://127.0.0.1:8501") as opened:
        yield opened


def connects(client: TestClient, headers: dict[str, str]) -> bool:
    try:
        with client.websocket_connect("/stream", headers=headers):
            return True
    except WebSocketDisconnect:
        return False


@pytest.mark.parametrize(
    "host",
    [
        HERE, "127.0.0.1", "localhost:8501", "LOCALHOST:8501", "[::1]:8501", "localhost:9000",
        "deck.example.com", "deck.example.com:443", "[fd00::1]:80",
    ],
)  # fmt: skip
def test_the_addresses_of_the_app_are_answered(client: TestClient, host: str) -> None:
    for headers in (
        {"host": host},
        {"host": host, "origin": f"http://{host}"},
        {"host": host, "origin": f"HTTPS://{host}"},
    ):
        assert client.get("/", headers=headers).status_code == 200
        assert client.post("/", headers=headers).status_code == 200
        assert connects(client, headers)


@pytest.mark.parametrize(
    "host",
    [
        "evil.test:8501", "evil.test", "127.0.0.1.evil.test:8501", "localhost.evil.test",
        "evil.test@127.0.0.1:8501", "127.0.0.1:8501@evil.test",
        "127.0.0.1:8501/evil", "127.0.0.2:8501", "0.0.0.0:8501", "[::ffff:127.0.0.1]:8501", "2130706433", "127.1", "",
        " ", "127.0.0.1:",
        "127.0.0.1:8501, evil.test", "other.deck.example.com", "localhost.", "\x7f",
    ],
)  # fmt: skip
def test_any_other_host_is_refused(client: TestClient, host: str) -> None:
    answer = client.get("/", headers={"host": host})
    assert (answer.status_code, "RAYDECK_ALLOWED_HOSTS" in answer.text) == (403, True)
    assert client.post("/", headers={"host": host, "origin": f"http://{host}"}).status_code == 403
    assert not connects(client, {"host": host, "origin": f"http://{host}"})


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.test", "https://evil.test:8501", "null", "", "http://localhost:8501", "http://127.0.0.1:8502",
        "http://127.0.0.1",
        "file://", "chrome-extension://abc", "http://127.0.0.1:8501.evil.test", "http://127.0.0.1:8501/x",
        "127.0.0.1:8501",
    ],
)  # fmt: skip
def test_a_page_of_another_origin_is_refused(client: TestClient, origin: str) -> None:
    headers = {"host": HERE, "origin": origin}
    assert client.get("/", headers=headers).status_code == 403
    assert client.post("/", headers=headers).status_code == 403
    assert not connects(client, headers)


def test_a_port_that_every_browser_leaves_out_may_be_written(client: TestClient) -> None:
    for host, origin in (
        ("localhost:80", "http://localhost"),
        ("localhost", "http://localhost:80"),
        ("localhost:443", "https://localhost"),
    ):
        assert client.get("/", headers={"host": host, "origin": origin}).status_code == 200


def test_a_link_from_another_site_opens_the_app_but_its_pages_hold_no_piece_of_it(client: TestClient) -> None:
    def asked(site: str, mode: str, dest: str) -> int:
        fetch = {"sec-fetch-site": site, "sec-fetch-mode": mode, "sec-fetch-dest": dest}
        return client.get("/", headers={"host": HERE, **fetch}).status_code

    assert asked("cross-site", "navigate", "document") == 200
    assert asked("none", "navigate", "document") == 200
    assert asked("same-origin", "cors", "empty") == 200
    for site in ("cross-site", "same-site"):  # same-site: another port of this machine
        for mode, dest in (
            ("no-cors", "script"),
            ("no-cors", "image"),
            ("cors", "empty"),
            ("navigate", "iframe"),
            ("navigate", "embed"),
        ):
            assert asked(site, mode, dest) == 403


def test_two_hosts_or_origins_are_one_too_many() -> None:
    async def asked(*headers: tuple[bytes, bytes]) -> int:
        transport = httpx.ASGITransport(app=app())
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8501") as client:
            return (await client.get("/", headers=list(headers))).status_code

    def status(*headers: tuple[bytes, bytes]) -> int:
        with ThreadPoolExecutor(1) as thread:  # a browser's test may have left a loop running in this one
            return thread.submit(asyncio.run, asked(*headers)).result()

    mine = (b"host", HERE.encode())
    assert status(mine) == 200
    assert status(mine, (b"host", b"evil.test")) == 403
    assert status(mine, (b"origin", b"http://" + HERE.encode()), (b"origin", b"http://evil.test")) == 403


def test_names_behind_a_proxy_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    assert api.allowed_hosts() == []
    monkeypatch.setenv("RAYDECK_ALLOWED_HOSTS", " deck.example.com, [fd00::1],,")
    assert api.allowed_hosts() == ["deck.example.com", "[fd00::1]"]
    for wrong in ("*", "https://deck.example.com", "deck.example.com:443", "a b"):
        monkeypatch.setenv("RAYDECK_ALLOWED_HOSTS", wrong)
        with pytest.raises(BadSettings, match="must be a name alone"):
            api.allowed_hosts()
