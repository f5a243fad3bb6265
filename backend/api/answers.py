"""What the Compare page may ask of its answers: scores, verdicts computed in the background, and more seeds."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial

from backend.analysis import scores
from backend.analysis.answering import Answers, Question, answered
from backend.analysis.further import Further, further
from backend.analysis.groups import Group
from backend.analysis.scores import Place, Rule, Scored
from backend.api.cluster import wake_cluster
from backend.api.house import house
from backend.errors import InvalidSpec
from backend.kinds import kind_of, specs
from backend.kinds.specs import RunSpec
from backend.model import Curve, Mode, Run
from backend.store import repeats
from backend.store.series import read as store_series
from backend.store.series import tails
from backend.store.series.read import STEP

KEPT = 32
REST = 5.0  # seconds at least between two computations of the same question, while runs go on
REST_SHARE = 5.0  # and at least so many times what the last one took


@dataclass
class Progress:
    """How far the computation is, from 0 to 1, and what it is at."""

    done: float = 0.0
    doing: str = "scores"


@dataclass(frozen=True, eq=False)
class Standing:
    """The newest answers there are, None before the first; and the progress of newer ones, None if these are the newest."""

    answers: Answers | None
    progress: Progress | None


@dataclass
class _Kept:
    answers: Answers | None = None
    state: Hashable = None
    error: BaseException | None = None
    until: float = 0.0  # not computed anew before
    job: "Future[Answers] | None" = None
    job_state: Hashable = None
    began: float = 0.0
    progress: Progress = field(default_factory=Progress)


_pool = ThreadPoolExecutor(2, thread_name_prefix="answers")
_lock = threading.Lock()
_answers: OrderedDict[Hashable, _Kept] = OrderedDict()
_scores: OrderedDict[Hashable, tuple[Hashable, float, list[Scored]]] = OrderedDict()


def state_of(groups: Sequence[Group]) -> Hashable:
    """Returns what changes when there is something new to say of some groups."""
    runs = tuple((run.id, run.reports, run.state, run.attempt, _ended(run)) for run in _runs(groups))
    return runs, tuple(tuple(scores.place(member) for member in group.members) for group in groups)


def _ended(run: Run) -> int:
    return sum(trial.ended_at is not None for trial in run.trials)


def standing(groups: Sequence[Group], question: Question) -> Standing:
    """Returns the answers as far as they are known, and has them computed in the background where the runs have news.

    While runs go on, the last answers stand for some seconds before they are computed anew. What a computation raises is raised here.
    """
    runs = _runs(groups)
    name, state = (tuple(group.id for group in groups), tuple(group.label for group in groups), question), state_of(groups)
    with _lock:
        kept = _answers.setdefault(name, _Kept())
        _answers.move_to_end(name)
        while len(_answers) > KEPT:
            _answers.popitem(last=False)
        if kept.job is not None and kept.job.done():
            _take(kept)
        if kept.job is None and kept.state != state and (time.monotonic() >= kept.until or all(run.is_over for run in runs)):
            kept.progress, kept.job_state, kept.began = Progress(), state, time.monotonic()
            kept.job = _pool.submit(_compute, list(groups), question, partial(_told, kept.progress))
        if kept.error is not None and kept.job is None:
            raise kept.error
        return Standing(kept.answers, replace(kept.progress) if kept.job is not None else None)


def answers(groups: Sequence[Group], question: Question) -> Answers:
    """Returns the answers as of now, computed before it returns: for what is no page."""
    return _compute(groups, question, lambda _done, _doing: None)


def _take(kept: _Kept) -> None:
    job, kept.job = kept.job, None
    took = time.monotonic() - kept.began
    kept.state, kept.until = kept.job_state, time.monotonic() + max(REST, REST_SHARE * took)
    if job is not None and (error := job.exception()) is None:
        kept.answers, kept.error = job.result(), None
    elif job is not None:
        kept.error = error


def _told(progress: Progress, done: float, doing: str) -> None:
    progress.done, progress.doing = done, doing


def _compute(groups: Sequence[Group], question: Question, told: Callable[[float, str], None]) -> Answers:
    curves = _curves(_runs(groups), question.key)
    found = _scored(groups, question.key, question.rule, question.mode, curves)
    return answered(question, found, curves, told)


def scored(groups: Sequence[Group], key: str, rule: Rule, mode: Mode) -> list[Scored]:
    """Returns the scores of all members of some groups; read anew only if the runs have news, and while they go on not all the time."""
    runs = _runs(groups)
    name, state = (tuple((group.id, group.label) for group in groups), key, rule, mode), state_of(groups)
    began = time.monotonic()
    with _lock:
        known, until, found = _scores.get(name, (None, 0.0, []))
    if known != state and (began >= until or all(run.is_over for run in runs)):
        found = _scored(groups, key, rule, mode, _curves(runs, key))
        known, until = state, time.monotonic() + REST_SHARE * (time.monotonic() - began)
    with _lock:
        _scores[name] = known, until, found
        _scores.move_to_end(name)
        while len(_scores) > KEPT:
            _scores.popitem(last=False)
    return found


def _curves(runs: Sequence[Run], key: str) -> dict[Place, Curve]:
    found = store_series.read(house().database, [run.id for run in runs], [key], x=STEP, points=scores.POINTS)
    return {(curve.run_id, curve.trial): curve for curve in found}


def _scored(groups: Sequence[Group], key: str, rule: Rule, mode: Mode, curves: Mapping[Place, Curve]) -> list[Scored]:
    runs = [run.id for run in _runs(groups)]
    ends = tails.tails(house().database, runs, key, rule.reports) if rule.how == "reports" else {}
    return [scores.scored(group, rule, mode, curves, ends) for group in groups]


def _runs(groups: Sequence[Group]) -> list[Run]:
    return list({run.id: run for group in groups for run in group.runs}.values())


def plan(groups: Sequence[Group], count: int) -> list[Further]:
    """Returns the runs that would give each of some groups `count` more seeds."""
    return further(groups, count, partial(repeats.seeds, house().database))


def start(planned: Sequence[Further], launch_key: str) -> list[str]:
    """Starts planned runs as clones, children of those they are made of, and returns their ids; the same key starts none twice.

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
            {"environment": f"your code has changed since {each.of.id} ran, so more seeds would not be repetitions of it: start a new run"}
        )
    return spec
