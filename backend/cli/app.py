"""All commands as one program."""

import sys

import typer

from backend.cli import cluster, fanouts, runs, storage, sweeps, web
from backend.errors import InvalidSpec, RaydeckError

app = typer.Typer(
    name="raydeck",
    help="Start, watch and compare Ray work.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

for group in (runs, fanouts, sweeps, cluster, storage, web):
    app.add_typer(group.commands)


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
