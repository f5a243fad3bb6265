"""What the metrics of a run mean: those of before by the definitions of then."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("metrics_version", sa.Integer, nullable=False, server_default="1"))
