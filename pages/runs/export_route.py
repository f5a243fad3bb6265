"""The address from which files of points are downloaded: they are sent as they are read, however many there are.

Streamlit's own download button holds a file in memory as long as the session lives.
"""

import hmac
import secrets
from collections.abc import Sequence
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from backend.api import export
from backend.errors import RaydeckError

PATH = "/export/points"
_KEY = secrets.token_urlsafe(16)  # a page of another site, which can name this address, does not know it
_OUTDATED = "This link is from before the app's last start. Reload the page it is on."


def url(
    run_ids: Sequence[str],
    metrics: Sequence[str] | None,
    by: Sequence[str] = (),
    form: str = "csv",
    name: str = "points",
    *,
    aside: bool = False,
) -> str:
    """Returns the address of a file with every point of some runs, of all metrics with None; see api.export.points."""
    many = (
        [("run", each) for each in run_ids]
        + [("metric", each) for each in metrics or ()]
        + [("by", each) for each in by]
    )
    many += [("aside", "on")] if aside else []
    return f"{PATH}?{urlencode([*many, ('form', form), ('name', name), ('key', _KEY)])}"


def _points(request: Request) -> Response:
    query = request.query_params
    if not hmac.compare_digest(query.get("key", "").encode(), _KEY.encode()):
        return PlainTextResponse(_OUTDATED, status_code=403)
    form = query.get("form", "")
    try:
        content = export.file_of_points(
            query.getlist("run"),
            query.getlist("metric") or None,
            query.getlist("by"),
            form,
            aside=query.get("aside") == "on",
        )
    except RaydeckError as error:
        return PlainTextResponse(str(error), status_code=404)
    name = (
        "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in query.get("name", ""))[:80]
        or "points"
    )
    headers = {"content-disposition": f'attachment; filename="{name}.{form}"', "cache-control": "no-store"}
    return StreamingResponse(content, media_type=export.MIMES["csv" if form == "csv" else "parquet"], headers=headers)


ROUTE = Route(PATH, _points, methods=["GET"])
