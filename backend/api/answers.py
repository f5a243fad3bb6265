"""What the Compare page may ask of its answers: scores, verdicts computed in the background, and more seeds."""

import threading
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial

from backend.analysis import crossing, scores
from backend.analysis.answering import Answers, answered
from backend.analysis.answers.efficiency import steps_to
from backend.analysis.asking import Question
from backend.analysis.further import Further, further
from backend.analysis.groups import Group, TrialKey
from backend.analysis.scores import Rule, Scored
from backend.api.cluster import wake_cluster
from backend.api.house import house
from backend.cache import Cache
from backend.errors import InvalidSpec
from backend.kinds import kind_of, specs
from backend.kinds.specs import RunSpec
from backend.model import Curve, Mode, Run
from backend.store import repeats
from backend.store.series import read as store_series
from backend.store.series import tails
from backend.store.series.read import STEP

KEPT = 32
MARGIN = 4  # times the points of a bucket: what a window around it may touch besides
REST = 5.0  # seconds at least between two computations of the same question, while runs go on
REST_SHARE = 5.0  # and at least so many times what the last one took


@dataclass
class AnswerProgress:
    """How far the computation is, from 0 to 1, and what it is at."""

    done: float = 0.0
    doing: str = "scores"


@dataclass(frozen=True, eq=False)
class NewestAnswers:
    """The newest answers there are, None before the first; and the progress of newer ones, None
    if these are the newest."""

    answers: Answers | None
    progress: AnswerProgress | None


@dataclass
class _KeptAnswers:
    answers: Answers | None = None
    state: Hashable = None
    error: BaseException | None = None
    until: float = 0.0  # not computed anew before
    job: "Future[Answers] | None" = None
    job_state: Hashable = None
    began: float = 0.0
    progress: AnswerProgress = field(default_factory=AnswerProgress)


_pool = ThreadPoolExecutor(2, thread_name_prefix="answers")
_lock = threading.Lock()
_answers: Cache[_KeptAnswers] = Cache(KEPT)
_scores: Cache[tuple[float, list[Scored]]] = Cache(KEPT)  # until when they stand while runs go on, and they


def state_of(groups: Sequence[Group]) -> Hashable:
    """Returns what changes when there is something new to say of some groups."""
    runs = tuple((run.id, run.recorded, run.state, run.attempt, _ended(run)) for run in _runs(groups))
    return runs, tuple(tuple(scores.place(member) for member in group.members) for group in groups)


def _ended(run: Run) -> int:
    return sum(trial.ended_at is not None for trial in run.trials)


def standing(groups: Sequence[Group], question: Question) -> NewestAnswers:
    """Returns the answers as far as they are known, and has them computed in the background where the runs have news.

    While runs go on, the last answers stand for some seconds before they are computed anew. What a computation raises
    is raised here.
    """
    runs = _runs(groups)
    name, state = (
        (tuple(group.id for group in groups), tuple(group.label for group in groups), question),
        state_of(groups),
    )
    with _lock:
        entry = _answers.get(name, _KeptAnswers)
        if entry.job is not None and entry.job.done():
            _take(entry)
        if (
            entry.job is None
            and entry.state != state
            and (time.monotonic() >= entry.until or all(run.is_over for run in runs))
        ):
            entry.progress, entry.job_state, entry.began = AnswerProgress(), state, time.monotonic()
            entry.job = _pool.submit(_compute, list(groups), question, partial(_told, entry.progress))
        if entry.error is not None and entry.job is None:
            raise entry.error
        return NewestAnswers(entry.answers, replace(entry.progress) if entry.job is not None else None)


def answers(groups: Sequence[Group], question: Question) -> Answers:
    """Returns the answers as of now, computed before it returns: for what is no page."""
    return _compute(groups, question, lambda _done, _doing: None)


def _take(entry: _KeptAnswers) -> None:
    job, entry.job = entry.job, None
    took = time.monotonic() - entry.began
    entry.state, entry.until = entry.job_state, time.monotonic() + max(REST, REST_SHARE * took)
    if job is not None and (error := job.exception()) is None:
        entry.answers, entry.error = job.result(), None
    elif job is not None:
        entry.error = error


def _told(progress: AnswerProgress, done: float, doing: str) -> None:
    progress.done, progress.doing = done, doing


def _compute(groups: Sequence[Group], question: Question, progress: Callable[[float, str], None]) -> Answers:
    curves = _curves(_runs(groups), question.key)
    group_scores = _scored(groups, question.key, question.rule, question.mode, curves)
    return answered(question, group_scores, curves, _points, progress)


def scored(groups: Sequence[Group], key: str, rule: Rule, mode: Mode) -> list[Scored]:
    """Returns the scores of all members of some groups; read anew only if the runs have news, and while
    they go on not all the time."""
    runs = _runs(groups)
    name = (tuple((group.id, group.label) for group in groups), key, rule, mode)
    until, group_scores = _scores.last(name) or (0.0, [])
    if time.monotonic() < until and not all(run.is_over for run in runs):
        return group_scores

    def read() -> tuple[float, list[Scored]]:
        began = time.monotonic()
        read = _scored(groups, key, rule, mode, _curves(runs, key))
        return time.monotonic() + REST_SHARE * (time.monotonic() - began), read

    return _scores.get(name, read, state_of(groups))[1]


def reached(run: Run, key: str, target: float, mode: Mode = "max") -> list[float]:
    """Returns the first step at which each trial that has reported `key` reached a target; NaN if it never did."""
    lines = [crossing.line(curve, target, mode, _points) for curve in _curves([run], key).values()]
    return [steps_to(line, target, mode) for line in lines]


def _points(curve: Curve, first_step: float, last_step: float) -> Curve:
    """Reads a part of a curve point by point, or as finely as its steps allow."""
    (part,) = store_series.read(
        house().database,
        [curve.run_id],
        [curve.key],
        x=STEP,
        window=(first_step, last_step),
        trial=curve.trial,
        points=MARGIN * curve.width,
    )
    return part


def _curves(runs: Sequence[Run], key: str) -> dict[TrialKey, Curve]:
    curves = store_series.read(house().database, [run.id for run in runs], [key], x=STEP, points=scores.POINTS)
    return {(curve.run_id, curve.trial): curve for curve in curves}


def _scored(
    groups: Sequence[Group], key: str, rule: Rule, mode: Mode, curves: Mapping[TrialKey, Curve]
) -> list[Scored]:
    runs = [run.id for run in _runs(groups)]
    ends = tails.tails(house().database, runs, key, rule.reports) if rule.how == "reports" else {}
    return [scores.scored(group, rule, mode, curves, ends) for group in groups]


def _runs(groups: Sequence[Group]) -> list[Run]:
    return list({run.id: run for group in groups for run in group.runs}.values())


def plan(groups: Sequence[Group], count: int) -> list[Further]:
    """Returns the runs that would give each of some groups `count` more seeds."""
    return further(groups, count, partial(repeats.seeds, house().database))


def start(planned: Sequence[Further], launch_key: str) -> list[str]:
    """Starts planned runs as clones, children of those they are made of, and returns their ids; the same key starts
    none twice.

    Raises:
        InvalidSpec: a run cannot be started again as it was; none was started.
    """
    ready = [_cloned(each) for each in planned]
    started = [
        house().launcher.launch(spec, parent_id=each.of.id, launch_key=f"{launch_key}-{index}")
        for index, (each, spec) in enumerate(zip(planned, ready, strict=True))
    ]
    wake_cluster()
    return started


def _cloned(each: Further) -> RunSpec:
    if why := kind_of(each.of.kind).no_more_seeds:
        raise InvalidSpec({"seeds": why})
    spec = specs.parse({**each.of.spec, "seeds": list(each.seeds)})
    if house().launcher.prepared(spec).workload_hash != each.of.workload_hash:
        raise InvalidSpec(
            {
                "environment": (
                    f"your code has changed since {each.of.id} ran, so more seeds would not be repetitions of it: start"
                    " a new run"
                )
            }
        )
    return spec
