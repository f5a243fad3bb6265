"""How fast is recording, and how much room does it take, beside the peers? Each in a process of its own, in turn."""

import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from backend.settings import ROOT

PEERS = ROOT / ".venv-peers" / "bin" / "python"
REPORTS = {"raw": 100_000, "raydeck": 100_000, "trackio": 30_000, "tensorboardx": 5_000, "mlflow": 5_000}
ROUNDS = 3
TOGETHER = 8


class Written(NamedTuple):
    began: float
    ended: float
    points: float
    bytes: float

    @property
    def rate(self) -> float:
        return self.points / (self.ended - self.began)


def main() -> None:
    found: dict[str, list[Written]] = {who: [] for who in REPORTS}
    for _ in range(ROUNDS):
        for who, reports in REPORTS.items():
            with tempfile.TemporaryDirectory() as folder:
                found[who].append(_read(_start(who, reports, Path(folder))))
    rates = {who: statistics.median(each.rate for each in all_) for who, all_ in found.items()}
    size = {who: statistics.median(each.bytes / each.points for each in all_) for who, all_ in found.items()}
    print("Recording, ten metrics a report, until stored   points/s   bytes a point")
    for who in sorted(rates, key=lambda each: -rates[each]):
        print(f"  {who:<16}{rates[who]:40,.0f}   {size[who]:13.1f}")
    ours = rates["raydeck"]
    print(
        f"  Raydeck: {ours / rates['raw']:.2f} × the raw loop (asked 0.6), {ours / rates['trackio']:.1f} × trackio"
        " (asked 2)"
    )
    _together(ours)


def _together(alone: float) -> None:
    """Eight writers at once into one SQLite file."""
    sums = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            began = [_start("raydeck", REPORTS["raydeck"] // TOGETHER, Path(folder)) for _ in range(TOGETHER)]
            took = [_read(each) for each in began]
            sums.append(
                sum(each.points for each in took)
                / (max(each.ended for each in took) - min(each.began for each in took))
            )
    rate = statistics.median(sums)
    print(
        f"  {TOGETHER} writers, one file: {rate:,.0f} points/s in sum, {rate / alone:.2f} × one writer (asked 0.7),"
        " none refused"
    )


def _start(who: str, reports: int, folder: Path) -> subprocess.Popen[str]:
    python = sys.executable if who in ("raydeck", "raw") else str(PEERS)
    environment = {**os.environ, "RAYDECK_HOME": str(folder / "raydeck"), "GIT_PYTHON_REFRESH": "quiet"}
    environment.pop("RAYDECK_DB", None)
    command = [python, str(ROOT / "tests" / "bench" / "write.py"), who, str(reports)]
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _read(process: subprocess.Popen[str]) -> Written:
    said, wrong = process.communicate()
    told = re.search(r"from ([\d.]+) to ([\d.]+), (\d+) points, (\d+) bytes", said)
    if told is None:
        raise SystemExit(f"a writer failed:\n{said}\n{wrong}")
    return Written(*map(float, told.groups()))


if __name__ == "__main__":
    main()
