"""Brings what a run has set aside from one database into another, which numbers it its own way."""

from typing import Any

from sqlalchemy import Connection, Row, Table, insert, select

from backend.store.schema import aside_points, aside_series, asides

TABLES: tuple[Table, ...] = (asides, aside_series, aside_points)


def carry_asides(source: Any, tx: Connection, run_id: str) -> None:
    """Adds what `source` (see `backend.store.carry.Source`) has set aside of a run and is not there."""
    there = {_known(row) for row in tx.execute(select(asides).where(asides.c.run_id == run_id))}
    for row in source.rows(select(asides).where(asides.c.run_id == run_id).order_by(asides.c.id)):
        if _known(row) in there:
            continue
        number = _inserted(tx, asides, row, {})
        for each in source.rows(select(aside_series).where(aside_series.c.aside == row.id)):
            owner = _inserted(tx, aside_series, each, {"aside": number})
            for batch in source.batches(select(aside_points).where(aside_points.c.series == each.id)):
                tx.execute(insert(aside_points), [dict(point._mapping) | {"series": owner} for point in batch])


def _known(row: Row[Any]) -> tuple[Any, ...]:
    return row.trial, row.attempt, row.after, row.at


def _inserted(tx: Connection, table: Table, row: Row[Any], changed: dict[str, Any]) -> int:
    values = {name: value for name, value in row._mapping.items() if name != "id"} | changed
    return int(tx.execute(insert(table).returning(table.c.id), values).scalar_one())
