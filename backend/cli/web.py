"""The command that starts the web app."""

import os
import socket
import sys

import typer

from backend.errors import ClusterUnavailable
from backend.settings import ROOT, read_settings

commands = typer.Typer()


@commands.command(name="app")
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
