"""plotly.js for the browser. python -m pages.widgets.plotly_js fetches its small bundle, once, at installation.

The basic bundle (lines, bars, pies) is a quarter of the whole, and a chart is there a second earlier. Where it cannot
be fetched, the whole one is served, which the Python package brings; the app itself never asks the internet for
anything.
"""

import hashlib
import io
import tarfile
from pathlib import Path

import httpx
import plotly

from backend import files

VERSION = "4.1.1"  # the same as in the Python package
PACKAGE = f"https://registry.npmjs.org/plotly.js-basic-dist-min/-/plotly.js-basic-dist-min-{VERSION}.tgz"
MEMBER = "package/plotly-basic.min.js"
SHA512 = (
    "d68345f0f790c7686fff2eeda84556283dc91b09ff30610c43c98bf47530b1aa"
    "86f451b2fce539147507bf3a9bab13789a7c19188f5a6d3884efbe42e2492331"
)
STATIC = Path(__file__).resolve().parents[2] / "static"
BASIC, WHOLE = STATIC / f"plotly-basic-{VERSION}.min.js", STATIC / f"plotly-{plotly.__version__}.min.js"
SECONDS = 60


def url() -> str:
    """Returns where the browser gets plotly.js."""
    return f"/app/static/{(BASIC if BASIC.exists() else WHOLE).name}"


def content() -> str:
    """Returns the script itself, for files that must do without us."""
    provide()
    return (BASIC if BASIC.exists() else WHOLE).read_text(encoding="utf-8")


def provide() -> None:
    """Makes sure that there is a plotly.js to serve; nothing is downloaded."""
    if not BASIC.exists() and not WHOLE.exists():
        _write(WHOLE, (Path(plotly.__file__).parent / "package_data" / "plotly.min.js").read_bytes())


def fetch() -> None:
    """Downloads the small bundle; without it all works, only charts come later."""
    if BASIC.exists():
        return
    try:
        packed = httpx.get(PACKAGE, timeout=SECONDS, follow_redirects=True).raise_for_status().content
    except httpx.HTTPError as error:
        print(
            f"plotly.js's small bundle could not be fetched ({error}). Charts work, with the whole one, a second later."
        )
        return
    if hashlib.sha512(packed).hexdigest() != SHA512:
        print("plotly.js's small bundle is not what it should be, and is not used.")
        return
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        member = archive.extractfile(MEMBER)
        if member is not None:
            _write(BASIC, member.read())


def _write(path: Path, content: bytes) -> None:
    STATIC.mkdir(exist_ok=True)
    files.replace(path, content)


if __name__ == "__main__":
    fetch()
