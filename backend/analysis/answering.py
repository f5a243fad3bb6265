"""All that the page of answers says of some groups, from their scores and curves."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from backend.analysis import answers, solved
from backend.analysis.answers import Efficiency, Estimate, Profile, Sample, Statistic, Verdict
from backend.analysis.curves import by_x
from backend.analysis.groups import Group, Member
from backend.analysis.scores import Place, Rule, Scored, environments, place
from backend.errors import NotComparable
from backend.model import Curve, Mode
from backend.model.goals import REWARD

EMPTY = np.empty(0)
ENOUGH = 5  # seeds with which an answer begins to mean something
Told = Callable[[float, str], None]  # how far it is, from 0 to 1, and with what


@dataclass(frozen=True)
class Question:
    """What a person asks of some groups: `baseline` is a group's id, `target` the value of the metric that is to be reached."""

    key: str
    rule: Rule
    mode: Mode
    statistic: Statistic
    baseline: str
    target: float | None = None


@dataclass(frozen=True, eq=False)
class Pair:
    """One group against the baseline: the verdict, or why there is none. `further`: how many more seeds are worth while, 0 if none."""

    group: Group
    verdict: Verdict | None
    refused: str = ""

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
    """What is said of some groups. `scale` says what the scores are where they were normalised; `left_out`: environments not all have."""

    question: Question
    baseline: Group
    present: tuple[Group, ...]  # those that have reported the metric
    scored: tuple[Scored, ...]
    estimates: tuple[Estimate | None, ...]  # of each group's scores, as `scored`
    pairs: tuple[Pair, ...]
    profiles: tuple[tuple[Group, Profile], ...]
    no_profile: str
    scale: str
    left_out: tuple[str, ...]
    reached: tuple[Reached, ...]
    targets: Mapping[str, float]  # by environment
    environments: tuple[str, ...]

    @property
    def notes(self) -> list[str]:
        return [note for each in self.scored for note in each.notes]


def answered(question: Question, scored: Sequence[Scored], curves: Mapping[Place, Curve], told: Told) -> Answers:
    """Returns the answers; `told` is called before each part."""
    members = [score.member for each in scored for score in each.scores]
    where = environments(members)
    baseline = next((each for each in scored if each.group.id == question.baseline), scored[0])
    present = [each for each in scored if each.counted]
    own = [each.sample(where) for each in present]
    told(0.1, "scores of each group")
    shared, scale, left_out = _one_scale(own, question.mode)
    samples = dict(zip(present, shared or own, strict=True))
    full = answers.filled(shared or own, question.mode)
    estimates = {each: _estimate(sample, shared is not None, question) for each, sample in zip(present, full, strict=True)}
    pairs = []
    for index, each in enumerate(one for one in scored if one is not baseline):
        told(0.2 + 0.5 * index / len(scored), f"“{each.group.label}” against “{baseline.group.label}”")
        pairs.append(_pair(each, baseline, samples, shared is not None, question))
    told(0.7, "performance profile")
    profiles, no_profile = _profiles(present, shared, question.mode)
    told(0.85, "steps to the target")
    targets = _targets(question, where, members)
    return Answers(
        question, baseline.group, tuple(each.group for each in present), tuple(scored), tuple(estimates.get(each) for each in scored),
        tuple(pairs), profiles, no_profile, scale, left_out, tuple(_reached(question, present, curves, where, targets)), targets,
        tuple(dict.fromkeys(name for sample in own for name in sample.scores)),
    )  # fmt: skip


def _one_scale(samples: Sequence[Sample], mode: Mode) -> tuple[list[Sample] | None, str, tuple[str, ...]]:
    """Returns all groups on one scale; None where they share no environment, and pairs of them still may."""
    try:
        found = answers.normalised(samples, mode=mode)
    except NotComparable:
        return None, "", ()
    several = len(found.samples[0].scores) > 1
    return list(found.samples), found.scale if several else "", found.left_out


def _estimate(sample: Sample, is_one_scale: bool, question: Question) -> Estimate | None:
    """Returns the statistic of a group's scores; None where they are of several environments, each on its own scale."""
    return answers.estimate(sample.scores, question.statistic) if sample.scores and (is_one_scale or len(sample.scores) == 1) else None


def _pair(each: Scored, baseline: Scored, samples: Mapping[Scored, Sample], is_one_scale: bool, question: Question) -> Pair:
    for one in (each, baseline):
        if one not in samples:
            return Pair(each.group, None, f"“{one.group.label}” has not reported this metric.")
    ours, theirs = samples[each], samples[baseline]
    try:
        if not is_one_scale:
            ours, theirs = answers.normalised([ours, theirs], mode=question.mode).samples
        return Pair(each.group, answers.compare(ours, theirs, question.statistic, question.mode))
    except NotComparable as error:
        return Pair(each.group, None, str(error))


def _profiles(scored: Sequence[Scored], shared: Sequence[Sample] | None, mode: Mode) -> tuple[tuple[tuple[Group, Profile], ...], str]:
    if shared is None:
        return (), "The groups share no environment, so there is no scale on which all could be drawn."
    places = answers.places(shared)
    if not len(places):
        return (), "No seed has a finite score."
    drawn = [(each.group, answers.profile(sample.scores, places, mode)) for each, sample in zip(scored, shared, strict=True)]
    if places[0] == places[-1]:
        return (), f"All scores are the same, {places[0]:g}: there is nothing to draw."
    return tuple(drawn), ""


def _targets(question: Question, where: Mapping[Place, str], members: Sequence[Member]) -> dict[str, float]:
    """Returns the target in each environment: the one asked for where there is but one, else where each counts as solved."""
    names = {place(member): where[place(member)] for member in members}
    if question.target is not None and len(set(names.values())) == 1:
        return dict.fromkeys(names.values(), question.target)
    found = {}
    for member in members:
        solved_at = solved.solved_at(member.run)
        if solved_at is not None and question.key.removeprefix("eval/") == REWARD:
            found[names[place(member)]] = solved_at
    return found


def _reached(
    question: Question, scored: Sequence[Scored], curves: Mapping[Place, Curve], where: Mapping[Place, str], targets: Mapping[str, float]
) -> list[Reached]:
    found = []
    for name, target in targets.items():
        by_group = []
        for each in scored:
            places = [at for score in each.counted if where[at := place(score.member)] == name]
            known = [by_x(curves[at]) for at in places if at in curves]
            empty = len(places) - len(known)  # failed before the first report: never reached it
            by_group.append([(one.x, one.mean) for one in known] + [(EMPTY, EMPTY)] * empty)
        budget = answers.common_budget([each for each in by_group if each])
        for each, lines in zip(scored, by_group, strict=True):
            if (efficiency := answers.efficiency(lines, target, question.mode, budget)) is not None:
                found.append(Reached(each.group, name, efficiency))
    return found
