"""In which settings, packages, machines and lines of code runs differ."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from backend.analysis import groups
from backend.analysis.groups import Group, Member
from backend.model import Run

Section = Literal["Settings", "Code", "Packages", "Machine"]
HASH_LETTERS = 12
CONTEXT = 3  # lines before and after a change
EXACT_LINES = 2000  # beyond that many, difflib leaves out frequent lines, or it takes minutes


@dataclass(frozen=True)
class Setting:
    """One setting: what each column has, in words; None where it has nothing of the kind."""

    part: Section
    name: str
    values: tuple[str | None, ...]

    @property
    def differs(self) -> bool:
        return len(set(self.values)) > 1

    @property
    def lacking(self) -> str:
        """What is said where there is no value."""
        return {
            "Settings": "not set",
            "Code": "none of one's own",
            "Packages": "not recorded",
            "Machine": "not recorded",
        }[self.part]


_Place = tuple[Section, str]
_Flat = dict[_Place, str]


def of_runs(runs: Sequence[Run]) -> list[Setting]:
    """Returns every setting of some runs, with one value for each run."""
    return _rows([[_flat(run)] for run in runs])


def of_groups(compared_groups: Sequence[Group]) -> list[Setting]:
    """Returns every setting of some groups, with one value for each; where members differ, each
    value with how many have it."""
    return _rows([_members(group) for group in compared_groups])


def _members(group: Group) -> list[_Flat]:
    """Returns the settings of a group's members, or of its runs where they have no trials; their
    seeds are told together."""
    flats = [_flat(each.run, each) for each in group.members] or [_flat(run) for run in group.runs]
    seeds = sorted({each.trial.seed for each in group.members if each.trial.seed is not None})
    if seeds:
        for flat in flats:
            flat["Settings", "seeds"] = _text(seeds)
    return flats


def _flat(run: Run, member: Member | None = None) -> _Flat:
    settings = groups.settings(run, member.trial if member else None)
    for not_asked in ("id", "code"):
        settings.pop(not_asked, None)
    if seeds := groups.seeds(run):
        settings["seeds"] = seeds
    flat: _Flat = {("Settings", key): _text(value) for key, value in settings.items()}
    if run.workload_hash:
        flat["Code", "hash of one's own code"] = run.workload_hash[:HASH_LETTERS]
    flat |= {("Packages", name): version for name, version in run.versions.items()}
    if run.host:
        flat["Machine", "host"] = run.host
    return flat


def _rows(columns: Sequence[Sequence[_Flat]]) -> list[Setting]:
    order: tuple[Section, ...] = ("Settings", "Code", "Packages", "Machine")
    places = dict.fromkeys(place for column in columns for flat in column for place in flat)
    settings = [
        Setting(*place, tuple(_folded([flat.get(place) for flat in column], place) for column in columns))
        for place in places
    ]
    return sorted(settings, key=lambda row: order.index(row.part))


def _folded(values: Sequence[str | None], place: _Place) -> str | None:
    """Returns the one value of a column's members, or every one of them with its number."""
    counts = Counter(values)
    if len(counts) <= 1:
        return next(iter(counts), None)
    lacking = Setting(*place, ()).lacking
    return ", ".join(f"{lacking if value is None else value} ({many})" for value, many in counts.most_common())


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True)
class TextLine:
    """A line of two texts side by side: numbers from 1, None where a text has none.

    A `gap` stands for equal lines left out.
    """

    kind: Literal["same", "changed", "gap"]
    left: str | None = None
    right: str | None = None
    left_number: int | None = None
    right_number: int | None = None
    left_out: int = 0  # lines, of a gap


def lines(left: str, right: str, context: int | None = CONTEXT) -> list[TextLine]:
    """Returns two texts side by side: lines that changed with `context` lines around them, or with None every line."""
    ours, theirs = left.splitlines(), right.splitlines()
    matcher = SequenceMatcher(None, ours, theirs, autojunk=max(len(ours), len(theirs)) > EXACT_LINES)
    text_lines: list[TextLine] = []
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        for at in range(max(i2 - i1, j2 - j1)):
            i, j = (i1 + at if i1 + at < i2 else None), (j1 + at if j1 + at < j2 else None)
            numbers = (i + 1 if i is not None else None), (j + 1 if j is not None else None)
            texts = (ours[i] if i is not None else None), (theirs[j] if j is not None else None)
            text_lines.append(TextLine("same" if tag == "equal" else "changed", *texts, *numbers))
    return text_lines if context is None else _cut(text_lines, context)


def _cut(text_lines: Sequence[TextLine], context: int) -> list[TextLine]:
    changed = [place for place, line in enumerate(text_lines) if line.kind == "changed"]
    near = {at for place in changed for at in range(place - context, place + context + 1)}
    shown: list[TextLine] = []
    left_out = 0
    for place, line in enumerate(text_lines):
        if place not in near:
            left_out += 1
            continue
        if left_out:
            shown.append(TextLine("gap", left_out=left_out))
        left_out = 0
        shown.append(line)
    return [*shown, TextLine("gap", left_out=left_out)] if left_out and shown else shown


def unified(text_lines: Sequence[TextLine]) -> list[tuple[str, TextLine]]:
    """Returns the same lines below each other, each with its sign: of a change first all that
    went, then all that came."""
    signed_lines: list[tuple[str, TextLine]] = []
    came: list[TextLine] = []
    for line in (*text_lines, TextLine("gap")):
        if line.kind == "changed":
            if line.left is not None:
                signed_lines.append(("-", TextLine("changed", left=line.left, left_number=line.left_number)))
            if line.right is not None:
                came.append(TextLine("changed", right=line.right, right_number=line.right_number))
            continue
        signed_lines += [("+", each) for each in came]
        came = []
        if line.kind == "same" or line.left_out:
            signed_lines.append((" ", line))
    return signed_lines
