"""Ctrl-C at any moment, also while a run begins or ends: each acknowledged report is there once, each run ended as it
did, and nothing keeps others from writing."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backend import api
from backend.model import Run, RunState
from backend.settings import ROOT
from backend.store import queries
from backend.store.database import Database
from backend.store.series import read
from tests.conftest import ON_SQLITE, poll
from tests.store.test_rollups import check

SCRIPT = Path(__file__).parent / "interrupted.py"
A_NIGHT = 500
SHELL = "import runpy, sys; sys.argv = {argv!r}; get_ipython().safe_execfile({path!r}, globals())"


def interrupted(seed: int, interrupts: int, *, shell: bool = False) -> list[dict[str, Any]]:
    """Lets a script be interrupted so often; returns what it says of each of its runs."""
    path, argv = str(SCRIPT), [str(SCRIPT), str(seed), str(interrupts)]
    command = ["-m", "IPython", "--no-banner", "--colors=NoColor", path, "--", *argv[1:]] if shell else argv
    said = subprocess.run(
        [sys.executable, *command],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    return [json.loads(line) for line in said.stdout.splitlines() if line.startswith("{")]


def is_whole(database: Database, run: Run, acknowledged: list[int]) -> bool:
    """Whether each acknowledged report is there once, and of others at most the one that was on its way."""
    for thread, reports in enumerate(acknowledged):
        (curve, *_) = [*read.read(database, [run.id], [f"thread/{thread}"], points=10**9), None]
        values = [] if curve is None else list(curve.mean)
        if not reports <= len(values) <= reports + 1 or values != list(np.arange(len(values))):
            return False
    return True


def held_to(database: Database, seed: int, interrupts: int, *, shell: bool = False) -> None:
    told = {each["id"]: each for each in interrupted(seed, interrupts, shell=shell)}
    began = time.monotonic()
    with database.write(patience=1.0):
        assert time.monotonic() - began < 60, "others can write"
    ended = queries.all_runs(database)
    assert {run.id for run in ended} >= told.keys() - {""}
    for run in ended:
        assert run.state is RunState.STOPPED, (run.id, run.state, run.error)
        check(database, run.id)
        if run.id in told:
            assert is_whole(database, run, told[run.id]["acknowledged"]), (run.id, told[run.id])


@ON_SQLITE
def test_a_script_that_is_interrupted_loses_nothing(database: Database) -> None:
    held_to(database, seed=1, interrupts=12)


@ON_SQLITE
def test_a_line_that_is_interrupted_in_a_shell_loses_nothing(database: Database) -> None:
    held_to(database, seed=2, interrupts=6, shell=True)


@pytest.mark.nightly
def test_five_hundred_interrupts(database: Database) -> None:
    held_to(database, seed=3, interrupts=A_NIGHT)
    held_to(database, seed=4, interrupts=A_NIGHT // 5, shell=True)


@ON_SQLITE
def test_a_run_that_nobody_holds_any_more_is_over(database: Database) -> None:
    import backend

    run_id = _dropped(backend)
    poll(lambda: api.run(run_id).state is RunState.SUCCEEDED, "nobody can report")
    assert api.run(run_id).reports == 1


def _dropped(backend: Any) -> str:
    run = backend.track("dropped")
    run.log({"loss": 1.0})
    return str(run.id)
