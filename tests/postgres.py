"""A PostgreSQL server of the tests' own: started where PostgreSQL is installed, on a socket in a temporary folder."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ACCOUNT = "postgres"  # the server refuses to run as root
OPTIONS = ("listen_addresses=", "fsync=off", "max_connections=60")


def programs() -> Path | None:
    """Returns the folder of the server's programs; None where PostgreSQL is not installed."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    return folders[-1].parent if folders else None


@contextmanager
def server() -> Iterator[str]:
    """Runs a server and yields the URL of its database `postgres`; call it only where `programs()` finds some."""
    found = programs()
    if found is None:
        raise RuntimeError("PostgreSQL is not installed")
    folder = Path(tempfile.mkdtemp(prefix="raydeck-pg-"))
    account = {"user": ACCOUNT, "group": ACCOUNT, "extra_groups": []} if os.geteuid() == 0 else {}
    if account:
        shutil.chown(folder, ACCOUNT, ACCOUNT)
    data = folder / "data"
    quiet = {"cwd": folder, "check": True, "stdout": subprocess.DEVNULL, **account}
    subprocess.run([found / "initdb", "-D", data, "-U", ACCOUNT, "-A", "trust", "-E", "UTF8", "--no-sync"], **quiet)  # type: ignore[call-overload]
    options = " ".join(["-k", str(folder), *(f"-c {each}" for each in OPTIONS)])
    subprocess.run([found / "pg_ctl", "-D", data, "-o", options, "-l", folder / "log", "-w", "start"], **quiet)  # type: ignore[call-overload]
    try:
        yield f"postgresql://{ACCOUNT}@/postgres?host={folder}"
    finally:
        subprocess.run([found / "pg_ctl", "-D", data, "-m", "immediate", "stop"], **quiet)  # type: ignore[call-overload]
        # three hundred files a database: nobody waits for it
        subprocess.Popen(["rm", "-rf", folder], start_new_session=True)
