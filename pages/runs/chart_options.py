"""How a chart is drawn: x axis, smoothing, log axes. All of it is kept in the URL."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import streamlit as st

from backend.analysis import asking
from backend.analysis.asking import SEPARATOR as SEPARATOR
from backend.analysis.seeds import STATISTICS, Statistic
from backend.catalog import metrics
from backend.figures.lines import Display

STEP = "step"  # the x axis that charts begin with
SMOOTHINGS = {"": "off", "ema": "EMA", "mean": "window mean"}
Option = TypeVar("Option", bound=str)
STRENGTHS = (0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)


def metric(keys: Sequence[str], main: str, name: str = "metric") -> str:
    """Lets a person choose the metric among `keys`; the main one is the default and is not in the URL."""
    start = asking.one_of(st.query_params, name, keys, main if main in keys else keys[0])
    chosen = st.selectbox(
        "Metric",
        keys,
        index=keys.index(start),
        format_func=metrics.title,
        key=f"{name}_of_{main}",
        label_visibility="collapsed",
        width=260,
    )
    return keep(name, chosen, main)


def x_axis(axes: Mapping[str, str], name: str = "x") -> str:
    """Lets a person choose the x axis among `axes` (key to label; the first is the default)."""
    return choice("x axis", axes, name, f"{name}_{'_'.join(axes)}")


def choice(
    label: str, options: Mapping[Option, str], name: str, key: str, *, shown: bool = False, help: str = ""
) -> Option:
    """Lets a person choose one of `options` (value to word), kept in the URL as `name`; the first is the default."""
    first = next(iter(options))
    chosen = (
        st.segmented_control(
            label,
            list(options),
            format_func=options.__getitem__,
            required=True,
            key=key,
            default=asking.one_of(st.query_params, name, options, first),
            label_visibility="visible" if shown else "collapsed",
            help=help or None,
        )
        or first
    )
    keep(name, chosen, first)
    return chosen


def any_axis(axes: Mapping[str, str], keys: Sequence[str], name: str = "x") -> str:
    """Lets a person choose the x axis among `axes` (key to label; the first is the default) and all metrics."""
    labels = {**{key: metrics.title(key) for key in keys}, **axes}
    offered = [*axes, *(key for key in keys if key not in axes)]
    axis = asking.one_of(st.query_params, name, offered, offered[0])
    chosen = st.selectbox(
        "x axis",
        offered,
        index=offered.index(axis),
        format_func=lambda key: f"x: {labels[key]}",
        key=f"{name}_{hash(tuple(offered))}",
        label_visibility="collapsed",
        width=210,
    )
    return keep(name, chosen, offered[0])


def several(label: str, keys: Sequence[str], name: str) -> tuple[str, ...]:
    """Lets a person choose some metrics among `keys`."""
    chosen = st.multiselect(
        label,
        keys,
        default=[key for key in listed(name) if key in keys],
        format_func=metrics.title,
        placeholder=label,
        key=f"{name}_{hash(tuple(keys))}",
        label_visibility="collapsed",
        width=380,
    )
    return keep_listed(name, chosen)


def of_statistic(name: str = "seeds") -> Statistic:
    """Returns the statistic that the URL names."""
    return asking.one_of(st.query_params, name, STATISTICS, next(iter(STATISTICS)))


def statistic(name: str = "seeds") -> Statistic:
    """Lets a person choose what is drawn over the seeds."""
    return choice(
        "Over the seeds",
        titles(STATISTICS),
        name,
        f"{name}_statistic",
        help=(
            "What the bold line is, over the seeds. IQM: interquartile mean, the mean of the middle half, which one"
            " lucky or broken seed hardly moves. The band is its 95 % interval, by a bootstrap that allows for few"
            " seeds."
        ),
    )


def titles(statistics: Iterable[Option]) -> dict[Option, str]:
    """Returns statistics with what they are called."""
    return {each: {"iqm": "IQM"}.get(each, each.capitalize()) for each in statistics}


def members(name: str = "members") -> bool:
    """Lets a person switch off the faint members behind the bands."""
    chosen = st.toggle(
        "Members",
        value=st.query_params.get(name) != "off",
        key=f"{name}_shown",
        help="The members of a group, faint behind its band.",
    )
    keep(name, "" if chosen else "off", "")
    return chosen


def said(key: str) -> str:
    """Returns a metric's title; of an evaluation's with that word, since the plain ones have the same."""
    return f"{metrics.title(key.removeprefix('eval/'))} (evaluation)" if key.startswith("eval/") else metrics.title(key)


def aside(many: int, name: str = "aside") -> bool:
    """Lets a person see the reports that were set aside, where there are any."""
    if not many:
        keep(name, "", "")
        return False
    chosen = st.toggle(
        "Set aside",
        value=st.query_params.get(name) == "on",
        key=f"{name}_shown",
        help=(
            f"{many:,} report{'s' * (many != 1)} that a resumed attempt repeated: kept, drawn dotted, and no part of"
            " the curves and scores."
        ),
    )
    keep(name, "on" if chosen else "", "")
    return chosen


def display(prefix: str = "", set_aside: int = 0) -> Display:
    """Lets a person choose smoothing and log axes, and whether what was set aside, so many reports, is shown."""
    now = _from_url(prefix)
    words = [SMOOTHINGS[now.smoothing]] * bool(now.smoothing) + ["log y"] * now.log_y + ["log x"] * now.log_x
    with st.popover(f"Lines: {', '.join(words)}" if words else "Lines", icon=":material/tune:"):
        smoothing = st.segmented_control(
            "Smoothing",
            list(SMOOTHINGS),
            format_func=SMOOTHINGS.__getitem__,
            default=now.smoothing,
            required=True,
            key=f"{prefix}smoothing",
            help=(
                "EMA: exponential moving average, debiased. Window mean: over neighbours on both sides. The raw line"
                " stays, faint."
            ),
        )
        strength = st.select_slider(
            "Strength",
            STRENGTHS,
            value=now.strength,
            key=f"{prefix}strength",
            disabled=not smoothing,
            help="EMA: the weight of the past. Window mean: a fifth of this share of what is drawn.",
        )
        log_y = st.toggle("Log y axis", value=now.log_y, key=f"{prefix}log_y")
        log_x = st.toggle("Log x axis", value=now.log_x, key=f"{prefix}log_x")
    chosen = Display(smoothing or "", float(strength), log_x, log_y, aside=aside(set_aside))
    keep(f"{prefix}smooth", f"{chosen.smoothing}:{chosen.strength:g}" if chosen.smoothing else "", "")
    keep(f"{prefix}log", "x" * chosen.log_x + "y" * chosen.log_y, "")
    return chosen


def _from_url(prefix: str) -> Display:
    kind, _, strength = st.query_params.get(f"{prefix}smooth", "").partition(":")
    log = st.query_params.get(f"{prefix}log", "")
    strengths = {f"{each:g}": each for each in STRENGTHS}
    return Display(kind if kind in SMOOTHINGS else "", strengths.get(strength, 0.9), "x" in log, "y" in log)


def listed(name: str) -> tuple[str, ...]:
    """Returns the words of a list in the URL, each once."""
    return asking.listed(st.query_params, name)


def keep_listed(name: str, words: Sequence[str]) -> tuple[str, ...]:
    """Writes a list to the URL, or takes it out where it is empty."""
    keep(name, SEPARATOR.join(words), "")
    return tuple(words)


def keep(name: str, value: str, default: str) -> str:
    """Writes a value to the URL, or takes it out where it is the default."""
    if st.query_params.get(name, default) != value:
        if value == default:
            del st.query_params[name]
        else:
            st.query_params[name] = value
    return value


def window(axis: str, name: str = "window") -> tuple[float, float] | None:
    """Returns the zoom in the URL, if it is one of that x axis. A link that names none is of the first axis, steps."""
    zoomed, _, span = st.query_params.get(name, "").rpartition(":")
    low, _, high = span.partition("..")
    if (zoomed or STEP) != axis:
        return None
    try:
        return float(low), float(high)
    except ValueError:
        return None


def keep_window(value: tuple[float, float] | None, axis: str, name: str = "window") -> None:
    """Keeps a zoom with the axis it belongs to: seconds say nothing of steps."""
    place = "" if axis == STEP else f"{axis}:"
    keep(name, "" if value is None else f"{place}{value[0]:.10g}..{value[1]:.10g}", "")


def spans(name: str = "y") -> dict[str, tuple[float, float]]:
    """Returns the parts of the y axes that are looked at, by metric, as the URL has them."""
    ranges = {}
    for part in st.query_params.get(name, "").split("|"):
        ends, _, key = part.partition(":")
        low, _, high = ends.partition("..")
        try:
            ranges[key] = (float(low), float(high))
        except ValueError:
            continue
    return ranges


def keep_spans(value: Mapping[str, tuple[float, float]], name: str = "y") -> None:
    keep(name, "|".join(f"{low:.6g}..{high:.6g}:{key}" for key, (low, high) in value.items()), "")
