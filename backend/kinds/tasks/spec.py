"""The spec of a fan-out: a function, its inputs, and how Ray runs it."""

from typing import Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from backend.model.resources import Amounts, Reserving

SOURCES = ("range", "list", "csv", "jsonl", "files", "grid")
MOST_TASKS = 10_000_000
Values = list[Any]
Step = tuple[int, int] | tuple[int, int, int]


class Inputs(BaseModel):
    """Where the tasks' arguments come from: exactly one source."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    range: int | Step | None = Field(
        None, title="Range", description="A count, or start, stop and step as Python's range takes them."
    )
    list: Values | None = Field(None, title="List", description="One value a task; or mappings of arguments.")
    csv: str | None = Field(
        None, title="CSV file", description="A row a task, its columns to the arguments of the same name."
    )
    jsonl: str | None = Field(
        None, title="JSON Lines file", description="An object a line, its keys to the arguments of the same name."
    )
    files: str | None = Field(
        None, title="Files", description="A pattern such as /data/*.txt: the path of one file a task."
    )
    grid: dict[str, Values] | None = Field(
        None, title="Grid", description="Values by argument: a task for each combination."
    )
    argument: str = Field(
        "", title="Argument", description="What a range, a list or files are given to; the first one when left out."
    )
    columns: dict[str, str] = Field(
        default_factory=dict, title="Columns", description="Column to argument, where the names differ."
    )
    encoding: str = Field("utf-8", title="Encoding", description="Of the file's text; utf-8, latin-1, cp1252, utf-16 …")
    sha256: str = Field(
        "", title="SHA-256", description="Of the rows that were read from the file; Raydeck fills it in and keeps them."
    )

    @field_validator("range", mode="before")
    @classmethod
    def _range_of_whole_numbers(cls, value: Any) -> Any:
        parts = value if isinstance(value, list | tuple) else [value]
        if value is not None and not (len(parts) <= 3 and parts and all(type(part) is int for part in parts)):
            raise PydanticCustomError("range", "must be a count, or start, stop and step, all whole numbers")
        return parts[0] if len(parts) == 1 else value

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        sources = [name for name in SOURCES if getattr(self, name) is not None]
        if len(sources) != 1:
            problem = (
                "there are several: " + ", ".join(sources) if sources else f"there is none of {', '.join(SOURCES)}"
            )
            raise PydanticCustomError("sources", "give one source; {told}", {"told": problem})
        if isinstance(self.range, tuple) and len(self.range) == 3 and self.range[2] == 0:
            raise PydanticCustomError("range", "the step of a range cannot be 0")
        return self

    @model_serializer(mode="wrap")
    def _told(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """What says nothing is left out."""
        return {
            name: value
            for name, value in handler(self).items()
            if value not in (None, "", {}) and (name, value) != ("encoding", "utf-8")
        }

    @property
    def source(self) -> str:
        return next(name for name in SOURCES if getattr(self, name) is not None)

    @property
    def is_kept(self) -> bool:
        """Whether the rows are outside the spec, where they may change: then they are kept when the run is launched."""
        return self.source in ("csv", "jsonl", "files")


class TaskSpec(Reserving):
    """A function fanned out over many inputs, a Ray task for each; of a class, an actor pool."""

    kind: Literal["tasks"] = "tasks"
    name: str = Field("", max_length=120, title="Name", description="What you will recognise the run by.")
    function: str = Field(
        min_length=1,
        title="Function",
        description="One of the catalogue, or “file:function” of a file in data/workloads.",
    )
    inputs: Inputs
    params: dict[str, Any] = Field(
        default_factory=dict, title="Params", description="Arguments that are the same for every task."
    )
    init: dict[str, Any] = Field(
        default_factory=dict, title="Constructor", description="Arguments of a class, given once a worker."
    )
    concurrency: int | None = Field(
        None,
        ge=1,
        le=100_000,
        title="At once",
        description="Most tasks (of a class: actors) at the same time; as many as fit when empty.",
    )
    num_cpus: FiniteFloat = Field(1.0, ge=0, title="CPUs", description="That a task reserves; may be a fraction.")
    num_gpus: FiniteFloat = Field(0.0, ge=0, title="GPUs", description="That a task reserves; may be a fraction.")
    memory_gb: FiniteFloat | None = Field(None, gt=0, title="Memory (GB)", description="That a task reserves.")
    resources: Amounts = Field(default_factory=dict, title="Resources", description="Custom ones of your cluster.")
    max_retries: int = Field(
        3,
        ge=0,
        le=1000,
        title="Retries",
        description="How often a task is tried again after its worker died, or timed out hard.",
    )
    retry_exceptions: bool = Field(
        False, title="Retry errors too", description="Also try again a task that raised an exception."
    )
    timeout_s: FiniteFloat | None = Field(
        None, gt=0, title="Timeout (s)", description="Longest time one try of a task may take."
    )
    stop_on_first_failure: bool = Field(
        False, title="Stop at first failure", description="Otherwise a failure stops no other task."
    )

    @field_validator("num_gpus")
    @classmethod
    def _whole_beyond_one(cls, gpus: float) -> float:
        if gpus > 1 and gpus != int(gpus):
            raise PydanticCustomError("gpus", "must be a whole number, or less than 1")
        return gpus

    @model_validator(mode="after")
    def _some_resource(self) -> Self:
        if self.concurrency is None and not self.reserved():
            raise PydanticCustomError("unlimited", "tasks that reserve nothing need a limit: set concurrency")
        return self

    def reserved(self) -> dict[str, float]:
        """Returns what one task reserves, by Ray's names."""
        return self.reserved_with(self.num_cpus, self.num_gpus)

    @property
    def seeds(self) -> list[None]:
        """A single trial without a seed: it holds the curves of the whole."""
        return [None]
