"""How a run's trials did of late in a metric: the mean over any number of their last values, read from their points."""

from sqlalchemy import ScalarSelect, func, select

from backend.store.schema import points, runs, series


def mean(key: str, count: int) -> ScalarSelect[float]:
    """Returns for each row of `runs` the mean over its trials of the mean of their last `count` finite values of a
    metric.

    Where it is compared or sorted by, it is computed for those runs only that meet the other conditions.
    """
    values = select(points.c.value).where(points.c.series == series.c.id, points.c.value.is_not(None))
    last = values.order_by(points.c.sequence.desc()).limit(count).correlate(series).subquery()
    of_trial = select(func.avg(last.c.value)).correlate(series).scalar_subquery()
    return (
        select(func.avg(of_trial))
        .where(series.c.run_id == runs.c.id, series.c.key == key)
        .correlate(runs)
        .scalar_subquery()
    )
