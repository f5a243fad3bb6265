"""What a report says of groups and runs, from what is known of them: tables of words."""

from collections.abc import Mapping, Sequence

from backend import words
from backend.analysis import answers, groups, reaching
from backend.analysis.answering import Answers, Pair
from backend.analysis.answers import STATISTICS, Sample
from backend.analysis.scores import Rule, Scored
from backend.analysis.where import environments
from backend.catalog import metrics
from backend.export.report import ReportRun, ReportTable, moment
from backend.figures import palette
from backend.kinds import specs, steps_of
from backend.model import Run

SEVERAL = "on several scales"
SHOWN: tuple[answers.Aggregate, ...] = ("mean", "median", "iqm")


def of_groups(scored: Sequence[Scored], key: str, rule: Rule) -> ReportTable:
    """Returns the statistics of each group's scores on a metric, with 95 % intervals; of several
    environments none together."""
    where = environments([score.member for each in scored for score in each.scores])
    samples = [each.sample(where) for each in scored]
    rows = [_row(each, sample) for each, sample in zip(scored, samples, strict=True)]
    single_samples = [sample for sample in samples if len(sample.scores) == 1]
    estimates = [answers.estimate(sample.scores, each) for sample in single_samples for each in SHOWN]
    methods = "; ".join(dict.fromkeys(str(each.method) for each in estimates if each.has_interval))
    about = f"A repetition's score: the {rule.words} of {metrics.title(key)}." + (
        f" In brackets: 95 % intervals, {methods}." * bool(methods)
    )
    notes = dict.fromkeys(
        [*(note for each in scored for note in each.notes), *(each.note for each in estimates if each.note)]
    )
    columns = ("Group", "Runs", "n", "Mean", "Median", "Interquartile mean")
    return ReportTable(
        "Groups", columns, rows, " ".join([about, *notes]), [palette.of_run(each.group.ordinal) for each in scored]
    )


def _row(each: Scored, sample: Sample) -> list[str]:
    if not sample.scores:
        cells = ["–"] * len(SHOWN)
    elif len(sample.scores) > 1:
        cells = [SEVERAL] * len(SHOWN)
    else:
        cells = [str(answers.estimate(sample.scores, statistic)) for statistic in SHOWN]
    lost = f" ({sample.seeds.diverged} without a finite score)" if sample.seeds.diverged else ""
    return [each.group.label, str(len(each.group.runs)), f"{sample.seeds.n}{lost}", *cells]


def verdicts(comparison: Answers) -> ReportTable:
    """Returns of each group whether it is better than the baseline."""
    statistic = STATISTICS[comparison.question.statistic]
    methods = dict.fromkeys(pair.verdict.method for pair in comparison.pairs if pair.verdict)
    better = {"max": "High", "min": "Low"}[comparison.mode]
    scale = f" Scores are {comparison.scale}." if comparison.scale else ""
    about = f"{better} scores are better.{scale} {' '.join(methods)}".strip()
    columns = (
        f"Against {comparison.baseline.label}",
        "Answer",
        "Probability of improvement",
        f"Difference of {statistic}s",
    )
    marks = [palette.of_run(pair.group.ordinal) for pair in comparison.pairs]
    return ReportTable("Is it better?", columns, [_judged(pair) for pair in comparison.pairs], about, marks)


def _judged(pair: Pair) -> list[str]:
    if pair.verdict is None:
        return [pair.group.label, pair.refused, "–", "–"]
    verdict = pair.verdict
    more = [f"About {pair.further} more seeds each may settle it."] if pair.further and verdict.winner is None else []
    return [
        pair.group.label,
        " ".join([verdict.sentence, *verdict.notes, *more]),
        str(verdict.probability),
        str(verdict.difference),
    ]


def reached(comparison: Answers) -> ReportTable:
    """Returns how soon each group reached the target, of which there must be one."""
    cell_rows = [
        [f"{value} [{span}]" if span else value for value, span in reaching.cells(comparison, each)]
        for each in comparison.reached
    ]
    rows = [[each.group.label, *cells] for each, cells in zip(comparison.reached, cell_rows, strict=True)]
    goals = dict.fromkeys(words.number(each.efficiency.target) for each in comparison.reached)
    title = f"Sample efficiency: {metrics.title(comparison.question.key)} of {', '.join(goals)}"
    steps = steps_of(run for each in comparison.scored for run in each.group.runs)
    return ReportTable(
        title,
        reaching.names(comparison, steps),
        rows,
        reaching.about(comparison, steps),
        [palette.of_run(each.group.ordinal) for each in comparison.reached],
    )


def of_runs(runs: Sequence[Run], codes: Mapping[str, str], now: float) -> list[ReportRun]:
    """Returns what is told of each run; `codes` are the texts of the users' own code by run id."""
    return [_part(run, codes.get(run.id, ""), now) for run in runs]


def _part(run: Run, code: str, now: float) -> ReportRun:
    facts = [
        run.kind,
        run.state.value,
        f"started {moment(run.started_at)}",
        f"took {words.duration(run.duration(now))}",
    ]
    packages = [f"{name} {version}" for name, version in run.versions.items()]
    where = f"On {run.host}" if run.host else "Host not recorded"
    return ReportRun(
        run.id,
        run.name,
        palette.of_run(run.ordinal),
        " · ".join(facts),
        ", ".join(map(str, groups.seeds(run))) or "none",
        f"{where}, with {', '.join(packages) or 'versions not recorded'}",
        specs.to_yaml(run.spec),
        code,
    )
