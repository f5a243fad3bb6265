"""A head elsewhere is refused with what is missing; a cluster that cannot start says why."""

from pathlib import Path

import pytest

from backend import api
from backend.cluster import attach, head
from backend.errors import ClusterUnavailable
from tests.conftest import LAKE


def test_a_head_on_another_machine_is_refused_with_what_is_missing() -> None:
    with pytest.raises(ClusterUnavailable, match="PostgreSQL and shared storage"):
        attach.dashboard_url("203.0.113.7:6379")


def test_an_http_address_on_this_machine_is_taken_as_it_is() -> None:
    assert attach.dashboard_url("http://127.0.0.1:9999/") == "http://127.0.0.1:9999"


def test_an_address_where_nothing_answers_says_so(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "http://127.0.0.1:9")
    with pytest.raises(ClusterUnavailable, match="does not answer"):
        api.cluster_up()
    assert api.cluster_status().state == "dead"


def test_a_head_that_cannot_start_says_why(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(head.sys, "executable", str(home / "no" / "python"))
    with pytest.raises(ClusterUnavailable, match="could not be started"):
        api.cluster_up()
    status = api.cluster_status()
    assert status.state == "dead"
    assert "could not be started" in status.detail


def test_the_token_is_ours_and_private(home: Path) -> None:
    settings = api.house().settings
    assert head.token(settings) == head.token(settings)
    assert settings.token_file.is_relative_to(home)
    assert settings.token_file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("address", ["127.0.0.1:9", "nonsense", "localhost:none"])
def test_an_address_where_nothing_listens_is_refused_at_once(
    home: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", address)
    assert api.cluster_status().state == "dead"
    with pytest.raises(ClusterUnavailable):
        api.cluster_up()


def test_a_run_wakes_a_cluster_that_is_off_and_waits_for_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAYDECK_AUTOSTART", "1")
    api.reset()
    woken: list[bool] = []
    for where in ("backend.api", "backend.api.cluster"):  # the one is asked by pages, the other by a launch
        monkeypatch.setattr(f"{where}.cluster_up_soon", lambda: woken.append(True))
    run_id = api.launch(LAKE)
    assert woken
    assert api.run(run_id).state == "queued"
    api.stop(run_id)
    assert api.run(run_id).state == "stopped"
