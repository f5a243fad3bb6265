"""How a run stands in the metric it is judged by, as it is sorted by."""

import json
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from alembic import op

from backend.model.judged import main_metric, mean_of_last

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
    runs = connection.execute(sa.text("select id, kind, spec from runs where deleted_at is null")).all()
    for start in range(0, len(runs), A_BATCH):
        rows = [
            {"id": run_id, **_judged(connection, run_id, kind, _json(spec))}
            for run_id, kind, spec in runs[start : start + A_BATCH]
        ]
        connection.execute(sa.text("update runs set best = :best, last = :last where id = :id"), rows)


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _judged(connection: sa.Connection, run_id: str, kind: str, spec: dict[str, Any]) -> dict[str, float | None]:
    trials = connection.execute(
        sa.text("select best, last from trials where run_id = :id order by number"), {"id": run_id}
    ).all()
    values = [best for best, _ in trials if best is not None]
    if kind == "sweep":
        mode = spec["mode"][0] if isinstance(spec["mode"], list) else spec["mode"]
        return {"best": (max if mode == "max" else min)(values, default=None), "last": None}
    last: list[Any] = [SimpleNamespace(last=_json(each)) for _, each in trials]
    return {"best": max(values, default=None), "last": mean_of_last(last, main_metric(last))}
