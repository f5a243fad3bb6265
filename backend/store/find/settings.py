"""What a run was asked to do, flat, as runs are found by it: algorithm, params.lr and so on,
each a number or a text."""

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, bindparam
from sqlalchemy import text as sql

from backend.model.readings import number_of
from backend.model.stored import stored
from backend.store.find.fields import LONGEST_NAME
from backend.store.schema import Text

WHOLE = -1  # the trial of what holds for the whole run
LONGEST_TEXT = 1000  # letters kept
# of a spec, as they are
PLAIN = ("algorithm", "environment", "trainable", "function", "metric", "mode", "search", "scheduler")
PARAMS = "params."
WORDS = "words"  # the name under which a run's words are kept, for a search anywhere in them
MOST_WORDS = 8000  # letters
A_BATCH = 1000  # runs
UPSERT = sql(
    "insert into run_settings (name, run, trial, number, text) values (:name, :run, :trial, :number, :text)"
    " on conflict (name, run, trial) do update set number = excluded.number, text = excluded.text"
).bindparams(bindparam("name", type_=Text), bindparam("text", type_=Text))
_MARKS = re.compile(r"[{}\[\]\",:\\]+")
SettingValue = tuple[float | None, str | None]  # a number or a text


def of_spec(spec: Mapping[str, Any]) -> dict[str, SettingValue]:
    """Returns what a spec says of its whole run."""
    whole = stored(spec)
    values: dict[str, Any] = {}
    for part in (whole, whole.part("trainable")):
        said = part.content
        values |= {name: _joined(said[name]) for name in PLAIN if name in said and not isinstance(said[name], Mapping)}
        for group in ("params", "environment_options"):
            values |= flat(part.part(group).content, f"{group}.")
    values |= flat(
        {name: value for name, value in whole.part("space").content.items() if not isinstance(value, Mapping)}, PARAMS
    )
    if spec.get("seed") is not None and "trainable" not in spec:  # a sweep's is its search's
        values.setdefault(f"{PARAMS}seed", spec["seed"])
    return _values(values)


def words(run_id: str, spec: Mapping[str, Any], note: str = "") -> dict[str, SettingValue]:
    """Returns all that a search for a word looks at, but for state and tags, in small letters."""
    spec_text = _MARKS.sub(" ", json.dumps(spec, ensure_ascii=False))
    return {
        WORDS: (None, " ".join(f"{run_id} {note} {spec_text}".lower().split()).replace("\0", "\ufffd")[:MOST_WORDS])
    }


def of_trial(params: Mapping[str, Any], seed: int | None = None) -> dict[str, SettingValue]:
    """Returns what a trial was given."""
    return _values(flat(params, PARAMS) | ({} if seed is None else {f"{PARAMS}seed": seed}))


def rows(
    run: int, whole: Mapping[str, SettingValue], trials: Iterable[tuple[int, Mapping[str, SettingValue]]] = ()
) -> Iterator[dict[str, Any]]:
    """Yields the rows of a run; what its trials have in common with it is told once."""
    for trial, values in [(WHOLE, whole), *trials]:
        for name, (number, text) in values.items():
            if trial == WHOLE or whole.get(name) != (number, text):
                yield {"name": name, "run": run, "trial": trial, "number": number, "text": text}


def write(tx: Connection, new_rows: Iterable[dict[str, Any]]) -> None:
    """Stores rows over what there is."""
    listed = list(new_rows)
    if not listed:
        return
    tx.execute(UPSERT, listed)


def value_of(value: Any) -> SettingValue:
    """Returns a JSON value as it is compared: a finite number, or text."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = number_of(value)  # None of a whole number beyond any float
        return (None, str(value)[:LONGEST_TEXT]) if number is None or not math.isfinite(number) else (number, None)
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return None, text.replace("\0", "\ufffd")[:LONGEST_TEXT]


def _values(values: Mapping[str, Any]) -> dict[str, SettingValue]:
    return {name[:LONGEST_NAME]: value_of(value) for name, value in values.items()}


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Returns what lies in nested mappings, by its dotted path."""
    leaves: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            leaves |= flat(value, f"{prefix}{key}.")
        else:
            leaves[f"{prefix}{key}"] = value
    return leaves


def _joined(value: Any) -> Any:
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def write_words(tx: Connection) -> None:
    """Writes anew the words of every run that there is, for migrations."""
    runs = tx.execute(sql("select ordinal, id, spec, note from runs where deleted_at is null")).all()
    for start in range(0, len(runs), A_BATCH):
        run_words = (
            (run, words(run_id, spec if isinstance(spec, dict) else json.loads(spec), note))
            for run, run_id, spec, note in runs[start : start + A_BATCH]
        )
        write(tx, (row for run, whole in run_words for row in rows(run, whole)))
