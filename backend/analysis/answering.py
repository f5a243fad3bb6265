"""All that the page of answers says of some groups, from their scores and curves."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from backend.analysis import answers, crossing, solved
from backend.analysis.answers import Efficiency, Estimate, Normalised, Profile, Sample, Verdict
from backend.analysis.asking import Question
from backend.analysis.crossing import ReadPoints
from backend.analysis.definitions import why_not_alike
from backend.analysis.groups import Group, Member, TrialKey
from backend.analysis.scores import Scored, place
from backend.analysis.where import environments
from backend.errors import NotComparable
from backend.model import Curve, Mode
from backend.model.goals import REWARD

EMPTY = np.empty(0)
LEVEL = 0.05  # of all comparisons together
ENOUGH = 5  # seeds with which an answer begins to mean something
OnProgress = Callable[[float, str], None]  # how far it is, from 0 to 1, and with what


@dataclass(frozen=True, eq=False)
class Pair:
    """One group against the baseline: the verdict, or why there is none.

    `further`: how many more seeds are worth while, 0 if none.
    """

    group: Group
    verdict: Verdict | None
    refused: str = ""

    @property
    def winner(self) -> str | None:
        """The label of the group that is better; None while that is not settled, or nothing can be said."""
        return self.verdict.winner if self.verdict else None

    @property
    def further(self) -> int:
        if self.verdict is None:
            return 0
        if not self.verdict.probability.has_interval:
            return max(1, ENOUGH - min(self.verdict.seeds_a.n, self.verdict.seeds_b.n))
        return (self.verdict.more.seeds or 0) if self.verdict.more else 0


@dataclass(frozen=True, eq=False)
class Reached:
    """How soon the seeds of a group reached the target in an environment."""

    group: Group
    environment: str
    efficiency: Efficiency


@dataclass(frozen=True, eq=False)
class Answers:
    """What is said of some groups.

    `scale` says what the scores are where they were normalised, and `mode` which of those are good; `left_out`:
    environments not all have.
    """

    question: Question
    baseline: Group
    present: tuple[Group, ...]  # those that have reported the metric
    scored: tuple[Scored, ...]
    estimates: tuple[Estimate | None, ...]  # of each group's scores, as `scored`
    pairs: tuple[Pair, ...]
    profiles: tuple[tuple[Group, Profile], ...]
    no_profile: str
    scale: str
    mode: Mode
    left_out: tuple[str, ...]
    reached: tuple[Reached, ...]
    targets: Mapping[str, float]  # by environment
    environments: tuple[str, ...]

    @property
    def notes(self) -> list[str]:
        return [note for each in self.scored for note in each.notes]


def answered(
    question: Question,
    scored: Sequence[Scored],
    curves: Mapping[TrialKey, Curve],
    read_points: ReadPoints,
    progress: OnProgress,
) -> Answers:
    """Returns the answers; `progress` is called before each part, `read_points` for where a target is reached."""
    members = [score.member for each in scored for score in each.scores]
    where = environments(members)
    baseline = next((each for each in scored if each.group.id == question.baseline), scored[0])
    present = [each for each in scored if each.counted]
    own = [each.sample(where) for each in present]
    progress(0.1, "scores of each group")
    shared = _one_scale(own, question.mode)
    on_scale, mode = (shared.samples, shared.mode) if shared else (own, question.mode)
    samples = dict(zip(present, on_scale, strict=True))
    full = answers.filled(on_scale, mode)
    estimates = {
        each: _estimate(sample, shared is not None, question) for each, sample in zip(present, full, strict=True)
    }
    pairs = []
    for index, each in enumerate(one for one in scored if one is not baseline):
        progress(0.2 + 0.5 * index / len(scored), f"“{each.group.label}” against “{baseline.group.label}”")
        pairs.append(_pair(each, baseline, samples, shared, question, max(1, len(scored) - 1)))
    progress(0.7, "performance profile")
    profiles, no_profile = _profiles(present, shared)
    progress(0.85, "steps to the target")
    targets = _targets(question, where, members)
    return Answers(
        question,
        baseline.group,
        tuple(each.group for each in present),
        tuple(scored),
        tuple(estimates.get(each) for each in scored),
        tuple(pairs),
        profiles,
        no_profile,
        shared.scale if shared else "",
        mode,
        shared.left_out if shared else (),
        tuple(_reached(question, present, curves, where, targets, read_points)),
        targets,
        tuple(dict.fromkeys(name for sample in own for name in sample.scores)),
    )


def _one_scale(samples: Sequence[Sample], mode: Mode) -> Normalised | None:
    """Returns all groups on one scale; None where they share no environment, and pairs of them still may."""
    try:
        return answers.normalised(samples, mode=mode)
    except NotComparable:
        return None


def _estimate(sample: Sample, is_one_scale: bool, question: Question) -> Estimate | None:
    """Returns the statistic of a group's scores; None where they are of several environments, each on its own scale."""
    return (
        answers.estimate(sample.scores, question.statistic)
        if sample.scores and (is_one_scale or len(sample.scores) == 1)
        else None
    )


def _pair(
    each: Scored, baseline: Scored, samples: Mapping[Scored, Sample], shared: Normalised | None, question: Question,
    comparisons: int,
) -> Pair:  # fmt: skip
    for one in (each, baseline):
        if one not in samples:
            return Pair(each.group, None, f"“{one.group.label}” has not reported this metric.")
    if why := why_not_alike(question.key, [*each.group.runs, *baseline.group.runs]):
        return Pair(each.group, None, f"“{each.group.label}” or “{baseline.group.label}” was {why}.")
    ours, theirs = samples[each], samples[baseline]
    try:
        if shared is None:
            shared = answers.normalised([ours, theirs], mode=question.mode)
            ours, theirs = shared.samples
        return Pair(each.group, answers.compare(ours, theirs, question.statistic, shared.mode, LEVEL / comparisons))
    except NotComparable as error:
        return Pair(each.group, None, str(error))


def _profiles(scored: Sequence[Scored], shared: Normalised | None) -> tuple[tuple[tuple[Group, Profile], ...], str]:
    if shared is None:
        return (), "The groups share no environment, so there is no scale on which all could be drawn."
    places = answers.places(shared.samples)
    if not len(places):
        return (), "No seed has a finite score."
    drawn = [
        (each.group, answers.profile(sample.scores, places, shared.mode))
        for each, sample in zip(scored, shared.samples, strict=True)
    ]
    if places[0] == places[-1]:
        return (), f"All scores are the same, {places[0]:g}: there is nothing to draw."
    return tuple(drawn), ""


def _targets(question: Question, where: Mapping[TrialKey, str], members: Sequence[Member]) -> dict[str, float]:
    """Returns the target in each environment: the one asked for where there is but one, else
    where each counts as solved."""
    names = {place(member): where[place(member)] for member in members}
    if question.target is not None and len(set(names.values())) == 1:
        return dict.fromkeys(names.values(), question.target)
    targets = {}
    for member in members:
        solved_at = solved.solved_at(member.run)
        if solved_at is not None and question.key.removeprefix("eval/") == REWARD:
            targets[names[place(member)]] = solved_at
    return targets


def _reached(
    question: Question,
    scored: Sequence[Scored],
    curves: Mapping[TrialKey, Curve],
    where: Mapping[TrialKey, str],
    targets: Mapping[str, float],
    read_points: ReadPoints,
) -> list[Reached]:
    reached, mode = [], question.mode
    for name, target in targets.items():
        by_group = []
        for each in scored:
            places = [at for score in each.counted if where[at := place(score.member)] == name]
            lines = [crossing.line(curves[at], target, mode, read_points) for at in places if at in curves]
            empty = len(places) - len(lines)  # failed before the first report: never reached it
            by_group.append(lines + [(EMPTY, EMPTY)] * empty)
        budget = answers.common_budget([each for each in by_group if each])
        for each, lines in zip(scored, by_group, strict=True):
            if (efficiency := answers.efficiency(lines, target, mode, budget)) is not None:
                reached.append(Reached(each.group, name, efficiency))
    return reached
