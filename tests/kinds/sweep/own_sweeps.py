"""What somebody wrote for Ray Tune, without a thought of Raydeck."""

import json
import tempfile
import time
from pathlib import Path

from ray import tune


def valley(config):
    """Comes closer to the bottom of a valley with each step."""
    for step in range(1, config.get("steps", 3) + 1):
        tune.report({"distance": abs(config["x"] - config["bottom"]) + 1 / step, "steps_done": step})


def slow(config):
    time.sleep(config["seconds"])
    tune.report({"score": -((config["x"] - 3) ** 2)})


def climber(config):
    checkpoint, done = tune.get_checkpoint(), 0
    if checkpoint:
        with checkpoint.as_directory() as folder:
            done = json.loads((Path(folder) / "done.json").read_text())
    for step in range(done + 1, config.get("steps", 8) + 1):
        if Path(config.get("hurry", "nowhere")).exists() and step > 3:
            return
        time.sleep(config.get("seconds", 0.0))
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "done.json").write_text(json.dumps(step))
            tune.report(
                {"height": config["x"] * step, "begun_at": done}, checkpoint=tune.Checkpoint.from_directory(folder)
            )


def seldom(config):
    """Is saved at every third step. Step 5 looks better than it is the first time; `stumbles` is a step before which it
    fails once, `folder` tells whether it did."""
    checkpoint, done = tune.get_checkpoint(), 0
    if checkpoint:
        with checkpoint.as_directory() as folder:
            done = json.loads((Path(folder) / "done.json").read_text())
    for step in range(done + 1, config.get("steps", 8) + 1):
        if step == config.get("stumbles"):
            trace = Path(config["folder"]) / str(config["x"])
            if not trace.exists():
                trace.touch()
                raise RuntimeError("out of memory")
        report = {"height": config["x"] * step + 100 * (step == 5 and not done), "begun_at": done}
        if step % 3 or not config.get("saves", True):
            tune.report(report)
            continue
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "done.json").write_text(json.dumps(step))
            tune.report(report, checkpoint=tune.Checkpoint.from_directory(folder))


def moody(config):
    if config["x"] < config["mood"]:
        raise ValueError(f"{config['x']} is not in the mood")
    tune.report({"score": config["x"]})


def late_failure(config):
    tune.report({"score": config["x"]})
    raise RuntimeError("after all")


def third_time(config):
    """Works when it is called for the third time."""
    trace = Path(config["folder"]) / str(config["x"])
    calls = len(trace.read_text()) if trace.exists() else 0
    trace.write_text("x" * (calls + 1))
    if calls < 2:
        raise RuntimeError("not yet")
    tune.report({"score": config["x"]})


def not_a_number(config):
    tune.report({"score": float("nan") if config["x"] > 2 else config["x"]})


def noisy(config):
    tune.report({"score": config["x"] + config["seed"], "told": config["seed"]})


def silent(config):
    """Does its work and says nothing."""
    sum(config["x"] for _ in range(3))


class Stepper(tune.Trainable):
    """Counts, and cannot be saved."""

    def setup(self, config):
        self.height = 0.0

    def step(self):
        self.height += self.config["x"]
        return {"height": self.height}


class Saver(tune.Trainable):
    """Counts, and can be saved."""

    def setup(self, config):
        self.x, self.height = config["x"], 0.0

    def step(self):
        self.height += self.x
        return {"height": self.height}

    def save_checkpoint(self, folder):
        (Path(folder) / "height.json").write_text(json.dumps(self.height))

    def load_checkpoint(self, folder):
        self.height = json.loads((Path(folder) / "height.json").read_text())


if __name__ == "__main__":
    results = tune.Tuner(valley, param_space={"x": tune.grid_search([1.0, 3.0]), "bottom": 3.0}).fit()
    print(sorted(result.metrics["distance"] for result in results))
