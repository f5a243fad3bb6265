"""Components: each script stands on what all of them share, and stays one module with it."""

import re
from collections import Counter

import pytest

from pages.widgets import component, figure_plot, live_plot

SCRIPTS = {str(file.relative_to(component.PAGES)) for file in component.PAGES.rglob("*.js")} - {"widgets/common.js"}
MODULES = [live_plot.FILES, figure_plot.FILES, *((each,) for each in sorted(SCRIPTS))]


@pytest.mark.parametrize("files", MODULES, ids=" ".join)
def test_no_name_is_declared_twice_in_a_module(files: tuple[str, ...]) -> None:
    declared = Counter(re.findall(r"^(?:const|let|function) (\w+)", component.script(*files), re.MULTILINE))
    assert declared["make"] == 1, "what is shared stands in front"
    assert {name for name, times in declared.items() if times > 1} == set(), "the browser would refuse the whole module"


def test_styles_and_scripts_are_told_apart_by_their_ending() -> None:
    assert ".raydeck-plot" in component.styles(*live_plot.FILES)
    assert "export default" not in component.styles(*live_plot.FILES)
    assert component.script(*live_plot.FILES).count("export default") == 1


def test_a_listener_is_told_what_was_said_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[object] = []
    monkeypatch.setattr(component.st, "session_state", {"table": {"query": "", "sort": None}})
    for name in ("query", "sort", "open"):
        component.tell("table", name, heard.append)
    component.tell("table", "query", None)
    assert heard == [""], "an empty query is one"
