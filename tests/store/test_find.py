"""Queries: what is printed parses to itself, what the database finds is what Python finds, and
what is wrong is pointed at."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from backend.errors import InvalidQuery
from backend.model import Run, RunState
from backend.store import annotations, queries, runs
from backend.store.database import Database
from backend.store.find import fields, pages
from backend.store.find.grammar import parse
from backend.store.find.query import And, Compare, Field, Has, LastDays, Listing, Node, Not, Number, Or, Text, Words
from backend.store.find.settings import of_spec, of_trial, words
from backend.store.recording.recorder import Recorder
from tests.conftest import LAKE, content

LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
NAMES = st.sampled_from(
    ["state", "params.lr", "metrics.eval/return_mean.best", "my name", "and", "a=b", "größe", "x.y"]
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False).map(Number)
TEXTS = st.text(LETTERS, max_size=12).map(Text)
SPANS = st.builds(
    LastDays, st.integers(1, 999_999), st.sampled_from(["minute", "hour", "day", "week", "month", "year"])
)
SINGLES = st.one_of(NUMBERS, TEXTS, SPANS)
LISTS = st.lists(SINGLES, max_size=4).map(lambda values: Listing(tuple(values)))
OPERATORS = st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "contains"])
ANY_LEAF = st.one_of(
    st.builds(Compare, NAMES.map(Field), OPERATORS, SINGLES),
    st.builds(Compare, NAMES.map(Field), st.just("in"), st.one_of(SINGLES, LISTS)),
    st.sampled_from(["starred", "params.lr", "metrics.x.min"]).map(lambda name: Has(Field(name))),
    st.text(LETTERS, max_size=12).map(Words),
)


def trees(leaf: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    def grown(part: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
        several = st.lists(part, min_size=2, max_size=3).map(tuple)
        return st.one_of(part.map(Not), several.map(And), several.map(Or))

    return st.recursive(leaf, grown, max_leaves=8)


@settings(deadline=None, max_examples=150)
@given(trees(ANY_LEAF))
def test_what_is_printed_parses_to_itself(tree: Node) -> None:
    assert parse(str(tree)) == tree


def why_not(text: str) -> InvalidQuery | None:
    try:
        parse(text)
    except InvalidQuery as error:
        return error
    return None


@settings(deadline=None, max_examples=200)
@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(
    ["state", "==", "(", ")", "[", "]", "and", "or", "not", "in", "'", '"', "`", "last 7 days", "1e-3", ",", "lake",
    "\\", "!"]
), max_size=25).map(" ".join)))  # fmt: skip
def test_whatever_is_typed_is_a_query_or_an_error_that_points_at_it(text: str) -> None:
    error = why_not(text)
    assert error is None or (0 <= error.position <= len(text) and error.length >= 1 and str(error))


@pytest.mark.parametrize(
    ("query", "at", "said"),
    [
        ("'; drop table runs", 0, "never closed"),
        ("x'; drop table runs; --", 1, "never closed"),
        ("(state == failed", 0, "never closed"),
        ("state == failed)", 15, "no bracket open"),
        ("state ==", 8, "missing after"),
        ("lake and", 8, "missing after"),
        ("state == [failed]", 6, "goes with “in”"),
        ("== 3", 0, "A field is missing"),
        ("(" * 500 + "a" + ")" * 500, 30, "deep"),
        ("not " * 900 + "a", 3600, "deep"),
        ("a " * 101, 200, "at most 100 conditions"),
        ("x" * 5000, 4000, "at most 4,000 letters"),
        (f"state in [{','.join(['failed'] * 101)}]", 0, "at most 100 conditions"),
    ],
)
def test_what_cannot_be_read_is_pointed_at(query: str, at: int, said: str) -> None:
    with pytest.raises(InvalidQuery, match=said) as raised:
        parse(query)
    assert raised.value.position == at


@pytest.mark.parametrize(
    ("query", "at", "nearest"),
    [
        ("algoritm == ppo", 0, "algorithm"),
        ("lake and parms.alpha < 1", 9, "params.alpha"),
        ("params.alpah < 1", 0, "params.alpha"),
        ("alpha > 1", 0, "params.alpha"),
        ("metrics.return_men > 1", 0, "metrics.return_mean"),
        ("state == runing", 9, "running"),
        ("drop.table == 1", 0, None),
        ("name < 3", 0, None),
        ("params.alpha < high", 15, None),
        ("created > soon", 10, None),
        ("created > 2026-13-45", 10, None),
        ("created > last 7 days", 10, None),
        ("duration > fast", 11, None),
        ("starred == maybe", 11, None),
    ],
)
def test_what_does_not_exist_is_pointed_at_with_what_may_be_meant(
    database: Database, query: str, at: int, nearest: str | None
) -> None:
    made(database)
    with pytest.raises(InvalidQuery) as raised:
        queries.all_runs(database, query=query)
    assert raised.value.position == at
    assert nearest is None or nearest in raised.value.nearest
    assert len(queries.all_runs(database)) == 6, "and nothing else happened"


NASTY = "<b>%_'\"\\ 日本 🚕"
ASKED: list[dict[str, Any]] = [
    {"algorithm": "q_learning", "alpha": 0.5, "name": "lake one"},
    {"algorithm": "sarsa", "alpha": 0.1, "name": "LAKE two"},
    {"algorithm": "q_learning", "alpha": 0.25, "name": NASTY},
    {"algorithm": "expected_sarsa", "alpha": 1.0, "name": "50% done"},
]
ENDS = (RunState.SUCCEEDED, RunState.FAILED, RunState.STOPPED, None)


def made(database: Database) -> list[str]:
    """Stores six runs that differ in whatever a query can ask for."""
    found = []
    for number, asked in enumerate(ASKED):
        spec = LAKE | {"name": asked["name"], "algorithm": asked["algorithm"], "seeds": [1, 2 + number]}
        spec["params"] = LAKE["params"] | {"alpha": asked["alpha"]}
        run_id = runs.create(database, content(spec), spec["seeds"])
        runs.claim(database, run_id, 1, "host", {})
        recorder = Recorder(database, run_id, 1)
        for step in range(12):
            for trial in (0, 1):
                recorder.report(
                    trial,
                    step,
                    {
                        "return_mean": float(step * (number - 1) + trial),
                        "loss": float("nan") if number else 1 / (step + 1),
                    },
                )
        recorder.close()
        if end := ENDS[number]:
            runs.finish(database, run_id, 1, end, error="boom" if end is RunState.FAILED else "")
        found.append(run_id)
    external = {
        "kind": "external",
        "name": "script",
        "params": {"lr": "1e-3", "deep": {"x": 3}, "flag": True, "none": None, "my name": 3},
    }
    found.append(runs.begin(database, external, "other", {}))
    found.append(runs.create(database, content(LAKE | {"name": "waits"}), [1]))
    annotations.tag(database, found[:2], ["baseline", NASTY])
    annotations.note(database, found[0], "look at this one")
    annotations.star(database, [found[1]], True)
    return found


SIGNS = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
SAME = st.sampled_from(["==", "!="])


def compared(names: list[str], operators: st.SearchStrategy[Any], values: list[Any]) -> st.SearchStrategy[Node]:
    made = [
        Text(value) if isinstance(value, str) else Number(float(value)) if isinstance(value, int | float) else value
        for value in values
    ]
    return st.builds(Compare, st.sampled_from(names).map(Field), operators, st.sampled_from(made))


STANDINGS = [
    f"metrics.{key}{stat}"
    for key in ("return_mean", "loss")
    for stat in ("", ".last", ".best", ".mean", ".mean3", ".mean10", ".min", ".max")
]
MOMENTS = ["created", "started", "ended"]
LEAVES: st.SearchStrategy[Node] = st.one_of(
    compared(["state"], SAME, ["failed", "running", "queued"]),
    compared(
        ["name", "algorithm", "environment", "id", "host", "note", "parent", "error", "params.lr"],
        st.sampled_from(["==", "!=", "contains"]),
        ["lake", "sarsa", "q_learning", NASTY, "%", "_", "1e-3", "host", ""],
    ),
    compared(
        ["params.alpha", "params.seed", "params.deep.x", "seed", "attempt"], SIGNS, [0.1, 0.25, 1, 2, 3, 1e300, -1.5]
    ),
    compared(["best", "last"], SIGNS, [-11, 0, 1, 10.5, 12, 22]),
    compared(STANDINGS, SIGNS, [-5, 0, 0.5, 1, 6.5, 22]),
    compared(["tags"], st.sampled_from(["contains", "==", "!="]), ["baseline", NASTY, "x"]),
    compared(["starred", "archived"], SAME, ["true", "no"]),
    compared(MOMENTS, st.just("in"), [LastDays(1, "hour"), LastDays(7, "day"), LastDays(2, "year")]),
    compared(MOMENTS, SIGNS, ["today", "yesterday", "2020-02", "2999-12-31"]),
    compared(["params.alpha"], st.just("in"), [Listing(()), Listing((Number(0.5), Number(1.0))), Number(7.0)]),
    st.sampled_from(
        ["params.flag", "params.none", "metrics.loss", "metrics.loss.best", "tags", "note", "starred", "parent"]
    ).map(lambda name: Has(Field(name))),
    st.sampled_from(["lake", "50%", "FROZENlake", "look at", "baseline", "日本", "queued", "zebra"]).map(Words),
)


def test_the_database_finds_what_python_finds(database: Database) -> None:
    made(database)
    everything = [*queries.all_runs(database), *queries.all_runs(database, query="archived")]

    @settings(deadline=None, max_examples=120, suppress_health_check=list(HealthCheck))
    @given(trees(LEAVES))
    def agree(tree: Node) -> None:
        text = f"({tree}) and (archived or not archived)"
        assume(len(text) < 4000)
        found = {run.id for run in queries.all_runs(database, query=text)}
        assert found == {run.id for run in everything if holds(tree, run)}, text

    agree()


def holds(node: Node, run: Run) -> bool:
    """Evaluates a query on a run as one would with the run alone, without the database."""
    match node:
        case And(parts):
            return all(holds(part, run) for part in parts)
        case Or(parts):
            return any(holds(part, run) for part in parts)
        case Not(part):
            return not holds(part, run)
        case Words(text):
            haystack = [words(run.id, run.spec, run.note)["words"][1] or "", run.state.value, *run.tags]
            return any(text.lower() in each.lower() for each in haystack)
        case Has(field):
            return any(value not in (None, False, "") for value in values(field.name, run)) or (
                field.name.startswith("params.") and bool(values(field.name, run))
            )
        case Compare(field, "!=", value):
            return not holds(Compare(field, "==", value), run)
        case Compare(field, "in", value):
            listed = value.values if isinstance(value, Listing) else (value,)
            return any(holds(Compare(field, "==", each), run) for each in listed)
        case Compare(field, operator, value):
            return any(agrees(operator, known, value) for known in values(field.name, run) if known is not None)
    raise AssertionError(node)


COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda a, b: a == b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


class Moment(float):
    """Seconds since the epoch."""


def agrees(operator: str, known: Any, value: Any) -> bool:
    if isinstance(known, bool):
        return known == (value.value in ("true", "yes", "1"))
    if isinstance(known, Moment):
        if isinstance(value, LastDays):
            return time.time() - value.seconds <= known
        days = {"2020-02": -2000, "2999-12-31": 300_000, "today": 0, "yesterday": -1}[value.value]
        here = (days > 0) - (days < 0)  # what was asked lies before, in, or after today, when all of them were made
        return COMPARE[operator](0, here)
    if operator == "contains":
        return isinstance(known, str) and value.value.lower() in known.lower()
    if isinstance(value, Text) and isinstance(known, float):
        return value.value == "1e-3" and COMPARE[operator](known, 1e-3)
    return isinstance(known, str) == isinstance(value, Text) and COMPARE[operator](known, value.value)


def values(name: str, run: Run) -> list[Any]:
    known = fields.find(name)
    assert known is not None
    if known.kind == "setting":
        every = [of_spec(run.spec), *(of_trial(trial.params, trial.seed) for trial in run.trials)]
        return [part for each in every if known.column in each for part in each[known.column] if part is not None]
    if known.kind == "metric":
        return [standing(known.column, run)[known.number]]
    if known.kind == "tags":
        return list(run.tags)
    if known.kind == "moment":
        at = getattr(run, known.column)
        return [] if at is None else [Moment(at)]
    value = getattr(run, known.column)
    return [value if value is None or known.kind != "number" else float(value)]


def standing(key: str, run: Run) -> dict[str, float | None]:
    """Returns what `made` reported, summed up."""
    number = next((place for place, asked in enumerate(ASKED) if asked["name"] == run.name), None)
    nothing: dict[str, float | None] = dict.fromkeys(("last", "best", "mean", "mean3", "low", "high"))
    if number is None or (key == "loss" and number):
        return nothing
    every = [
        [float(step * (number - 1) + trial) if key == "return_mean" else 1 / (step + 1) for step in range(12)]
        for trial in (0, 1)
    ]
    flat = [value for each in every for value in each]
    best = max(flat) if key == "return_mean" else min(flat)
    mean, mean3 = (sum(sum(each[-count:]) / count for each in every) / 2 for count in (10, 3))
    ends = {"last": (every[0][-1] + every[1][-1]) / 2, "mean": mean, "mean3": mean3}
    return ends | {"best": best, "low": min(flat), "high": max(flat)}


def test_words_are_looked_for_in_all_that_is_said_of_a_run(database: Database) -> None:
    first, second, odd, *_ = made(database)
    assert {run.id for run in queries.all_runs(database, query="lake q_learning")} >= {first}
    assert [run.id for run in queries.all_runs(database, query="look this")] == [first]
    assert [run.id for run in queries.all_runs(database, query="日本 alpha")] == [
        odd,
        second,
        first,
    ], "in a name, in tags"
    assert [run.id for run in queries.all_runs(database, query='"LAKE two"')] == [second]
    annotations.note(database, first, "")
    assert queries.all_runs(database, query='"look at"') == []


def test_letters_of_any_alphabet_are_found_in_both_cases(database: Database) -> None:
    run_id = runs.create(database, content(LAKE | {"name": "Größe ÜBER Ωmega"}), [1])
    for query in (
        'name contains "GRÖSSE"',
        'name contains "über ω"',
        'name contains "GRÖßE"',
        "ÜBER",
        'params.alpha contains "Ä"',
    ):
        found = [run.id for run in queries.all_runs(database, query=query)]
        assert found == ([] if "GRÖSSE" in query or "alpha" in query else [run_id]), query


def test_the_archive_is_hidden_until_it_is_asked_for(database: Database) -> None:
    first, *others = made(database)
    running = others[2]
    annotations.archive(database, [first, running], True)
    assert first not in [run.id for run in queries.all_runs(database)]
    assert running in [run.id for run in queries.all_runs(database)], "what is active is not archived"
    (hidden,) = queries.all_runs(database, query="archived")
    assert hidden.id == first
    assert hidden.archived
    assert len(queries.all_runs(database, query="archived or not archived")) == 6
    annotations.archive(database, [first], False)
    assert len(queries.all_runs(database)) == 6


def test_pages_in_the_order_of_anything(database: Database) -> None:
    first, second, odd, going, script, waits = made(database)

    def ids(name: str, down: bool = True, **more: Any) -> list[str]:
        return [run.id for run in pages.page(database, "", pages.Order(name, down), **more).runs]

    assert ids("created") == [waits, script, going, odd, second, first]
    assert ids("params.alpha", down=False)[:2] == [second, odd]
    assert ids("params.alpha")[-1] == script, "without a value last"
    assert ids("params.alpha", down=False)[-1] == script
    assert ids("metrics.return_mean.best")[:2] == ids("metrics.return_mean.mean4")[:2] == [going, odd]
    assert ids("metrics.loss.last")[0] == first
    assert ids("best")[:4] == ids("last")[:4] == [going, odd, second, first]
    assert set(ids("best")[4:]) == set(ids("last", down=False)[4:]) == {waits, script}, "without a value last"
    assert ids("name", limit=2, offset=2) == ids("name")[2:4]
    last = pages.page(database, "", offset=4000, limit=4)
    assert (last.total, last.offset, len(last.runs)) == (6, 4, 2)
    assert len(ids("duration")) == len(ids("state")) == len(ids("starred")) == 6
    for name in ("nonsense", "tags"):
        with pytest.raises(InvalidQuery, match="cannot be sorted"):
            ids(name)


def test_how_a_run_stands_goes_on_over_a_restart_of_its_recorder(database: Database) -> None:
    whole, broken = (runs.create(database, content(LAKE), [1, 2]) for _ in range(2))
    for run_id in (whole, broken):
        runs.claim(database, run_id, 1, "host", {})
        recorder = Recorder(database, run_id, 1)
        for step in range(25):
            for trial in (0, 1):
                recorder.report(trial, step, {"return_mean": float((step * 7) % 11 + trial)})
            if run_id == broken and step % 6 == 5:
                recorder.close()
                recorder = Recorder(database, run_id, 1)
        recorder.close()
    known = [each for name in ("metrics.return_mean", "metrics.return_mean.mean7") if (each := fields.find(name))]
    found = pages.page(database, "", metrics=known).standings
    one, other = (each["return_mean"] for each in found.values())
    assert one == other
    for run in queries.all_runs(database):
        assert [
            run.id for run in queries.all_runs(database, query=f"best == {run.best!r} and last == {run.last!r}")
        ] == [broken, whole]
    assert one["best"] == one["high"] == 11.0
    assert one["mean7"] == pytest.approx(sum((step * 7) % 11 for step in range(18, 25)) / 7 + 0.5)
    assert one["low"] == 0.0


def test_what_people_say_is_an_event_and_is_gone_with_the_run(database: Database) -> None:
    first, *_ = made(database)
    annotations.tag(database, [first], ["new", "new"], ["baseline"])
    annotations.tag(database, [first], ["new"], ["baseline"])
    assert queries.run(database, first).tags == tuple(sorted([NASTY, "new"]))
    assert [event.move for event in queries.history(database, first)][-2:] == ["tagged", "untagged"]
    runs.remove(database, first)
    assert queries.all_runs(database, query="tags contains new") == []


def test_views_are_saved_renamed_and_forgotten(database: Database) -> None:
    annotations.save_view(database, " mine ", "q=a")
    annotations.save_view(database, "mine", "q=b")
    annotations.save_view(database, NASTY, "q=c")
    assert {view.name: view.query for view in annotations.all_views(database)} == {"mine": "q=b", NASTY: "q=c"}
    with pytest.raises(annotations.InvalidAnnotation, match="already"):
        annotations.rename_view(database, "mine", NASTY)
    annotations.rename_view(database, "mine", "ours")
    annotations.delete_view(database, NASTY)
    assert [view.name for view in annotations.all_views(database)] == ["ours"]
    for name in ("", "  ", "x" * 81):
        with pytest.raises(annotations.InvalidAnnotation):
            annotations.save_view(database, name, "")
