"""What a page of somebody else's can do to the app through the same browser: nothing."""

import socket
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import FLAGS, App, chromium

pytestmark = pytest.mark.browser

ROUTES = [
    "/", "/rl", "/run?id=x", "/export/points", "/static/README.md", "/media/x.png", "/component/x/y", "/favicon.png",
    "/_stcore/health", "/_stcore/host-config", "/_stcore/upload_file/x/y", "/_stcore/agent/interact", "/nowhere",
]  # fmt: skip
ATTACK = """async (target) => {
  const asked = (more) => fetch(`http://${target}/`, more).then((answer) => answer.status, () => "refused");
  const got = await asked({});
  const posted = await asked({method: "POST", mode: "no-cors", body: "x"});
  const opened = await new Promise((done) => {
    const stream = new WebSocket(`ws://${target}/_stcore/stream`);
    stream.onopen = () => done(true);
    stream.onerror = () => done(false);
  });
  const framed = await new Promise((done) => {
    const frame = document.createElement("iframe");
    frame.onload = () => done(frame.contentDocument?.body?.innerText ?? "");
    frame.src = `http://${target}/`;
    document.body.append(frame);
  });
  return {got, posted, opened, framed};
}"""


def raw(port: int, request: str) -> int:
    """Sends what is given, byte for byte, and returns the answer's status."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(request.replace("\n", "\r\n").encode())
        return int(line.recv(4096).split()[1])


def asked(port: int, path: str, host: str, more: str = "") -> int:
    return raw(port, f"GET {path} HTTP/1.1\nHost: {host}\n{more}Connection: close\n\n")


UPGRADE = (
    "Connection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n"
)


@pytest.fixture(scope="module")
def elsewhere(browser: Browser) -> Iterator[Browser]:
    """A browser for which evil.test and other.test are this machine, as their owner's name server may tell it."""
    names = "--host-resolver-rules=MAP evil.test 127.0.0.1, MAP other.test 127.0.0.1"
    trusting = "--disable-features=LocalNetworkAccessChecks"  # as browsers are that have no such defence of their own
    launched = browser.browser_type.launch(executable_path=chromium(), args=[*FLAGS, names, trusting])
    yield launched
    launched.close()


def test_each_route_answers_the_apps_own_address_and_no_other(app: App) -> None:
    for path in ROUTES:
        assert asked(app.port, path, f"evil.test:{app.port}") == 403, path
        assert asked(app.port, path, f"127.0.0.1:{app.port}", "Origin: http://evil.test\n") == 403, path
        assert asked(app.port, path, f"127.0.0.1:{app.port}") != 403 or path == "/export/points", path
    assert raw(app.port, "GET / HTTP/1.0\n\n") == 403, "no host at all"
    for host, origin, status in (
        (f"127.0.0.1:{app.port}", f"http://127.0.0.1:{app.port}", 101),
        (f"localhost:{app.port}", f"http://localhost:{app.port}", 101),
        (f"evil.test:{app.port}", f"http://evil.test:{app.port}", 403),
        (f"127.0.0.1:{app.port}", "http://evil.test", 403),
        (f"127.0.0.1:{app.port}", "http://localhost:1", 403),
        (f"127.0.0.1:{app.port}", "null", 403),
    ):
        assert raw(app.port, f"GET /_stcore/stream HTTP/1.1\nHost: {host}\nOrigin: {origin}\n{UPGRADE}\n") == status, (
            host,
            origin,
        )


@pytest.mark.parametrize("name", ["evil.test", "other.test"])
def test_a_page_whose_owner_points_its_name_here_gets_nothing(app: App, elsewhere: Browser, name: str) -> None:
    """evil.test is the name of the page itself, so that the browser calls the app the same site; other.test is not."""
    page = elsewhere.new_page()
    page.route(
        f"http://evil.test:{app.port}/lure",
        lambda route: route.fulfill(content_type="text/html", body="<p>nice pictures</p>"),
    )
    page.goto(f"http://evil.test:{app.port}/lure")
    for target in (f"{name}:{app.port}", f"127.0.0.1:{app.port}"):
        done = page.evaluate(ATTACK, target)
        assert done["got"] in (403, "refused")
        assert done["posted"] in (403, 0, "refused")
        assert done["opened"] is False
        assert "Raydeck" not in done["framed"].removeprefix("Raydeck answers only at")
    page.close()


def test_the_same_browser_draws_the_app_at_its_own_address(app: App, elsewhere: Browser) -> None:
    page = elsewhere.new_page()
    for host in ("127.0.0.1", "localhost"):
        page.goto(f"http://{host}:{app.port}/runs")
        page.get_by_role("combobox", name="Find runs").wait_for()
    page.close()
