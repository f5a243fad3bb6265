"""The same trials as Raydeck's, in an Optuna study for its dashboard: python optuna_study.py FILE.db
TRIALS REPORTS < JSON lines"""

import json
import sys

import optuna

if __name__ == "__main__":
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(storage=f"sqlite:///{sys.argv[1]}", study_name="many", direction="maximize")
    distributions = {
        "lr": optuna.distributions.FloatDistribution(1e-4, 1e-1, log=True),
        "hidden": optuna.distributions.CategoricalDistribution([16, 32, 64]),
        "alpha": optuna.distributions.FloatDistribution(0, 1),
    }
    trials = []
    for line in sys.stdin:
        params, values = json.loads(line)
        trials.append(
            optuna.trial.create_trial(
                params=params,
                distributions=distributions,
                value=max(values),
                intermediate_values=dict(enumerate(values, 1)),
            )
        )
    study.add_trials(trials)
