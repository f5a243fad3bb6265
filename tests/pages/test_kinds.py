"""Every kind of work has a view, and those that can be started a form that leads to a run."""

import sys
from dataclasses import replace
from types import ModuleType

import pytest

from backend.api import kinds as facts
from backend.api.kinds import KINDS
from backend.catalog.examples import EXAMPLES
from backend.settings import ROOT
from pages.runs import kinds
from tests.analysis.test_groups import run as made

RUN = made(1, {"kind": "rl", "name": "mine"})


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_a_kind_can_be_started_if_it_launches(kind: facts.Kind) -> None:
    start = kinds.view(replace(RUN, kind=kind.id)).start
    assert (start is not None) == kind.launches
    assert start is None or (ROOT / start.page).is_file()


def test_no_two_kinds_share_a_page() -> None:
    every = kinds.starts().values()
    assert (
        len({each.address for each in every})
        == len({each.page for each in every})
        == len({each.title for each in every})
        == len(every)
    )


def test_every_example_has_a_form() -> None:
    assert {example.spec["kind"] for example in EXAMPLES.values()} <= set(kinds.starts())


def test_one_that_is_not_known_is_shown_nonetheless() -> None:
    run = replace(RUN, kind="gone")
    assert "does not know" in kinds.view(run).subject(run)
    assert kinds.view(run).start is None


def test_a_new_kind_needs_a_line_and_its_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its view is found by the name that its line gives."""
    toy = ModuleType("toy_view")
    toy.view = replace(kinds.view(RUN), subject=lambda run: f"a toy: {run.name}")  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "toy_view", toy)
    monkeypatch.setitem(KINDS, "toy", facts.Kind(id="toy", title="Toy", part="toy", code="", page="toy_view"))
    run = replace(RUN, kind="toy", name="mine")
    assert kinds.view(run).subject(run) == "a toy: mine"
    assert [len(runs) for _, runs in kinds.side_by_side([run, RUN, run])] == [1, 2]
    assert list(kinds.starts())[-1] == "toy"
