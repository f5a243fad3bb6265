"""What is recorded only: its work is somebody else's."""

from typing import Any, NoReturn

from backend.errors import IllegalMove
from backend.kinds.base import Usual
from backend.model import Run
from backend.model.external import ExternalSpec
from backend.model.work import Needs
from backend.settings import Settings

NOT_OURS = "Raydeck only recorded this run: run its script again."


class ExternalWork(Usual):
    """See `backend.kinds.base.Work`; whoever would launch it is told why that cannot be."""

    spec = ExternalSpec

    def prepare(self, *_given: Any) -> NoReturn:
        raise IllegalMove(NOT_OURS)

    def drive(self, *_given: Any) -> NoReturn:
        raise IllegalMove(NOT_OURS)

    def needs(self, spec: ExternalSpec) -> Needs:
        return Needs("trial", {})

    def why_not_resume(self, run: Run) -> str:
        return NOT_OURS

    def still_there(self, spec: Any, workload: str, settings: Settings) -> NoReturn:
        raise IllegalMove(NOT_OURS)


work = ExternalWork()
