"""A checkpoint plays, is evaluated, and training goes on from it, whichever library trained it."""

from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from backend import api
from backend.api import rl
from backend.errors import InvalidSpec, UnknownRun
from backend.model import Checkpoint, Run
from tests.conftest import FINISHED, LAKE, poll

pytestmark = pytest.mark.ray


@pytest.mark.parametrize("name", ["lake", "ppo"])
def test_a_checkpoint_plays_is_evaluated_and_gone_on_from(finished: Callable[[str], Run], name: str) -> None:
    run_id, spec = finished(name).id, {**FINISHED[name], "seeds": [1]}
    kept = [each for each in rl.checkpoints(run_id) if each.trial == 0]
    (best,) = [each for each in kept if each.is_best]
    evaluated = [value for value in api.series(run_id, "eval/return_mean", trial=0).last if value == value]
    assert best.score == max(evaluated)

    assert rl.play(best, seed=3) is None, "the first call begins"
    played = poll(lambda: rl.play(best, seed=3))
    assert not played.error, played.traceback
    assert played.video is not None
    assert played.video.read_bytes()[4:8] == b"ftyp"
    assert sum(played.told["rewards"]) == played.told["total"]
    assert len(played.told["actions"]) == len(played.told["rewards"]) > 0
    assert poll(lambda: rl.play(best, seed=4)).video
    assert _helper(best, 3) == _helper(best, 4), "it had waited for more"
    tested = poll(lambda: rl.evaluate(best, 20))
    assert tested.told["episodes"] == len(tested.told["returns"]) == 20
    assert rl.evaluations(run_id)[0, best.iteration]["mean"] == tested.told["mean"]

    limit = next(iter(spec["stop"]))
    more = {limit: spec["stop"][limit] + int(kept[-1].metrics[limit] or 0)}
    with pytest.raises(InvalidSpec) as caught:
        api.launch({**spec, "start_from": kept[-1].name})
    assert set(caught.value.problems) == {f"stop.{limit}"}
    child = api.launch({**spec, "start_from": kept[-1].name, "stop": more, "evaluation": {"every": 0}})
    poll(lambda: api.run(child).is_over)
    assert api.run(child).state == "succeeded", api.run(child).error
    assert api.run(child).parent_id == run_id
    assert api.series(child, "iteration", trial=0).last[0] == kept[-1].iteration + 1
    assert api.run(child).trials[0].last["env_steps"] > kept[-1].metrics["env_steps"]  # type: ignore[operator]


def _helper(kept: Checkpoint, seed: int) -> str:
    return rl._target("episode", kept, seed).with_suffix(".job").read_text()


def test_one_that_is_killed_is_said_and_another_begins(finished: Callable[[str], Run]) -> None:
    run_id = finished("lake").id
    best = next(each for each in rl.checkpoints(run_id) if each.is_best)
    rl.warm_soon(api.run(run_id))
    poll(lambda: any(True for _ in api.house().launcher.helpers.waiting()))
    assert poll(lambda: rl.play(best, seed=5)).video
    helper = _helper(best, 5).partition("\n")[2]
    (process,) = [each for each in psutil.process_iter(["cmdline"]) if helper in (each.info["cmdline"] or ())]
    process.suspend()
    rl.evaluate(best, 50)
    assert _helper_of(rl._target("evaluate", best, 50)) == helper
    process.kill()
    killed = poll(lambda: rl.evaluate(best, 50))
    assert "without a word" in killed.error
    rl.forget("evaluate", best, 50)
    assert poll(lambda: rl.evaluate(best, 50)).told["episodes"] == 50


def _helper_of(target: Path) -> str:
    return target.with_suffix(".job").read_text().partition("\n")[2]


def test_what_is_no_checkpoint_is_said(cluster: Path) -> None:
    with pytest.raises(InvalidSpec) as caught:
        api.launch({**LAKE, "start_from": "nobody/0/1"})
    assert "no checkpoint" in caught.value.problems["start_from"]
    for name in ("x", "x/²/1", "x/1/" + "9" * 30, "x/1"):
        with pytest.raises(UnknownRun):
            rl.parts(name)
