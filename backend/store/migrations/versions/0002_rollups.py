"""Rollups, and how many points a series has; what was recorded before is summarised now."""

import numpy as np
import sqlalchemy as sa
from alembic import op

from backend.store.series import pyramid

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("series", sa.Column("length", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("series", sa.Column("closed", sa.BigInteger, nullable=False, server_default="-1"))
    op.create_table(
        "rollups",
        sa.Column("series", sa.Integer, sa.ForeignKey("series.id", ondelete="CASCADE"), nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("chunk", sa.Integer, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("series", "level", "chunk"),
    )
    connection = op.get_bind()
    for series in connection.execute(sa.text("select id from series")).scalars().all():
        _summarise(connection, series)


def _summarise(connection: sa.Connection, series: int) -> None:
    wanted = sa.text("select sequence, step, time, value from points where series = :series order by sequence")
    rows = connection.execute(wanted, {"series": series}).all()
    if not rows:
        return
    columns = np.array([tuple(row) for row in rows], dtype=np.float64).T
    end, chunks = pyramid.Pyramid().extended(pyramid.of_points(*columns))
    held = int(columns[0][end.count - end.count % pyramid.FACTOR - 1]) if end.count >= pyramid.FACTOR else -1
    counted = {"series": series, "length": end.count, "closed": held}
    connection.execute(sa.text("update series set length = :length, closed = :closed where id = :series"), counted)
    stored = [{"series": series, "level": each.level, "chunk": each.number, "data": each.data} for each in chunks]
    if stored:
        connection.execute(
            sa.text("insert into rollups (series, level, chunk, data) values (:series, :level, :chunk, :data)"), stored
        )
