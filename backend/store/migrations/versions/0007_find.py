"""What runs are found by: tags, notes, stars, the archive, saved views; settings and metrics of
what was recorded before."""

import json

import numpy as np
import sqlalchemy as sa
from alembic import op

from backend.model import goals as metric_goals
from backend.store.find import settings
from backend.store.recording import run_metrics

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

LARGEST = 1.7976931348623157e308  # infinities are no values


def upgrade() -> None:
    op.add_column("runs", sa.Column("note", sa.Text, nullable=False, server_default=""))
    for name in ("starred", "archived"):
        op.add_column("runs", sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("series", sa.Column("tail", sa.LargeBinary))
    _tables()
    connection = op.get_bind()
    runs = connection.execute(sa.text("select ordinal, id, spec from runs where deleted_at is null")).all()
    for ordinal, run_id, spec in runs:
        stored = spec if isinstance(spec, dict) else json.loads(spec)
        _fill_settings(connection, ordinal, run_id, stored)
        _fill_metrics(connection, ordinal, run_id, stored)


def _tables() -> None:
    def of_run() -> sa.Column[int]:
        return sa.Column("run", sa.Integer, sa.ForeignKey("runs.ordinal", ondelete="CASCADE"), nullable=False)

    op.create_table(
        "run_tags",
        sa.Column("tag", sa.Text, nullable=False),
        of_run(),
        sa.PrimaryKeyConstraint("tag", "run"),
        sqlite_with_rowid=False,
    )
    op.create_index("run_tags_by_run", "run_tags", ["run"])
    op.create_table(
        "run_settings",
        sa.Column("name", sa.Text, nullable=False),
        of_run(),
        sa.Column("trial", sa.Integer, nullable=False),
        sa.Column("number", sa.Float),
        sa.Column("text", sa.Text),
        sa.PrimaryKeyConstraint("name", "run", "trial"),
        sqlite_with_rowid=False,
    )
    op.create_index("run_settings_by_run", "run_settings", ["run", "trial"])
    numbers = [sa.Column(name, sa.Float) for name in ("last", "best", "mean", "low", "high")]
    op.create_table(
        "run_metrics",
        sa.Column("key", sa.Text, nullable=False),
        of_run(),
        *numbers,
        sa.PrimaryKeyConstraint("key", "run"),
        sqlite_with_rowid=False,
    )
    op.create_index("run_metrics_by_run", "run_metrics", ["run"])
    op.create_table(
        "views",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
    )


def _json(value: object) -> object:
    return json.loads(value) if isinstance(value, str) else value


def _fill_settings(connection: sa.Connection, ordinal: int, run_id: str, spec: dict[str, object]) -> None:
    trials = connection.execute(
        sa.text("select number, params, seed from trials where run_id = :run_id"), {"run_id": run_id}
    ).all()
    trial_settings = [(number, settings.of_trial(_json(params), seed)) for number, params, seed in trials]  # type: ignore[arg-type]
    settings.write(connection, settings.rows(ordinal, settings.of_spec(spec), trial_settings))


def _fill_metrics(connection: sa.Connection, ordinal: int, run_id: str, spec: dict[str, object]) -> None:
    goals = dict(
        zip(
            *(each if isinstance(each, list) else [each] for each in (spec.get("metric"), spec.get("mode"))),
            strict=False,
        )
    )
    standing = run_metrics.Standing(ordinal, lambda key: goals.get(key) or metric_goals.direction(key))
    mine = {"run_id": run_id}
    for number, last in connection.execute(
        sa.text("select number, last from trials where run_id = :run_id"), mine
    ).all():
        standing.last(number, _json(last))  # type: ignore[arg-type]
    bounds: dict[str, list[float]] = {}
    for series, trial, key in connection.execute(
        sa.text("select id, trial, key from series where run_id = :run_id"), mine
    ).all():
        finite = f"from points where series = :series and value between -{LARGEST} and {LARGEST}"
        of_series = {"series": series}
        low, high = connection.execute(sa.text(f"select min(value), max(value) {finite}"), of_series).one()
        ends = connection.execute(
            sa.text(f"select value {finite} order by sequence desc limit {run_metrics.TAIL}"), of_series
        ).scalars()
        last_ones = np.array(ends.all()[::-1], dtype=np.float64).tobytes()
        connection.execute(
            sa.text("update series set tail = :tail where id = :series"), of_series | {"tail": last_ones}
        )
        standing.ends(trial, key, last_ones)
        bounds.setdefault(key, []).extend(each for each in (low, high) if each is not None)
    for key, extremes in bounds.items():
        standing.bounds(key, min(extremes, default=None), max(extremes, default=None))
    standing.write(connection, list(bounds))
