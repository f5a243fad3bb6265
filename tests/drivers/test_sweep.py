"""A sweep's life on a real Ray head: it finds, prunes, grows, stops, is killed, goes on, and forgets nothing."""

import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from backend import api, api_sweeps
from backend.drivers import searchers
from backend.errors import InvalidSpec
from backend.specs import Domain
from backend.store import series
from backend.store.values import Run, RunState, Trial
from tests.conftest import poll
from tests.drivers.test_rl import driver_of

pytestmark = pytest.mark.ray

OWN = '''
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
            tune.report({"height": config["x"] * step, "begun_at": done}, checkpoint=tune.Checkpoint.from_directory(folder))


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
    config["x"] + 1


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
'''
HALF = {"cpus": 0.5}
ONE_TO_FOUR = {"x": {"grid": [1, 2, 3, 4]}}


@pytest.fixture
def own(cluster: Path) -> Path:
    """The user's file of trainables, where Raydeck looks for it."""
    file = cluster / "workloads" / "own_sweeps.py"
    file.parent.mkdir(exist_ok=True)
    file.write_text(OWN)
    return file


def launch(trainable: Any, space: dict[str, Any], **more: Any) -> str:
    name = f"own_sweeps:{trainable}" if isinstance(trainable, str) and trainable != "branin" else trainable
    search = {"search": "grid"} if any("grid" in (each if isinstance(each, dict) else {}) for each in space.values()) else {}
    return api.launch({"kind": "sweep", "trainable": name, "space": space, **search, **more})


def over(run_id: str, limit: float = 90) -> Run:
    poll(lambda: api.run(run_id).is_over, limit, f"{run_id} over")
    return api.run(run_id)


def ended(run: Run) -> list[Trial]:
    return [trial for trial in run.trials if trial.is_finished]


def states(run: Run) -> Counter[str]:
    return Counter(str(trial.state) for trial in run.trials)


def alive(run: Run) -> int:
    return states(run)["running"]


def iterations(run_id: str, trial: int) -> list[float]:
    """The iteration of each report of a trial, in the order of their coming."""
    (found,) = series.read(api.house().database, [run_id], ["height"], x=series.STEP, trial=trial, points=10_000)
    return [float(x) for x in found.x]


# ---- it runs what there is


def test_a_function_that_runs_by_itself_runs_here_unchanged(own: Path, tmp_path: Path) -> None:
    alone = subprocess.run([sys.executable, str(own)], capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path)
    assert "0.333" in alone.stdout, alone.stderr[-2000:]
    run = over(launch("valley", {"x": {"grid": [1.0, 3.0]}, "bottom": 3.0}, metric="distance", mode="min"))
    assert (run.state, run.error) == (RunState.SUCCEEDED, "")
    assert [trial.params for trial in run.trials] == [{"x": 1.0, "bottom": 3.0}, {"x": 3.0, "bottom": 3.0}]
    assert sorted(trial.last["distance"] or 0 for trial in run.trials) == pytest.approx([1 / 3, 2 + 1 / 3])
    assert [trial.reports for trial in run.trials] == [3, 3]
    assert run.best_trial
    assert (run.best_trial.number, run.best) == (1, pytest.approx(1 / 3))
    assert set(api.metric_keys(run.id)) == {"distance", "steps_done"}


def test_optuna_finds_the_bottom_of_branin(cluster: Path) -> None:
    space = {"x": {"uniform": [-5, 10]}, "y": {"uniform": [0, 15]}}
    run = over(launch("branin", space, search="optuna_gp", samples=60, concurrency=2))
    assert run.state is RunState.SUCCEEDED, run.error
    assert states(run) == {"succeeded": 60}
    assert run.best is not None
    print("branin", run.best)
    assert 0.3978 < run.best <= 0.5


def test_a_class_of_ones_own_runs_to_its_last_iteration_whether_it_can_be_saved_or_not(own: Path) -> None:
    both = [launch(name, {"x": {"grid": [1.0, 2.0]}}, metric="height", max_iterations=3) for name in ("Stepper", "Saver")]
    for run, kept in zip(map(over, both), (False, True), strict=True):
        assert (run.state, states(run)) == (RunState.SUCCEEDED, {"succeeded": 2})
        assert [(trial.reports, trial.last["height"]) for trial in run.trials] == [(3, 3.0), (3, 6.0)]
        assert all(bool(trial.checkpoint) is kept for trial in run.trials)


# ---- a kill, and what was asked for meanwhile


def test_a_killed_sweep_goes_on_where_it_was_and_grows(own: Path) -> None:
    space = {"x": {"uniform": [0, 6]}, "seconds": 0.3}
    run_id = launch("slow", space, metric="score", samples=40, search="optuna", **HALF)
    poll(lambda: len(ended(api.run(run_id))) >= 15, 60, "15 trials")
    driver_of(run_id).kill()
    killed = time.time()
    poll(lambda: api.run(run_id).state is RunState.LOST, 20, "lost")
    before = api.run(run_id)
    kept = {trial.number: trial for trial in ended(before) if (trial.ended_at or killed) < killed - 2}
    assert len(kept) >= 5
    api.resume(run_id)
    after = over(run_id)
    assert (after.state, after.error) == (RunState.SUCCEEDED, "")
    assert [trial.number for trial in after.trials] == list(range(40))
    assert states(after) == {"succeeded": 40}
    now = {trial.number: trial for trial in after.trials}
    assert {number: now[number] for number in kept} == kept
    assert before.best is not None
    assert after.best is not None
    assert after.best >= before.best
    everything = [trial.params["x"] for trial in after.trials]
    assert len(set(everything)) == 40, "nothing is proposed twice"

    api_sweeps.extend(run_id, samples=50)
    assert api.run(run_id).can_resume
    api.resume(run_id)
    grown = over(run_id)
    assert states(grown) == {"succeeded": 50}
    assert grown.trials[:40] == after.trials
    assert grown.spec["samples"] == 40, "the spec stays"
    assert "samples" in [event.move for event in api.events(run_id)]


def test_ten_trials_added_in_mid_run_are_proposed_by_the_same_searcher(own: Path) -> None:
    run_id = launch("slow", {"x": {"uniform": [0, 6]}, "seconds": 0.1}, metric="score", samples=40, search="optuna", **HALF)
    poll(lambda: len(ended(api.run(run_id))) >= 10, 60, "10 trials")
    assert not api.run(run_id).is_over
    api_sweeps.extend(run_id, samples=50)
    run = over(run_id)
    assert (run.state, states(run)) == (RunState.SUCCEEDED, {"succeeded": 50})
    assert run.attempt == 1, "a searcher lives as long as its attempt"
    values = [trial.params["x"] for trial in run.trials]
    assert len(set(values)) == 50, "nothing is proposed twice"
    late = [abs(value - 3) for value in values[40:]]
    assert sum(late) / len(late) < sum(abs(value - 3) for value in values[:10]) / 10, "it has learned where the best is"


def test_random_proposes_the_same_however_often_it_is_broken_off(own: Path) -> None:
    space = {"x": {"loguniform": [0.001, 6]}, "seconds": 0.5}
    broken = launch("slow", space, metric="score", samples=9, seed=3)
    poll(lambda: len(ended(api.run(broken))) >= 3, 60, "3 trials")
    api.stop(broken)
    assert over(broken, 20).state is RunState.STOPPED
    api.resume(broken)
    unbroken = searchers.make("random", {"x": Domain.model_validate(space["x"])}, (), 9, 3)
    assert [trial.params["x"] for trial in over(broken).trials] == [unbroken.ask(number)["x"] for number in range(9)]


def test_a_running_sweep_takes_more_trials_other_concurrency_and_the_end_of_one_trial(own: Path, tmp_path: Path) -> None:
    hurry = tmp_path / "hurry"
    space = {"x": {"uniform": [1, 2]}, "seconds": 0.2, "steps": 500, "hurry": str(hurry)}
    run_id = launch("climber", space, metric="height", samples=3, cpus=0.5)
    poll(lambda: alive(api.run(run_id)) == 3, 60, "three at once")
    api_sweeps.stop_trial(run_id, 1)
    api_sweeps.extend(run_id, samples=7, concurrency=1)
    poll(lambda: api.run(run_id).trials[1].state == "stopped", 10, "trial 1 ended")
    hurry.touch()
    poll(lambda: len(ended(api.run(run_id))) >= 3, 30, "those of before ended")
    most = 0

    def watched() -> bool:
        nonlocal most
        most = max(most, alive(api.run(run_id)))
        return api.run(run_id).is_over

    poll(watched, 60, "over")
    run = api.run(run_id)
    assert run.state is RunState.SUCCEEDED
    assert most == 1
    assert states(run) == {"succeeded": 6, "stopped": 1}
    assert [trial.state for trial in run.trials][1] == "stopped"
    assert {"trial stop requested", "samples", "concurrency"} <= {event.move for event in api.events(run_id)}


def test_a_stopped_sweep_goes_on_from_its_checkpoints(own: Path) -> None:
    run_id = launch("climber", {"x": {"uniform": [1, 2]}, "seconds": 0.25, "steps": 40}, metric="height", samples=2)
    poll(lambda: all(trial.reports >= 4 for trial in api.run(run_id).trials) and len(api.run(run_id).trials) == 2, 40, "4 reports")
    asked = time.monotonic()
    api.stop(run_id)
    assert over(run_id, 20).state is RunState.STOPPED
    assert time.monotonic() - asked < 10
    before = api.run(run_id)
    assert states(before) == {"stopped": 2}
    api.resume(run_id)
    run = over(run_id)
    assert states(run) == {"succeeded": 2}
    for was, now in zip(before.trials, run.trials, strict=True):
        assert now.params == was.params
        assert now.last["height"] == pytest.approx(40 * now.params["x"])
        assert (now.last["begun_at"] or 0) >= was.reports - 1
        steps = iterations(run_id, now.number)
        assert steps[was.reports] >= was.reports, "the next attempt does not count from 1"
        assert steps[-1] == 40
    files = {path.stat().st_ino for path in api.house().settings.run_folder(run_id).rglob("done.json")}
    assert len(files) == 2, "one checkpoint is kept of each: the newest is the best"


# ---- when something is wrong


def test_a_metric_that_is_never_reported_is_named_with_those_that_are(own: Path) -> None:
    wrong = launch("valley", {"x": {"uniform": [1, 2]}, "bottom": 3}, metric="distnce", samples=10)
    silent = launch("silent", {"x": {"uniform": [1, 2]}}, metric="score", samples=8)
    run = over(wrong)
    assert run.state is RunState.FAILED
    assert "distnce" in run.error
    assert "distance, steps_done" in run.error
    assert len(run.trials) < 10
    run = over(silent)
    assert run.state is RunState.FAILED
    assert "score" in run.error
    assert len(run.trials) < 8


def test_some_trials_that_raise_do_not_end_a_sweep_and_if_all_do_it_fails_after_a_few(own: Path) -> None:
    some = launch("moody", {"x": {"grid": [1, 2, 3, 4, 5, 6]}, "mood": 3}, metric="score")
    every = launch("moody", {"x": {"uniform": [0, 1]}, "mood": 3}, metric="score", samples=50)
    run = over(some)
    assert run.state is RunState.SUCCEEDED
    assert states(run) == {"failed": 2, "succeeded": 4}
    assert "not in the mood" in run.trials[0].error
    assert "own_sweeps.py" in run.trials[0].error
    assert run.best == 6
    assert "2 of 6 trials failed" in api.events(run.id)[-1].note
    late = launch("late_failure", {"x": {"uniform": [0, 1]}}, metric="score", samples=50)
    for run, error in zip(map(over, (every, late)), ("not in the mood", "after all"), strict=True):
        assert run.state is RunState.FAILED
        assert error in run.error
        assert "own_sweeps.py" in run.traceback
        assert len(run.trials) < 10


def test_a_trial_that_fails_is_tried_again_as_often_as_asked(own: Path, tmp_path: Path) -> None:
    space = {"x": {"grid": [1, 2]}, "folder": str(tmp_path)}
    run = over(launch("third_time", space, metric="score", max_failures=2))
    assert (run.state, states(run)) == (RunState.SUCCEEDED, {"succeeded": 2})
    assert [len((tmp_path / name).read_text()) for name in ("1", "2")] == [3, 3]


def test_not_a_number_is_never_the_best(own: Path) -> None:
    both = [launch("not_a_number", ONE_TO_FOUR, metric="score", mode=mode) for mode in ("max", "min")]
    for run, best in zip(map(over, both), (2.0, 1.0), strict=True):
        assert (run.state, run.best) == (RunState.SUCCEEDED, best)
        assert [trial.best for trial in run.trials] == [1.0, 2.0, None, None]
        assert [trial.last["score"] for trial in run.trials[2:]] == [None, None]


# ---- when it is enough


def test_a_time_budget_ends_it_well_and_more_time_lets_it_go_on(own: Path) -> None:
    run_id = launch("slow", {"x": {"uniform": [0, 6]}, "seconds": 0.4}, metric="score", samples=1000, time_budget_s=8)
    run = over(run_id, 60)
    assert run.state is RunState.SUCCEEDED
    assert "time budget" in api.events(run_id)[-1].note
    assert 1 <= len(run.trials) < 60
    assert 8 <= (run.duration(time.time()) or 0) < 20
    api_sweeps.extend(run_id, time_budget_s=600, samples=len(run.trials) + 2)
    api.resume(run_id)
    more = over(run_id, 60)
    assert states(more) == {"succeeded": len(run.trials) + 2}


def test_a_target_and_lost_patience_end_it_well(own: Path) -> None:
    aimed = launch("moody", {"x": {"uniform": [0, 10]}, "mood": 0}, metric="score", samples=1000, target=9)
    idle = launch("not_a_number", {"x": {"uniform": [3, 4]}}, metric="score", samples=1000, patience=6)
    run = over(aimed)
    assert run.state is RunState.SUCCEEDED
    assert run.best is not None
    assert run.best >= 9
    assert len(run.trials) < 1000
    assert "target" in api.events(aimed)[-1].note
    patient = over(idle)
    assert len(patient.trials) < 20
    assert "nothing better" in api.events(idle)[-1].note


def test_repeats_run_each_configuration_with_seeds_of_its_own_and_their_mean_decides(own: Path) -> None:
    plain = launch("noisy", {"x": {"grid": [10, 20]}}, metric="score", repeats=3)
    aimed = launch("noisy", {"x": {"grid": [10, 11, 12]}}, metric="score", repeats=3, target=13, concurrency=1)
    run = over(plain)
    assert run.state is RunState.SUCCEEDED
    assert [(trial.params["x"], trial.seed, trial.last["score"]) for trial in run.trials] == [
        (10, 1, 11), (10, 2, 12), (10, 3, 13), (20, 1, 21), (20, 2, 22), (20, 3, 23),
    ]  # fmt: skip
    run = over(aimed)
    assert run.state is RunState.SUCCEEDED
    assert len(ended(run)) == 6, "10 has a 13, but only 11 has a mean of 13"


# ---- schedulers


def test_asha_prunes_the_worse_ones(own: Path) -> None:
    space = {"x": {"grid": [8, 7, 6, 5, 4, 3, 2, 1]}, "steps": 16}
    run = over(launch("climber", space, metric="height", scheduler="asha", max_iterations=16, grace=1, concurrency=1))
    assert run.state is RunState.SUCCEEDED
    assert states(run)["pruned"] >= 4
    assert all(trial.reports < 16 for trial in run.trials if trial.state == "pruned")
    assert run.trials[0].state == "succeeded"
    assert run.best == 8 * 16


def test_every_other_scheduler_comes_to_an_end(own: Path) -> None:
    space = {"x": {"uniform": [1.0, 8.0]}, "steps": 9}
    more = {"metric": "height", "samples": 4, "max_iterations": 9, "perturb_every": 3}
    all_of_them = [launch("climber", space, scheduler=scheduler, **more) for scheduler in ("hyperband", "median", "pbt", "pb2")]
    for run in map(over, all_of_them):
        assert (run.state, run.error) == (RunState.SUCCEEDED, ""), run.spec["scheduler"]
        assert len(run.trials) == 4
        assert [trial.error for trial in run.trials] == [""] * 4
        assert set(states(run)) <= {"succeeded", "pruned"}
        assert states(run)["succeeded"] >= 1
        assert run.best is not None
        assert run.best > 9


# ---- reinforcement learning


def test_the_learning_rate_of_q_learning_is_tuned_and_its_best_runs_again(cluster: Path) -> None:
    lake = {
        "algorithm": "q_learning", "environment": "FrozenLake-v1", "environment_options": {"is_slippery": False},
        "stop": {"episodes": 300}, "seeds": 2,
    }  # fmt: skip
    run = over(launch(lake, {"alpha": {"grid": [0.05, 0.8]}}))
    assert (run.state, run.error) == (RunState.SUCCEEDED, "")
    assert [(trial.params["alpha"], trial.seed) for trial in run.trials] == [(0.05, 1), (0.05, 2), (0.8, 1), (0.8, 2)]
    assert all(trial.last["episodes"] == 300 for trial in run.trials)
    assert run.main_metric == "return_mean"
    assert run.best_trial
    again = over(api_sweeps.best_again(run.id, 2))
    assert (again.kind, again.parent_id, again.state) == ("rl", run.id, RunState.SUCCEEDED)
    assert again.spec["params"]["alpha"] == run.best_trial.params["alpha"]
    assert [trial.seed for trial in again.trials] == [1, 2]


def test_the_best_configuration_of_ones_own_runs_again_with_seeds(own: Path) -> None:
    run = over(launch("noisy", {"x": {"grid": [1, 2]}}, metric="score", repeats=2, target=100))
    again = over(api_sweeps.best_again(run.id, 3))
    assert (again.kind, again.parent_id, again.state) == ("sweep", run.id, RunState.SUCCEEDED)
    assert [(trial.params, trial.seed) for trial in again.trials] == [({"x": 2}, seed) for seed in (1, 2, 3)]


def test_memory_is_reserved_for_each_trial_and_none_starts_where_there_is_not_enough(own: Path) -> None:
    run_id = launch("valley", ONE_TO_FOUR | {"bottom": {"fixed": 3}}, metric="distance", mode="min", cpus=0.5, memory_gb=0.05)
    assert states(over(run_id)) == {"succeeded": 4}
    with pytest.raises(InvalidSpec) as caught:
        launch("valley", ONE_TO_FOUR | {"bottom": {"fixed": 3}}, metric="distance", mode="min", memory_gb=100_000)
    assert "whole cluster has" in caught.value.problems["memory_gb"]


def test_a3c_with_its_workers_is_tuned_and_leaves_no_process_behind(own: Path) -> None:
    a3c = {"algorithm": "a3c", "environment": "CartPole-v1", "params": {"num_workers": 1, "report_steps": 200}, "stop": {"env_steps": 600}}
    run = over(api.launch({"kind": "sweep", "trainable": a3c, "space": {"lr": {"grid": [1e-3, 1e-4]}}, "search": "grid"}), 240)
    assert (run.state, run.error) == ("succeeded", "")
    assert [(trial.params["lr"], trial.last["iteration"]) for trial in run.trials] == [(1e-3, 3), (1e-4, 3)]
    poll(lambda: (load := api.house().cluster.jobs().load()) is not None and load.cpus_taken == 0, 60, "no process is left behind")
