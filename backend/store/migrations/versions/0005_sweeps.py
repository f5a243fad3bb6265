"""Sweeps: what a person asks of one while it runs, and where a trial's checkpoint stands."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("samples", "concurrency"):
        op.add_column("runs", sa.Column(name, sa.Integer))
    op.add_column("runs", sa.Column("time_budget_s", sa.Float))
    op.add_column("trials", sa.Column("checkpoint_iteration", sa.Integer))
    op.add_column("trials", sa.Column("stop_requested_at", sa.Float))
