"""A trivial sweep by hand, timed from fit's begin to its end: python bare_sweep.py defaults|lean [TRIALS]"""

import os
import sys
import time

HOW, TRIALS = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 200
if HOW == "lean":
    os.environ["TUNE_DISABLE_AUTO_CALLBACK_LOGGERS"] = "1"

import tempfile  # noqa: E402

import ray  # noqa: E402
from ray import tune  # noqa: E402


def trivial(config: dict[str, float]) -> None:
    """Reports ten times and does nothing else."""
    for step in range(10):
        tune.report({"value": config["x"] + step})


if __name__ == "__main__":
    ray.init(log_to_driver=False, configure_logging=False)
    with tempfile.TemporaryDirectory() as folder:
        tuner = tune.Tuner(
            trivial,
            param_space={"x": tune.uniform(0, 1)},
            tune_config=tune.TuneConfig(num_samples=TRIALS, reuse_actors=HOW == "lean"),
            run_config=tune.RunConfig(storage_path=folder, verbose=0),
        )
        began = time.perf_counter()
        tuner.fit()
        print(f"seconds {time.perf_counter() - began:.3f}", flush=True)
