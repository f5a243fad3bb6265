"""Commands for the cluster."""

from dataclasses import asdict

import typer

from backend import api
from backend.cli.output import Json, say

commands = typer.Typer()


@commands.command()
def up(as_json: Json = False) -> None:
    """Start the local Ray head, if it does not run."""
    api.cluster_up()
    status(as_json)


@commands.command()
def down(as_json: Json = False) -> None:
    """End the Ray head that Raydeck started, and only that one."""
    ended = api.cluster_down()
    say(as_json, {"ended": ended}, "the cluster has ended" if ended else "no cluster of Raydeck's was running")


@commands.command()
def status(as_json: Json = False) -> None:
    """Show the cluster's state and load."""
    now = api.cluster_status()
    load = f" · {now.load.cpus_taken:g} of {now.load.cpus:g} CPU taken" if now.load else ""
    say(as_json, asdict(now), f"{now.state}{load} {now.url or now.detail}".strip())
