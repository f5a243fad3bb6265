"""The loop that people write by hand; prints how many trivial tasks it does a second."""

import time

import ray

TASKS = 20_000


@ray.remote
def f(x: int) -> int:
    return 2 * x


if __name__ == "__main__":
    ray.init(configure_logging=False, log_to_driver=False)
    ray.get([f.remote(x) for x in range(1000)])  # workers are up
    began = time.perf_counter()
    ray.get([f.remote(x) for x in range(TASKS)])
    print(f"rate {TASKS / (time.perf_counter() - began):.1f}")
