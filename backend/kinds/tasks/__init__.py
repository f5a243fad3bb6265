"""Fan-outs: a function over many inputs."""

from backend.kinds.base import Kind

KIND = Kind(
    id="tasks",
    title="Fan-out of tasks",
    part="task",
    code="backend.kinds.tasks.work",
    page="pages.kinds.tasks.view",
    early="backend.kinds.tasks.early",
    no_more_seeds="A fan-out of tasks has no seeds.",
)
