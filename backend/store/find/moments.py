"""Dates as a person writes them, in the local time of the machine."""

import re
import time
from datetime import datetime, timedelta

Stretch = tuple[float, float]  # seconds since the epoch: its begin, and where the next begins
EXAMPLES = "today, yesterday, 2026-11-01, “2026-11-01 14:30” or last 7 days"
_UNITS = {
    "s": 1,
    "sec": 1,
    "second": 1,
    "min": 60,
    "m": 60,
    "minute": 60,
    "h": 3600,
    "hour": 3600,
    "d": 86400,
    "day": 86400,
}
_DURATION = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))\s*([a-z]+?)s?", re.ASCII | re.IGNORECASE)
_MOMENT = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d)(?:-(?P<day>\d\d)(?:[T"
    r" ]+(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d))?)?)?",
    re.ASCII,
)


def stretch(text: str, now: float) -> Stretch | None:
    """Returns the stretch of time that a date names: a month, a day, a minute or a second; None if it names none."""
    today = datetime.fromtimestamp(now).replace(hour=0, minute=0, second=0, microsecond=0)
    match text.strip().lower():
        case "today":
            return _seconds(today), _seconds(today + timedelta(days=1))
        case "yesterday":
            return _seconds(today - timedelta(days=1)), _seconds(today)
    date_match = _MOMENT.fullmatch(text.strip())
    if date_match is None:
        return None
    parts = {name: int(value) for name, value in date_match.groupdict().items() if value is not None}
    try:
        start = datetime(**{"day": 1, **parts})  # type: ignore[arg-type]
        return _seconds(start), _seconds(_next(start, parts))
    except (ValueError, OverflowError, OSError):
        return None


def _next(start: datetime, parts: dict[str, int]) -> datetime:
    for name in ("second", "minute", "day"):
        if name in parts:
            return start + timedelta(**{f"{name}s": 1})
    return start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)


def _seconds(moment: datetime) -> float:
    return time.mktime(moment.timetuple())


def seconds(text: str) -> float | None:
    """Returns the seconds of “90”, “30 s”, “5 min”, “2h” or “1 day”; None where it says no length of time."""
    match = _DURATION.fullmatch(text.strip())
    if match is None or match[2].lower() not in _UNITS:
        return None
    return float(match[1]) * _UNITS[match[2].lower()]
