"""Attaching to a head on this machine that somebody else started."""

from pathlib import Path

import psutil
import pytest

from backend import api
from backend.cluster import head
from backend.settings import Settings
from tests.conftest import LAKE, poll

pytestmark = pytest.mark.ray


def gcs_address(known: head.Head) -> str:
    for process in psutil.Process(known.pid).children(recursive=True):
        for part in process.cmdline():
            if part.startswith(("--gcs-address=", "--gcs_address=")):
                return part.partition("=")[2]
    raise AssertionError("the head has no raylet")


@pytest.mark.parametrize("form", ["http", "gcs"])
def test_a_run_on_an_attached_head(cluster: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    known = head.known_head(Settings())
    assert known
    monkeypatch.setenv("RAY_ADDRESS", known.url if form == "http" else gcs_address(known))
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(cluster / "ray_token"))
    monkeypatch.setenv("RAYDECK_HOME", str(tmp_path / "guest"))
    api.reset()
    api.cluster_up()
    assert not api.cluster_status().local
    run_id = api.launch({**LAKE, "seeds": [1], "stop": {"episodes": 200}})
    poll(lambda: api.run(run_id).is_over)
    assert api.run(run_id).state == "succeeded"
    assert api.cluster_down() is False, "an attached head is never ended"
    assert known.is_alive()
    api.reset()
    monkeypatch.setenv("RAYDECK_HOME", str(cluster))
    monkeypatch.delenv("RAY_ADDRESS")
