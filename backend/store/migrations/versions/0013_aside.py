"""What a resumed trial repeated is set aside: kept, but no part of its line."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("trials", sa.Column("checkpoint_reports", sa.Integer))
    op.add_column("trials", sa.Column("set_aside", sa.Integer, nullable=False, server_default="0"))
    op.add_column("checkpoints", sa.Column("reports", sa.Integer))
    op.add_column("series", sa.Column("cuts", sa.Integer, nullable=False, server_default="0"))
    op.create_table(
        "asides",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("run_id", sa.Text, sa.ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
        sa.Column("trial", sa.Integer, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("after", sa.Integer, nullable=False),
        sa.Column("reports", sa.Integer, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_index("asides_by_run", "asides", ["run_id", "trial"])
    op.create_table(
        "aside_series",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("aside", sa.Integer, sa.ForeignKey("asides.id", ondelete="CASCADE"), nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("length", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("aside", "key"),
    )
    op.create_table(
        "aside_points",
        sa.Column("series", sa.Integer, sa.ForeignKey("aside_series.id", ondelete="CASCADE"), nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("step", sa.Float),
        sa.Column("time", sa.Float, nullable=False),
        sa.Column("value", sa.Float),
        sa.PrimaryKeyConstraint("series", "sequence"),
        sqlite_with_rowid=False,
    )
