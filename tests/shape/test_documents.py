"""What the documents say is so: links, specs, Python, and the names of all that can be asked for."""

import re
from pathlib import Path

import pytest
import typer

import backend
from backend.catalog.algorithms import ALGORITHMS
from backend.catalog.functions import FUNCTIONS
from backend.catalog.search import SCHEDULERS, SEARCHERS
from backend.catalog.trainables import TRAINABLES
from backend.cli.app import app
from backend.kinds import specs
from backend.kinds.rl.options import Stop, Wrappers
from backend.kinds.rl.spec import RLSpec
from backend.kinds.sweep.spec import SweepSpec
from backend.kinds.tasks.spec import Inputs, TaskSpec
from backend.settings import ROOT, Settings
from backend.store.find import fields, grammar

DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("data/*.md"), *ROOT.glob("static/*.md")])
MANUAL = (ROOT / "docs/manual.md").read_text(encoding="utf-8")
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
OWN_FIELDS = {"RAY_ADDRESS" if name == "ray_address" else f"RAYDECK_{name.upper()}" for name in Settings.model_fields}
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
CATALOGUE = [*ALGORITHMS, *SEARCHERS, *SCHEDULERS, *FUNCTIONS, *TRAINABLES]
SPEC_FIELDS = [name for model in (RLSpec, SweepSpec, TaskSpec, Stop, Wrappers) for name in model.model_fields]


def _blocks(language: str) -> dict[str, str]:
    """Returns the examples in a language, by document and number."""
    found = {}
    for path in DOCUMENTS:
        for number, (named, text) in enumerate(BLOCK.findall(path.read_text(encoding="utf-8"))):
            if named == language:
                found[f"{path.name}-{number}"] = text
    return found


SPECS, PYTHON = _blocks("yaml"), _blocks("python")


def _section(title: str) -> str:
    """Returns a part of the manual, from its heading to the next of its rank."""
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", MANUAL, re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


def _code(path: Path) -> str:
    """Returns what a document says in code, a line each."""
    text = path.read_text(encoding="utf-8")
    return "\n".join([*(block for _, block in BLOCK.findall(text)), *sorted(_in_backticks(BLOCK.sub("", text)))])


def _in_backticks(text: str) -> set[str]:
    return set(re.findall(r"`([^`\n]+)`", text))


def _anchors(path: Path) -> set[str]:
    """Returns what a link may name in a document: its headings, as GitHub writes them."""
    headings = re.findall(r"^#+ (.+)$", BLOCK.sub("", path.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda each: each.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(path: Path) -> None:
    lost = []
    for link in LINK.findall(BLOCK.sub("", path.read_text(encoding="utf-8"))):
        name, _, anchor = link.partition("#")
        target = path.parent / name if name else path
        if ":" not in link and not (target.exists() and (not anchor or anchor in _anchors(target))):
            lost.append(link)
    assert lost == []


@pytest.mark.parametrize("text", SPECS.values(), ids=SPECS)
def test_specs_can_be_launched(text: str) -> None:
    assert specs.parse_yaml(text).kind in text


@pytest.mark.parametrize("text", PYTHON.values(), ids=PYTHON)
def test_python_compiles(text: str) -> None:
    compile(text, "document", "exec")


def test_the_manual_knows_every_setting_and_no_other() -> None:
    assert set(re.findall(r"\| `(RAY\w*)` \|", _section("Settings"))) == OWN_FIELDS
    for path in DOCUMENTS:
        assert set(re.findall(r"RAYDECK_\w+", path.read_text(encoding="utf-8"))) <= OWN_FIELDS, path.name


def test_the_manual_knows_every_command_and_no_other() -> None:
    assert set(re.findall(r"^\| `raydeck (\w+)", _section("Command line"), re.MULTILINE)) == set(COMMANDS)
    for path in DOCUMENTS:
        assert set(re.findall(r"^raydeck (\w+)", _code(path), re.MULTILINE)) <= set(COMMANDS), path.name


@pytest.mark.parametrize("name", COMMANDS)
def test_the_manual_knows_every_option_and_no_other(name: str) -> None:
    (row,) = re.findall(rf"^\| `raydeck {name}\b.*$", _section("Command line"), re.MULTILINE)
    there = {option for each in COMMANDS[name].params for option in each.opts if option.startswith("--")}
    assert set(re.findall(r"--[a-z-]+", row)) == there - {"--json"}
    without = set(re.findall(r"`(\w+)`", _section("Command line").partition("`--help`")[0]))
    assert ("--json" not in there) == (name in without)


@pytest.mark.parametrize("name", sorted({*CATALOGUE, *SPEC_FIELDS}))
def test_the_manual_knows_what_a_spec_can_say(name: str) -> None:
    assert name in _in_backticks(_section("Specs"))


def test_the_manual_knows_the_inputs_of_a_fan_out() -> None:
    assert {name.removeprefix("inputs.") for name in _in_backticks(_section("Specs"))} >= set(Inputs.model_fields)


def test_the_manual_knows_every_name_of_the_door_and_no_other() -> None:
    rows = re.findall(r"^\| (`.+?) \|", _section("Python"), re.MULTILINE)
    assert {name for row in rows for name in _in_backticks(row)} == set(backend.__all__)


def test_the_manual_knows_every_field_of_a_query() -> None:
    assert _in_backticks(_section("Find")) >= set(fields.FIELDS)


def test_every_query_of_the_manual_can_be_read() -> None:
    rows = re.findall(r"^\| (`.+?) \|", _section("Find"), re.MULTILINE)
    queries = [query for row in rows for query in _in_backticks(row)]
    assert len(queries) > 10
    assert all(grammar.parse(query) for query in queries)


def test_contributors_are_told_every_target_of_make_and_no_other() -> None:
    targets = set(re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[0].split())
    told = {path.name: set(re.findall(r"^make ([a-z]+)", _code(path), re.MULTILINE)) for path in DOCUMENTS}
    assert told["CONTRIBUTING.md"] == targets
    assert {path: names - targets for path, names in told.items() if names - targets} == {}


def test_every_example_of_finding_can_be_read() -> None:
    for path in DOCUMENTS:
        for query in re.findall(r"--query '([^']+)'", path.read_text(encoding="utf-8")):
            assert grammar.parse(query)
