"""Inputs become rows, a file's rows are kept, and what does not fit the function is said before the start."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.cluster.jobs import JobsClient
from backend.cluster.needs import lacking
from backend.errors import InvalidSpec
from backend.kinds import specs
from backend.kinds.tasks import prepare, rows
from backend.kinds.tasks.prepare import CheckedFanout, misfit
from backend.kinds.tasks.spec import MOST_TASKS, Inputs, TaskSpec
from backend.kinds.tasks.work import work

SCORE = """
from pathlib import Path
from typing import Literal

def score(x: int, name: str = "n", mode: Literal["fast", "slow"] = "fast", rate: float = 0.5, file: Path | None = None,
          shape=(1, 2)):
    "Scores."

def anything(**arguments): ...
def nothing(): ...

class Model:
    def __init__(self, path: str, depth: int = 3): ...
    def __call__(self, x: int): ...
"""

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=6
)
names = st.text('abcxyz_é"\\', min_size=1, max_size=5)
sources = st.one_of(
    st.builds(
        lambda start, count, step, name: Inputs(range=(start, start + count * step, step), argument=name),
        st.integers(-50, 50),
        st.integers(1, 30),
        st.sampled_from([-7, -1, 1, 3]),
        names,
    ),
    st.builds(lambda count, name: Inputs(range=count, argument=name), st.integers(1, 40), names),
    st.builds(lambda many, name: Inputs(list=many, argument=name), st.lists(values, min_size=1, max_size=8), names),
    st.builds(
        lambda many: Inputs(list=many), st.lists(st.dictionaries(names, values, max_size=3), min_size=1, max_size=8)
    ),
    st.builds(
        lambda grid: Inputs(grid=grid),
        st.dictionaries(names, st.lists(values, min_size=1, max_size=3), min_size=1, max_size=3),
    ),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mine.py").write_text(SCORE)
    return tmp_path


def checked(folder: Path, function: str = "mine:score", **spec: Any) -> CheckedFanout:
    parsed = specs.parse({"kind": "tasks", "function": function, "inputs": {"range": 3}, **spec})
    assert isinstance(parsed, TaskSpec)
    return prepare.check(parsed, folder, folder / "inputs")


def problems(folder: Path, function: str = "mine:score", **spec: Any) -> dict[str, str]:
    with pytest.raises(InvalidSpec) as caught:
        checked(folder, function, **spec)
    return caught.value.problems


def kept_rows(folder: Path, text: str | bytes, kind: str = "csv", texts: str = "", **more: Any) -> list[dict[str, Any]]:
    """What the rows of a file are; `texts` names an argument that the function wants as text."""
    path = folder / f"rows.{kind}"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    inputs = Inputs(**{kind: str(path)}, **more)
    function = prepare.look_up("own:f", folder, f"def f({texts}: str, **rest): ...").function if texts else None
    kept = rows.keep(inputs, folder / "inputs", function)
    found = list(rows.rows(inputs.model_copy(update={"sha256": kept.sha256}), folder / "inputs"))
    assert kept.total == len(found)
    return found


def broken(folder: Path, text: str | bytes, kind: str = "csv", **more: Any) -> str:
    with pytest.raises(InvalidSpec) as caught:
        kept_rows(folder, text, kind, **more)
    ((field, problem),) = caught.value.problems.items()
    assert field in (f"inputs.{kind}", "inputs.encoding")
    return problem


# ---- one source


@pytest.mark.parametrize(
    ("inputs", "field"),
    [
        ({}, "inputs"),
        ({"range": 3, "list": [1]}, "inputs"),
        ({"range": [0, 5, 0]}, "inputs"),
        ({"range": []}, "inputs.range"),
        ({"range": [1, 2, 3, 4]}, "inputs.range"),
        ({"range": 2.5}, "inputs.range"),
        ({"range": "5"}, "inputs.range"),
        ({"range": True}, "inputs.range"),
        ({"range": [0, "x"]}, "inputs.range"),
        ({"list": 5}, "inputs.list"),
        ({"grid": {"x": 1}}, "inputs.grid.x"),
        ({"lst": [1]}, "inputs.lst"),
    ],
)
def test_inputs_are_one_source_of_the_right_shape(folder: Path, inputs: dict[str, Any], field: str) -> None:
    assert field in problems(folder, inputs=inputs)


@pytest.mark.parametrize(
    ("given_range", "wanted"),
    [(3, [0, 1, 2]), ([3], [0, 1, 2]), ([2, 5], [2, 3, 4]), ([5, 0, -2], [5, 3, 1]), ([0, 10, 4], [0, 4, 8])],
)
def test_a_range_is_pythons_range(folder: Path, given_range: Any, wanted: list[int]) -> None:
    inputs = Inputs(range=given_range, argument="x")
    assert [row["x"] for row in rows.rows(inputs, folder)] == wanted
    assert rows.count(inputs, folder) == len(wanted)


@pytest.mark.parametrize(
    "inputs", [{"range": 0}, {"range": -3}, {"range": [5, 5]}, {"list": []}, {"grid": {"x": []}}, {"files": "/nope/*"}]
)
def test_no_tasks_at_all_is_said(folder: Path, inputs: dict[str, Any]) -> None:
    assert "no tasks" in problems(folder, inputs=inputs)[f"inputs.{next(iter(inputs))}"]


@pytest.mark.parametrize(
    "inputs",
    [
        {"range": MOST_TASKS + 1},
        {"range": [0, 10**30]},
        {"range": [10**30, 0, -3]},
        {"grid": {"x": [1] * 4000, "rate": [0.1] * 4000}},
    ],
)
def test_too_many_tasks_are_said(folder: Path, inputs: dict[str, Any]) -> None:
    assert "at most 10,000,000" in problems(folder, inputs=inputs)[f"inputs.{next(iter(inputs))}"]


def test_a_grid_is_every_combination_in_order(folder: Path) -> None:
    found = list(rows.rows(Inputs(grid={"x": [1, 2], "mode": ["fast", "slow"]}), folder))
    assert [tuple(row.values()) for row in found] == list(itertools.product([1, 2], ["fast", "slow"]))


def test_files_are_found_by_their_pattern_and_folders_left_out(folder: Path) -> None:
    (folder / "texts" / "deep").mkdir(parents=True)
    for name in ("texts/b.txt", "texts/a.txt", "texts/deep/c.txt", "texts/d.csv"):
        (folder / name).write_text("x")
    (folder / "texts" / "folder.txt").mkdir()
    inputs = Inputs(files=f"{folder}/texts/**/*.txt", argument="file")
    kept = inputs.model_copy(update={"sha256": rows.keep(inputs, folder / "inputs").sha256})
    (folder / "texts" / "new.txt").write_text("x")  # after the launch: no part of the run
    assert [Path(row["file"]).name for row in rows.rows(kept, folder / "inputs")] == ["a.txt", "b.txt", "c.txt"]


@settings(max_examples=200, deadline=None)
@given(inputs=sources)
def test_texts_are_the_rows_as_json_and_as_many_as_counted(inputs: Inputs) -> None:
    nowhere = Path("/nonexistent")
    found = list(rows.rows(inputs, nowhere))
    assert list(rows.texts(inputs, nowhere)) == list(map(json.dumps, found))
    assert rows.count(inputs, nowhere) == len(found)


@settings(max_examples=50, deadline=None)
@given(inputs=sources)
def test_inputs_survive_being_stored(inputs: Inputs) -> None:
    assert Inputs.model_validate(json.loads(json.dumps(inputs.model_dump(mode="json")))) == inputs


@settings(max_examples=100, deadline=None)
@given(
    given_rows=st.lists(st.dictionaries(names, values, max_size=4), min_size=1, max_size=6),
    renames=st.dictionaries(names, names, max_size=2),
)
def test_rows_of_a_file_come_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, given_rows: Any, renames: dict[str, str]
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    (folder / "a.jsonl").write_text("\n".join(map(json.dumps, given_rows)))
    inputs = Inputs(jsonl=str(folder / "a.jsonl"), columns=renames)
    kept = rows.keep(inputs, folder)
    inputs = inputs.model_copy(update={"sha256": kept.sha256})
    assert list(rows.rows(inputs, folder)) == [
        {renames.get(name, name): value for name, value in row.items()} for row in given_rows
    ]
    assert list(map(json.loads, rows.texts(inputs, folder))) == list(rows.rows(inputs, folder))
    assert set(kept.columns) == {name for row in given_rows for name in row}


# ---- CSV


def test_a_column_has_the_kind_that_all_its_cells_have(folder: Path) -> None:
    text = "i,f,b,mixed,half,empty\n1,1,true,1,1,\n-2,2.5,False,x,,\n"
    assert kept_rows(folder, text) == [
        {"i": 1, "f": 1.0, "b": True, "mixed": "1", "half": 1, "empty": None},
        {"i": -2, "f": 2.5, "b": False, "mixed": "x", "half": None, "empty": None},
    ]
    assert [type(value) for value in kept_rows(folder, text)[0].values()] == [int, float, bool, str, int, type(None)]


def test_an_empty_cell_of_a_text_column_is_empty_text(folder: Path) -> None:
    assert kept_rows(folder, "x,s\n1,a\n2,\n") == [{"x": 1, "s": "a"}, {"x": 2, "s": ""}]


# A number with leading zeros is a name: a postcode, an agent. Python reads the others as numbers, and nobody else does.
@pytest.mark.parametrize("cell", ["007", " 007", "-012", "2024_01", "1_0.5", "12x", "0x10", "1,5", "  "])
def test_what_is_no_plain_number_stays_text(folder: Path, cell: str) -> None:
    assert kept_rows(folder, f'x\n"{cell}"\n') == [{"x": cell}]


@pytest.mark.parametrize(
    ("cell", "value"), [("0", 0), ("-0.5", -0.5), ("00.5", 0.5), ("1e3", 1000.0), (" 7", 7), (str(2**70), 2**70)]
)
def test_what_is_a_plain_number_becomes_one(folder: Path, cell: str, value: float) -> None:
    ((found,),) = (row.values() for row in kept_rows(folder, f"x\n{cell}\n"))
    assert (found, type(found)) == (value, type(value))


def test_a_column_that_the_function_wants_as_text_stays_text(folder: Path) -> None:
    assert kept_rows(folder, "x,y\n1,2\n", texts="x") == [{"x": "1", "y": 2}]
    assert kept_rows(folder, "code,y\n1,2\n", texts="x", columns={"code": "x"}) == [{"x": "1", "y": 2}]


def test_a_byte_order_mark_and_windows_lines_are_no_problem(folder: Path) -> None:
    assert kept_rows(folder, "x,y\r\n1,a\r\n".encode("utf-8-sig")) == [{"x": 1, "y": "a"}]
    assert kept_rows(folder, "x\né\n".encode("utf-16"), encoding="utf-16") == [{"x": "é"}]


def test_quoted_cells_may_hold_lines_and_commas(folder: Path) -> None:
    assert kept_rows(folder, 'x,y\n"a\nb",1\n"c,""d""",2\n') == [{"x": "a\nb", "y": 1}, {"x": 'c,"d"', "y": 2}]


def test_empty_lines_are_skipped(folder: Path) -> None:
    assert kept_rows(folder, "x\n\n1\n\n2\n\n") == [{"x": 1}, {"x": 2}]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\n\nname,points\nAnna,3\n", [{"name": "Anna", "points": 3}]),
        ("id,value\n12E4,1\n13E5,2\n", [{"id": "12E4", "value": 1}, {"id": "13E5", "value": 2}]),
        ("x\n1e-3\n1.5E4\n", [{"x": 0.001}, {"x": 15000.0}]),
        (",name,points\n0,Anna,3\n1,Ben,4\n", [{"name": "Anna", "points": 3}, {"name": "Ben", "points": 4}]),
        ("name;points\r\nAnna;3,5\r\nBen;4\r\n", [{"name": "Anna", "points": 3.5}, {"name": "Ben", "points": 4.0}]),
        ("a\tb\n1,5\tx\n", [{"a": "1,5", "b": "x"}]),
        ('a|b\n"x|y"|2\n', [{"a": "x|y", "b": 2}]),
        ("note\nfirst; second\n", [{"note": "first; second"}]),
        ('text,n\n"a;b;c",1\n"d;e;f",2\n', [{"text": "a;b;c", "n": 1}, {"text": "d;e;f", "n": 2}]),
        ('"a\nb",c\n1,2\n', [{"a\nb": 1, "c": 2}]),
        ("name,points\r\nÄnna,3\r\n".encode("utf-16"), [{"name": "Änna", "points": 3}]),
        ("name,points\nÄnna,3\n".encode("utf-8-sig"), [{"name": "Änna", "points": 3}]),
    ],
)
def test_a_csv_is_taken_as_people_have_it(folder: Path, text: str | bytes, expected: list[dict[str, Any]]) -> None:
    assert kept_rows(folder, text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x,y\n1,2\n3\n", "line 3 has 1 values, and there are 2 columns"),
        ("x,y\n1,2,3\n", "line 2 has 3 values"),
        ('x,y\n"a\nb",1\n3\n', "line 4 has 1 values"),
        ('x,y\n1,2\n"3,4\n5,6\n', "the row that begins in line 3 is broken"),
        ('x\n"a"b\n', "the row that begins in line 2 is broken"),
        ("", "the file is empty"),
        ("\n \n", "the file is empty"),
        ("\nx,,y\n1,2,3\n", "line 2 must name every column once; one has no name"),
        (",x\n0,2\n2,3\n", "does not count the rows either: '2' in line 3, not 1"),
        ("\n\nx;y\n1;2\n3\n", "line 5 has 1 values, and there are 2 columns"),
        ("x;y\n1;2\n3,5;4;5\n", "line 3 has 3 values"),
        ("x,y,x\n1,2,3\n", "“x” is there twice"),
        ("x, x\n1,2\n", "“x” is there twice"),
        ("x,,y\n1,2,3\n", "one has no name"),
        ("x\né\n".encode("latin-1"), "not in utf-8"),
    ],
)
def test_a_broken_csv_names_the_line(folder: Path, text: str | bytes, said: str) -> None:
    assert said in broken(folder, text)


def test_another_encoding_can_be_set_and_an_unknown_one_is_said(folder: Path) -> None:
    content = "x\né\n".encode("latin-1")
    assert "set another encoding" in broken(folder, content)
    assert kept_rows(folder, content, encoding="latin-1") == [{"x": "é"}]
    assert "no encoding “klingon”" in broken(folder, content, encoding="klingon")


def test_a_file_that_is_not_there_is_said(folder: Path) -> None:
    assert "there is no file" in problems(folder, inputs={"csv": str(folder / "nope.csv")})["inputs.csv"]
    assert "inputs.csv" in problems(folder, inputs={"csv": str(folder)})


@pytest.mark.parametrize(("kind", "text"), [("csv", "x,name\n"), ("jsonl", ""), ("jsonl", "\n\n")])
def test_a_file_without_rows_has_no_tasks(folder: Path, kind: str, text: str) -> None:
    (folder / "rows").write_text(text)
    assert "no tasks" in problems(folder, inputs={kind: str(folder / "rows")})[f"inputs.{kind}"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"x": 1}\n{"x": \n', "line 2 is not JSON"),
        ('{"x": 1}\n\n[1]\n', "line 3 is not an object"),
        ("5", "line 1 is not an object"),
    ],
)
def test_broken_json_lines_name_the_line(folder: Path, text: str, said: str) -> None:
    assert said in broken(folder, text, "jsonl")


# ---- kept


def test_rows_are_kept_by_what_they_say_and_outlive_their_file(folder: Path) -> None:
    inputs = folder / "inputs"
    for name, text in (("a.csv", "x\n1\n2\n"), ("b.csv", "x\r\n1\r\n2\r\n"), ("c.csv", "x\n1\n3\n")):
        (folder / name).write_text(text)
    ready = {name: checked(folder, inputs={"csv": str(folder / name)}) for name in ("a.csv", "b.csv", "c.csv")}
    hashes = {name: each.spec.inputs.sha256 for name, each in ready.items()}
    assert hashes["a.csv"] == hashes["b.csv"] != hashes["c.csv"]
    assert sorted(path.suffix for path in inputs.iterdir()) == [
        ".json",
        ".json",
        ".jsonl",
        ".jsonl",
    ], "and no half-written file"
    (folder / "a.csv").unlink()
    again = prepare.check(ready["a.csv"].spec, folder, inputs)
    assert (again.total, list(rows.rows(again.spec.inputs, inputs))) == (2, [{"x": 1}, {"x": 2}])
    (folder / "c.csv").write_text("x\n4\n")
    assert list(rows.rows(prepare.check(ready["c.csv"].spec, folder, inputs).spec.inputs, inputs))[-1] == {"x": 3}, (
        "a clone has the rows of then"
    )


def test_a_file_that_breaks_off_leaves_nothing(folder: Path) -> None:
    broken(folder, '{"x": 1}\nnonsense\n', "jsonl")
    assert list((folder / "inputs").iterdir()) == []


def test_rows_that_are_no_longer_kept_are_said(folder: Path) -> None:
    lost = {"csv": str(folder / "gone.csv"), "sha256": "a" * 64}
    assert "no longer kept" in problems(folder, inputs=lost)["inputs"]
    assert "no longer kept" in problems(folder, inputs={**lost, "sha256": "../../etc/passwd"})["inputs"]


# ---- against the function


@pytest.mark.parametrize(
    ("spec", "field", "said"),
    [
        ({"function": "mine:scor"}, "function", "Did you mean score"),
        ({"function": "nope"}, "function", "There is"),
        ({"params": {"nam": "a"}}, "params.nam", "did you mean “name”"),
        ({"params": {"quantum": "a"}}, "params.quantum", "takes no such argument"),
        ({"inputs": {"range": 3, "argument": "name"}}, "params.x", "is missing"),
        ({"inputs": {"range": 3, "argument": "xx"}, "params": {"x": 1}}, "inputs.range", "takes no “xx”"),
        ({"inputs": {"range": 3, "argument": "x"}, "params": {"x": 1}}, "params.x", "comes with the inputs already"),
        ({"params": {"name": 5}}, "params.name", "must be text"),
        ({"params": {"mode": "fasst"}}, "params.mode", "must be one of: fast, slow"),
        ({"params": {"rate": "quick"}}, "params.rate", "must be a number"),
        ({"params": {"rate": True}}, "params.rate", "must be a number"),
        ({"params": {"rate": float("inf")}}, "params.rate", "finite"),
        ({"params": {"name": None}}, "params.name", "cannot be empty"),
        ({"params": {"file": 3}}, "params.file", "must be text"),
        ({"inputs": {"list": [1, 2, "three"]}}, "inputs.list", "task 2, x: must be a whole number, not 'three'"),
        ({"inputs": {"list": [{"x": 1}, {"x": 2, "nam": "a"}]}}, "inputs.list", "takes no “nam”; did you mean “name”"),
        ({"inputs": {"grid": {"x": [1], "mode": ["slow", "quick"]}}}, "inputs.grid", "task 1, mode: must be one of"),
        ({"inputs": {"grid": {"name": ["a"]}}}, "params.x", "is missing"),
        ({"init": {"path": "a"}}, "init", "only a class"),
        ({"function": "mine:nothing"}, "inputs.argument", "no argument left"),
        ({"function": "mine:Model"}, "init.path", "is missing"),
        ({"function": "mine:Model", "init": {"path": "a", "dept": 1}}, "init.dept", "did you mean “depth”"),
        ({"function": "mine:Model", "init": {"path": 1}}, "init.path", "must be text"),
        ({"num_cpus": -1}, "num_cpus", "greater than or equal to 0"),
        ({"num_cpus": float("nan")}, "num_cpus", "finite"),
        ({"num_gpus": 1.5}, "num_gpus", "whole number"),
        ({"num_cpus": 0}, "spec", "set concurrency"),
        ({"resources": {"disk": -1}}, "resources.disk", "greater than or equal to 0"),
        ({"resources": {"CPU": 1}}, "resources", "a field of its own"),
        ({"memory_gb": 0}, "memory_gb", "greater than 0"),
        ({"timeout_s": 0}, "timeout_s", "greater than 0"),
        ({"concurrency": 0}, "concurrency", "greater than or equal to 1"),
        ({"max_retries": -1}, "max_retries", "greater than or equal to 0"),
    ],
)
def test_what_does_not_fit_is_named_by_its_field(folder: Path, spec: dict[str, Any], field: str, said: str) -> None:
    assert said in problems(folder, **spec)[field]


def test_several_problems_are_all_said(folder: Path) -> None:
    assert set(problems(folder, params={"nam": 1, "rate": "x", "mode": 3})) == {
        "params.nam",
        "params.rate",
        "params.mode",
    }


@pytest.mark.parametrize(
    ("header", "columns", "field", "said"),
    [
        ("x,nam", {}, "inputs.columns", "takes no “nam”; did you mean “name”"),
        ("y", {}, "params.x", "is missing"),
        ("y", {"z": "x"}, "inputs.columns", "there is no column “z”"),
        ("x,y", {"y": "x"}, "inputs.columns", "several columns go to “x”"),
    ],
)
def test_columns_that_do_not_fit_are_said(
    folder: Path, header: str, columns: dict[str, str], field: str, said: str
) -> None:
    (folder / "a.csv").write_text(f"{header}\n{','.join('1' for _ in header.split(','))}\n")
    found = problems(folder, inputs={"csv": str(folder / "a.csv"), "columns": columns})
    assert said in found[field]


def test_columns_go_to_the_arguments_they_are_mapped_to(folder: Path) -> None:
    (folder / "a.csv").write_text("number,name\n1,2\n")
    ready = checked(folder, inputs={"csv": str(folder / "a.csv"), "columns": {"number": "x"}})
    assert list(rows.rows(ready.spec.inputs, folder / "inputs")) == [{"x": 1, "name": "2"}]


def test_a_checked_spec_says_all_that_was_left_out(folder: Path) -> None:
    ready = checked(folder, params={"rate": 2})
    assert ready.spec.inputs.argument == "x"
    assert ready.spec.params == {
        "name": "n",
        "mode": "fast",
        "rate": 2,
    }, "but a tuple is left to Python: JSON would make a list of it"
    assert (ready.spec.name, ready.total) == ("mine:score", 3)
    assert prepare.check(ready.spec, folder, folder / "inputs").spec == ready.spec
    assert specs.parse_yaml(specs.to_yaml(ready.spec)) == ready.spec


def test_the_inputs_go_to_the_first_argument_that_has_no_value(folder: Path) -> None:
    assert checked(folder, inputs={"list": ["a"]}, params={"x": 1}).spec.inputs.argument == "name"


def test_a_function_that_takes_anything_gets_anything(folder: Path) -> None:
    assert (
        checked(folder, "mine:anything", inputs={"grid": {"this": [1], "that": ["a"]}}, params={"more": None}).total
        == 1
    )


def test_none_fits_what_may_be_none() -> None:
    optional, wanted = prepare.Argument("x", "int", optional=True), prepare.Argument("x", "int")
    assert misfit(optional, None) == ""
    assert misfit(wanted, None) == "cannot be empty"
    assert misfit(wanted, True) != "", "True is 1 for Python alone"


# ---- against the cluster


def spec(**more: Any) -> TaskSpec:
    return TaskSpec(function="mine:score", inputs=Inputs(range=3), **more)


@pytest.mark.parametrize(
    ("more", "field", "said"),
    [
        ({"num_cpus": 3}, "num_cpus", "a task asks for 3 CPUs, and the whole cluster has 2"),
        ({"num_gpus": 1}, "num_gpus", "a task asks for 1 GPU, and the whole cluster has 0"),
        ({"memory_gb": 100}, "memory_gb", "a task asks for 100 GB of memory, and the whole cluster has 8"),
        ({"resources": {"my_res": 5}}, "resources.my_res", "a task asks for 5 my_res, and the whole cluster has 4"),
        ({"resources": {"nope": 1}}, "resources.nope", "a task asks for 1 nope, and the whole cluster has 0"),
    ],
)
def test_more_than_the_cluster_has_is_said_with_what_there_is(more: dict[str, Any], field: str, said: str) -> None:
    assert lacking(work.needs(spec(**more)), {"CPU": 2.0, "memory": 8e9, "myRes": 4.0}) == {field: said}


def test_what_fits_lacks_nothing() -> None:
    fits = spec(num_cpus=2, memory_gb=8, resources={"my_res": 4, "unused": 0})
    assert lacking(work.needs(fits), {"CPU": 2.0, "memory": 8e9, "myRes": 4.0}) == {}


@pytest.mark.ray
def test_a_launch_that_asks_for_too_much_is_refused_before_it_is_stored(cluster: Path) -> None:
    from backend import api  # the head that the fixture started
    from tests.conftest import poll

    jobs: JobsClient = api.house().cluster.jobs()
    poll(jobs.load, "Ray says what there is")
    before = len(api.runs())
    with pytest.raises(InvalidSpec) as caught:
        api.launch(
            {
                "kind": "tasks",
                "function": "monte_carlo_pi",
                "inputs": {"range": 3},
                "num_cpus": 4000,
                "resources": {"my_res": 1},
            }
        )
    assert set(caught.value.problems) == {"num_cpus", "resources.my_res"}
    assert len(api.runs()) == before
