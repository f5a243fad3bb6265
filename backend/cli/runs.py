"""Commands for runs of whatever kind."""

import math
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qsl

import numpy as np
import typer

from backend import api
from backend.api import compare as comparison
from backend.api import kinds, sweeps
from backend.catalog import metrics
from backend.cli.output import Json, RunId, megabytes, number, say
from backend.errors import InvalidQuery, InvalidSpec
from backend.kinds import specs
from backend.model import Run, RunState

commands = typer.Typer()
POLL_SECONDS = 0.3


@commands.command()
def launch(
    file: Annotated[Path, typer.Argument(help="A YAML file with one spec.")],
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the end; exit 0 only if the run succeeded.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Start a grid of more than 10,000 trials without asking.")] = False,
    as_json: Json = False,
) -> None:
    """Start a run from a spec file and print its id last; starts the local cluster if need be."""
    spec = specs.parse_file(file)
    if (unusual := kinds.unusual(spec)) and not yes:
        raise InvalidSpec({field: f"{what}; add --yes if you want that" for field, what in unusual.items()})
    api.cluster_up()
    run_id = api.launch(spec)
    ended = _wait(run_id, quiet=as_json) if wait else api.run(run_id)
    say(as_json, {"id": run_id, "state": ended.state}, run_id)
    if wait and ended.state is not RunState.SUCCEEDED:
        raise typer.Exit(1)


def _wait(run_id: str, quiet: bool) -> Run:
    shown = ""
    while True:
        run = api.run(run_id)
        line = f"{run.state}{_how_far(run)}"
        if line != shown and not quiet:
            print(line, file=sys.stderr, flush=True)
        if run.is_over:
            if run.error and not quiet:
                print(run.error, file=sys.stderr)
            return run
        shown = line
        time.sleep(POLL_SECONDS)


def _how_far(run: Run) -> str:
    text = kinds.progress(run).words
    if run.tasks is not None and run.tasks.failed:
        text += f", {run.tasks.failed:,} failed"
    value, which = (run.best, "best ") if run.goal else (run.last, "")
    if value is not None:
        text += f"{', ' if text else ''}{which}{metrics.title(run.main_metric).lower()} {value:.4g}"
    return f" · {text}" if text else ""


@commands.command()
def runs(
    query: Annotated[
        str, typer.Option("--query", help="Words that must all occur, or such as: state == failed and params.lr < 1e-3")
    ] = "",
    as_json: Json = False,
) -> None:
    """List the runs that a query describes, newest first."""
    try:
        matches = api.runs(query)
    except InvalidQuery as error:
        print(error.pointed_at(query), file=sys.stderr)
        raise
    rows = [
        {"id": run.id, "name": run.name, "kind": run.kind, "state": run.state, "best": run.best, "last": run.last}
        for run in matches
    ]
    lines = [f"{run.id}  {run.state:<9}  {number(run.best):>8}  {number(run.last):>8}  {run.name}" for run in matches]
    head = f"{'id':<8}  {'state':<9}  {'best':>8}  {'last':>8}  name"
    say(as_json, rows, "\n".join([head, *lines]) if matches else "no such runs" if query else "no runs yet")


@commands.command()
def show(run_id: RunId, as_json: Json = False) -> None:
    """Show one run: its state, its spec and its trials."""
    run = api.run(run_id)
    payload: dict[str, Any] = {
        "id": run.id,
        "name": run.name,
        "kind": run.kind,
        "state": run.state,
        "error": run.error,
        "spec": run.spec,
    }
    if run.tasks is not None:
        payload["tasks"] = {state: many for state, many in run.tasks.by_state().items() if many or state != "stopped"}
    else:
        payload["trials"] = [
            {"number": each.number, "state": each.state, "params": each.params, "last": each.last}
            for each in run.trials
        ]
    lines = [f"{run.id}  {run.state}  {run.name}", *([run.error] if run.error else []), "", specs.to_yaml(run.spec)]
    main = run.main_metric
    if run.tasks is not None:
        lines.append(" · ".join(f"{many:,} {state}" for state, many in run.tasks.by_state().items() if many))
    for each in run.trials if run.tasks is None else ():
        seed = "" if each.seed is None else f"  seed {each.seed}"
        lines.append(
            f"trial {each.number}{seed}  {each.state}  {metrics.title(main).lower()} {number(each.last.get(main))}"
        )
    say(as_json, payload, "\n".join(lines))


@commands.command()
def series(
    run_id: RunId,
    metric: Annotated[str, typer.Argument(help="Metric key, such as return_mean.")],
    trial: Annotated[
        int | None, typer.Option("--trial", help="Number of one trial; all of them when left out.")
    ] = None,
    points: Annotated[int, typer.Option("--points", min=1, help="At most so many buckets.")] = 1000,
    x: Annotated[str, typer.Option("--x", help="step, time, iteration or another metric.")] = "step",
    low: Annotated[
        float | None, typer.Option("--from", help="Only what has at least this x, in finer buckets.")
    ] = None,
    high: Annotated[float | None, typer.Option("--to", help="Only what has at most this x, in finer buckets.")] = None,
    aside: Annotated[
        bool, typer.Option("--aside", help="And what resumed attempts repeated, each stretch by itself.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Print a metric of a run: mean, min and max of each bucket, no extreme left out."""
    window = (
        None
        if low is None and high is None
        else (-math.inf if low is None else low, math.inf if high is None else high)
    )
    buckets = api.series(run_id, metric, trial, points, x, window)
    columns = _columns(buckets)
    payload: dict[str, Any] = {**columns, "total": buckets.total}
    lines = _lines(columns)
    if aside:
        apart = api.set_aside([api.run(run_id)], [metric], x, window=window, trial=trial, points=points)
        payload["aside"] = [
            {"trial": each.trial, "attempt": each.attempt, "after": each.after, **_columns(curve)}
            for each, curve in apart
        ]
        for each, curve in apart:
            what = f"trial {each.trial}, repeated by attempt {each.attempt} after report {each.after:,}"
            lines += ["", f"set aside: {what}", *_lines(_columns(curve))]
    say(as_json, payload, "\n".join(lines))


def _columns(buckets: Any) -> dict[str, list[float | None]]:
    return {name: _json_floats(getattr(buckets, name)) for name in ("x", "mean", "min", "max")}


def _lines(columns: dict[str, list[float | None]]) -> list[str]:
    return ["\t".join(columns), *("\t".join(map(number, row)) for row in zip(*columns.values(), strict=True))]


@commands.command()
def compare(
    address: Annotated[
        str, typer.Argument(help="The Compare page's, or what follows its ?, such as runs=ID,ID&by=params.lr")
    ],
    as_json: Json = False,
) -> None:
    """Say of groups of runs which is better and how sure that is, as the Compare page's Answers do."""
    from backend.api import answers, export

    outcome = answers.answers(*comparison.asked(dict(parse_qsl(address.rpartition("?")[2]))))
    table = export.verdicts_table(outcome)
    names, question = ("group", "answer", "probability", "difference", "winner"), outcome.question
    rows = [
        dict(zip(names, [*row, pair.winner], strict=True)) for row, pair in zip(table.rows, outcome.pairs, strict=True)
    ]
    payload = {"metric": question.key, "better": question.mode, "baseline": outcome.baseline.label, "verdicts": rows}
    lines = [f"{row['answer']}\n  probability {row['probability']}, difference {row['difference']}" for row in rows]
    say(as_json, payload, "\n".join([*lines, "", f"{metrics.title(question.key)}. {table.about}"]))


@commands.command()
def stop(
    run_id: RunId,
    trial: Annotated[
        int | None, typer.Option("--trial", help="Number of one trial of a sweep, which ends for good.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Stop a run; it keeps what it recorded and can be resumed."""
    if trial is not None:
        sweeps.stop_trial(run_id, trial)
        say(as_json, {"id": run_id, "trial": trial}, f"{run_id}: stop of trial {trial} requested")
        return
    api.stop(run_id)
    say(as_json, {"id": run_id, "state": api.run(run_id).state}, f"{run_id}: stop requested")


@commands.command()
def resume(run_id: RunId, as_json: Json = False) -> None:
    """Let a stopped, failed or lost run go on from its last checkpoints."""
    api.valid(run_id)  # what cannot go on must not start a cluster
    api.cluster_up()
    api.resume(run_id)
    say(as_json, {"id": run_id, "state": api.run(run_id).state}, f"{run_id}: queued")


@commands.command()
def delete(run_id: RunId, as_json: Json = False) -> None:
    """Delete a run that is over, with its series and files."""
    api.delete(run_id)
    api.purge()  # a process that ends would break off what is done in the background
    say(as_json, {"id": run_id, "deleted": True}, f"{run_id}: deleted")


@commands.command()
def compact(as_json: Json = False) -> None:
    """Make the database as small as it can be; runs may go on meanwhile, but what they report is written after it."""
    done = api.compact()
    say(as_json, asdict(done), f"{megabytes(done.before)} before, {megabytes(done.after)} after")


@commands.command()
def logs(run_id: RunId, lines: Annotated[int, typer.Option("--lines", min=1)] = 200, as_json: Json = False) -> None:
    """Print the end of a run's driver log."""
    api.run(run_id)
    text = api.log_tail(run_id, lines)
    say(as_json, {"id": run_id, "log": text}, text)


def _json_floats(values: np.ndarray[Any, Any]) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]
