"""What was asked of a run after its launch, in one column for every kind of work."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

OF_SWEEPS = ("samples", "concurrency", "time_budget_s")


def upgrade() -> None:
    op.add_column("runs", sa.Column("wishes", sa.JSON, nullable=False, server_default="{}"))
    connection = op.get_bind()
    runs = connection.execute(sa.text(f"select id, {', '.join(OF_SWEEPS)} from runs")).mappings().all()
    rows = [
        {"id": row["id"], "wishes": json.dumps({name: row[name] for name in OF_SWEEPS if row[name] is not None})}
        for row in runs
        if any(row[name] is not None for name in OF_SWEEPS)
    ]
    if rows:
        written = "cast(:wishes as json)" if connection.dialect.name == "postgresql" else ":wishes"
        connection.execute(sa.text(f"update runs set wishes = {written} where id = :id"), rows)
    for name in OF_SWEEPS:
        op.drop_column("runs", name)
