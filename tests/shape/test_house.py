"""The house stands as designed: what a page may load, where scripts lie, what app.py is."""

import ast
import subprocess
import sys

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
        "    if path.parent.as_posix() not in ('pages/start', 'pages/watch', 'pages/compare', 'pages/cluster'):  # scripts\n"
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
