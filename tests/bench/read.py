"""What reading for a chart costs, by the length and the number of curves."""

import os
import statistics
import tempfile
import time
from collections.abc import Callable

ROUNDS = 15
POINTS = 1000
BUDGET = 20_000


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RAYDECK_HOME"] = folder
        from backend import api
        from backend.store import series
        from tests.bench import homes

        database = api.house().database

        def read(*run_ids: str, x: str = "step") -> Callable[[], object]:
            return lambda: series.read(database, run_ids, ["reward"], x=x, points=POINTS, budget=BUDGET)

        short, million = homes.curve("short", 10_000), homes.curve("million", 1_000_000)
        long, many = homes.curve("long", 10_000_000), homes.curves(200, 10_000)
        first, middle, longest = (_median(read(run_id)) for run_id in (short, million, long))
        print(f"Reading a chart of at most {POINTS:,} buckets a curve")
        print(f"  1 curve of     10,000 points     {first * 1e3:8.1f} ms")
        print(f"  1 curve of  1,000,000 points     {middle * 1e3:8.1f} ms   (asked 20)")
        print(f"  1 curve of 10,000,000 points     {longest * 1e3:8.1f} ms   {longest / first:.2f} × the one of 10,000 (asked 1.5)")
        print(f"  200 curves of 10,000 points      {_median(read(*many)) * 1e3:8.1f} ms   {BUDGET:,} buckets in all (asked 300)")
        database.close()


def _median(work: Callable[[], object]) -> float:
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return statistics.median(took)


if __name__ == "__main__":
    main()
