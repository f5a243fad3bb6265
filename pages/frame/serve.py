"""python -m pages.frame.serve PORT: Streamlit with app.py, and what it cannot be told otherwise.

`pages/` is not its old pages directory. Without this the first deep link after a start (a bookmark, a reload) is
answered with "Page not found": a folder of that name makes Streamlit 1.67 look for scripts in it until `st.navigation`
has run once.

Files of points are streamed from an address of their own.

plotly.js is fetched along with Streamlit's own scripts: a chart is the last thing on a page to ask for its script.

Nobody is answered in the name of another site: see gate.
"""

import sys
from functools import lru_cache
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.file_util import get_static_dir
from streamlit.runtime.pages_manager import PagesManager

from backend import api
from pages.frame.gate import LOOPBACK, Gate
from pages.runs import export_route
from pages.widgets import plotly_js

_APP = Path(__file__).resolve().parents[2] / "app.py"


class EarlyPlotly:
    """ASGI middleware: answers every HTML page, which is always Streamlit's index, with one that asks for plotly.js
    too.

    A download is no page.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET":
            await self.app(scope, receive, _with_our_index(send))
        else:
            await self.app(scope, receive, send)


def _with_our_index(send: Send) -> Send:
    ours = False

    async def changed(message: Message) -> None:
        nonlocal ours
        if message["type"] == "http.response.start":
            headers = dict(message["headers"])
            is_page = (
                headers.get(b"content-type", b"").startswith(b"text/html") and b"content-disposition" not in headers
            )
            ours = message["status"] == 200 and is_page
            if ours:
                headers.pop(b"content-encoding", None)
                headers[b"content-length"] = str(len(_index())).encode()
                message = {**message, "headers": list(headers.items())}
        elif ours and message.get("more_body"):
            return  # the last part is answered with the whole
        elif ours:
            message = {"type": "http.response.body", "body": _index()}
        await send(message)

    return changed


@lru_cache
def _index() -> bytes:
    page = (Path(get_static_dir()) / "index.html").read_text(encoding="utf-8")
    return page.replace("</head>", f'<link rel="preload" as="script" href="{plotly_js.url()}"></head>', 1).encode()


if __name__ == "__main__":
    plotly_js.provide()
    PagesManager.uses_pages_directory = False
    hosts = [*LOOPBACK, *api.allowed_hosts()]
    outermost = [Middleware(Gate, hosts=hosts), Middleware(EarlyPlotly)]
    app = st.App(_APP, routes=[export_route.ROUTE], middleware=outermost)
    app.run(config={"server.port": int(sys.argv[1]), "server.allowedHosts": [each.strip("[]") for each in hosts]})
