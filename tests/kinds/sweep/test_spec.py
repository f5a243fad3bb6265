"""A sweep's spec: what cannot be is said by field, all at once; what can survives being written down."""

import itertools
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.catalog.algorithms import ALGORITHMS, environments_for
from backend.catalog.search import SCHEDULERS, SEARCHERS
from backend.catalog.trainables import TRAINABLES
from backend.catalog.tunables import rl_params
from backend.cluster.needs import lacking
from backend.errors import InvalidSpec
from backend.kinds import specs
from backend.kinds.rl.spec import RLSpec
from backend.kinds.sweep import prepare, searchers
from backend.kinds.sweep.space import Domain, around, combination, combinations
from backend.kinds.sweep.spec import SweepSpec
from backend.kinds.sweep.work import work
from backend.model import Goal

BRANIN: dict[str, Any] = {
    "kind": "sweep",
    "trainable": "branin",
    "space": {"x": {"uniform": [-5, 10]}, "y": {"uniform": [0, 15]}},
}
DIGITS: dict[str, Any] = {"kind": "sweep", "trainable": "digits_mlp", "space": {"lr": {"loguniform": [1e-4, 1e-1]}}}
OWN: dict[str, Any] = {
    "kind": "sweep",
    "trainable": "mine:train",
    "metric": "score",
    "space": {"x": {"uniform": [0, 1]}},
}
LAKE: dict[str, Any] = {
    "kind": "sweep",
    "trainable": {"algorithm": "q_learning", "environment": "FrozenLake-v1", "stop": {"episodes": 300}},
    "space": {"alpha": {"uniform": [0.1, 0.9]}},
}
ONE_OF_EACH = {
    "uniform": [0.0, 1.0], "loguniform": [1e-3, 1.0], "quniform": [0, 10, 2], "randint": [1, 5], "choice": ["a", "b"],
    "grid": [1, 2],
}  # fmt: skip


def parsed(base: dict[str, Any], **more: Any) -> SweepSpec:
    spec = specs.parse({**base, **more})
    assert isinstance(spec, SweepSpec)
    return spec


def problems(base: dict[str, Any], **more: Any) -> dict[str, str]:
    with pytest.raises(InvalidSpec) as caught:
        parsed(base, **more)
    return caught.value.problems


# ---- one parameter


@pytest.mark.parametrize(
    ("domain", "said"),
    [
        ({"uniform": [3, 1]}, "min must be below max"),
        ({"uniform": [2, 2]}, "min must be below max"),
        ({"loguniform": [0.5, 0.5]}, "min must be below max"),
        ({"quniform": [5, 1, 1]}, "min must be below max"),
        ({"randint": [4, 4]}, "min must be below max"),
        ({"loguniform": [0, 1]}, "above 0"),
        ({"loguniform": [-1, 1]}, "above 0"),
        ({"quniform": [0, 1, 0]}, "step"),
        ({"quniform": [0, 1, -0.5]}, "step"),
        ({"quniform": [0, 1, 2]}, "step"),
        ({"quniform": [0, 1]}, "takes [min, max, step]"),
        ({"uniform": [0, 1, 2]}, "takes [min, max]"),
        ({"uniform": 5}, "takes [min, max]"),
        ({"uniform": None}, "takes [min, max]"),
        ({"uniform": "01"}, "takes [min, max]"),
        ({"uniform": ["low", 1]}, "min must be a number"),
        ({"uniform": [0, True]}, "max must be a number"),
        ({"uniform": [0, math.inf]}, "max must be a number"),
        ({"uniform": [math.nan, 1]}, "min must be a number"),
        ({"randint": [0.5, 3]}, "min must be a whole number"),
        ({"randint": [0, 2**60]}, "max must be a whole number"),
        ({"choice": []}, "at least one value"),
        ({"grid": []}, "at least one value"),
        ({"choice": 5}, "takes a list"),
        ({"choice": "abc"}, "takes a list"),
        ({"choice": ["a", "b", "a"]}, "is there twice"),
        ({"grid": [[1, 2], [1, 2]]}, "is there twice"),
        ({"choice": [math.nan]}, "plain values"),
        ({"fixed": {1, 2}}, "plain values"),
        ({"unifrom": [0, 1]}, "must be one of: uniform, loguniform"),
        ({}, "must be one of"),
        ({"uniform": [0, 1], "choice": [1]}, "must be one of"),
    ],
    ids=str,
)
def test_a_parameter_that_cannot_be_searched_is_said_beside_it(domain: Any, said: str) -> None:
    assert said in problems(BRANIN, space={"x": domain, "y": {"uniform": [0, 15]}})["space.x"]


@pytest.mark.parametrize("value", [0, 1.5, True, None, "adam", [64, 64], {"fixed": {"a": None}}, {"fixed": [1]}])
def test_a_bare_value_is_fixed(value: Any) -> None:
    spec = parsed(BRANIN, space={"x": {"uniform": [0, 1]}, "y": value})
    wanted = value["fixed"] if isinstance(value, dict) else value
    assert spec.fixed == {"y": wanted}
    assert list(spec.searched) == ["x"]


PRINTABLE = "abc XYZ019é–\"'\\#:{}[],&*!|>%@`\n\t"  # what YAML itself brings back whole


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(PRINTABLE, max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(PRINTABLE, max_size=3), inner, max_size=3),
    max_leaves=5,
)
numbers = st.floats(-1e9, 1e9, allow_nan=False) | st.integers(-(10**9), 10**9)
pairs = st.tuples(numbers, numbers).map(sorted).filter(lambda pair: pair[0] < pair[1])
logs = st.tuples(st.floats(1e-12, 1e9), st.floats(1e-12, 1e9)).map(sorted).filter(lambda pair: pair[0] < pair[1])
domains = st.one_of(
    pairs.map(lambda pair: {"uniform": pair}),
    logs.map(lambda pair: {"loguniform": pair}),
    st.builds(
        lambda low, step, many: {"quniform": [low, low + step * many, step]},
        st.integers(-100, 100),
        st.sampled_from([0.1, 0.25, 1, 3, 7.5]),
        st.integers(2, 50),
    ),
    st.builds(lambda low, many: {"randint": [low, low + many]}, st.integers(-(10**6), 10**6), st.integers(1, 10**6)),
    st.lists(plain, min_size=1, max_size=5)
    .filter(lambda many: all(each not in many[:place] for place, each in enumerate(many)))
    .map(lambda many: {"choice": many}),
)


@settings(max_examples=150, deadline=None)
@given(
    space=st.dictionaries(
        st.text("abc_é 1", min_size=1, max_size=4).filter(str.strip),
        domains | plain.map(lambda value: {"fixed": value}),
        max_size=4,
    )
)
def test_a_space_survives_yaml_and_the_database(space: dict[str, Any]) -> None:
    spec = parsed(OWN, space={"x": {"uniform": [0, 1]}, **space})
    assert specs.parse_yaml(specs.to_yaml(spec)) == spec
    assert specs.parse(spec.model_dump(exclude_none=True, mode="json")) == spec


def is_inside(domain: Domain, value: Any) -> bool:
    match domain.kind, domain.of:
        case (("uniform" | "loguniform"), [low, high]):
            return type(value) is float and low <= value <= high
        case "quniform", [low, high, step]:
            return low <= value <= high + 1e-9 and abs((value - low) / step - round((value - low) / step)) < 1e-6
        case "randint", [low, high]:
            return type(value) is int and low <= value < high
    return any(value is each or (type(value) is type(each) and value == each) for each in domain.values)


@settings(max_examples=200, deadline=None)
@given(
    space=st.dictionaries(st.sampled_from("abc"), domains, min_size=1),
    seed=st.integers(0, 2**31 - 1),
    number=st.integers(0, 10**6),
)
def test_random_stays_inside_and_a_configuration_depends_on_seed_and_number_alone(
    space: Any, seed: int, number: int
) -> None:
    valid = {name: Domain.model_validate(given) for name, given in space.items()}
    first, second = (searchers.make("random", valid, [Goal("score")], 10, seed) for _ in range(2))
    first.ask(number + 1)
    first.tell(number + 1, {}, [1.0])
    found = first.ask(number)
    assert found == second.ask(number)
    assert list(found) == list(valid)
    assert all(is_inside(valid[name], value) for name, value in found.items())


# ---- grids


@settings(max_examples=100, deadline=None)
@given(many=st.lists(st.integers(1, 4), min_size=1, max_size=4))
def test_a_grid_is_every_combination_once(many: list[int]) -> None:
    space = {f"p{place}": Domain.model_validate({"grid": list(range(count))}) for place, count in enumerate(many)}
    found = [tuple(combination(space, number).values()) for number in range(combinations(space))]
    assert found == list(itertools.product(*(range(count) for count in many)))


def test_the_samples_of_a_grid_are_all_of_it_whatever_was_said() -> None:
    space = {"x": {"grid": [1, 2, 3]}, "y": {"choice": [1, 2]}, "z": 5}
    assert parsed(BRANIN, space=space, search="grid").samples == 6
    assert parsed(BRANIN, space=space, search="grid", samples=100, repeats=2).trials == 12


def test_a_grid_that_explodes_shows_its_size_and_one_beyond_all_measure_is_refused() -> None:
    ten = {"grid": list(range(10))}
    assert parsed(BRANIN, search="grid", space={f"p{each}": ten for each in range(4)}).samples == 10_000
    assert parsed(BRANIN, search="grid", space={f"p{each}": ten for each in range(5)}).samples == 100_000
    assert "100000" in problems(BRANIN, search="grid", space={f"p{each}": ten for each in range(7)})["samples"].replace(
        ",", ""
    )


def test_grids_and_ranges_do_not_mix() -> None:
    assert "uniform" in problems(BRANIN, search="grid")["search"]
    assert (
        "choice" in problems(BRANIN, search="random", space={"x": {"grid": [1, 2]}, "y": {"uniform": [0, 1]}})["search"]
    )


# ---- names


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"trainable": "branim"}, "trainable", "Did you mean branin?"),
        ({"trainable": "quantum"}, "trainable", "There is"),
        ({"search": "optun"}, "search", "Did you mean optuna"),
        ({"search": "bayes"}, "search", "bayesopt"),
        ({"scheduler": "ahsa"}, "scheduler", "Did you mean asha"),
        ({"metric": "valeu"}, "metric", "it reports value"),
        ({"metric": ["value", "value"], "mode": "min", "search": "optuna"}, "metric", "may occur once"),
        ({"metric": []}, "metric", "say what"),
        ({"metric": 5}, "metric", "must be"),
        ({"mode": "highest"}, "mode", "'max' or 'min'"),
        ({"mode": ["max", "highest"], "metric": ["value", "b"]}, "mode.1", "'max' or 'min'"),
        ({"metric": ["value"], "mode": ["max", "min"]}, "mode", "1 objectives and 2 modes"),
        ({"samples": 0}, "samples", "greater than or equal to 1"),
        ({"samples": 2.5}, "samples", "integer"),
        ({"concurrency": 0}, "concurrency", "greater than"),
        ({"time_budget_s": 0}, "time_budget_s", "greater than 0"),
        ({"target": math.nan}, "target", "finite"),
        ({"cpus": -1}, "cpus", "greater than"),
        ({"cpus": math.inf}, "cpus", "finite"),
        ({"patience": 0}, "patience", "greater than"),
        ({"reduction": 1}, "reduction", "greater than"),
        ({"sapmles": 5}, "sapmles", "no such field"),
        ({"space": {}}, "space", "no parameter"),
        ({"space": [1]}, "space", "dictionary"),
        ({"trainable": 5}, "trainable", "must be"),
        ({"trainable": None}, "trainable", "is missing"),
    ],
    ids=str,
)
def test_a_field_that_cannot_be_is_said_beside_it(change: dict[str, Any], field: str, said: str) -> None:
    assert said in problems(BRANIN, **change)[field]


def test_all_problems_are_said_at_once() -> None:
    wrong = {"trainable": "branim", "metric": "value", "search": "optun", "scheduler": "ahsa"}
    assert set(problems(BRANIN, **wrong)) == {"trainable", "search", "scheduler"}
    worse = {"x": {"uniform": [3, 1]}, "y": {"choice": []}, "z": {"loguniform": [0, 1]}}
    assert set(problems(BRANIN, trainable="branim", samples=0, space=worse)) == {
        "trainable",
        "samples",
        "space.x",
        "space.y",
        "space.z",
    }


def test_ones_own_trainable_needs_a_metric_and_ours_know_theirs() -> None:
    assert "metric" in problems(OWN, metric="")
    assert (parsed(BRANIN).metric, parsed(BRANIN).mode) == ("value", "min")
    assert parsed(DIGITS).max_iterations == 20
    assert parsed(BRANIN).name == "branin"
    assert parsed(BRANIN, mode="max").mode == "max"


@pytest.mark.parametrize("trainable", TRAINABLES)
def test_every_trainable_can_be_swept_as_its_form_begins(trainable: str) -> None:
    spec = parsed({"kind": "sweep", "trainable": trainable, "space": TRAINABLES[trainable].space})
    assert specs.parse_yaml(specs.to_yaml(spec)) == spec


def test_a_space_of_fixed_values_is_one_sample_repeated_as_often_as_wanted() -> None:
    fixed = {"x": {"fixed": 1.0}, "y": 2.0}
    assert "all samples would be the same" in problems(BRANIN, space=fixed)["samples"]
    assert parsed(BRANIN, space=fixed, samples=1, repeats=5).trials == 5


# ---- pairs that do not work


@pytest.mark.parametrize(
    ("base", "change", "field", "said"),
    [
        (DIGITS, {"scheduler": "pbt", "search": "optuna"}, "scheduler", "takes no search algorithm"),
        (DIGITS, {"scheduler": "pb2", "search": "hyperopt"}, "scheduler", "takes no search algorithm"),
        (DIGITS, {"scheduler": "pb2", "space": {"hidden": {"choice": [1, 2]}}}, "scheduler", "float ranges only"),
        (DIGITS, {"scheduler": "pbt", "concurrency": 2}, "concurrency", "keeps all its trials alive"),
        (DIGITS, {"scheduler": "pbt", "space": {"lr": 0.1}, "samples": 1}, "scheduler", "searched"),
        (DIGITS, {"scheduler": "pb2", "space": {"lr": 0.1}, "samples": 1}, "scheduler", "searched"),
        (BRANIN, {"scheduler": "pbt", "max_iterations": 9}, "scheduler", "checkpoints"),
        (BRANIN, {"scheduler": "pb2", "max_iterations": 9}, "scheduler", "checkpoints"),
        (BRANIN, {"scheduler": "hyperband", "max_iterations": 9}, "scheduler", "checkpoints"),
        (BRANIN, {"scheduler": "asha"}, "max_iterations", "how many iterations"),
        (
            DIGITS,
            {"metric": ["accuracy", "loss"], "mode": ["max", "min"]},
            "search",
            "one objective; several go with Optuna",
        ),
        (
            DIGITS,
            {"metric": ["accuracy", "loss"], "mode": ["max", "min"], "search": "bayesopt"},
            "search",
            "one objective",
        ),
        (
            DIGITS,
            {"metric": ["accuracy", "loss"], "mode": ["max", "min"], "search": "optuna", "scheduler": "asha"},
            "scheduler",
            "several go with FIFO",
        ),
        (DIGITS, {"scheduler": "asha", "repeats": 3}, "scheduler", "repeats go with FIFO"),
        (DIGITS, {"scheduler": "median", "repeats": 3}, "scheduler", "repeats go with FIFO"),
        (DIGITS, {"search": "bayesopt", "space": {"hidden": {"randint": [1, 5]}}}, "search", "cannot search randint"),
        (DIGITS, {"search": "bayesopt", "space": {"hidden": {"choice": [1, 5]}}}, "search", "cannot search choice"),
        (
            DIGITS,
            {"search": "bayesopt", "space": {"hidden": {"quniform": [1, 5, 1]}}},
            "search",
            "cannot search quniform",
        ),
        (
            DIGITS,
            {"search": "optuna_cmaes", "space": {"a": {"choice": [1]}, "b": {"uniform": [0, 1]}}},
            "search",
            "cannot search choice",
        ),
        (DIGITS, {"search": "optuna_cmaes"}, "search", "at least 2 searched"),
    ],
    ids=str,
)
def test_a_pair_that_does_not_work_is_refused_with_the_reason(
    base: dict[str, Any], change: Any, field: str, said: str
) -> None:
    assert said in problems(base, **change)[field]


@pytest.mark.parametrize(("search", "kind"), list(itertools.product(SEARCHERS, ONE_OF_EACH)))
def test_what_a_search_cannot_do_is_refused_and_what_it_can_is_taken(search: str, kind: str) -> None:
    space = {name: {kind: ONE_OF_EACH[kind]} for name in ("a", "b")}
    if kind in SEARCHERS[search].domains:
        assert parsed(OWN, search=search, space=space).search == search
    else:
        assert kind in problems(OWN, search=search, space=space)["search"]


@pytest.mark.parametrize(("scheduler", "search"), list(itertools.product(SCHEDULERS, SEARCHERS)))
def test_a_scheduler_takes_a_search_unless_it_makes_configurations_itself(scheduler: str, search: str) -> None:
    kind = "choice" if search == "grid" else "uniform"
    space = {name: {kind: ONE_OF_EACH[kind]} for name in ("a", "b")}
    spec = {"search": search, "scheduler": scheduler, "space": space, "max_iterations": 9}
    if search == "random" or scheduler not in ("pbt", "pb2"):
        assert parsed(OWN, **spec).scheduler == scheduler
    else:
        assert "scheduler" in problems(OWN, **spec)


def test_checkpoints_of_ones_own_are_looked_for_when_it_is_read(tmp_path: Any) -> None:
    (tmp_path / "mine.py").write_text(
        "from ray import tune\ndef train(config):\n    tune.report({'score': config['x']})\n"
    )
    for scheduler in ("pbt", "pb2", "hyperband"):
        with pytest.raises(InvalidSpec) as caught:
            prepare.check(parsed(OWN, scheduler=scheduler, max_iterations=5), tmp_path, tmp_path)
        assert "checkpoints" in caught.value.problems["scheduler"]
    assert prepare.check(parsed(OWN, scheduler="asha", max_iterations=5), tmp_path, tmp_path).found
    for trainable, said in (("mine:trian", "Did you mean train"), ("mien:train", "Did you mean mine")):
        with pytest.raises(InvalidSpec) as caught:
            prepare.check(parsed(OWN, trainable=trainable), tmp_path, tmp_path)
        assert said in caught.value.problems["trainable"]


def test_more_than_the_cluster_has_is_said() -> None:
    there = {"CPU": 2.0}
    assert "2" in lacking(work.needs(parsed(OWN, cpus=3)), there)["cpus"]
    assert "gpus" in lacking(work.needs(parsed(OWN, gpus=1)), there)
    ppo = {"algorithm": "ppo", "environment": "CartPole-v1", "stop": {"env_steps": 1000}}
    many = parsed(LAKE, trainable=ppo, space={"num_env_runners": {"choice": [0, 4]}})
    assert "5 CPUs" in lacking(work.needs(many), there)["trainable.params.num_env_runners"]
    assert lacking(work.needs(parsed(OWN, cpus=2)), there) == {}
    assert (
        "64 GB of memory, and the whole cluster has 8"
        in lacking(work.needs(parsed(OWN, memory_gb=64)), there | {"memory": 8e9})["memory_gb"]
    )
    slots = {"raydeckSlot": 2.0}  # as Ray's dashboard calls it
    assert lacking(work.needs(parsed(OWN, resources={"raydeck_slot": 1})), there | slots) == {}
    assert (
        "3 licence"
        in lacking(work.needs(parsed(OWN, resources={"licence": 3})), there | {"licence": 2})["resources.licence"]
    )


def test_a_trial_reserves_memory_and_resources_of_a_cluster_and_one_of_rl_what_its_algorithm_needs() -> None:
    spec = parsed(OWN, cpus=0.5, memory_gb=0.25, resources={"licence": 1})
    assert spec.reserved() == {"CPU": 0.5, "memory": 0.25e9, "licence": 1.0}
    assert specs.parse_yaml(specs.to_yaml(spec)) == spec
    assert "field of its own" in problems(OWN, resources={"GPU": 1})["resources"]
    assert "memory_gb" in problems(OWN, memory_gb=0)
    for field, value in (("memory_gb", 1), ("resources", {"licence": 1}), ("gpus", 1)):
        assert "reserves" in problems(LAKE, **{field: value})[field]


# ---- what is shown of it


@pytest.mark.parametrize(
    "spec",
    [
        parsed(OWN), parsed(LAKE), parsed(DIGITS, scheduler="asha", search="optuna"), parsed(BRANIN, samples=60),
        parsed(BRANIN, mode="max"),
        parsed(OWN, metric=["a", "b"], mode=["max", "min"], search="optuna"), parsed(LAKE,
        trainable={**LAKE["trainable"], "seeds": 3}),
        specs.parse({"kind": "rl", "algorithm": "q_learning", "environment": "FrozenLake-v1", "stop": {"episodes": 9}}),
        specs.parse({"kind": "tasks", "function": "monte_carlo_pi", "inputs": {"range": 5}}),
    ],
)  # fmt: skip
def test_what_is_empty_or_a_default_is_left_out_and_the_rest_is_the_same_spec(spec: specs.RunSpec) -> None:
    short = specs.brief(spec)
    assert specs.parse_yaml(specs.to_yaml(short)) == spec
    assert set(short) < set(spec.model_dump(exclude_none=True))
    assert not {"start_from", "wrappers", "resources", "tune_loggers"} & set(short)


# ---- reinforcement learning


def test_seeds_of_an_rl_trainable_are_the_repeats_of_the_sweep() -> None:
    spec = parsed(LAKE, trainable={**LAKE["trainable"], "seeds": 3}, samples=4)
    assert (spec.repeats, spec.trials, spec.metric, spec.mode) == (3, 12, "return_mean", "max")
    assert specs.parse_yaml(specs.to_yaml(spec)) == spec


def test_an_rl_sweep_has_its_defaults_written_out_and_becomes_a_run() -> None:
    spec = parsed(LAKE)
    assert not isinstance(spec.trainable, str)
    assert spec.trainable.params["gamma"] == 0.99
    assert spec.trainable.environment_options["map_name"] == "4x4"
    run = spec.rl({"alpha": 0.3}, [1, 2])
    assert isinstance(run, RLSpec)
    assert (run.params["alpha"], run.seeds) == (0.3, [1, 2])
    with pytest.raises(TypeError):
        parsed(BRANIN).rl({}, [1])


@pytest.mark.parametrize(
    ("trainable", "space", "field", "said"),
    [
        ({"algorithm": "qlearn"}, {}, "trainable.algorithm", "Did you mean q_learning"),
        ({"environment": "Pendulum-v1"}, {}, "trainable.environment", ""),
        ({"params": {"alpha": -1}}, {}, "trainable.params.alpha", "greater than 0"),
        ({"params": {"alhpa": 1}}, {}, "trainable.params.alhpa", "no such setting"),
        ({"environment_options": {"map_name": "99x99"}}, {}, "trainable.environment_options.map_name", ""),
        ({"stop": {}}, {}, "trainable.stop", ""),
        ({"stop": {"episodes": -5}}, {}, "trainable.stop.episodes", "greater than"),
        ({"seeds": 1000}, {}, "trainable.seeds", "less than"),
        ({"seeds": 0}, {}, "trainable.seeds", "greater than"),
        ({"colour": "red"}, {}, "trainable.colour", "no such field"),
        ({}, {"alpha": {"uniform": [0, 1]}}, "space.alpha", "0: must be greater than 0"),
        ({}, {"alpha": {"uniform": [0.5, 3]}}, "space.alpha", "3: must be less than"),
        ({}, {"exploration": {"choice": ["epsilon_greedy", "luck"]}}, "space.exploration", "luck"),
        ({}, {"gamma": 7}, "space.gamma", "7:"),
        ({}, {"lr": {"uniform": [0.1, 0.5]}}, "space.lr", "no such setting"),
    ],
    ids=str,
)
def test_an_rl_trainable_is_checked_against_its_algorithm(trainable: Any, space: Any, field: str, said: str) -> None:
    found = problems(LAKE, trainable={**LAKE["trainable"], **trainable}, space={**LAKE["space"], **space})
    assert field in found
    assert said in found[field]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm_can_be_swept_as_its_form_begins(algorithm: str) -> None:
    environment = environments_for(ALGORITHMS[algorithm])[0].id
    trainable = {"algorithm": algorithm, "environment": environment, "stop": {"env_steps": 1000}}
    spec = parsed(LAKE, trainable=trainable, space=dict(rl_params(ALGORITHMS[algorithm].params, {})))
    assert len(spec.searched) >= 3
    for number in range(20):
        drawn = searchers.make("random", spec.searched, [], 1, 1).ask(number)
        assert spec.rl(drawn, [1]).params.items() >= drawn.items()


@pytest.mark.parametrize(
    ("text", "value"),
    [("1e-4", 1e-4), ("-2E3", -2000.0), ("1.5e+2", 150.0), ("1.0e-4", 1e-4), ("1e", "1e"), ("e5", "e5")],
)
def test_a_number_with_an_exponent_is_a_number_in_yaml(text: str, value: float | str) -> None:
    spec = specs.parse_yaml(f"{{kind: sweep, trainable: branin, space: {{x: {{choice: [{text}, other]}}}}}}")
    assert spec.space["x"].of == [value, "other"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"repeats": 3, "space": {"x": {"uniform": [0, 1]}, "seed": {"choice": [1, 2]}}}, "space.seed"),
        ({"space": {" ": {"uniform": [0, 1]}}}, "space"),
        ({"space": {"x": {"choice": [1, True]}}}, "space.x"),
        ({"space": {"x": {"choice": [None, None]}}}, "space.x"),
    ],
)
def test_what_would_be_mixed_up_is_refused(change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidSpec) as caught:
        specs.parse({"kind": "sweep", "trainable": "branin", "space": {"x": {"uniform": [0, 1]}}} | change)
    assert list(caught.value.problems) == [field]


def test_the_seeds_of_an_rl_sweep_are_its_repeats_and_nothing_else() -> None:
    trainable = {"algorithm": "q_learning", "environment": "FrozenLake-v1", "stop": {"episodes": 10}, "seeds": 2}
    spec = {"kind": "sweep", "trainable": trainable, "space": {"alpha": {"uniform": [0.1, 0.9]}}}
    assert specs.parse(spec).repeats == 2
    with pytest.raises(InvalidSpec, match="2 seeds, which are its repeats"):
        specs.parse(spec | {"repeats": 3})


@pytest.mark.parametrize("scheduler", ["pbt", "pb2"])
def test_a_population_of_reinforcement_learners_is_refused_with_the_reason(scheduler: str) -> None:
    assert "middle of a trial" in problems(LAKE, scheduler=scheduler)["scheduler"]
    assert "middle of a trial" in SCHEDULERS[scheduler].why_not(
        search="random", kinds=["uniform"], checkpoints=True, is_rl=True
    )
    assert parsed(LAKE, scheduler="asha")


@pytest.mark.parametrize(
    ("domain", "value", "expected"),
    [
        ({"uniform": [0.0, 1.0]}, 0.5, {"uniform": [0.25, 0.75]}),
        ({"uniform": [0.0, 1.0]}, 0.9, {"uniform": [0.65, 1.0]}),
        ({"uniform": [1000.0, 1000.01]}, 1000.002, {"uniform": [1000.0, 1000.01]}),
        ({"loguniform": [1e-4, 1.0]}, 1e-2, {"loguniform": [1e-3, 0.1]}),
        ({"randint": [1, 9]}, 8, {"randint": [6, 9]}),
        ({"quniform": [0, 1, 0.1]}, 0.5, {"quniform": [0.3, 0.7, 0.1]}),
        ({"choice": [16, 32, 64]}, 32, {"choice": [32, 16, 64]}),
        ({"fixed": 20}, 30, {"fixed": 30}),
        ({"uniform": [0.0, 1.0]}, 7, {"uniform": [0.0, 1.0]}),
    ],
    ids=str,
)
def test_a_search_near_what_was_found(domain: Any, value: Any, expected: Any) -> None:
    found = around({"x": domain}, {"x": value, "more": "text"})
    ((kind, of),) = found["x"].items()
    assert of == (pytest.approx(expected[kind]) if isinstance(of, list) else expected[kind])
    assert found["more"] == {"fixed": "text"}
    assert parsed(OWN, space=found, search="grid" if kind == "grid" else "random", samples=1)


def test_text_that_looks_like_a_number_stays_text_in_yaml() -> None:
    spec = parsed(OWN, space={"x": {"choice": ["1e-4", 1e-4, "1", "on", "a, b"]}})
    assert specs.parse_yaml(specs.to_yaml(spec)) == spec
