"""What reading for a chart costs, by the length and the number of curves."""

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence

ROUNDS = 51
POINTS = 1000
BUDGET = 20_000


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RAYDECK_HOME"] = folder
        from backend import api
        from backend.store.series import read as series
        from tests.bench import homes

        database = api.house().database

        def read(*run_ids: str, x: str = "step") -> Callable[[], object]:
            return lambda: series.read(database, run_ids, ["reward"], x=x, points=POINTS, budget=BUDGET)

        short, million = homes.curve("short", 10_000), homes.curve("million", 1_000_000)
        long, many = homes.curve("long", 10_000_000), homes.curves(200, 10_000)
        first, middle, longest = _medians([read(run_id) for run_id in (short, million, long)])
        print(f"Reading a chart of at most {POINTS:,} buckets a curve")
        print(f"  1 curve of     10,000 points     {first * 1e3:8.1f} ms")
        print(f"  1 curve of  1,000,000 points     {middle * 1e3:8.1f} ms   (asked 20)")
        print(
            f"  1 curve of 10,000,000 points     {longest * 1e3:8.1f} ms   {longest / first:.2f} × the one of 10,000"
            " (asked 1.5)"
        )
        print(
            f"  200 curves of 10,000 points      {_medians([read(*many)])[0] * 1e3:8.1f} ms   {BUDGET:,} buckets in all"
            " (asked 300)"
        )
        database.close()


def _medians(works: Sequence[Callable[[], object]]) -> list[float]:
    """Times each in turn, round after round: what else the machine does then touches all alike."""
    took: list[list[float]] = [[] for _ in works]
    for _ in range(ROUNDS):
        for times, work in zip(took, works, strict=True):
            began = time.perf_counter()
            work()
            times.append(time.perf_counter() - began)
    return [statistics.median(times) for times in took]


if __name__ == "__main__":
    main()
