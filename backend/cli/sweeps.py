"""Commands for sweeps, their trials and the models that come of them."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from backend import api
from backend.api import models as models_api
from backend.api import sweeps
from backend.catalog.trainables import TRAINABLES
from backend.cli.output import Json, RunId, number, say

commands = typer.Typer()


@commands.command()
def extend(
    run_id: RunId,
    samples: Annotated[int | None, typer.Option("--samples", help="Configurations to try in all.")] = None,
    budget: Annotated[
        float | None, typer.Option("--time-budget", help="Seconds that the sweep may take in all; 0 for no limit.")
    ] = None,
    concurrency: Annotated[int | None, typer.Option("--concurrency", help="Trials at once; 0 for no limit.")] = None,
    as_json: Json = False,
) -> None:
    """Change how much a sweep tries, while it runs or before a resume; it keeps what it has learned."""
    sweeps.extend(run_id, samples=samples, time_budget_s=budget, concurrency=concurrency)
    limits = {"samples": samples, "time_budget_s": budget, "concurrency": concurrency}
    changes = {name: value for name, value in limits.items() if value is not None}
    say(
        as_json,
        {"id": run_id, **changes},
        f"{run_id}: {', '.join(f'{name} {value:g}' for name, value in changes.items()) or 'unchanged'}",
    )


@commands.command()
def again(
    run_id: RunId,
    seeds: Annotated[int, typer.Option("--seeds", min=1, max=100, help="How often to repeat it.")] = 5,
    trial: Annotated[
        int | None, typer.Option("--trial", help="Number of the trial; the best one when left out.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Run the best configuration of a sweep again with several seeds; print the new run's id."""
    api.cluster_up()
    made = sweeps.best_again(run_id, seeds, trial)
    say(as_json, {"id": made, "parent": run_id}, made)


@commands.command()
def trials(
    run_id: RunId,
    form: Annotated[str, typer.Option("--format", help="csv, parquet or jsonl.")] = "csv",
    out: Annotated[Path | None, typer.Option("--out", help="File to write; printed when left out.")] = None,
) -> None:
    """Print or save the trials of a run as a table: parameters, state, best and last values."""
    _save(sweeps.trial_table(run_id, form), out)


@commands.command()
def promote(
    run_id: RunId,
    name: Annotated[str, typer.Argument(help="What the model is called from now on.")],
    trial: Annotated[
        int | None, typer.Option("--trial", help="Number of the trial; the best one when left out.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Copy a trial's checkpoint to data/models under a name."""
    model = models_api.promote(run_id, name, trial)
    say(as_json, asdict(model), f"{model.path}")


@commands.command()
def models(as_json: Json = False) -> None:
    """List the checkpoints that were given a name."""
    named_models = models_api.models()
    lines = [
        f"{each.name:<24} {number(each.value):>10}  trial {each.trial} of {each.run_id}  {each.path}"
        for each in named_models
    ]
    say(as_json, [asdict(each) for each in named_models], "\n".join(lines) or "no models yet")


@commands.command()
def trainables(as_json: Json = False) -> None:
    """List what a sweep can tune, your own in data/workloads among them."""
    rows = [
        {"trainable": each.id, "metrics": list(each.metrics), "about": each.summary} for each in TRAINABLES.values()
    ]
    for name in sweeps.own_trainables():
        trainable = sweeps.trainable(name)
        rows.append({"trainable": name, "metrics": list(trainable.metrics), "about": trainable.summary})
    say(
        as_json,
        rows,
        "\n".join(f"{row['trainable']:<26} {', '.join(row['metrics']):<28} {row['about']}" for row in rows),
    )


def _save(content: bytes, out: Path | None) -> None:
    if out is None:
        sys.stdout.buffer.write(content)
    else:
        out.write_bytes(content)
        print(f"{out}: {len(content):,} bytes")
