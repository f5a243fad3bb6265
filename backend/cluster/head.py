"""The local Ray head: started in a process session of its own, found again by its file, ended by its own processes."""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
from filelock import FileLock

from backend import files
from backend.errors import ClusterUnavailable
from backend.settings import Settings

START_SECONDS = 90.0
END_SECONDS = 10.0
# or Ray takes the host's address for 127.0.0.1, and listens to all
LOOPBACK_ONLY = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}


@dataclass(frozen=True)
class Head:
    """A head we started. Its temp dir, on its command line, tells it from a later process with the same id."""

    pid: int
    port: int
    temp_dir: str
    started_at: float

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def is_alive(self) -> bool:
        try:
            process = psutil.Process(self.pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            return any(part.endswith(self.temp_dir) for part in process.cmdline())
        except psutil.NoSuchProcess:
            return False


def known_head(settings: Settings) -> Head | None:
    """Returns the head that was started last, alive or not; None if there was none or it was ended."""
    try:
        return Head(**json.loads(settings.head_file.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def token(settings: Settings) -> str:
    """Returns the authentication token of our heads, made at first use and readable by its owner only."""
    with FileLock(settings.lock_file("token")):
        if not settings.token_file.exists():
            descriptor = os.open(settings.token_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_hex(32))
        return settings.token_file.read_text().strip()


def start_head(settings: Settings) -> Head:
    """Starts a head unless a living one is known, without waiting until it answers.

    Raises:
        ClusterUnavailable: the process could not be started at all.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    token(settings)
    with FileLock(settings.lock_file("cluster")):
        earlier_head = known_head(settings)
        if earlier_head and earlier_head.is_alive():
            return earlier_head
        _end_leftovers(str(settings.ray_temp_dir))
        head = _spawn(settings)
        _remember(settings, head)
        return head


def _remember(settings: Settings, head: Head) -> None:
    """Writes the head's file whole, or ends the head: one that nobody knows of could never be ended."""
    try:
        files.replace(settings.head_file, json.dumps(asdict(head)))
    except OSError as error:
        os.kill(head.pid, signal.SIGTERM)
        raise ClusterUnavailable(f"The cluster's file {settings.head_file} cannot be written: {error}") from None


def _spawn(settings: Settings) -> Head:
    shutil.rmtree(settings.ray_temp_dir, ignore_errors=True)  # logs of heads that are gone
    port, client_port = _free_ports(2)
    ray = Path(sys.executable).with_name("ray")
    command = [
        str(ray),
        "start",
        "--head",
        "--block",
        "--disable-usage-stats",
        "--port=0",
        "--min-worker-port=0",
        "--max-worker-port=0",
        "--dashboard-agent-listen-port=0",
        f"--ray-client-server-port={client_port}",
        "--node-ip-address=127.0.0.1",
        "--dashboard-host=127.0.0.1",
        f"--dashboard-port={port}",
        f"--temp-dir={settings.ray_temp_dir}",
        f"--resources={json.dumps({'raydeck_slot': settings.slots})}",
    ]
    environment = {
        **{key: value for key, value in os.environ.items() if key != "RAY_ADDRESS"},
        **LOOPBACK_ONLY,
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN_PATH": str(settings.token_file),
        "RAY_JOB_START_TIMEOUT_SECONDS": "31536000",  # or a job that waits 15 minutes for a slot fails
        "SDL_VIDEODRIVER": "dummy",
        "SDL_AUDIODRIVER": "dummy",
    }
    try:
        with settings.head_log.open("w") as log:
            process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=settings.home,
            )
    except OSError as error:
        raise ClusterUnavailable(
            f"Ray could not be started with {ray}: {error}. Try: make run, which installs it."
        ) from None
    return Head(process.pid, port, str(settings.ray_temp_dir), time.time())


def why_dead(settings: Settings) -> str:
    """Returns the last lines of the head's log that say something."""
    try:
        lines = [line.strip() for line in settings.head_log.read_text(errors="replace").splitlines() if line.strip()]
    except OSError:
        return "it left no log"
    return " ".join(lines[-2:])[-400:] or "it left no message"


def end_head(settings: Settings) -> bool:
    """Ends the head we started, and only that one; returns whether there was a living one."""
    with FileLock(settings.lock_file("cluster")):
        head = known_head(settings)
        if head is None:
            return False
        was_alive = head.is_alive()
        if was_alive:
            os.kill(head.pid, signal.SIGTERM)
            _wait_ended(head)
        _end_leftovers(head.temp_dir)
        settings.head_file.unlink(missing_ok=True)
        return was_alive


def _wait_ended(head: Head) -> None:
    limit = time.monotonic() + END_SECONDS
    while head.is_alive() and time.monotonic() < limit:
        reap(head.pid)
        time.sleep(0.05)


def reap(pid: int) -> None:
    """Collects the exit status if the head is a child of this very process, or it would stay a zombie."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def _end_leftovers(temp_dir: str) -> None:
    """Ends what a killed head left running; its processes are known by the temp dir, which is ours alone."""
    left = [process for process in psutil.process_iter(["cmdline"]) if _belongs(process, temp_dir)]
    for process in left:
        with suppress(psutil.NoSuchProcess):  # it may just be dying with the others
            process.terminate()
    _, stubborn = psutil.wait_procs(left, timeout=END_SECONDS)
    for process in stubborn:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def _belongs(process: psutil.Process, temp_dir: str) -> bool:
    if process.pid == os.getpid():
        return False
    return any(temp_dir + os.sep in part or part.endswith(temp_dir) for part in process.info["cmdline"] or ())


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
