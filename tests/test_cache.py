"""What is kept is made once for each state, by one thread at a time, and forgotten when it is too much or too old."""

import threading

import pytest

from backend import api, cache
from backend.cache import Cache
from tests.conftest import poll


class Maker:
    """Makes 1, then 2, and so on."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self) -> int:
        self.made += 1
        return self.made


def test_a_value_is_made_once_for_each_state() -> None:
    kept, make = Cache[int](2), Maker()
    assert [kept.get("a", make, state) for state in (1, 1, 2, 2, 1)] == [1, 1, 2, 2, 3]
    assert kept.last("a") == 3
    assert kept.last("b") is None


def test_nothing_is_a_value_too() -> None:
    kept, asked = Cache[None](2), []
    for _ in range(2):
        kept.get("a", lambda: asked.append(1))
    assert asked == [1]


def test_of_too_many_the_one_that_was_wanted_least_lately_is_forgotten() -> None:
    kept, make = Cache[int](2), Maker()
    for name in ("a", "b", "a", "c", "a", "b"):
        kept.get(name, make)
    assert make.made == 4, "b was made twice"
    assert sorted(kept.values()) == [1, 4]


def test_a_value_that_is_too_old_is_made_anew() -> None:
    kept, make = Cache[int](2, seconds=0.05), Maker()
    assert kept.get("a", make) == 1
    poll(lambda: kept.last("a") is None)
    assert kept.get("a", make) == 2


def test_what_could_not_be_made_is_tried_again_and_the_last_one_stays() -> None:
    kept = Cache[float](2)
    kept.get("a", lambda: 1.0, 1)
    with pytest.raises(ZeroDivisionError):
        kept.get("a", lambda: 1 / 0, 2)
    assert kept.last("a") == 1.0
    assert kept.get("a", lambda: 2.0, 2) == 2.0


def test_one_that_is_slow_to_make_is_made_once_and_keeps_no_other_waiting() -> None:
    kept, make, may_end, is_making = Cache[int](4), Maker(), threading.Event(), threading.Event()

    def slow() -> int:
        is_making.set()
        may_end.wait(30)
        return make()

    threads = [threading.Thread(target=lambda: kept.get("slow", slow), daemon=True) for _ in range(3)]
    for each in threads:
        each.start()
    assert is_making.wait(10)
    assert kept.get("quick", lambda: 7) == 7
    assert kept.last("slow") is None
    may_end.set()
    for each in threads:
        each.join(10)
    assert (make.made, kept.last("slow")) == (1, 1)


def test_what_is_being_made_when_all_is_forgotten_is_not_kept() -> None:
    kept, make = Cache[int](2), Maker()

    def interrupted() -> int:
        cache.clear_all()
        return make()

    assert kept.get("a", interrupted) == 1
    assert kept.last("a") is None


def test_reset_forgets_everything() -> None:
    kept = Cache[int](2)
    kept.keep("a", 1)
    assert kept.values() == [1]
    api.reset()
    assert kept.values() == []
