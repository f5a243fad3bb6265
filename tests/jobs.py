"""The processes behind runs and heads."""

from pathlib import Path

import psutil

from backend.settings import Settings


def driver_of(run_id: str) -> psutil.Process:
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"] or []
        if "backend.drivers" in command and run_id in command and "-c" not in command:
            return process
    raise AssertionError(f"no driver of {run_id} is running")


def family(home: Path) -> list[psutil.Process]:
    """Returns what runs of a home's head and its drivers."""
    own = (str(home), str(Settings(home=home).ray_temp_dir))
    return [
        each
        for each in psutil.process_iter(["cmdline"])
        if any(name in part for part in each.info["cmdline"] or () for name in own)
    ]
