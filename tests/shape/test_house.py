"""The house stands as designed: what a page may load, where scripts lie, what app.py is."""

import ast
import subprocess
import sys

import pytest

from backend.settings import ROOT

HEAVY = ("torch", "gymnasium", "ray.rllib", "ray.tune", "ray")


def test_no_script_lies_directly_in_pages() -> None:
    """Streamlit would run it without app.py: without frame and, one day, without sign-in."""
    assert list((ROOT / "pages").glob("*.py")) == []


def test_the_web_process_loads_no_workload_library() -> None:
    code = (
        "import sys, pathlib, importlib\n"
        "import pages.frame.frame\n"
        "for path in pathlib.Path('pages').glob('*/**/*.py'):\n"
        "    if path.name != 'start.py' and path.parent.as_posix() not in ('pages/watch', 'pages/compare', 'pages/cluster'):  # scripts\n"
        "        importlib.import_module('.'.join(path.with_suffix('').parts))\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
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


def test_functions_fit_on_half_a_screen() -> None:
    long = []
    for path in [*ROOT.glob("backend/**/*.py"), *ROOT.glob("pages/**/*.py")]:
        if "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno > 45:
                long.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}")
    assert long == []


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
            asked += [f"{where}:{node.lineno}" for node in ast.walk(ast.parse(path.read_text())) if _asks_the_kind(node)]
    assert asked == []


@pytest.mark.parametrize(
    "code",
    [
        "isinstance(x, RLSpec)", "isinstance(x, (int, sweep.SweepSpec))", "isinstance(x, TaskSpec | None)", "run.kind == 'rl'",
        "'rl' != self.run.kind", "spec.kind in KINDS", "[r for r in rows if other.kind == 'rl']", "WORDS[run.kind]", "WORDS.get(run.kind)",
    ],
)  # fmt: skip
def test_such_a_question_is_found(code: str) -> None:
    assert any(map(_asks_the_kind, ast.walk(ast.parse(code))))


@pytest.mark.parametrize("code", ["domain.kind == 'fixed'", "kinds.kind(run).part", "{'kind': run.kind}", "isinstance(x, Run)"])
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
