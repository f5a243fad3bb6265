"""In what runs differ: settings, packages, machine, code."""

from dataclasses import replace

from backend.analysis import diff, groups
from tests.analysis.test_groups import run, script, trial


def told(rows: list[diff.Setting]) -> dict[str, tuple[str | None, ...]]:
    return {row.name: row.values for row in rows if row.differs}


def test_only_what_differs_differs_and_what_one_lacks_is_said() -> None:
    one = replace(
        script(1, 1, lr=0.1, size=8), versions={"ray": "2.60.0", "torch": "2.13.0"}, host="here", workload_hash="a" * 40
    )
    other = replace(script(2, 1, lr=0.2, deep={"a": 1}), versions={"ray": "2.61.0"}, host="here")
    rows = diff.of_runs([one, other])
    assert told(rows) == {
        "params.lr": ("0.1", "0.2"),
        "params.size": ("8", None),
        "params.deep.a": (None, "1"),
        "hash of one's own code": ("a" * 12, None),
        "ray": ("2.60.0", "2.61.0"),
        "torch": ("2.13.0", None),
    }
    by_name = {row.name: row for row in rows}
    assert by_name["params.size"].lacking == "not set"
    assert by_name["torch"].lacking == "not recorded"
    assert by_name["host"].values == ("here", "here")
    assert [row.part for row in rows] == sorted(
        (row.part for row in rows), key=["Settings", "Code", "Packages", "Machine"].index
    )


def test_numbers_are_not_words_and_true_is_not_one() -> None:
    assert told(diff.of_runs([script(1, 1, a=1, b=None), script(2, 1, a=True, b="x")])) == {
        "params.a": ("1", "true"),
        "params.b": ("null", "x"),
    }


def test_members_of_a_group_are_folded() -> None:
    runs = [
        replace(script(2 * seed + slow, seed, lr=0.1 if slow else 0.2), host=f"node{seed % 2}")
        for seed in range(3)
        for slow in (0, 1)
    ]
    rows = told(diff.of_groups(groups.grouped(runs)))
    assert rows == {"params.lr": ("0.2", "0.1")}
    (host,) = [row for row in diff.of_groups(groups.grouped(runs)) if row.name == "host"]
    assert host.values == ("node0 (2), node1 (1)",) * 2
    (seeds,) = [row for row in diff.of_groups(groups.grouped(runs)) if row.name == "seeds"]
    assert seeds.values == ("[0, 1, 2]",) * 2


def test_groups_of_a_sweep_are_told_by_their_trials_params() -> None:
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
    assert told(diff.of_groups(groups.grouped([sweep], ["params.x"]))) == {"params.x": ("0", "1")}


def test_fifty_runs_stand_beside_each_other() -> None:
    rows = diff.of_runs([script(number, number, lr=number) for number in range(50)])
    assert told(rows)["params.lr"] == tuple(map(str, range(50)))


OLD = "\n".join(f"line {number}" for number in range(40))
NEW = OLD.replace("line 20", "changed\nadded").replace("line 30\n", "")


def test_code_is_laid_side_by_side_with_what_is_around_a_change() -> None:
    found = diff.lines(OLD, NEW)
    assert [(line.left, line.right) for line in found if line.kind == "changed"] == [
        ("line 20", "changed"),
        (None, "added"),
        ("line 30", None),
    ]
    assert [line.left_out for line in found if line.kind == "gap"] == [17, 3, 6]
    assert next(line for line in found if line.right == "added").right_number == 22
    assert sum(line.left_out or 1 for line in found if line.left is not None or line.kind == "gap") == 40


def test_below_each_other_what_went_comes_before_what_came() -> None:
    signs = [(sign, line.left or line.right) for sign, line in diff.unified(diff.lines(OLD, NEW)) if sign != " "]
    assert signs == [("-", "line 20"), ("+", "changed"), ("+", "added"), ("-", "line 30")]


def test_equal_texts_leave_nothing_to_show() -> None:
    assert diff.lines(OLD, OLD) == []
    assert len(diff.lines(OLD, OLD, context=None)) == 40
    assert [line.right for line in diff.lines("", "new")] == ["new"]
