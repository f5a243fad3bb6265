"""The house stands as designed: what a page may load, where scripts lie, what app.py is."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from backend.settings import ROOT

HEAVY = ("torch", "gymnasium", "ray.rllib", "ray.tune", "ray")


def test_no_script_lies_directly_in_pages() -> None:
    """Streamlit would run it without app.py: without frame and, one day, without sign-in."""
    assert list((ROOT / "pages").glob("*.py")) == []


def test_the_web_process_loads_no_workload_library() -> None:
    code = (
        "import sys, pathlib, importlib\nimport pages.frame.frame\nfor path in"
        " pathlib.Path('pages').glob('*/**/*.py'):\n    if path.name != 'start.py' and path.parent.as_posix() not in"
        " ('pages/watch', 'pages/compare', 'pages/cluster'):  # scripts\n       "
        f" importlib.import_module('.'.join(path.with_suffix('').parts))\nprint([name for name in {HEAVY} if name in"
        " sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert said.stdout.strip() == "[]"


def test_app_is_the_frame_and_nothing_else() -> None:
    tree = ast.parse((ROOT / "app.py").read_text())
    imported = [node.module for node in tree.body if isinstance(node, ast.ImportFrom)]
    assert imported == ["pages.frame.frame"]
    assert not [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Import)]


def test_the_door_imports_nothing_at_import_time() -> None:
    code = "import sys, backend; print([name for name in sys.modules if name.startswith('backend')])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert said.stdout.strip() == "['backend']"


def test_a_click_is_answered_by_a_callback() -> None:
    """A script may be drawn anew between a click and the line that asks for it; a callback runs whole."""
    lost = []
    for path in ROOT.glob("pages/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "button":
                if not any(keyword.arg == "on_click" for keyword in node.keywords):
                    lost.append(f"{path.relative_to(ROOT)}:{node.lineno}")
            elif isinstance(node, ast.Attribute) and node.attr == "switch_page" and path.name != "actions.py":
                lost.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert lost == []


MOST_LINES = {ast.FunctionDef: 45, ast.ClassDef: 200}


def test_functions_fit_on_half_a_screen_and_classes_and_files_can_be_read_in_one_go() -> None:
    long = []
    for path in [*ROOT.glob("backend/**/*.py"), *ROOT.glob("pages/**/*.py")]:
        if "migrations" in path.parts:
            continue
        text, where = path.read_text(), path.relative_to(ROOT)
        if text.count("\n") > 300:
            long.append(str(where))
        for node in ast.walk(ast.parse(text)):
            for kind, most in MOST_LINES.items():
                if isinstance(node, kind) and (node.end_lineno or 0) - node.lineno > most:
                    long.append(f"{where}:{node.lineno} {node.name}")
    assert long == []


def test_pickles_are_written_by_workers_alone() -> None:
    """Of what neither JSON nor a file can hold. Nothing of ours reads one but the workloads that wrote it."""
    found = [
        path.relative_to(ROOT).as_posix()
        for root in ("backend", "pages")
        for path in (ROOT / root).rglob("*.py")
        if re.search(r"^\s*(import|from) (cloud)?pickle\b", path.read_text(), re.MULTILINE)
    ]
    assert [each for each in sorted(found) if not each.startswith("backend/workloads/")] == [
        "backend/kinds/tasks/results.py"
    ]


MEMOISED = {  # what can be no other in this process, so that nothing has to forget it
    "backend/analysis/answers/rows.py": {"resampling"},
    "backend/catalog/registry.py": {"key"},
    "backend/export/report.py": {"_markdown", "_template"},
    "backend/store/find/grammar.py": {"_parser"},
    "pages/frame/serve.py": {"_index"},
    "pages/runs/kinds.py": {"_imported"},
    "pages/widgets/markup.py": {"_template"},
}
OUT_OF_REACH = ("backend/workloads/", "backend/cache.py")  # workloads import nothing of ours


def test_what_is_kept_in_memory_is_in_a_cache_that_reset_clears() -> None:
    """What depends on files, the database, the cluster or the hour is in a backend.cache.Cache;
    functools keeps the rest."""
    lost = []
    for path in sorted(path for root in ROOTS for path in (ROOT / root).rglob("*.py")):
        where = path.relative_to(ROOT).as_posix()
        if not where.startswith(OUT_OF_REACH):
            lost += [
                f"{where}:{line}" for line in _kept_by_hand(ast.parse(path.read_text()), MEMOISED.get(where, set()))
            ]
    assert lost == []


@pytest.mark.parametrize(
    "code",
    [
        "_pages: dict[str, int] = {}", "_known = dict()", "_seen: set[int] = set()", "_kept = OrderedDict()",
        "_by = defaultdict(list)",
        "class A:\n  def __init__(self):\n    self.kept = collections.OrderedDict()", "kept.popitem(last=False)",
        "def f():\n  global _last\n  _last = 1", "@lru_cache(maxsize=8)\ndef f(path): ...",
        "@functools.cache\ndef f(path): ...",
    ],
)  # fmt: skip
def test_such_a_cache_is_found(code: str) -> None:
    assert list(_kept_by_hand(ast.parse(code), {"g"}))


@pytest.mark.parametrize(
    "code", ["A = {1: 2}", "def f():\n  found = {}", "@cache\ndef g(): ...", "class A:\n  x: dict = field()"]
)
def test_what_is_no_such_cache_is_left_alone(code: str) -> None:
    assert not list(_kept_by_hand(ast.parse(code), {"g"}))


def _kept_by_hand(tree: ast.Module, memoised: set[str]) -> Iterator[int]:
    """Yields the lines of what is filled as a process goes on: a table that is empty at import, a
    memoised function, a global."""
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and _is_empty_table(node.value):
            yield node.lineno
    for each in ast.walk(tree):
        match each:
            case ast.Global():
                yield each.lineno
            case ast.Call(func=func) if _name(func) in ("OrderedDict", "popitem"):
                yield each.lineno
            case ast.FunctionDef(name=name, decorator_list=given) if name not in memoised:
                called = [_name(one.func if isinstance(one, ast.Call) else one) for one in given]
                if {"cache", "lru_cache"} & set(called):
                    yield each.lineno


def _is_empty_table(node: ast.AST | None) -> bool:
    match node:
        case ast.Dict(keys=[]):
            return True
        case ast.Call(func=func, args=[]) if _name(func) in ("dict", "set"):
            return True
        case ast.Call(func=func):
            return _name(func) in ("OrderedDict", "defaultdict", "WeakKeyDictionary", "WeakValueDictionary", "WeakSet")
    return False


ROOTS = ("backend", "pages")
OF_KINDS = ("backend/kinds/", "pages/kinds/")  # where alone it matters which kind something is of
SPECS = {"RLSpec", "SweepSpec", "TaskSpec", "ExternalSpec", "RLTrainable"}
OF_A_KIND = {"run", "spec", "row", "other", "first", "member"}  # what has a `kind` of work, as they are called


def test_nobody_outside_the_kinds_asks_which_kind_it_is() -> None:
    """What there is to know of a kind is in backend.kinds and in its view: a new one needs no line anywhere else."""
    asked = []
    for path in sorted(path for root in ROOTS for path in (ROOT / root).rglob("*.py")):
        where = path.relative_to(ROOT).as_posix()
        if not where.startswith(OF_KINDS):
            asked += [
                f"{where}:{node.lineno}" for node in ast.walk(ast.parse(path.read_text())) if _asks_the_kind(node)
            ]
    assert asked == []


@pytest.mark.parametrize(
    "code",
    [
        "isinstance(x, RLSpec)", "isinstance(x, (int, sweep.SweepSpec))", "isinstance(x, TaskSpec | None)",
        "run.kind == 'rl'",
        "'rl' != self.run.kind", "spec.kind in KINDS", "[r for r in rows if other.kind == 'rl']", "WORDS[run.kind]",
        "WORDS.get(run.kind)",
    ],
)  # fmt: skip
def test_such_a_question_is_found(code: str) -> None:
    assert any(map(_asks_the_kind, ast.walk(ast.parse(code))))


@pytest.mark.parametrize(
    "code", ["domain.kind == 'fixed'", "kinds.kind(run).part", "{'kind': run.kind}", "isinstance(x, Run)"]
)
def test_what_is_no_such_question_is_left_alone(code: str) -> None:
    assert not any(map(_asks_the_kind, ast.walk(ast.parse(code))))


def _asks_the_kind(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="isinstance"), args=[_, types]):
            return any(_name(each) in SPECS for each in ast.walk(types))
        case ast.Compare(left=left, comparators=others):
            return any(map(_is_kind, (left, *others)))
        case ast.Subscript(slice=key):
            return _is_kind(key)
        case ast.Call(func=ast.Attribute(attr="get"), args=[key, *_]):
            return _is_kind(key)
        case ast.Match(subject=subject):
            return _is_kind(subject)
    return False


def _is_kind(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "kind" and _name(node.value) in OF_A_KIND


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
