"""Who may speak to the app: the browser's own pages of it, and nobody in the name of another site.

A page of any site can send requests to 127.0.0.1 and, once its owner points its name there (DNS rebinding), read the
answers and drive the app, which runs code. Such a page cannot choose what its browser says of it in `Host`, `Origin`
and `Sec-Fetch-Site`.
"""

import re
from collections.abc import Collection
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")
_ADDRESS = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::(?P<port>[0-9]{1,5}))?")
_USUAL_PORTS = {"http": "80", "https": "443"}


class Gate:
    """ASGI middleware: answers 403 to every request and websocket that another site's page may have sent.

    `hosts` are the names the app is known by, without ports: whoever forwards a port reaches it at another one.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str] = LOOPBACK) -> None:
        self.app, self.hosts = app, frozenset(each.strip().lower() for each in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(Headers(scope=scope)) if scope["type"] in ("http", "websocket") else ""
        if not refusal:
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": refusal[:100]})  # before it is accepted: 403
        else:
            await PlainTextResponse(refusal, status_code=403)(scope, receive, send)

    def _refusal(self, headers: Headers) -> str:
        """Returns why somebody is turned away; empty for those who may come in."""
        host = _ADDRESS.fullmatch(headers.get("host", "").lower())
        if host is None or host["name"] not in self.hosts or len(headers.getlist("host")) != 1:
            return (
                f"Raydeck answers only at {', '.join(sorted(self.hosts))}. Behind another name, start it with "
                "RAYDECK_ALLOWED_HOSTS=that.name (several with commas)."
            )
        if any(not _is_of(origin, host) for origin in headers.getlist("origin")):
            return "This was sent by a page of another site."
        site, mode = headers.get("sec-fetch-site", "none"), headers.get("sec-fetch-mode", "navigate")
        if site in ("cross-site", "same-site") and not (
            mode == "navigate" and headers.get("sec-fetch-dest") == "document"
        ):
            return "This was asked for by a page of another site, or shown inside one."
        return ""


def _is_of(origin: str, host: re.Match[str]) -> bool:
    """Returns whether an origin, such as http://localhost:8501, is that of the pages at `host`; “null” is nobody's."""
    scheme, _, address = origin.lower().partition("://")
    match = _ADDRESS.fullmatch(address)
    usual = _USUAL_PORTS.get(scheme)
    if match is None or usual is None or match["name"] != host["name"]:
        return False
    return (match["port"] or usual) == (host["port"] or usual)
