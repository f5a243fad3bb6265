"""The words a run is found by, in small letters: looking in them need not make them small each time."""

from alembic import op

from backend.store.find import settings

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    settings.write_words(op.get_bind())
