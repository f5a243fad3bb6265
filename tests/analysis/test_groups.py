"""Runs in groups."""

from dataclasses import replace
from typing import Any

from backend.analysis import groups
from backend.model import Run, RunState, Trial, TrialState
from backend.store.runs import group_key


def trial(number: int, seed: int | None = None, **params: Any) -> Trial:
    return Trial(
        number=number,
        params=params,
        seed=seed,
        state=TrialState.SUCCEEDED,
        started_at=1.0,
        ended_at=2.0,
        reports=1,
        last={},
        best=None,
        checkpoint="",
        error="",
    )


def run(ordinal: int, spec: dict[str, Any], *trials: Trial) -> Run:
    return Run(
        ordinal=ordinal,
        id=f"run{ordinal}",
        name=spec["name"],
        kind=spec["kind"],
        spec=spec,
        group_key=group_key(spec),
        parent_id=None,
        state=RunState.SUCCEEDED,
        attempt=1,
        created_at=1.0,
        started_at=1.0,
        ended_at=2.0,
        heartbeat_at=None,
        stop_requested_at=None,
        job_id=None,
        waits_for="",
        error="",
        traceback="",
        versions={},
        host="",
        workload_hash="",
        metrics_version=2,
        trials=trials or (trial(0),),
    )


def script(ordinal: int, seed: int, name: str = "mine", **params: Any) -> Run:
    return run(ordinal, {"kind": "external", "name": name, "seed": seed, "params": params}, trial(0, seed))


def test_repetitions_fall_together_and_are_called_by_what_differs() -> None:
    runs = [
        script(2 * seed + slow, seed, lr=0.1 if slow else 0.2, size=8) for seed in range(5) for slow in (False, True)
    ]
    found = groups.grouped(runs)
    assert [group.label for group in found] == ["lr 0.2", "lr 0.1"]
    assert [len(group.members) for group in found] == [5, 5]
    assert found[0].settings == {"params.lr": 0.2}


def test_seeds_of_one_run_are_its_members_and_a_name_of_its_own_is_its_label() -> None:
    spec = {"kind": "rl", "algorithm": "ppo", "environment": "CartPole-v1", "seeds": [1, 2, 3], "params": {}}
    one = run(0, {**spec, "name": "careful"}, trial(0, 1), trial(1, 2), trial(2, 3))
    other = run(1, {**spec, "name": "bold", "algorithm": "dqn"}, trial(0, 1))
    found = groups.grouped([other, one])
    assert [(group.label, len(group.members)) for group in found] == [("careful", 3), ("bold", 1)]


def test_runs_of_other_code_are_no_repetitions() -> None:
    one, other = script(0, 1), replace(script(1, 2), workload_hash="abc")
    assert len(groups.grouped([one, other])) == 2


def test_by_chosen_settings() -> None:
    runs = [
        script(index, 1, name=f"run {index}", lr=lr, size=size)
        for index, (lr, size) in enumerate([(1, 8), (1, 16), (2, 8)])
    ]
    assert groups.fields(runs)[:3] == ["name", "params.lr", "params.size"]
    assert [group.label for group in groups.grouped(runs, ["params.lr"])] == ["lr 1", "lr 2"]
    assert [len(group.members) for group in groups.grouped(runs, ["params.size"])] == [2, 1]
    assert len(groups.grouped(runs, groups.APART)) == 3
    (missing,) = groups.grouped(runs, ["params.nothing"])
    assert len(missing.members) == 3


def test_scripts_of_other_names_are_no_repetitions_but_grouping_by_name_is_offered() -> None:
    named = [script(number, seed, name) for number, (name, seed) in enumerate([("a", 1), ("a", 2), ("b", 1), ("b", 2)])]
    assert [(group.label, len(group.members)) for group in groups.grouped(named)] == [("a", 2), ("b", 2)]
    unseeded = [run(n, {"kind": "external", "name": "a", "params": {}}, trial(0)) for n in range(3)]
    apart = groups.grouped(unseeded)
    assert [(group.label, len(group.members)) for group in apart] == [(f"a (run{n})", 1) for n in range(3)]
    assert [len(group.members) for group in groups.grouped(unseeded, ["name"])] == [3]


def test_trials_of_a_sweep_are_no_repetitions_unless_they_are_seeds_of_one_configuration() -> None:
    spec = {
        "kind": "sweep",
        "name": "search",
        "trainable": "branin",
        "metric": "value",
        "mode": "min",
        "samples": 3,
        "repeats": 1,
    }
    sweep = run(0, spec, *(trial(number, x=number % 2) for number in range(3)))
    assert [len(group.members) for group in groups.grouped([sweep])] == [1, 1, 1], "without a seed nothing says so"
    seeded = run(0, spec, *(trial(number, number % 2, x=number // 2) for number in range(4)))
    assert [(each.label, len(each.members)) for each in groups.grouped([seeded])] == [("x 0", 2), ("x 1", 2)]
    assert [len(each.members) for each in groups.grouped([seeded], ["name"])] == [4], "told so, by one click"
    assert [group.label for group in groups.grouped([sweep], ["params.x"])] == ["x 0", "x 1"]


def test_labels_tell_groups_apart_even_if_nothing_else_does() -> None:
    runs = [script(0, 1), script(1, 1)]
    assert [group.label for group in groups.grouped(runs, groups.APART)] == ["run0", "run1"]
    assert groups.grouped([runs[0]])[0].label == "mine"
    again = replace(runs[1], group_key="another")
    assert [group.label for group in groups.grouped([runs[0], again])] == ["mine (run0)", "mine (run1)"]
