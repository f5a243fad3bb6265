"""What a report says of groups and runs, from what is known of them: tables of words."""

from collections.abc import Mapping, Sequence
from itertools import combinations

from backend import specs
from backend.analysis import answers, words
from backend.analysis.answers import Sample, Verdict
from backend.analysis.groups import Group, Member
from backend.catalog import metrics
from backend.catalog.metrics import Mode
from backend.errors import NotComparable
from backend.export.report import Part, Table, moment
from backend.figures import palette
from backend.store.values import Run, TrialState

MOST_PAIRS = 45  # of groups that are judged: those of ten groups
UNDERWAY = (TrialState.QUEUED, TrialState.RUNNING)


def of_groups(found: Sequence[Group], key: str) -> Table:
    """Returns the statistics of each group's latest values of a metric, with 95 % intervals."""
    samples = [scores(group, key) for group in found]
    rows = [_row(group, sample) for group, sample in zip(found, samples, strict=True)]
    methods = {str(answers.estimate(samples[0].scores, each).method): None for each in ("mean", "iqm")} if samples else {}
    notes = list(dict.fromkeys(note for each in samples if (note := answers.estimate(each.scores, "iqm").note)))
    about = f"The latest value of {metrics.title(key)} of each repetition. In brackets: 95 % intervals, {'; '.join(methods)}."
    columns = ("Group", "Runs", "n", "Mean", "Median", "Interquartile mean")
    return Table("Groups", columns, rows, " ".join([about, *notes]), [palette.of_run(group.ordinal) for group in found])


def _row(group: Group, sample: Sample) -> list[str]:
    told = [str(answers.estimate(sample.scores, each)) for each in ("mean", "median", "iqm")]
    lost = f" ({sample.seeds.diverged} not finite)" if sample.seeds.diverged else ""
    return [group.label, str(len(group.runs)), f"{sample.seeds.n}{lost}", *told]


def scores(group: Group, key: str) -> Sample:
    """Returns the latest value of a metric of each repetition, by environment; of one that ended without a finite one, NaN."""
    by_environment: dict[str, list[float]] = {}
    for member in group.members:
        value = member.trial.last.get(key)
        is_unknown = member.trial.state in UNDERWAY or (key not in member.trial.last and member.trial.state is not TrialState.FAILED)
        if value is None and is_unknown:
            continue
        by_environment.setdefault(_environment(member), []).append(float("nan") if value is None else value)
    return answers.sample(group.label, by_environment)


def _environment(member: Member) -> str:
    return str(member.run.spec.get("environment", ""))


def verdicts(found: Sequence[Group], key: str) -> Table | None:
    """Returns of each two groups whether one is better; None where that is no question, or nobody said which values are good."""
    mode = _mode(found, key)
    if mode is None or len(found) < 2:
        return None
    pairs = list(combinations([scores(group, key) for group in found], 2))
    rows: list[list[str]] = []
    methods: dict[str, None] = {}
    for one, other in pairs[:MOST_PAIRS]:
        try:
            verdict = answers.compare(one, other, mode=mode)
        except NotComparable as error:
            rows.append([f"{one.label} or {other.label}", str(error), "–", "–"])
            continue
        methods[verdict.method] = None
        rows.append(_judged(verdict))
    left = f" {len(pairs) - MOST_PAIRS} further pairs of groups are left out." if len(pairs) > MOST_PAIRS else ""
    columns = ("Groups", "Answer", "Probability of improvement", "Difference of interquartile means")
    return Table("Is it better?", columns, rows, f"Judged by the latest value of {metrics.title(key)}. {' '.join(methods)}{left}")


def _judged(verdict: Verdict) -> list[str]:
    return [
        f"{verdict.a} or {verdict.b}", " ".join([verdict.sentence, *verdict.notes]), str(verdict.probability), str(verdict.difference),
    ]  # fmt: skip


def _mode(found: Sequence[Group], key: str) -> Mode | None:
    for group in found:
        for run in group.runs:
            if run.goal is not None and run.goal.key == key:
                return run.goal.mode
    return metrics.direction(key)


def of_runs(runs: Sequence[Run], codes: Mapping[str, str], now: float) -> list[Part]:
    """Returns what is told of each run; `codes` are the texts of the users' own code by run id."""
    return [_part(run, codes.get(run.id, ""), now) for run in runs]


def _part(run: Run, code: str, now: float) -> Part:
    seeds = run.spec.get("seeds") or [trial.seed for trial in run.trials if trial.seed is not None]
    told = [run.kind, run.state.value, f"started {moment(run.started_at)}", f"took {words.duration(run.duration(now))}"]
    packages = [f"{name} {version}" for name, version in run.versions.items()]
    where = f"On {run.host}" if run.host else "Host not recorded"
    return Part(
        run.id, run.name, palette.of_run(run.ordinal), " · ".join(told),
        ", ".join(map(str, seeds)) or "none", f"{where}, with {', '.join(packages) or 'versions not recorded'}",
        specs.to_yaml(specs.stored(run.spec)), code,
    )  # fmt: skip
