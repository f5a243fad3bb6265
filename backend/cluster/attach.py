"""Attaching to a head that somebody else started on this machine (RAY_ADDRESS)."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from backend.cluster.head import LOOPBACK_ONLY
from backend.errors import ClusterUnavailable

FIND_SECONDS = 30
FIND = "import sys; from ray.dashboard.utils import ray_address_to_api_server_url as find; print(find(sys.argv[1]))"


def dashboard_url(address: str) -> str:
    """Returns the dashboard URL of the head at `address` (host:port, or http://host:port).

    Raises:
        ClusterUnavailable: it is on another machine, or nothing answers there.
    """
    host = urlsplit(address if "//" in address else f"//{address}").hostname or ""
    if not _is_here(host):
        raise ClusterUnavailable(
            f"RAY_ADDRESS={address} is on another machine. Raydeck attaches to heads on this machine only: elsewhere a"
            " driver could not reach this SQLite file. It needs PostgreSQL and shared storage, which are not supported"
            " yet. Unset RAY_ADDRESS to let Raydeck start its own head."
        )
    if address.startswith(("http://", "https://")):
        return address.rstrip("/")
    _must_answer(address)
    # Only Ray itself can ask its GCS; a process of its own, so that this one need not import Ray.
    command, environment = (
        [sys.executable, "-c", FIND, address],
        {**os.environ, **(LOOPBACK_ONLY if _is_loopback(host) else {})},
    )
    try:
        process = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=FIND_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise ClusterUnavailable(
            f"The Ray head at RAY_ADDRESS={address} does not answer. Unset it to start a local one."
        ) from None
    if process.returncode != 0 or not process.stdout.strip():
        reason = (process.stderr.strip().splitlines() or ["no answer"])[-1]
        raise ClusterUnavailable(
            f"No Ray head answers at RAY_ADDRESS={address}: {reason[-200:]}. Unset it to start a local one."
        )
    return process.stdout.strip().splitlines()[-1]


def _must_answer(address: str) -> None:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except (OSError, ValueError) as error:
        raise ClusterUnavailable(
            f"No Ray head answers at RAY_ADDRESS={address}: {error}. Unset it to start a local one."
        ) from None


def token() -> str:
    """Returns the token the environment gives for an attached head, by Ray's own rules; empty if there is none."""
    if value := os.environ.get("RAY_AUTH_TOKEN"):
        return value
    path = Path(os.environ.get("RAY_AUTH_TOKEN_PATH") or Path.home() / ".ray" / "auth_token")
    return path.read_text().strip() if path.is_file() else ""


def _is_loopback(host: str) -> bool:
    return host == "localhost" or host.startswith("127.")


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    own = {address.address for addresses in psutil.net_if_addrs().values() for address in addresses}
    try:
        return socket.gethostbyname(host) in own | {"127.0.0.1"}
    except OSError:
        return False
