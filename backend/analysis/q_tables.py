"""What there is to see in the table of a tabular agent: values, the greedy policy and visits, on a map or in slices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from backend.catalog.grids import Grid

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

SAME = 1e-9  # values that differ by less, relative to the largest, are a tie
FINE = 40  # points of a slice in each dimension at most, where tiles overlap


@dataclass(frozen=True, eq=False)
class Cells:
    """Which cells the rows of a table are; how they are numbered is told in backend.workloads.discretise."""

    numbers: Counts
    low: Floats
    high: Floats
    bins: int
    tilings: int

    @property
    def dimensions(self) -> int:
        return len(self.low)


@dataclass(frozen=True, eq=False)
class Table:
    """A table at one moment of the training: q and visits are (states or cells, actions)."""

    iteration: int
    env_steps: int
    episodes: int
    q: Floats
    visits: Counts
    cells: Cells | None = None


@dataclass(frozen=True, eq=False)
class Map:
    """A table, or the part of it that was chosen, on a map: all are (rows, columns), q and best have (…, actions) more.

    `values` is the largest action value, NaN where the agent never acted; `best` marks the actions that have it.
    """

    values: Floats
    visits: Counts
    q: Floats
    best: Flags


@dataclass(frozen=True, eq=False)
class Slice:
    """A table over two dimensions of the observation: x and y are the edges of cells, the others (y, x) and (y, x,
    actions).

    Of the dimensions that are not shown it is the mean over the cells that were visited; visits are summed.
    """

    x: Floats
    y: Floats
    values: Floats
    visits: Floats
    q: Floats
    best: Counts = field(repr=False)  # the greedy action, -1 where the agent never acted


def read(path: Path) -> Table:
    """Reads a snapshot.

    Raises:
        FileNotFoundError: it has made room for others since it was listed.
    """
    with np.load(path) as stored:
        cells = None
        if "cells" in stored.files:
            cells = Cells(stored["cells"], stored["low"], stored["high"], int(stored["bins"]), int(stored["tilings"]))
        return Table(
            int(path.stem), int(stored["env_steps"]), int(stored["episodes"]), stored["q"], stored["visits"], cells
        )


def nearest(paths: Sequence[Path], iteration: int | None) -> Path:
    """Returns the snapshot of an iteration, or the one before it; the newest for None."""
    if iteration is None:
        return paths[-1]
    return max((path for path in paths if int(path.stem) <= iteration), default=paths[0])


def on_map(table: Table, grid: Grid, chosen: Mapping[str, str]) -> Map:
    """Lays a table out on a map; `chosen` has a value of each of the grid's choices."""
    cells = [(row, column) for row in range(grid.rows) for column in range(grid.columns)]
    states = np.array([grid.state(cell, chosen) for cell in cells])
    return _mapped(table.q[states], table.visits[states], (grid.rows, grid.columns))


def as_rows(table: Table, first: int = 0, count: int = 50) -> Map:
    """Returns a table as it is, a row a state and a column an action, of `count` states."""
    q, visits = table.q[first : first + count], table.visits[first : first + count]
    return Map(np.where(visits > 0, q, np.nan), visits, q[:, :, None], _best(q, visits > 0)[:, :, None])


def _mapped(q: Floats, visits: Counts, shape: tuple[int, int]) -> Map:
    is_visited = visits.sum(axis=1) > 0
    values = np.where(is_visited, q.max(axis=1), np.nan)
    best = _best(q, is_visited[:, None])
    return Map(
        values.reshape(shape), visits.sum(axis=1).reshape(shape), q.reshape(*shape, -1), best.reshape(*shape, -1)
    )


def _best(q: Floats, is_visited: Flags) -> Flags:
    most = q.max(axis=1, keepdims=True)
    is_best: Flags = (q >= most - SAME * np.maximum(1.0, np.abs(most))) & is_visited
    return is_best


def cut(table: Table, x: int, y: int) -> Slice:
    """Returns a slice through cells over the dimensions x and y.

    Raises:
        ValueError: the table is not one of cells.
    """
    cells = table.cells
    if cells is None:
        raise ValueError("This table is one of states, not of cells.")
    points = cells.bins if cells.tilings == 1 else min(FINE, 2 * cells.bins)
    at = (np.arange(points) + 0.5) * cells.bins / points
    size = cells.bins + (cells.tilings > 1)
    whole = size**cells.dimensions
    shape = (points, points)
    total, tilings_seen, visits = np.zeros((*shape, table.q.shape[1])), np.zeros(shape), np.zeros(shape)
    for tiling in range(cells.tilings):
        mine = (cells.numbers // whole == tiling) & (table.visits.sum(axis=1) > 0)
        means, counts, seen = _means(cells.numbers[mine], table.q[mine], table.visits[mine], size, (x, y))
        columns, rows = ((at + tiling * (2 * d + 1) / cells.tilings % 1).astype(int) for d in (x, y))
        there = np.ix_(rows, columns)
        total += means[there]
        tilings_seen += seen[there]
        visits += counts[there] / cells.tilings
    q = total / np.maximum(tilings_seen, 1)[:, :, None]
    values = np.where(tilings_seen > 0, q.max(axis=2), np.nan)
    edges = [np.linspace(cells.low[d], cells.high[d], points + 1) for d in (x, y)]
    return Slice(edges[0], edges[1], values, visits, q, np.where(tilings_seen > 0, q.argmax(axis=2), -1))


def _means(numbers: Counts, q: Floats, visits: Counts, size: int, axes: tuple[int, int]) -> tuple[Any, Any, Any]:
    """Returns for each pair of places in two dimensions the mean of q, the visits, and whether
    there were any: (y, x, …)."""
    columns, rows = (numbers // size**d % size for d in axes)
    flat = rows * size + columns
    count = np.bincount(flat, minlength=size * size)
    sums = np.stack([np.bincount(flat, weights=column, minlength=size * size) for column in q.T], axis=1)
    means = sums / np.maximum(count, 1)[:, None]
    visited = np.bincount(flat, weights=visits.sum(axis=1), minlength=size * size)
    return means.reshape(size, size, -1), visited.reshape(size, size), (count > 0).reshape(size, size)
