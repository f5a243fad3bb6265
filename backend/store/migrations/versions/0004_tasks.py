"""Fan-outs: their tasks, their failures, and the user's own code as it was at the launch."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

UNUSUAL = sa.text("state != 'succeeded'")


def _of_run() -> sa.Column[str]:
    return sa.Column("run_id", sa.Text, sa.ForeignKey("runs.id", ondelete="CASCADE"), nullable=False)


def upgrade() -> None:
    for name in ("workload", "workload_hash"):
        op.add_column("runs", sa.Column(name, sa.Text, nullable=False, server_default=""))
    counts = [
        sa.Column(name, sa.Integer, nullable=False, server_default="0")
        for name in ("running", "succeeded", "failed", "stopped")
    ]
    op.create_table(
        "fanouts",
        _of_run(),
        sa.Column("total", sa.Integer, nullable=False),
        *counts,
        sa.Column("summary", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("run_id"),
    )
    op.create_table(
        "tasks",
        _of_run(),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("input", sa.Text, nullable=False),
        sa.Column("started_at", sa.Float),
        sa.Column("seconds", sa.Float),
        sa.Column("worker", sa.Integer),
        sa.Column("value", sa.Float),
        sa.Column("result", sa.Text),
        sa.Column("artifact", sa.Text),
        sa.Column("error", sa.Text),
        sa.Column("failure", sa.Integer),
        sa.Column("output", sa.Text),
        sa.PrimaryKeyConstraint("run_id", "number"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "tasks_by_state", "tasks", ["run_id", "state", "failure"], sqlite_where=UNUSUAL, postgresql_where=UNUSUAL
    )
    texts = [sa.Column(name, sa.Text, nullable=False) for name in ("kind", "place", "message", "traceback")]
    op.create_table(
        "failures",
        _of_run(),
        sa.Column("number", sa.Integer, nullable=False),
        *texts,
        sa.PrimaryKeyConstraint("run_id", "number"),
    )
