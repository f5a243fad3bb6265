"""Helpers that wait: each is given one thing at a time, and none is lost at the moment it leaves."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from backend.cluster.helpers import Helpers
from backend.kinds.rl import watch
from tests.conftest import poll


@pytest.fixture
def helpers(tmp_path: Path) -> Helpers:
    return Helpers(tmp_path / "helpers")


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as made:
        yield made


def begun(helpers: Helpers, pool: ThreadPoolExecutor, helper: str, seconds: float = 20) -> Future[list[str] | None]:
    waits = pool.submit(helpers.wait, helper, seconds, lambda: True)
    poll(lambda: helper in helpers.waiting())
    return waits


def test_one_of_many_askers_gets_a_helper_and_the_helper_what_it_asks(
    helpers: Helpers, pool: ThreadPoolExecutor
) -> None:
    waits = begun(helpers, pool, "a")
    together = threading.Barrier(6)

    def ask(number: int) -> bool:
        together.wait()
        return helpers.take("a") and (helpers.hand("a", [str(number)]) or True)

    won = list(pool.map(ask, range(6)))
    assert won.count(True) == 1
    assert waits.result(5) == [str(won.index(True))]
    assert helpers.waiting() == []
    assert helpers.work("a") is None, "once"
    assert [path.name for path in helpers.folder.iterdir()] == []


def test_one_that_nobody_asked_leaves_and_cannot_be_taken(helpers: Helpers, pool: ThreadPoolExecutor) -> None:
    assert begun(helpers, pool, "a", 0.2).result(5) is None
    assert not helpers.take("a")


def test_one_that_was_claimed_at_the_last_moment_waits_for_its_work(helpers: Helpers, pool: ThreadPoolExecutor) -> None:
    waits = begun(helpers, pool, "a", 0.3)
    assert helpers.take("a")
    with pytest.raises(TimeoutError):
        waits.result(0.6)
    helpers.hand("a", ["late"])
    assert waits.result(5) == ["late"]


def test_one_whose_head_is_gone_leaves(helpers: Helpers) -> None:
    assert helpers.wait("a", 60, lambda: False) is None


def test_a_helper_does_what_it_was_given_before_it_began_and_leaves_if_enough_wait(
    home: Path, monkeypatch: pytest.MonkeyPatch, pool: ThreadPoolExecutor
) -> None:
    helpers = Helpers(home / "helpers")
    others = [begun(helpers, pool, name) for name in ("one", "two")]
    done: list[tuple[object, ...]] = []
    monkeypatch.setattr(watch, "main", lambda *work: done.append(work))
    helpers.hand("a", ["episode", "run", "0", "4", "7"])
    watch.serve("a", ["no_such_module"])
    assert done == [("episode", "run", 0, 4, 7)]
    for name, waits in zip(("one", "two"), others, strict=True):
        assert helpers.take(name)
        helpers.hand(name, [])
        assert waits.result(5) == []
