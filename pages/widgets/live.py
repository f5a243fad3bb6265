"""The part of a page that is drawn anew by a timer.

Never one within another: drawing a part again, Streamlit drops what it has not sent of it yet, but not what it has not
sent of a part within. The browser then gets a child whose parent it does not know, and the page turns blank.
"""

from collections.abc import Callable
from contextvars import ContextVar

import streamlit as st

_WISHED = "live_wished"  # by key: after how many seconds what was drawn within a part wished to be drawn again
_wishes: ContextVar[list[float] | None] = ContextVar("wishes", default=None)  # of what is drawn within a part now


def part(key: str, draw: Callable[[], float | None], every: float | None) -> None:
    """Draws a part of a page now and by a timer.

    `every` is its interval in seconds, None of a part that stays as it is. `draw` returns what that is by now: another
    interval takes a full run of the page, once.

    Raises:
        RuntimeError: it would be within another part.
    """
    if _wishes.get() is not None:
        raise RuntimeError(f"the live part {key!r} would be within another: call live.again() there")
    wished: dict[str, float | None] = st.session_state.setdefault(_WISHED, {})
    timer = _soonest(every, wished.get(key))

    def drawn() -> None:
        wishes: list[float] = []
        token = _wishes.set(wishes)
        try:
            now = draw()
        finally:
            _wishes.reset(token)
        wished[key] = min(wishes, default=None)
        if _soonest(now, wished[key]) != timer:
            st.rerun()  # a timer is set by a full run only

    st.fragment(drawn, run_every=timer)()


def again(seconds: float) -> None:
    """Has the part that is being drawn drawn again within some seconds: something that it shows is being made.

    Outside of a part this is without effect.
    """
    wishes = _wishes.get()
    if wishes is not None:
        wishes.append(seconds)


def _soonest(*intervals: float | None) -> float | None:
    return min((interval for interval in intervals if interval is not None), default=None)
