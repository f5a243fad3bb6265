"""Commands for the database itself."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from backend.api import storage
from backend.cli.output import Json, megabytes, say

commands = typer.Typer()


@commands.command()
def check(as_json: Json = False) -> None:
    """Look whether the database is whole, all of it; exit 0 only if it is."""
    found = storage.checkup()
    size = "" if found.bytes is None else f", {megabytes(found.bytes)}"
    free = "" if found.free is None else f", {megabytes(found.free)} free on its disk"
    lines = [f"{found.database}: schema {found.schema}{size}{free}"]
    lines += found.problems or ["It is whole."]
    lines += [f"{file} holds a run that went on beside it: “raydeck recover” brings it in." for file in found.rescued]
    lines += [f"Copies: {len(found.backups)}, the newest {found.backups[0]}."] if found.backups else []
    say(as_json, asdict(found), "\n".join(lines))
    if found.problems:
        raise typer.Exit(1)


@commands.command()
def backup(
    file: Annotated[Path | None, typer.Argument(help="File to write; one in data/backups when left out.")] = None,
    as_json: Json = False,
) -> None:
    """Write a copy of the database, also while it is in use; print where it is."""
    made = storage.back_up(file)
    say(as_json, {"file": made}, f"{made}")


@commands.command()
def recover(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Files to bring runs from, beside those that lie at the database.")
    ] = None,
    copy: Annotated[
        Path | None, typer.Option("--from", help="A copy that takes the database's place, whatever is there.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Put the database right: save what can be read of a damaged one, bring in the runs that went on beside it."""
    done = storage.recovered(copy, files or ())
    say(as_json, done, "\n".join(done) or "Nothing was wrong.")
