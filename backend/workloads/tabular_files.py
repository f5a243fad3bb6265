"""What a tabular agent leaves on disk: its checkpoint, from which it goes on exactly, and its table for those who look at it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from backend.workloads.discretise import Coder
from backend.workloads.tabular_rules import Table

if TYPE_CHECKING:
    from backend.workloads.tabular import Training

STATE, TABLES = "tabular.json", "tables.npz"


def arrays(agent: "Training") -> dict[str, Any]:
    """Returns the table: q and visits (states, actions), env_steps, episodes.

    Of cells it is a row for each that was met: with cells (their numbers) and low, high, bins, tilings (see Coder).
    """
    numbers = _numbers(agent)
    q = _rows(agent.q, numbers, agent)
    if agent.is_double:
        q = (q + _rows(agent.other, numbers, agent)) / 2
    told = {"q": q, "visits": _rows(agent.visits, numbers, agent).astype(np.int64)}
    told |= {"env_steps": np.int64(agent.env_steps), "episodes": np.int64(agent.episodes)}
    return told if agent.coder is None else told | {"cells": numbers, **agent.coder.state()}


def save(agent: "Training", folder: Path) -> None:
    """Writes a checkpoint: tables as numpy arrays, everything else as JSON."""
    numbers = _numbers(agent)
    tables = {"q": agent.q, "visits": agent.visits, **({"other": agent.other} if agent.is_double else {})}
    np.savez(folder / TABLES, cells=numbers, **{name: _rows(table, numbers, agent) for name, table in tables.items()})
    state = {
        "coder": agent.coder.state() if agent.coder else None,
        "random": agent.random.getstate(),
        "env_random": agent.env.unwrapped.np_random.bit_generator.state,
        "counters": [agent.episodes, agent.env_steps, agent.iteration, agent.time_s],
        "recent": [list(agent.returns), list(agent.lengths)],
    }
    (folder / STATE).write_text(json.dumps(state))


def load(agent: "Training", folder: Path) -> None:
    """Makes an agent what it was when its checkpoint was written."""
    state = json.loads(next(folder.glob("*.json")).read_text())  # an earlier version called it otherwise
    if coder := state.get("coder"):
        agent.recode(Coder(**coder))
    if (folder / TABLES).exists():
        with np.load(folder / TABLES) as tables:
            for name in set(tables.files) - {"cells"}:
                _fill(getattr(agent, name), tables["cells"].tolist(), tables[name].tolist())
    else:  # an earlier version had the tables here, and did not count visits
        for name in ("q", "other"):
            _fill(getattr(agent, name), list(range(len(state.get(name) or []))), state.get(name) or [])
    version, numbers, gauss = state["random"]
    agent.random.setstate((version, tuple(numbers), gauss))
    agent.env.unwrapped.np_random.bit_generator.state = state["env_random"]
    agent.episodes, agent.env_steps, agent.iteration, agent.time_s = state["counters"]
    agent.returns.extend(state["recent"][0])
    agent.lengths.extend(state["recent"][1])
    agent.reported_now()


def _numbers(agent: "Training") -> Any:
    """Returns the numbers of all states, or of the cells that were met."""
    if agent.coder is None:
        return np.arange(agent.states)
    return np.array(sorted(agent.q.rows.keys() | agent.other.rows.keys() | agent.visits.rows.keys()), dtype=np.int64)


def _rows(table: Table, numbers: Any, agent: "Training") -> Any:
    if agent.coder is None:
        return np.array(table.rows, dtype=np.float64)
    nothing = [0.0] * agent.actions
    return np.array([table.rows.get(number, nothing) for number in numbers.tolist()], dtype=np.float64).reshape(-1, agent.actions)


def _fill(table: Table, numbers: list[int], rows: list[list[float]]) -> None:
    for number, row in zip(numbers, rows, strict=True):
        table.rows[number] = row
