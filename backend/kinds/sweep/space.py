"""A search space: for each parameter where its values come from."""

import json
import math
from collections.abc import Mapping
from typing import Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, model_serializer, model_validator
from pydantic_core import PydanticCustomError

DomainKind = Literal[
    "uniform", "loguniform", "quniform", "qloguniform", "randint", "lograndint", "qrandint", "randn", "choice", "grid",
    "fixed",
]  # fmt: skip
KINDS: tuple[DomainKind, ...] = get_args(DomainKind)
RANGES = ("uniform", "loguniform", "quniform", "qloguniform", "randint", "lograndint", "qrandint", "randn")
STEPPED = ("quniform", "qloguniform", "qrandint")  # with a step
WHOLE = ("randint", "lograndint", "qrandint")  # numbers
LISTS = ("choice", "grid")
FLOATS = ("uniform", "loguniform")
MOST_GRID = 1_000_000


class Domain(BaseModel):
    """Where one parameter's values come from, written as `{kind: arguments}`; a bare value is fixed.

    uniform and loguniform: [low, high]. quniform and qloguniform: [low, high, step]. randint and lograndint: [low,
    high], whole numbers below high, as Ray Tune's; qrandint: [low, high, step], whole numbers up to high. randn: [mean,
    deviation] of a normal distribution. choice and grid: the values. fixed: the value.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: DomainKind
    of: Any

    @model_validator(mode="before")
    @classmethod
    def _written(cls, domain: Any) -> Any:
        if isinstance(domain, dict) and set(domain) == {"kind", "of"}:
            return domain
        if not isinstance(domain, dict):
            return {"kind": "fixed", "of": domain}
        if len(domain) != 1 or next(iter(domain)) not in KINDS:
            raise PydanticCustomError(
                "domain", "must be one of: {kinds}, such as “uniform: [0, 1]”", {"kinds": ", ".join(KINDS)}
            )
        kind, of = next(iter(domain.items()))
        return {"kind": kind, "of": of}

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if (
            problem := _range_problem(self.kind, self.of)
            if self.kind in RANGES
            else _values_problem(self.kind, self.of)
        ):
            raise PydanticCustomError("domain", "{problem}", {"problem": problem})
        return self

    @model_serializer(mode="plain")
    def _told(self) -> dict[str, Any]:
        return {self.kind: self.of}

    @property
    def is_searched(self) -> bool:
        return self.kind != "fixed"

    @property
    def values(self) -> list[Any]:
        """The values of a list, or the only one of what is fixed."""
        return list(self.of) if self.kind in LISTS else [self.of]


Space = dict[str, Domain]


def bounds_of(kind: str) -> list[str]:
    """Returns what the arguments of a range are called."""
    return ["mean", "deviation"] if kind == "randn" else ["min", "max", *(["step"] if kind in STEPPED else [])]


def _range_problem(kind: str, of: Any) -> str:
    """Returns what is wrong with a range, or an empty string."""
    names = bounds_of(kind)
    if not isinstance(of, list | tuple) or len(of) != len(names):
        return f"{kind} takes [{', '.join(names)}]"
    for name, value in zip(names, of, strict=True):
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            return f"{name} must be a number"
        if kind in WHOLE and (not isinstance(value, int) or abs(value) > 2**53):
            return f"{name} must be a whole number"
    if kind == "randn":
        return "" if of[1] > 0 else "the deviation must be above 0"
    if of[0] >= of[1]:
        return "min must be below max"
    if "log" in kind and of[0] <= 0:
        return "a log range must lie above 0"
    if kind in STEPPED and not 0 < of[2] <= of[1] - of[0]:
        return "the step must be above 0 and no more than max − min"
    return ""


def _values_problem(kind: str, of: Any) -> str:
    """Returns what is wrong with a list of values or a fixed one, or an empty string."""
    try:
        json.dumps(of, allow_nan=False)
    except (TypeError, ValueError):
        return "must be plain values: finite numbers, text, true, false, lists"
    if kind == "fixed":
        return ""
    if not isinstance(of, list | tuple):
        return f"{kind} takes a list of values"
    if not of:
        return "there must be at least one value"
    if len(of) > 1000:
        return ""
    # 1, 1.0 and true are the same to Python, which could not tell which one a trial had.
    twice = next((value for place, value in enumerate(of) if value in of[:place]), None)
    return f"{json.dumps(twice)} is there twice" if twice is not None or list(of).count(None) > 1 else ""


def combinations(space: Mapping[str, Domain]) -> int:
    """Returns how many combinations a grid over lists of values has."""
    return math.prod(len(domain.values) for domain in space.values())


def combination(space: Mapping[str, Domain], number: int) -> dict[str, Any]:
    """Returns one combination of a grid, the last parameter changing fastest."""
    params: dict[str, Any] = {}
    for name, domain in reversed(list(space.items())):
        number, place = divmod(number, len(domain.values))
        params[name] = domain.values[place]
    return {name: params[name] for name in space}


def around(space: Mapping[str, Mapping[str, Any]], params: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Returns a space, as a spec has it, for a search near known parameters.

    A range becomes half as wide about the parameter (a log range in its exponent) and does not leave what it was; a
    list begins with it; what is fixed, or is not in the space, is fixed to it.
    """
    domains = {name: dict(domain) for name, domain in space.items()}
    for name, value in params.items():
        kind, of = next(iter(space.get(name, {"fixed": value}).items()))
        if kind == "fixed":
            domains[name] = {kind: value}
        elif kind in LISTS:
            domains[name] = {kind: [value, *(each for each in of if each != value)]}
        elif kind == "randn":
            domains[name] = {kind: [value, _rounded(of[1] / 2)]}
        elif isinstance(value, int | float) and of[0] <= value <= of[1]:
            near = _half(kind, of, value)
            domains[name] = {kind: near if near[0] < near[1] else of}
    return domains


def _half(kind: str, of: Any, value: float) -> list[Any]:
    low, high, *step = of
    if "log" in kind:
        reach = (high / low) ** 0.25
        if kind == "lograndint":
            return [max(low, math.floor(value / reach)), min(high, math.ceil(value * reach) + 1)]
        near = [max(low, _rounded(value / reach)), min(high, _rounded(value * reach)), *step]
        return near if not step or near[1] - near[0] >= step[0] else list(of)
    reach = (high - low) / 4
    if kind == "randint":
        return [max(low, math.floor(value - reach)), min(high, math.ceil(value + reach) + 1)]
    if step:  # in whole steps, so that the values stay on those of before
        reach, middle = max(1, round(reach / step[0])), round((value - low) / step[0])
        ends = [low + max(0, middle - reach) * step[0], low + (middle + reach) * step[0]]
        first, last = ends if kind == "qrandint" else map(_rounded, ends)
        return [first, min(high, last), *step]
    return [max(low, _rounded(value - reach)), min(high, _rounded(value + reach))]


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")
