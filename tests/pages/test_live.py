"""Live parts: which timer they have, and that none is within another."""

import re

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from backend.settings import ROOT


@pytest.fixture
def timers(monkeypatch: pytest.MonkeyPatch) -> list[float | None]:
    """The interval of each fragment that was made, in order."""
    made: list[float | None] = []
    fragment = st.fragment

    def note(draw, run_every):  # type: ignore[no-untyped-def]
        made.append(run_every)
        return fragment(draw, run_every=run_every)

    monkeypatch.setattr(st, "fragment", note)
    return made


def page() -> None:
    import streamlit as st

    from pages.widgets import live

    def draw() -> float | None:
        if st.session_state.get("made"):
            live.again(st.session_state["made"])
        return st.session_state.get("every")

    live.part("here", draw, st.session_state.get("before", st.session_state.get("every")))


@pytest.mark.parametrize(
    ("state", "seen"),
    [
        ({}, [None]),
        ({"every": 2.0}, [2.0]),
        ({"every": 2.0, "made": 0.5}, [2.0, 0.5]),
        ({"every": 1.0, "made": 4.0}, [1.0]),
        ({"made": 0.5}, [None, 0.5]),
        ({"before": 1.0, "every": 1.0}, [1.0]),
    ],
)
def test_the_timer_is_the_shortest_that_is_wished(
    timers: list[float | None], state: dict[str, float], seen: list[float | None]
) -> None:
    app = AppTest.from_function(page)
    for name, value in state.items():
        app.session_state[name] = value
    assert not app.run().exception
    assert timers == seen


def test_it_ends_with_what_was_being_made(timers: list[float | None]) -> None:
    app = AppTest.from_function(page)
    app.session_state["made"] = 0.5
    app.run()
    app.session_state["made"] = None
    app.run()
    assert timers == [None, 0.5, 0.5, None]


def test_one_within_another_is_refused() -> None:
    def nested() -> None:
        import pytest

        from pages.widgets import live

        def draw() -> None:
            with pytest.raises(RuntimeError, match="within another"):
                live.part("inner", lambda: None, 1.0)

        live.part("outer", draw, None)

    assert not AppTest.from_function(nested).run().exception


def test_outside_of_a_part_nothing_is_wished() -> None:
    def plain() -> None:
        from pages.widgets import live

        live.again(1.0)

    assert not AppTest.from_function(plain).run().exception


def test_nothing_else_makes_a_fragment() -> None:
    made = {path.name for path in (ROOT / "pages").rglob("*.py") if re.search(r"\bfragment\(", path.read_text())}
    assert made == {"live.py"}
