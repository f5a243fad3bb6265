"""The command line: python -m backend …"""

import contextlib
import json
import math
import os
import shutil
import socket
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from backend import api, specs
from backend.api import sweeps, tasks
from backend.catalog import metrics
from backend.catalog.functions import FUNCTIONS
from backend.catalog.trainables import TRAINABLES
from backend.errors import ClusterUnavailable, InvalidQuery, InvalidSpec, RaydeckError
from backend.model import Run, RunState
from backend.settings import ROOT, read_settings
from backend.specs import SweepSpec
from backend.specs.sweep import GRID_TO_CONFIRM

app = typer.Typer(
    name="raydeck", help="Start, watch and compare Ray work.", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
RunId = Annotated[str, typer.Argument(help="The run's id.")]
POLL_SECONDS = 0.3


@app.command()
def launch(
    file: Annotated[Path, typer.Argument(help="A YAML file with one spec.")],
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the end; exit 0 only if the run succeeded.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Start a grid of more than 10,000 trials without asking.")] = False,
    as_json: Json = False,
) -> None:
    """Start a run from a spec file and print its id last; starts the local cluster if need be."""
    spec = specs.parse_file(file)
    if isinstance(spec, SweepSpec) and spec.search == "grid" and spec.trials > GRID_TO_CONFIRM and not yes:
        raise InvalidSpec({"space": f"is a grid of {spec.trials:,} trials; add --yes if you want them all"})
    api.cluster_up()
    run_id = api.launch(spec)
    ended = _wait(run_id, quiet=as_json) if wait else api.run(run_id)
    _print(as_json, {"id": run_id, "state": ended.state}, run_id)
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
    if run.tasks is not None:
        failed = f", {run.tasks.failed:,} failed" if run.tasks.failed else ""
        return f" · {run.tasks.done:,} of {run.tasks.total:,} tasks{failed}"
    if run.sweep is not None:
        over = sum(trial.is_finished for trial in run.trials)
        best = f", best {run.main_metric} {run.best:.4g}" if run.best is not None else ""
        return f" · {over:,} of {run.sweep.trials:,} trials{best}"
    return f" · {metrics.title(run.main_metric).lower()} {run.last:.4g}" if run.last is not None else ""


@app.command()
def runs(
    query: Annotated[str, typer.Option("--query", help="Words that must all occur, or such as: state == failed and params.lr < 1e-3")] = "",
    as_json: Json = False,
) -> None:
    """List the runs that a query describes, newest first."""
    try:
        found = api.runs(query)
    except InvalidQuery as error:
        print(error.pointed_at(query), file=sys.stderr)
        raise
    rows = [{"id": run.id, "name": run.name, "kind": run.kind, "state": run.state, "best": run.best, "last": run.last} for run in found]
    lines = [f"{run.id}  {run.state:<9}  {_number(run.best):>8}  {_number(run.last):>8}  {run.name}" for run in found]
    head = f"{'id':<8}  {'state':<9}  {'best':>8}  {'last':>8}  name"
    _print(as_json, rows, "\n".join([head, *lines]) if found else "no such runs" if query else "no runs yet")


@app.command()
def show(run_id: RunId, as_json: Json = False) -> None:
    """Show one run: its state, its spec and its trials."""
    run = api.run(run_id)
    told: dict[str, Any] = {"id": run.id, "name": run.name, "kind": run.kind, "state": run.state, "error": run.error, "spec": run.spec}
    if run.tasks is not None:
        told["tasks"] = {state: many for state, many in run.tasks.by_state().items() if many or state != "stopped"}
    else:
        told["trials"] = [{"number": each.number, "state": each.state, "params": each.params, "last": each.last} for each in run.trials]
    lines = [f"{run.id}  {run.state}  {run.name}", *([run.error] if run.error else []), "", specs.to_yaml(run.spec)]
    main = run.main_metric
    if run.tasks is not None:
        lines.append(" · ".join(f"{many:,} {state}" for state, many in run.tasks.by_state().items() if many))
    for each in run.trials if run.tasks is None else ():
        seed = "" if each.seed is None else f"  seed {each.seed}"
        lines.append(f"trial {each.number}{seed}  {each.state}  {metrics.title(main).lower()} {_number(each.last.get(main))}")
    _print(as_json, told, "\n".join(lines))


@app.command()
def series(
    run_id: RunId,
    metric: Annotated[str, typer.Argument(help="Metric key, such as return_mean.")],
    trial: Annotated[int | None, typer.Option("--trial", help="Number of one trial; all of them when left out.")] = None,
    points: Annotated[int, typer.Option("--points", min=1, help="At most so many buckets.")] = 1000,
    x: Annotated[str, typer.Option("--x", help="step, time, iteration or another metric.")] = "step",
    low: Annotated[float | None, typer.Option("--from", help="Only what has at least this x, in finer buckets.")] = None,
    high: Annotated[float | None, typer.Option("--to", help="Only what has at most this x, in finer buckets.")] = None,
    as_json: Json = False,
) -> None:
    """Print a metric of a run: mean, min and max of each bucket, no extreme left out."""
    window = None if low is None and high is None else (-math.inf if low is None else low, math.inf if high is None else high)
    found = api.series(run_id, metric, trial, points, x, window)
    columns = {name: _json_floats(getattr(found, name)) for name in ("x", "mean", "min", "max")}
    lines = ["\t".join(columns), *("\t".join(map(_number, row)) for row in zip(*columns.values(), strict=True))]
    _print(as_json, {**columns, "total": found.total}, "\n".join(lines))


@app.command()
def stop(
    run_id: RunId,
    trial: Annotated[int | None, typer.Option("--trial", help="Number of one trial of a sweep, which ends for good.")] = None,
    as_json: Json = False,
) -> None:
    """Stop a run; it keeps what it recorded and can be resumed."""
    if trial is not None:
        sweeps.stop_trial(run_id, trial)
        _print(as_json, {"id": run_id, "trial": trial}, f"{run_id}: stop of trial {trial} requested")
        return
    api.stop(run_id)
    _print(as_json, {"id": run_id, "state": api.run(run_id).state}, f"{run_id}: stop requested")


@app.command()
def resume(run_id: RunId, as_json: Json = False) -> None:
    """Let a stopped, failed or lost run go on from its last checkpoints."""
    api.valid(run_id)  # what cannot go on must not start a cluster
    api.cluster_up()
    api.resume(run_id)
    _print(as_json, {"id": run_id, "state": api.run(run_id).state}, f"{run_id}: queued")


@app.command()
def retry(run_id: RunId, as_json: Json = False) -> None:
    """Try the failed tasks of a fan-out again, and what is left with them."""
    api.valid(run_id)
    api.cluster_up()
    tasks.retry_failed(run_id)
    _print(as_json, {"id": run_id, "state": api.run(run_id).state}, f"{run_id}: queued")


@app.command()
def extend(
    run_id: RunId,
    samples: Annotated[int | None, typer.Option("--samples", help="Configurations to try in all.")] = None,
    budget: Annotated[float | None, typer.Option("--time-budget", help="Seconds that the sweep may take in all; 0 for no limit.")] = None,
    concurrency: Annotated[int | None, typer.Option("--concurrency", help="Trials at once; 0 for no limit.")] = None,
    as_json: Json = False,
) -> None:
    """Change how much a sweep tries, while it runs or before a resume; it keeps what it has learned."""
    sweeps.extend(run_id, samples=samples, time_budget_s=budget, concurrency=concurrency)
    asked = {"samples": samples, "time_budget_s": budget, "concurrency": concurrency}
    told = {name: value for name, value in asked.items() if value is not None}
    _print(as_json, {"id": run_id, **told}, f"{run_id}: {', '.join(f'{name} {value:g}' for name, value in told.items()) or 'unchanged'}")


@app.command()
def again(
    run_id: RunId,
    seeds: Annotated[int, typer.Option("--seeds", min=1, max=100, help="How often to repeat it.")] = 5,
    trial: Annotated[int | None, typer.Option("--trial", help="Number of the trial; the best one when left out.")] = None,
    as_json: Json = False,
) -> None:
    """Run the best configuration of a sweep again with several seeds; print the new run's id."""
    api.cluster_up()
    made = sweeps.best_again(run_id, seeds, trial)
    _print(as_json, {"id": made, "parent": run_id}, made)


@app.command()
def trials(
    run_id: RunId,
    form: Annotated[str, typer.Option("--format", help="csv, parquet or jsonl.")] = "csv",
    out: Annotated[Path | None, typer.Option("--out", help="File to write; printed when left out.")] = None,
) -> None:
    """Print or save the trials of a run as a table: parameters, state, best and last values."""
    _save(sweeps.trial_table(run_id, form), out)


@app.command()
def promote(
    run_id: RunId,
    name: Annotated[str, typer.Argument(help="What the model is called from now on.")],
    trial: Annotated[int | None, typer.Option("--trial", help="Number of the trial; the best one when left out.")] = None,
    as_json: Json = False,
) -> None:
    """Copy a trial's checkpoint to data/models under a name."""
    model = sweeps.promote(run_id, name, trial)
    _print(as_json, asdict(model), f"{model.path}")


@app.command()
def models(as_json: Json = False) -> None:
    """List the checkpoints that were given a name."""
    found = sweeps.models()
    lines = [f"{each.name:<24} {_number(each.value):>10}  trial {each.trial} of {each.run_id}  {each.path}" for each in found]
    _print(as_json, [asdict(each) for each in found], "\n".join(lines) or "no models yet")


@app.command()
def trainables(as_json: Json = False) -> None:
    """List what a sweep can tune, your own in data/workloads among them."""
    rows = [{"trainable": each.id, "metrics": list(each.metrics), "about": each.summary} for each in TRAINABLES.values()]
    for name in sweeps.own_trainables():
        found = sweeps.trainable(name)
        rows.append({"trainable": name, "metrics": list(found.metrics), "about": found.summary})
    _print(as_json, rows, "\n".join(f"{row['trainable']:<26} {', '.join(row['metrics']):<28} {row['about']}" for row in rows))


def _save(content: bytes, out: Path | None) -> None:
    if out is None:
        sys.stdout.buffer.write(content)
    else:
        out.write_bytes(content)
        print(f"{out}: {len(content):,} bytes")


@app.command()
def results(
    run_id: RunId,
    form: Annotated[str, typer.Option("--format", help="csv, parquet or jsonl.")] = "csv",
    out: Annotated[Path | None, typer.Option("--out", help="File to write; printed when left out.")] = None,
) -> None:
    """Print or save the tasks of a fan-out as a table: arguments, timing, result, error."""
    with tempfile.TemporaryFile() as file:
        tasks.save_results(run_id, form, file)
        size = file.tell()
        file.seek(0)
        with out.open("wb") if out else contextlib.nullcontext(sys.stdout.buffer) as target:
            shutil.copyfileobj(file, target)
    if out:
        print(f"{out}: {size:,} bytes")


@app.command()
def functions(as_json: Json = False) -> None:
    """List the functions that can be fanned out, your own in data/workloads among them."""
    ours = [{"function": each.id, "signature": each.function.signature, "about": each.summary} for each in FUNCTIONS.values()]
    own = [
        {"function": f"{file.name}:{each.name}", "signature": each.signature, "about": each.doc.partition("\n")[0]}
        for file in tasks.own_files()
        for each in file.functions
    ]
    broken = [
        {"function": file.path.name, "signature": "", "about": file.said.removeprefix(f"{file.path.name} ")}
        for file in tasks.own_files()
        if file.problem
    ]
    rows = [*ours, *own, *broken]
    _print(as_json, rows, "\n".join(f"{row['function']:<20} {row['signature'].partition('(')[2][:-1]:<60} {row['about']}" for row in rows))


@app.command()
def delete(run_id: RunId, as_json: Json = False) -> None:
    """Delete a run that is over, with its series and files."""
    api.delete(run_id)
    api.purge()  # a process that ends would break off what is done in the background
    _print(as_json, {"id": run_id, "deleted": True}, f"{run_id}: deleted")


@app.command()
def compact(as_json: Json = False) -> None:
    """Make the database as small as it can be; runs may go on meanwhile, but what they report is written after it."""
    done = api.compact()
    _print(as_json, asdict(done), f"{_megabytes(done.before)} before, {_megabytes(done.after)} after")


@app.command()
def logs(run_id: RunId, lines: Annotated[int, typer.Option("--lines", min=1)] = 200, as_json: Json = False) -> None:
    """Print the end of a run's driver log."""
    api.run(run_id)
    text = api.log_tail(run_id, lines)
    _print(as_json, {"id": run_id, "log": text}, text)


@app.command(name="app")
def web() -> None:
    """Start the web app, on the next free port if its own is taken."""
    wanted = read_settings().port
    port = next((each for each in range(wanted, min(wanted + 100, 65536)) if _is_free(each)), None)
    if port is None:
        raise ClusterUnavailable(f"No port from {wanted} on is free. Set RAYDECK_PORT to another.")
    taken = f" ({wanted} is taken)" if port != wanted else ""
    print(f"\n  Raydeck is at http://127.0.0.1:{port}{taken}\n", flush=True)
    os.chdir(ROOT)
    os.execv(sys.executable, [sys.executable, "-m", "pages.frame.serve", str(port)])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@app.command()
def up(as_json: Json = False) -> None:
    """Start the local Ray head, if it does not run."""
    api.cluster_up()
    status(as_json)


@app.command()
def down(as_json: Json = False) -> None:
    """End the Ray head that Raydeck started, and only that one."""
    ended = api.cluster_down()
    _print(as_json, {"ended": ended}, "the cluster has ended" if ended else "no cluster of Raydeck's was running")


@app.command()
def status(as_json: Json = False) -> None:
    """Show the cluster's state and load."""
    now = api.cluster_status()
    load = f" · {now.load.cpus_taken:g} of {now.load.cpus:g} CPU taken" if now.load else ""
    _print(as_json, asdict(now), f"{now.state}{load} {now.url or now.detail}".strip())


def _print(as_json: bool, value: Any, text: str) -> None:
    print(json.dumps(value, default=str) if as_json else text)


def _json_floats(values: np.ndarray[Any, Any]) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.6g}"


def main() -> None:
    """Runs the command line; an error of ours is a line on stderr and exit code 2, never a traceback."""
    try:
        app()
    except InvalidSpec as error:
        for field, problem in error.problems.items():
            print(f"{field}: {problem}", file=sys.stderr)
        raise SystemExit(2) from None
    except RaydeckError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
