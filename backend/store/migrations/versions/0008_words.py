"""The words a run is found by, and an index over what most filters look at."""

from alembic import op

from backend.store.find import settings

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    listed = ["archived", "deleted_at", "state", "kind", "created_at", "started_at", "ended_at", "starred"]
    op.create_index("runs_listed", "runs", listed)
    settings.write_words(op.get_bind())
