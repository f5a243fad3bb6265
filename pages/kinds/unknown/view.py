"""What a run's page says of a run of a kind that this version does not know: what was recorded."""

from backend.model import Run
from pages.kinds.external import view as external
from pages.runs.kinds import View


def subject(run: Run) -> str:
    return f"{run.kind}, which this version does not know"


view = View(subject=subject, parts=external.parts, failed=external.failed, numbers=external.numbers, tabs=external.tabs)
