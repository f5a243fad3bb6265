"""The same PPO run as plain Ray, from a cold start: prints the seconds until its first result, and until its end."""

import os
import time

BEGAN = time.time()
os.environ["TUNE_DISABLE_AUTO_CALLBACK_LOGGERS"] = "1"

import ray  # noqa: E402
from ray import tune  # noqa: E402

from tests.bench.bare_rl import ppo_config  # noqa: E402


class First(tune.Callback):
    """Tells when the first result is there."""

    told = False

    def on_trial_result(self, iteration, trials, trial, result, **info):  # type: ignore[no-untyped-def]
        if not First.told:
            First.told = True
            print(f"first {time.time() - BEGAN:.2f}", flush=True)


if __name__ == "__main__":
    ray.init(log_to_driver=False, configure_logging=False, include_dashboard=False)
    built = ppo_config()
    stop = {"num_env_steps_sampled_lifetime": 20_000}
    tune.Tuner(
        built.algo_class, param_space=built, run_config=tune.RunConfig(callbacks=[First()], stop=stop, verbose=0)
    ).fit()
    print(f"end {time.time() - BEGAN:.2f}", flush=True)
