"""How a run stands in the metric it is judged by, as it is sorted by."""

import json
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from alembic import op

from backend.model import Goal
from backend.model.judged import judged

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

LISTED = ["archived", "deleted_at", "state", "kind", "created_at", "started_at", "ended_at", "starred", "best", "last"]
A_BATCH = 500


def upgrade() -> None:
    for name in ("best", "last"):
        op.add_column("runs", sa.Column(name, sa.Float))
    op.drop_index("runs_listed", "runs")
    op.create_index("runs_listed", "runs", LISTED)
    connection = op.get_bind()
    found = connection.execute(sa.text("select id, kind, spec from runs where deleted_at is null")).all()
    for start in range(0, len(found), A_BATCH):
        rows = [{"id": run_id, **_judged(connection, run_id, kind, _json(spec))} for run_id, kind, spec in found[start : start + A_BATCH]]
        connection.execute(sa.text("update runs set best = :best, last = :last where id = :id"), rows)


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _judged(connection: sa.Connection, run_id: str, kind: str, spec: dict[str, Any]) -> dict[str, float | None]:
    trials = connection.execute(sa.text("select best, last from trials where run_id = :id order by number"), {"id": run_id}).all()
    known: list[Any] = [SimpleNamespace(best=best, last=_json(last)) for best, last in trials]
    return judged(known, _goal(spec) if kind == "sweep" else None)._asdict()


def _goal(spec: dict[str, Any]) -> Goal:
    key, mode = (each[0] if isinstance(each, list) else each for each in (spec["metric"], spec["mode"]))
    return Goal(key, mode)
