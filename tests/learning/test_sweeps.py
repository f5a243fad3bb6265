"""A sweep saves work: it ends half of its trials early and still finds a good one, on a network that really learns."""

from collections import Counter
from pathlib import Path

import pytest

from backend import api
from tests.conftest import poll

pytestmark = pytest.mark.ray


@pytest.mark.nightly
def test_asha_stops_half_of_the_networks_early_and_finds_a_good_one(cluster: Path) -> None:
    space = {
        "lr": {"loguniform": [1e-4, 1e-1]},
        "batch_size": {"choice": [32, 64]},
        "channels": {"choice": [8, 16]},
        "dropout": {"uniform": [0.0, 0.5]},
        "epochs": 20,
    }
    spec = {
        "kind": "sweep",
        "trainable": "digits_cnn",
        "space": space,
        "samples": 20,
        "scheduler": "asha",
        "search": "random",
    }
    run_id = api.launch(spec)
    poll(lambda: api.run(run_id).is_over)
    run = api.run(run_id)
    states = Counter(str(trial.state) for trial in run.trials)
    print("asha", states, run.best)
    assert run.state == "succeeded", run.error
    assert len(run.trials) == 20
    assert states["pruned"] >= 10
    assert run.best is not None
    assert run.best >= 0.97
