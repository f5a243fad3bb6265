"""Commands for fan-outs of tasks."""

import contextlib
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from backend import api
from backend.api import tasks
from backend.catalog.functions import FUNCTIONS
from backend.cli.output import Json, RunId, say

commands = typer.Typer()


@commands.command()
def retry(run_id: RunId, as_json: Json = False) -> None:
    """Try the failed tasks of a fan-out again, and what is left with them."""
    api.valid(run_id)
    api.cluster_up()
    tasks.retry_failed(run_id)
    say(as_json, {"id": run_id, "state": api.run(run_id).state}, f"{run_id}: queued")


@commands.command()
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


@commands.command()
def functions(as_json: Json = False) -> None:
    """List the functions that can be fanned out, your own in data/workloads among them."""
    ours = [
        {"function": each.id, "signature": each.function.signature, "about": each.summary}
        for each in FUNCTIONS.values()
    ]
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
    say(
        as_json,
        rows,
        "\n".join(
            f"{row['function']:<20} {row['signature'].partition('(')[2][:-1]:<60} {row['about']}" for row in rows
        ),
    )
