"""What comes next in a sweep, and when it is over: the ledger alone, with no Tune around it."""

import math
from typing import Any

import pytest
from sqlalchemy import update

from backend.kinds.sweep import drive
from backend.kinds.sweep.ledger import FEW
from backend.kinds.sweep.searchers import GridSearch
from backend.model import RunState, TrialState
from backend.store import queries, schema, wishes
from tests.conftest import ON_SQLITE

SUCCEEDED, FAILED, STOPPED, PRUNED = TrialState.SUCCEEDED, TrialState.FAILED, TrialState.STOPPED, TrialState.PRUNED


# ---- what comes next


@ON_SQLITE
def test_as_many_run_as_may_and_no_more_begin_than_are_wanted(kept: Any) -> None:
    made = kept(samples=3, concurrency=2)
    first, second = made.taken(), made.taken()
    assert [first.number, second.number] == [0, 1]
    assert made.ledger.has_more()
    assert made.ledger.take() is None, "two run already"
    made.ledger.ended(0, PRUNED)
    assert made.taken().params == {"x": 2.0}
    assert not made.ledger.has_more()


@ON_SQLITE
def test_wishes_hold_instead_of_the_spec_and_zero_lifts_a_limit(kept: Any) -> None:
    made = kept(samples=1, concurrency=1, time_budget_s=10)
    made.taken()
    made.attempt.wishes = wishes.Wishes({"samples": 4, "concurrency": 3})
    assert [made.taken().number, made.taken().number] == [1, 2]
    assert made.ledger.take() is None
    made.attempt.wishes = wishes.Wishes({"samples": 4, "concurrency": 0, "time_budget_s": 0})
    assert made.taken().number == 3
    made.clock = 1e6
    assert not made.ledger.is_over
    assert (made.ledger.limits.concurrency, made.ledger.limits.time_budget_s) == (None, None)


@ON_SQLITE
def test_a_grid_has_no_more_than_all_of_it(kept: Any) -> None:
    made = kept(space={"x": {"grid": [1, 2]}, "fixed": 7}, search="grid")
    made.ledger.search = GridSearch(made.spec.searched)
    made.attempt.wishes = wishes.Wishes({"samples": 50})
    assert [made.ledger.take().params for _ in range(2)] == [{"x": 1, "fixed": 7}, {"x": 2, "fixed": 7}]
    assert made.ledger.take() is None


@ON_SQLITE
def test_each_configuration_runs_with_each_seed_and_the_search_is_told_their_mean(kept: Any) -> None:
    made = kept(samples=2, repeats=2)
    parts = [made.trial(1.0), made.trial(2.0, 4.0), made.trial(5.0), made.trial(state=FAILED)]
    assert [(part.params, part.seed) for part in parts] == [
        ({"x": 0.0}, 1),
        ({"x": 0.0}, 2),
        ({"x": 1.0}, 1),
        ({"x": 1.0}, 2),
    ]
    assert made.search.told == [(0, {"x": 0.0}, [2.5]), (1, {"x": 1.0}, [(5.0 + 1.0) / 2])], (
        "of each its best, of the two the mean, and of the one that failed the worst of all"
    )


@ON_SQLITE
def test_what_failed_or_diverged_is_told_as_the_worst_so_far(kept: Any) -> None:
    made = kept(samples=5)
    made.trial(math.nan)
    made.trial(2.0)
    made.trial(1.0)
    made.trial(9.0, math.nan)
    made.trial(8.0, state=FAILED)
    assert [values for _, _, values in made.search.told] == [None, [2.0], [1.0], [1.0], [1.0]]


@ON_SQLITE
def test_of_several_objectives_the_last_of_each_is_told_for_they_belong_together(kept: Any) -> None:
    made = kept(metric=["score", "size"], mode=["max", "min"], search="optuna_nsga2", samples=2)
    for numbers in (
        ({"score": 9.0, "size": 5.0}, {"score": 7.0, "size": 3.0}),
        ({"score": 1.0, "size": 2.0}, {"score": math.inf}),
    ):
        part = made.taken()
        for each in numbers:
            made.ledger.reported(part.number, each)
        made.ledger.ended(part.number, SUCCEEDED)
    assert [values for _, _, values in made.search.told] == [[7.0, 3.0], [7.0, 3.0]], (
        "what has diverged is no better than the worst"
    )
    made.attempt.wishes = wishes.Wishes({"samples": 3})
    part = made.taken()
    made.ledger.reported(part.number, {"score": 4.0})
    made.ledger.ended(part.number, SUCCEEDED)
    assert made.search.told[-1][2] is None, "half of an answer is none"


# ---- when it is enough


@ON_SQLITE
@pytest.mark.parametrize(
    ("mode", "scores", "last"), [("max", (1.0, 3.0, 9.5, 20.0), 9.5), ("min", (20.0, 11.0, 8.0, 1.0), 8.0)]
)
def test_the_first_report_that_reaches_the_target_ends_it_well(
    kept: Any, mode: str, scores: tuple[float, ...], last: float
) -> None:
    made = kept(mode=mode, target=9.0, samples=100)
    for score in scores:
        if made.ledger.has_more():
            made.trial(score)
    assert made.ledger.is_over
    assert made.ledger.take() is None
    assert made.outcome() == (RunState.SUCCEEDED, f"trial 2 reached the target, score {last:g}")


@ON_SQLITE
def test_one_repeat_at_the_target_is_not_enough(kept: Any) -> None:
    made = kept(target=9.0, repeats=2, samples=3)
    for score in (10.0, 2.0, 8.0, 10.0):
        assert not made.ledger.is_over
        made.trial(score)
    assert made.outcome() == (RunState.SUCCEEDED, "configuration 1 reached the target, score 9")


@ON_SQLITE
@pytest.mark.parametrize(
    ("mode", "scores"), [("max", (3.0, 2.0, 4.0, 4.0, 1.0, math.nan)), ("min", (3.0, 9.0, 1.0, 1.0, math.nan, 2.0))]
)
def test_patience_counts_from_the_last_that_was_better(kept: Any, mode: str, scores: tuple[float, ...]) -> None:
    made = kept(mode=mode, patience=3, samples=100)
    for score in scores:
        assert not made.ledger.is_over
        made.trial(score)
    assert made.outcome() == (RunState.SUCCEEDED, "nothing better in the last 3 trials")


@ON_SQLITE
def test_patience_with_repeats_counts_configurations(kept: Any) -> None:
    made = kept(patience=2, repeats=2, samples=100)
    for score in (5.0, 5.0, 1.0, 99.0, 1.0, 1.0, 1.0, 1.0):
        assert not made.ledger.is_over
        made.trial(score)
    assert made.outcome() == (RunState.SUCCEEDED, "nothing better in the last 2 configurations")


@ON_SQLITE
def test_the_time_budget_runs_from_the_first_trial_and_counts_earlier_attempts(kept: Any) -> None:
    made = kept(samples=10, time_budget_s=100)
    made.clock = 500.0
    assert not made.ledger.is_over, "what Ray and Tune take to come up is nobody's budget"
    made.trial(1.0)
    made.clock = 599.0
    assert not made.ledger.is_over
    made.clock = 600.0
    assert made.ledger.is_over
    assert made.outcome() == (RunState.SUCCEEDED, "the time budget of 100 s is used up")
    made.resumed(spent=100.0)
    assert made.ledger.is_over, "there is no time left"
    made.resumed(spent=100.0)
    made.attempt.wishes = wishes.Wishes({"time_budget_s": 150})
    made.trial(1.0)
    made.clock += 49.0
    assert not made.ledger.is_over
    made.clock += 1.0
    assert made.ledger.is_over


@ON_SQLITE
def test_seconds_spent_are_those_in_which_earlier_attempts_had_trials(kept: Any) -> None:
    made = kept(samples=4)
    for _ in range(4):
        made.trial(1.0)
    made.resumed()
    made.recorder.finish(RunState.SUCCEEDED)
    moves = {"queued": (100, 900), "running": (110, 910), "stopped": (200,), "succeeded": (1000,)}
    # the second's end was noted with the run's
    times = [(120.0, 180.0), (121.0, 200.5), (930.0, 940.0), (935.0, 990.0)]
    with made.database.write() as tx:
        for move, ats in moves.items():
            ids = [
                row.id
                for row in tx.execute(
                    schema.events.select().where(schema.events.c.move == move).order_by(schema.events.c.id)
                )
            ]
            for event, at in zip(ids, ats, strict=True):
                tx.execute(update(schema.events).where(schema.events.c.id == event).values(at=at))
        for number, (started, over) in enumerate(times):
            tx.execute(
                update(schema.trials).where(schema.trials.c.number == number).values(started_at=started, ended_at=over)
            )
    assert drive._spent(made.attempt, queries.run(made.database, made.id)) == pytest.approx((200.5 - 120) + (990 - 930))


# ---- when something is wrong


@ON_SQLITE
@pytest.mark.parametrize("samples", [50, 3])
def test_the_first_few_that_all_fail_end_it_with_the_first_error(kept: Any, samples: int) -> None:
    made, few = kept(samples=samples), min(FEW, samples)
    for number in range(few):
        assert made.ledger.outcome is None
        made.trial(state=FAILED, error=f"Traceback …\nValueError: number {number}\n")
    found = made.ledger.result()
    assert found.state is RunState.FAILED
    assert found.error == f"The first {few} trials all failed: ValueError: number 0"
    assert found.traceback.startswith("Traceback")


@ON_SQLITE
def test_one_that_reported_shows_that_the_code_works_however_many_fail(kept: Any) -> None:
    made = kept(samples=20)
    running = made.taken()
    made.ledger.reported(running.number, {"score": 1.0})
    for _ in range(10):
        made.trial(state=FAILED, error="ValueError")
    assert made.ledger.outcome is None
    made.ledger.ended(running.number, SUCCEEDED)
    assert made.outcome() == (RunState.SUCCEEDED, "10 of 11 trials failed")


@ON_SQLITE
def test_what_is_searched_for_may_come_late(kept: Any) -> None:
    made = kept(samples=2)
    for _ in range(2):
        running = made.taken()
        for step in range(1, 21):
            made.ledger.reported(running.number, {"loss": 1.0} | ({"score": float(step)} if step % 10 == 0 else {}))
        made.ledger.ended(running.number, SUCCEEDED)
    assert made.outcome()[0] is RunState.SUCCEEDED
    assert [value for *_, value in made.search.told] == [[20.0], [20.0]]
    made.recorder.flush()
    said = [each.note for each in queries.history(made.database, made.id) if each.move == "not yet"]
    assert said == ["“score” is not in the first report: loss"]


@ON_SQLITE
@pytest.mark.parametrize("reports", [[], [{"other": 1.0, "time_s": 2.0}]])
def test_a_trainable_that_does_not_report_what_is_searched_for_ends_it_with_what_it_does_report(
    kept: Any, reports: Any
) -> None:
    made = kept(samples=20)
    running = made.taken()
    for metrics in reports:
        made.ledger.reported(running.number, metrics)
    made.ledger.ended(running.number, SUCCEEDED)
    told = "other, time_s" if reports else "nothing that is a number"
    assert made.ledger.result().error == f"The trainable does not report “score”. It reports: {told}"


@ON_SQLITE
def test_what_failed_after_a_report_is_no_sign_that_the_code_works(kept: Any) -> None:
    made = kept(samples=20)
    for _ in range(FEW):
        made.trial(3.0, state=FAILED, error="RuntimeError: after all")
    assert made.outcome()[0] is RunState.FAILED


@ON_SQLITE
@pytest.mark.parametrize(
    ("ends", "is_stopped", "state", "note"),
    [
        ([(1.0, SUCCEEDED)], False, RunState.SUCCEEDED, ""),
        ([(1.0, PRUNED), (None, FAILED)], False, RunState.SUCCEEDED, "1 of 2 trials failed"),
        ([(1.0, SUCCEEDED), (2.0, STOPPED)], True, RunState.STOPPED, "stopped by you"),
        ([(2.0, STOPPED)], False, RunState.SUCCEEDED, ""),
        ([(None, STOPPED)], False, RunState.FAILED, "no trial succeeded"),
        ([(None, FAILED)], False, RunState.FAILED, "The first 1 trials all failed"),
    ],
)
def test_how_it_ended_follows_from_its_trials(
    kept: Any, ends: Any, is_stopped: bool, state: RunState, note: str
) -> None:
    made = kept(samples=len(ends))
    for score, end in ends:
        made.trial(*([] if score is None else [score]), state=end, error="ValueError" if end is FAILED else "")
    made.attempt.stop_requested = is_stopped
    assert made.outcome() == (state, note)


@ON_SQLITE
def test_a_budget_that_is_used_up_before_anything_came_of_it_is_a_failure_with_that_reason(kept: Any) -> None:
    made = kept(samples=10, time_budget_s=5)
    made.taken()
    made.clock = 6.0
    assert made.ledger.is_over
    made.ledger.ended(0, STOPPED)
    assert made.outcome() == (RunState.FAILED, "the time budget of 5 s is used up")


# ---- the next attempt


def test_it_begins_with_what_the_rows_hold(kept: Any) -> None:
    made = kept(samples=6, target=100.0, patience=2)
    made.trial(1.0, 7.0, 2.0)
    broken = made.taken()
    made.recorder.report(broken.number, 1, {"score": 50.0})
    made.ledger.reported(broken.number, {"score": 50.0})
    made.recorder.trial(broken.number, checkpoint="there", checkpoint_iteration=1)
    made.trial(state=FAILED, error="ValueError")
    made.trial(3.0, state=PRUNED)
    assert made.ledger.is_over, "patience is lost"
    ledger = made.resumed()
    assert sorted(made.search.told) == [(0, {"x": 0.0}, [7.0]), (2, {"x": 2.0}, [3.0]), (3, {"x": 3.0}, [3.0])]
    assert not ledger.is_over, "whoever goes on with no patience left wants more"
    again = made.taken()
    assert (again.number, again.params, again.best, again.last) == (1, {"x": 1.0}, 50.0, {"score": 50.0})
    assert (again.checkpoint, again.iteration) == ("there", 1)
    assert made.taken().number == 4, "what ended stays ended"


def test_an_attempt_after_the_target_goes_on(kept: Any) -> None:
    made = kept(samples=3, target=5.0)
    made.trial(6.0)
    assert made.ledger.is_over
    assert not made.resumed(RunState.SUCCEEDED).is_over
    made.trial(1.0)
    assert not made.ledger.is_over
    made.trial(7.0)
    assert made.outcome() == (RunState.SUCCEEDED, "trial 2 reached the target, score 7")


def test_a_half_finished_configuration_is_told_once_its_other_repeats_are_there(kept: Any) -> None:
    made = kept(samples=2, repeats=2)
    made.trial(4.0)
    made.resumed()
    assert made.search.told == []
    part = made.trial(8.0)
    assert (part.number, part.params, part.seed) == (1, {"x": 0.0}, 2), "of the same configuration, with the other seed"
    assert made.search.told == [(0, {"x": 0.0}, [6.0])]
