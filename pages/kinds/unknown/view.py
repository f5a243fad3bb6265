"""What a run's page says of a run of a kind that this version does not know: what was recorded."""

from backend.model import Run
from pages.kinds.external.view import failed, numbers, parts, tabs

__all__ = ["failed", "numbers", "parts", "subject", "tabs"]


def subject(run: Run) -> str:
    return f"{run.kind}, which this version does not know"
