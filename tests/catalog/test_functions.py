"""Functions are read, never run: their arguments, their files' problems, and the catalogue's own entries."""

import ast
import sys
from pathlib import Path
from typing import Any

import pytest

from backend.catalog import functions, own_code
from backend.catalog.functions import FUNCTIONS, FunctionEntry, look_up
from backend.catalog.own_code import own_files
from backend.catalog.own_environments import own_environments
from backend.catalog.signatures import Argument, Function
from backend.catalog.tunables import user_tunables
from backend.errors import UnknownWorkload
from backend.kinds.tasks import prepare, rows
from backend.kinds.tasks.spec import Inputs, TaskSpec

BOOBY_TRAP = """
from pathlib import Path
Path({path!r}).write_text("somebody imported this")
raise RuntimeError("somebody imported this")

def harmless(x: int) -> int:
    \"\"\"Doubles.

    And says more.
    \"\"\"
    return 2 * x
"""


def read(text: str) -> tuple[Function, ...]:
    return own_code.parsed(Path("mine.py"), text).functions


def only(text: str) -> Function:
    (found,) = read(text)
    return found


def argument(annotation: str) -> Argument:
    (found,) = only(f"def f(x: {annotation}): ...").arguments
    return found


@pytest.mark.parametrize(
    ("annotation", "wanted"),
    [
        ("int", {"kind": "int"}),
        ("float", {"kind": "float"}),
        ("bool", {"kind": "bool"}),
        ("str", {"kind": "str"}),
        ("Path", {"kind": "path"}),
        ("pathlib.Path", {"kind": "path"}),
        ("Literal['a', 'b']", {"kind": "literal", "options": ("a", "b")}),
        ("typing.Literal[1, -1]", {"kind": "literal", "options": (1, -1)}),
        ("Literal['a', None]", {"kind": "literal", "options": ("a", None), "optional": True}),
        ("Optional[int]", {"kind": "int", "optional": True}),
        ("typing.Optional[Literal['a']]", {"kind": "literal", "options": ("a",), "optional": True}),
        ("float | None", {"kind": "float", "optional": True}),
        ("None | Path", {"kind": "path", "optional": True}),
        ("Union[str, None]", {"kind": "str", "optional": True}),
        ("int | str", {"kind": "any"}),
        ("int | str | None", {"kind": "any", "optional": True}),
        ("list", {"kind": "list"}),
        ("list[int]", {"kind": "list", "of": "int"}),
        ("Sequence[float]", {"kind": "list", "of": "float"}),
        ("list[str] | None", {"kind": "list", "of": "str", "optional": True}),
        ("Annotated[int, 'seconds']", {"kind": "int"}),
        ("Annotated[float | None, 'seconds']", {"kind": "float", "optional": True}),
        ("'int | None'", {"kind": "int", "optional": True}),
        ("'no [ python'", {"kind": "any"}),
        ("np.ndarray", {"kind": "any"}),
        ("dict[str, int]", {"kind": "any"}),
        ("Any", {"kind": "any"}),
    ],
)
def test_an_annotation_is_understood(annotation: str, wanted: dict[str, Any]) -> None:
    assert argument(annotation) == Argument("x", **wanted)


@pytest.mark.parametrize(
    ("default", "kind", "value"),
    [
        ("3", "int", 3),
        ("0.5", "float", 0.5),
        ("-1", "int", -1),
        ("True", "bool", True),
        ("'a'", "str", "a"),
        ("[1]", "any", [1]),
    ],
)
def test_without_an_annotation_the_default_tells_the_kind(default: str, kind: str, value: object) -> None:
    (found,) = only(f"def f(x={default}): ...").arguments
    assert (found.kind, found.default, found.required, found.default_text) == (kind, value, False, "")


def test_a_default_of_none_makes_an_argument_optional() -> None:
    (found,) = only("def f(x: int = None): ...").arguments
    assert (found.kind, found.optional, found.required) == ("int", True, False)


# What JSON changes, such as a tuple, is left to Python: the function gets its own default, not a list that looks like
# it.
@pytest.mark.parametrize(
    "default", ["os.cpu_count()", "LIMIT", "(1, 2)", "b'x'", "{1, 2}", "{1: 2}", "...", "1e309", "[x for x in y]"]
)
def test_a_default_that_is_no_plain_value_is_shown_and_not_passed(default: str) -> None:
    (found,) = only(f"def f(x={default}): ...").arguments
    assert found == Argument("x", required=False, default=None, default_text=default)


DESCRIBED = """
def f(x: int, *more, mode="a", **rest):
    '''Does it.

    Args:
        x: What goes in:
            a number.
        mode (str, optional): How.

        **rest: Others.

    Returns:
        x: is none of the arguments.
    '''

class Model:
    '''Scores.

    Args:
        path: Where it lies.
    '''
    def __init__(self, path: str): ...
    def __call__(self, x):
        '''Scores one.

        Args:
            x: One.
        '''
"""


def test_what_the_docstring_says_of_an_argument_is_known() -> None:
    function, model = read(DESCRIBED)
    assert {each.name: each.about for each in function.arguments} == {"x": "What goes in: a number.", "mode": "How."}
    assert {each.name: each.about for each in (*model.init, *model.arguments)} == {
        "path": "Where it lies.",
        "x": "One.",
    }


def test_keyword_only_arguments_and_those_after_defaults_are_in_order() -> None:
    found = only("def f(a, b: int = 2, *more, c, d='x', **rest): ...")
    assert [(each.name, each.required) for each in found.arguments] == [
        ("a", True),
        ("b", False),
        ("c", True),
        ("d", False),
    ]
    assert found.takes_any
    assert found.signature == "f(a, b: int, c, d: str, **)"
    assert found.argument("c") == Argument("c")
    assert found.argument("more") is None


def test_a_class_that_can_be_called_has_the_arguments_of_its_constructor_too() -> None:
    text = (
        "class Model:\n  '''Scores.'''\n  def __init__(self, path: Path, k=3): ...\n  def __call__(self, row: dict, *,"
        " raw=False): ..."
    )
    found = only(text)
    assert (found.is_class, found.doc) == (True, "Scores.")
    assert [each.name for each in found.init] == ["path", "k"]
    assert [each.name for each in found.arguments] == ["row", "raw"]
    assert only("class Bare:\n  def __call__(self, x):\n    'Calls.'").doc == "Calls."


@pytest.mark.parametrize(
    "text",
    [
        "def _private(x): ...",
        "class _Private:\n  def __call__(self, x): ...",
        "def positional(x, /): ...",
        "class Positional:\n  def __call__(self, x, /): ...",
        "class Positional:\n  def __init__(self, x=1, /): ...\n  def __call__(self, y): ...",
        "class NotCallable:\n  def run(self, x): ...",
        "async def later(x): ...",
        "if True:\n  def nested(x): ...",
        "f = lambda x: x",
        "",
    ],
)
def test_what_cannot_be_fanned_out_is_left_out(text: str) -> None:
    assert read(text) == ()


def test_inner_functions_are_left_out() -> None:
    text = "def outer(x):\n  def inner(y): ...\n  return inner\ndef other(z): ..."
    assert [each.name for each in read(text)] == ["outer", "other"]


def test_text_that_is_no_python_is_a_syntax_error() -> None:
    with pytest.raises(SyntaxError):
        read("def f(:")


def test_the_users_files_are_listed_without_importing_them(tmp_path: Path) -> None:
    trace, folder = tmp_path / "trace", tmp_path / "workloads"
    folder.mkdir()
    (folder / "trap.py").write_text(BOOBY_TRAP.format(path=str(trace)))
    (folder / "broken.py").write_text("x = 1\ndef f(:\n")
    (folder / "latin.py").write_bytes("def f(): 'é'".encode("latin-1"))
    (folder / "notepad.py").write_bytes("def f(x): ...".encode("utf-8-sig"))
    (folder / "no-module.py").write_text("def f(): ...")
    (folder / "notes.txt").write_text("no Python")
    before = set(sys.modules)
    found = {file.name: file for file in own_files(folder)}
    trap = look_up("trap:harmless", folder)
    assert set(sys.modules) == before
    assert not trace.exists()
    assert list(found) == ["broken", "latin", "no-module", "notepad", "trap"]
    assert found["no-module"].said.startswith("no-module.py cannot be used: its name is none for a module")
    assert found["no-module"].functions == ()
    assert found["broken"].problem.startswith("line 2: ")
    assert "utf-8" in found["latin"].problem
    assert [each.name for each in found["notepad"].functions] == ["f"], "a byte order mark is no problem"
    assert (found["trap"].problem, [each.name for each in found["trap"].functions]) == ("", ["harmless"])
    assert (trap.summary, trap.code, trap.text) == ("Doubles.", "trap:harmless", (folder / "trap.py").read_text())
    assert len(trap.hash) == 64
    assert own_files(tmp_path / "nowhere") == []


def test_a_file_is_parsed_once_for_all_that_is_read_of_it_until_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, parsed = tmp_path / "mine.py", []
    path.write_text("def train(config): ...")
    parse = ast.parse
    monkeypatch.setattr(ast, "parse", lambda text: parsed.append(text) or parse(text))
    assert [each.name for each in look_up("mine:train", tmp_path).function.arguments] == ["config"]
    assert [name for name, _ in user_tunables(tmp_path)] == ["mine:train"]
    assert own_environments(tmp_path) == []
    assert len(parsed) == 1
    path.write_text("class Walk:\n  def reset(self): ...\n  def step(self, action): ...")
    assert [each.id for each in own_environments(tmp_path)] == ["mine:Walk"]
    assert user_tunables(tmp_path) == []
    assert len(parsed) == 2


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("monte_carlo_py", "Did you mean monte_carlo_pi"),
        ("quantum", "There is: monte_carlo_pi"),
        ("min:double", "Did you mean mine"),
        ("mine:duoble", "Did you mean double"),
        ("mine:", "There is: double"),
        ("broken:f", r"broken\.py does not parse: line 1"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "mine.py").write_text("def double(x): ...")
    (tmp_path / "broken.py").write_text("def f(:")
    with pytest.raises(UnknownWorkload, match=said):
        look_up(name, tmp_path)


def test_an_empty_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnknownWorkload, match="no Python files yet"):
        look_up("mine:double", tmp_path)


def test_with_the_text_of_the_launch_the_file_is_not_looked_at(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def other(y): ...")
    found = look_up("mine:double", tmp_path, "def double(x: int): ...")
    assert [each.name for each in found.function.arguments] == ["x"]


@pytest.mark.parametrize("entry", FUNCTIONS.values(), ids=lambda each: each.id)
def test_each_function_of_ours_is_described_and_starts_as_it_stands(entry: FunctionEntry, tmp_path: Path) -> None:
    assert entry.title
    assert len(entry.summary) > 30
    assert entry.function.doc
    for each in (*entry.function.arguments, *entry.function.init):
        assert each.kind != "any", f"a form needs to know what {each.name} is"
    spec = TaskSpec(function=entry.id, inputs=Inputs(**entry.inputs), params=entry.params, **entry.options)
    ready = prepare.check(spec, tmp_path, tmp_path)
    assert ready.spec.name == entry.title
    assert ready.total == rows.count(ready.spec.inputs, tmp_path) > 0
    given = {*next(rows.rows(ready.spec.inputs, tmp_path)), *ready.spec.params}
    optional = {each.name for each in entry.function.arguments if each.optional}
    assert given | optional == {each.name for each in entry.function.arguments}, "every other default is written out"


def test_ours_are_plain_files_next_to_each_other() -> None:
    for entry in FUNCTIONS.values():
        module, _, attribute = entry.code.partition(":")
        text = (Path(functions.__file__).parent.parent / "workloads" / f"{module}.py").read_text()
        assert attribute in {each.name for each in read(text)}
