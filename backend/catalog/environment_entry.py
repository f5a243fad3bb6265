"""What there is to say of an environment."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

SpaceKind = Literal["discrete", "box", "image", "other"]
# env steps an episode may take where neither the environment nor the spec says: a greedy policy may never end
MAX_STEPS = 1000


class NoOptions(BaseModel):
    """The environment has nothing to set."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True, kw_only=True)
class SpaceInfo:
    """A space: how many values, or numbers, it has, and the limits that all its numbers share."""

    kind: SpaceKind
    text: str
    shape: tuple[int, ...] = ()
    size: int = 0
    low: float | None = None
    high: float | None = None

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> "SpaceInfo":
        return cls(**{**fields, "shape": tuple(fields["shape"])})


@dataclass(frozen=True, kw_only=True)
class Environment:
    """One environment: what an agent sees, what it can do, and what counts as solved.

    `max_steps` is the time limit of an episode in env steps; `solved_at` a mean episode return. What was read from the
    environment itself, and not before: its spaces, and the file of a picture of its first frame.
    """

    id: str
    title: str
    summary: str
    observation: SpaceKind
    action: SpaceKind
    max_steps: int = MAX_STEPS
    solved_at: float | None = None
    options: type[BaseModel] = NoOptions
    code: str = "gymnasium:make"
    module: str = ""  # that must be imported before it can be made
    observes: SpaceInfo | None = None
    acts: SpaceInfo | None = None
    renders: bool | None = None  # as pixels; None where nobody has looked yet
    picture: Path | None = None
    curated: bool = False


@dataclass(frozen=True)
class Unavailable:
    """An environment that cannot be made here, why, and what to give to `pip install`, empty if that is not it."""

    id: str
    reason: str
    package: str = ""

    @property
    def install(self) -> str:
        """The command that installs what is missing, empty if that is not it."""
        quoted = (f"'{each}'" if "[" in each else each for each in self.package.split())
        return f"pip install {' '.join(quoted)}" if self.package else ""

    @property
    def told(self) -> str:
        how = f" Install it with: {self.install}" if self.package else ""
        return (
            f"{self.id} {self.reason}.{how}"
            if self.reason.startswith("needs")
            else f"{self.id} cannot be made: {self.reason}.{how}"
        )


_KINDS: dict[str, Any] = {"bool": bool, "int": int, "float": float, "str": str}


def options_model(name: str, options: Iterable[Mapping[str, Any]]) -> type[BaseModel]:
    """Returns a model of options, each given as name, kind (bool, int, float, str or choice), default and choices."""
    fields: dict[str, Any] = {}
    for each in options:
        kind = Literal[tuple(each["choices"])] if each["kind"] == "choice" else _KINDS[each["kind"]]
        title = each["name"].replace("_", " ").capitalize()
        about = f"Option `{each['name']}` of the environment; {each['default']!r} if left as it is."
        fields[each["name"]] = (kind, Field(each["default"], title=title, description=about))
    return create_model(f"{name}Options", __base__=NoOptions, **fields) if fields else NoOptions
