"""What a tabular agent leaves on disk: its checkpoint, from which it goes on exactly, and its table
for those who look at it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from backend.workloads.discretise import Coder
from backend.workloads.tabular_rules import Table

if TYPE_CHECKING:
    from backend.workloads.tabular import Training
    from backend.workloads.tabular_agent import Agent

STATE, TABLES = "tabular.json", "tables.npz"


def arrays(training: "Training") -> dict[str, Any]:
    """Returns the table: q and visits (states, actions), env_steps, episodes.

    Of cells it is a row for each that was met: with cells (their numbers) and low, high, bins, tilings (see Coder).
    """
    agent, progress = training.agent, training.progress
    numbers = _numbers(agent)
    q = _rows(agent.q, numbers, agent)
    if agent.is_double:
        q = (q + _rows(agent.other, numbers, agent)) / 2
    table = {"q": q, "visits": _rows(agent.visits, numbers, agent).astype(np.int64)}
    table |= {"env_steps": np.int64(progress.env_steps), "episodes": np.int64(progress.episodes)}
    return table if agent.coder is None else table | {"cells": numbers, **agent.coder.state()}


def save(training: "Training", folder: Path) -> None:
    """Writes a checkpoint: tables as numpy arrays, everything else as JSON."""
    agent, progress = training.agent, training.progress
    numbers = _numbers(agent)
    tables = {"q": agent.q, "visits": agent.visits, **({"other": agent.other} if agent.is_double else {})}
    np.savez(folder / TABLES, cells=numbers, **{name: _rows(table, numbers, agent) for name, table in tables.items()})
    state = {
        "coder": agent.coder.state() if agent.coder else None,
        "random": agent.random.getstate(),
        "env_random": training.env.unwrapped.np_random.bit_generator.state,
        "counters": [progress.episodes, progress.env_steps, progress.iteration, progress.time_s],
        "recent": [list(progress.returns), list(progress.lengths)],
    }
    (folder / STATE).write_text(json.dumps(state))


def load(training: "Training", folder: Path) -> None:
    """Makes a training what it was when its checkpoint was written."""
    agent, progress = training.agent, training.progress
    state = json.loads(next(folder.glob("*.json")).read_text())  # an earlier version called it otherwise
    if coder := state.get("coder"):
        training.recode(Coder(**coder))
    if (folder / TABLES).exists():
        with np.load(folder / TABLES) as tables:
            for name in set(tables.files) - {"cells"}:
                _fill(getattr(agent, name), tables["cells"].tolist(), tables[name].tolist())
    else:  # an earlier version had the tables here, and did not count visits
        for name in ("q", "other"):
            _fill(getattr(agent, name), list(range(len(state.get(name) or []))), state.get(name) or [])
    version, numbers, gauss = state["random"]
    agent.random.setstate((version, tuple(numbers), gauss))
    training.env.unwrapped.np_random.bit_generator.state = state["env_random"]
    progress.episodes, progress.env_steps, progress.iteration, progress.time_s = state["counters"]
    progress.returns.extend(state["recent"][0])
    progress.lengths.extend(state["recent"][1])
    progress.reported_now()


def _numbers(agent: "Agent") -> Any:
    """Returns the numbers of all states, or of the cells that were met."""
    if agent.coder is None:
        return np.arange(agent.states)
    return np.array(sorted(agent.q.rows.keys() | agent.other.rows.keys() | agent.visits.rows.keys()), dtype=np.int64)


def _rows(table: Table, numbers: Any, agent: "Agent") -> Any:
    if agent.coder is None:
        return np.array(table.rows, dtype=np.float64)
    nothing = [0.0] * agent.actions
    return np.array([table.rows.get(number, nothing) for number in numbers.tolist()], dtype=np.float64).reshape(
        -1, agent.actions
    )


def _fill(table: Table, numbers: list[int], rows: list[list[float]]) -> None:
    for number, row in zip(numbers, rows, strict=True):
        table.rows[number] = row
