"""Numbers and times as a person reads them."""

import math
import time


def duration(seconds: float | None) -> str:
    """Returns seconds as "8 s", "2 min 11 s" or "3 h 5 min"; a dash for None."""
    if seconds is None:
        return "–"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def seconds(value: float | None) -> str:
    """Returns a short time as "3.2 µs", "45 ms" or "1.25 s", a long one as `duration` does; a dash for None."""
    if value is None:
        return "–"
    if value >= 60:
        return duration(value)
    for limit, factor, unit in ((1e-3, 1e6, "µs"), (1.0, 1e3, "ms"), (math.inf, 1.0, "s")):
        if value < limit:
            return f"{value * factor:.3g} {unit}"
    return "–"


def number(value: float | None) -> str:
    """Returns a number in at most four significant digits, or a dash where there is none."""
    if value is None or not math.isfinite(value):
        return "–"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def clock(at: float | None, *, seconds: bool = False) -> str:
    """Returns a moment as the local time of day, with the date if it is not today's."""
    if at is None:
        return "–"
    moment = time.localtime(at)
    if moment[:3] == time.localtime()[:3]:
        return time.strftime("%H:%M:%S" if seconds else "%H:%M", moment)
    return time.strftime("%d %b %H:%M:%S" if seconds else "%d %b %H:%M", moment)
