"""The last values of many series, in one statement."""

from collections.abc import Sequence

import numpy as np
from sqlalchemy import select

from backend.model import Floats
from backend.store.database import Database
from backend.store.schema import series

BATCH = 2000  # series asked for in one statement
BEFORE_ALL = -1  # a sequence before any
LAST = """
with wanted(series) as (values {series})
select p.series, p.value from wanted w
join points p on p.series = w.series and p.sequence > coalesce(
    (select q.sequence from points q where q.series = w.series order by q.sequence desc limit 1 offset {count}), {first}
)
order by p.series, p.sequence
"""


def tails(database: Database, run_ids: Sequence[str], key: str, count: int) -> dict[tuple[str, int], Floats]:
    """Returns by run and trial the last `count` values of a metric, the newest last; NaN where one is not finite."""
    with database.read() as connection:
        heads = connection.execute(
            select(series.c.id, series.c.run_id, series.c.trial).where(
                series.c.run_id.in_(run_ids), series.c.key == key
            )
        ).all()
        values: dict[int, list[float]] = {head.id: [] for head in heads}
        for start in range(0, len(heads), BATCH):
            # written in: databases limit parameters
            series_ids = ",".join(f"({head.id})" for head in heads[start : start + BATCH])
            statement = LAST.format(series=series_ids, count=int(count), first=BEFORE_ALL)
            for series_id, value in connection.exec_driver_sql(statement).cursor.fetchall():
                values[series_id].append(np.nan if value is None else value)
    return {(head.run_id, head.trial): np.asarray(values[head.id], np.float64) for head in heads}
