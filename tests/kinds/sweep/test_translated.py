"""Ray Tune's other domains: every search algorithm can search them, and each value is one of the domain."""

from typing import Any

import pytest
from pydantic import ValidationError

from backend.catalog.search import SEARCHERS
from backend.kinds.sweep import searchers
from backend.kinds.sweep.schedulers import _inside
from backend.kinds.sweep.space import Domain, around
from backend.kinds.sweep.translated import TRANSLATED, _inward, _known, outward
from backend.model import Goal

DOMAINS: dict[str, list[Any]] = {
    "lograndint": [1, 1000], "qrandint": [10, 50, 10], "qloguniform": [0.001, 1.0, 0.001], "randn": [5.0, 2.0],
}  # fmt: skip


def fits(kind: str, value: Any) -> bool:
    match kind:
        case "lograndint":
            return type(value) is int and 1 <= value < 1000
        case "qrandint":
            return type(value) is int and value in (10, 20, 30, 40, 50)
        case "qloguniform":
            return 0.001 <= value <= 1.0 and abs(value * 1000 - round(value * 1000)) < 1e-9
    return -3.0 < value < 13.0


@pytest.mark.parametrize("search", [each.id for each in SEARCHERS.values() if each.id != "grid" and each.is_installed])
def test_each_search_algorithm_that_takes_them_stays_inside(search: str) -> None:
    kinds = [kind for kind in TRANSLATED if not SEARCHERS[search].why_not([kind, "uniform"])]
    space = {kind: Domain(kind=kind, of=DOMAINS[kind]) for kind in kinds}  # type: ignore[arg-type]
    if not space:
        return
    space["x"] = Domain(kind="uniform", of=[0.0, 1.0])
    made = searchers.make(search, space, [Goal("score")], 12, 1)
    seen = []
    for number in range(12):
        params = made.ask(number)
        assert all(fits(kind, params[kind]) for kind in kinds), params
        made.tell(number, params, [float(params["x"])])
        seen.append(params)
    later = searchers.make(search, space, [Goal("score")], 12, 1, 12)
    for number, params in enumerate(seen):  # as a resumed sweep tells what the rows hold
        later.tell(number, params, [1.0])
    assert all(fits(kind, later.ask(12)[kind]) for kind in kinds)


@pytest.mark.parametrize("kind", TRANSLATED)
def test_a_value_goes_there_and_back(kind: str) -> None:
    domain = Domain(kind=kind, of=DOMAINS[kind])  # type: ignore[arg-type]
    low, high = _known(domain).of[:2]
    for place in range(101):
        value = outward(domain, low + (high - low) * place / 100)
        assert fits(kind, value), value
        assert outward(domain, _inward(domain, value)) == pytest.approx(value)
        assert fits(kind, _inside(domain, value * 1.2)) or kind == "randn"


@pytest.mark.parametrize(
    ("kind", "of"),
    [
        ("lograndint", [0, 10]),
        ("lograndint", [1.5, 10]),
        ("qrandint", [1, 10]),
        ("qloguniform", [0.0, 1.0, 0.1]),
        ("randn", [0.0, 0.0]),
        ("randn", [0.0]),
    ],
)
def test_what_is_no_domain_is_refused(kind: str, of: list[Any]) -> None:
    with pytest.raises(ValidationError):
        Domain(kind=kind, of=of)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "value", "near"),
    [("lograndint", 30, [5, 170]), ("qrandint", 30, [20, 40, 10]), ("randn", 6.0, [6.0, 1.0])],
)
def test_a_search_near_a_known_value_is_half_as_wide(kind: str, value: Any, near: list[Any]) -> None:
    assert around({"x": {kind: DOMAINS[kind]}}, {"x": value}) == {"x": {kind: near}}
