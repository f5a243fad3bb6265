"""What can be tuned: ours, and the user's own Ray Tune trainables in data/workloads."""

import ast
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.catalog.lookup import find
from backend.catalog.own_code import own_file, own_files
from backend.catalog.trainables import TRAINABLES, Trainable
from backend.catalog.tunable_text import TrainableText, tunables
from backend.errors import UnknownWorkload

OURS = Path(__file__).resolve().parent.parent / "workloads"
SPACE_OF_UNKNOWN = {"uniform": [0.0, 1.0]}
MOST_SUGGESTED = 1e12  # a default beyond it, or as near to 0, is rather a code than something to search around


@dataclass(frozen=True, kw_only=True)
class FoundTrainable:
    """A trainable that was looked up by name, with the text that runs where it is the user's own."""

    id: str
    title: str
    summary: str
    code: str  # "module:attribute"; for the user's own the file's name without .py
    metrics: tuple[str, ...]
    checkpoints: bool
    space: dict[str, dict[str, Any]]  # what a form starts with
    text: str = ""
    is_class: bool = False
    entry: Trainable | None = None
    reads: frozenset[str] | None = None  # the config keys it reads; None where its text does not show them all

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest() if self.text else ""


def user_tunables(folder: Path) -> list[tuple[str, TrainableText]]:
    """Returns each of the user's own by its name in a spec, "file:name"."""
    return [(f"{file.name}:{each.name}", each) for file in own_files(folder) for each in file.tunables]


def look_up(name: str, folder: Path, text: str = "") -> FoundTrainable:
    """Returns the trainable called `name`: an id of the catalogue, or "file:name" for the user's own.

    With `text` the user's file is taken to hold that, as it did at a run's launch.

    Raises:
        UnknownWorkload: there is none; the message lists the nearest, or says what is wrong with the file.
    """
    if ":" not in name:
        entry = find("trainable", name, TRAINABLES)
        return FoundTrainable(
            id=name,
            title=entry.title,
            summary=entry.summary,
            code=f"backend.workloads.{entry.code}",
            metrics=entry.metrics,
            checkpoints=entry.checkpoints,
            space=entry.space,
            entry=entry,
            reads=_reads(entry),
        )
    file_name, _, attribute = name.partition(":")
    file = own_file(file_name, folder, text)
    own = {each.name: each for each in file.tunables}
    if not own:
        raise UnknownWorkload(
            f"{file_name}.py has no trainable: a function of one config that calls tune.report, or a Trainable class."
        )
    trainable = find(f"trainable in {file_name}.py", attribute, own)
    return FoundTrainable(
        id=name,
        title=name,
        summary=trainable.doc.partition("\n\n")[0],
        code=name,
        metrics=trainable.metrics,
        checkpoints=trainable.checkpoints,
        space={key: suggested(key, default) for key, default in trainable.params.items()},
        text=file.text,
        is_class=trainable.is_class,
        reads=frozenset({*trainable.params, "seed"}) if trainable.is_all else None,
    )


def _reads(entry: Trainable) -> frozenset[str]:
    """Returns what a trainable of the catalogue reads: what its form offers, and what its file shows beside that."""
    return frozenset({*entry.space, *_read_by_text(entry.code), "seed"})


def _read_by_text(code: str) -> tuple[str, ...]:
    module, _, attribute = code.partition(":")
    tree = ast.parse((OURS / f"{module}.py").read_text())
    return next((tuple(each.params) for each in tunables(tree) if each.name == attribute), ())


def suggested(name: str, default: Any) -> dict[str, Any]:
    """Returns a range around a default that is sensible to search, or the default where there is none."""
    match default:
        case None:
            return SPACE_OF_UNKNOWN
        case int() | float() if abs(default) > MOST_SUGGESTED or 0 < abs(default) < 1 / MOST_SUGGESTED:
            return {"fixed": default}
        case bool():
            return {"choice": [True, False]}
        case int() if default > 1:
            is_power = default & (default - 1) == 0
            return (
                {"choice": [default // 2, default, default * 2]}
                if is_power
                else {"randint": [max(1, default // 2), default * 2 + 1]}
            )
        case float() if 0.5 < default <= 0.9999:  # a discount, a momentum, a share to keep
            return {
                "uniform": [round(1 - 5 * (1 - default), 6) if default > 0.8 else 0.5, round(1 - (1 - default) / 5, 6)]
            }
        case float() if default > 0:
            return {"loguniform": [float(f"{default / 10:.3g}"), float(f"{default * 10:.3g}")]}
    return {"fixed": default}


def rl_params(model: Any, params: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields for each number or switch among an algorithm's settings a range around its value,
    within the bounds it has."""
    for name, about in model.model_fields.items():
        value = params.get(name, about.default)
        domain = suggested(name, value) if isinstance(value, bool | int | float) else {"fixed": value}
        yield name, _within(model, name, domain, value)


def _within(model: Any, name: str, domain: dict[str, Any], value: Any) -> dict[str, Any]:
    """Returns a range of which both ends are allowed, or the value alone."""
    ((kind, of),) = domain.items()
    if kind == "fixed":
        return domain
    if kind == "choice":
        return {kind: [each for each in of if _takes(model, name, each)]}
    low, high = of
    if not _takes(model, name, low):
        low = value
    if not _takes(model, name, high):
        high = value + 1 if kind == "randint" else 1.0 if value < 1 and _takes(model, name, 1.0) else value
    return {kind: [low, high]} if low < high else {"fixed": value}


def _takes(model: Any, name: str, value: Any) -> bool:
    try:
        model.model_validate({name: value})
    except ValueError:
        return False
    return True
