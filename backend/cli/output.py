"""What several commands share: their options, and how they print."""

import json
from typing import Annotated, Any

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
RunId = Annotated[str, typer.Argument(help="The run's id.")]


def say(as_json: bool, value: Any, text: str) -> None:
    print(json.dumps(value, default=str) if as_json else text)


def number(value: float | None) -> str:
    return "–" if value is None else f"{value:.6g}"


def megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
