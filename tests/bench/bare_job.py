"""The least that a Ray job does: connects, runs one task. Prints when that began, in seconds since the epoch."""

import time

import ray


@ray.remote
def now() -> float:
    return time.time()


if __name__ == "__main__":
    ray.init(configure_logging=False, log_to_driver=False)
    print(f"began {ray.get(now.remote())}", flush=True)
