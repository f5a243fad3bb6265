"""The words a run is found by, and an index over what most filters look at."""

import json

import sqlalchemy as sa
from alembic import op

from backend.store.find import settings

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

A_BATCH = 1000


def upgrade() -> None:
    listed = ["archived", "deleted_at", "state", "kind", "created_at", "started_at", "ended_at", "starred"]
    op.create_index("runs_listed", "runs", listed)
    connection = op.get_bind()
    found = connection.execute(sa.text("select ordinal, id, spec, note from runs where deleted_at is null")).all()
    for start in range(0, len(found), A_BATCH):
        rows = [
            row
            for ordinal, run_id, spec, note in found[start : start + A_BATCH]
            for row in settings.rows(ordinal, settings.words(run_id, spec if isinstance(spec, dict) else json.loads(spec), note))
        ]
        settings.write(connection, rows)
