"""Drives a fan-out: hands chunks of tasks to workers, takes back what became of each task, and writes it down."""

import shutil
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import ray
from ray.exceptions import RayError

from backend.catalog.functions import FoundFunction, look_up
from backend.cluster.needs import waits_for
from backend.drivers import resources
from backend.drivers.attempt import Attempt
from backend.kinds.tasks.pool import ActorPool, Pool, Ref, TaskPool, cause
from backend.kinds.tasks.result_files import ResultFiles
from backend.kinds.tasks.spec import TaskSpec
from backend.kinds.tasks.todo import CHUNK_SECONDS, Todo, TodoQueue
from backend.kinds.tasks.work import work
from backend.kinds.tasks.worker import ChunkReport, Code, last_words
from backend.model import RunState, TrialState
from backend.model.outcome import Outcome
from backend.store import queries
from backend.store.fanout.book import TaskBook
from backend.store.fanout.task_rows import Done
from backend.store.recording.patience import KEPT, Patience

FLUSH_SECONDS = 0.5
REPORT_SECONDS = 0.1
MOST_UNWRITTEN = 200_000  # tasks; beyond them nothing more is begun until the database takes them
POLL_SECONDS = 0.2


@dataclass
class _Flight:
    """A chunk on its way."""

    todo: list[Todo]
    at: float


def drive(spec: TaskSpec, attempt: Attempt) -> Outcome:
    """Runs every task that has not ended so far.

    Returns:
        succeeded if at least one task did and all have ended, stopped if asked to, failed otherwise.
    """
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)  # the wish to stop is asked for between two chunks, never in a write
    resources.connected(work.needs(spec), attempt)
    return _Fanout(spec, attempt).run()


class _Fanout:
    """One attempt of a fan-out."""

    def __init__(self, spec: TaskSpec, attempt: Attempt) -> None:
        self.spec, self.attempt = spec, attempt
        self.book = TaskBook(attempt.database, attempt.run_id, attempt.number)
        self.folder = attempt.settings.run_folder(attempt.run_id)
        self.scratch = self.folder / "timeouts"
        self.fits = _fits(spec)
        self.queue = TodoQueue(spec, self.book, attempt.settings.inputs_folder, self.fits)
        self.files = ResultFiles(self.folder, self.book.summary)
        self.patience = Patience(f"tasks: {KEPT}")
        self.flying: dict[Ref, _Flight] = {}
        self.workers = {(node, pid): number for number, (node, pid) in enumerate(self.book.summary.workers)}
        self.failed: Outcome | None = None
        self.flushed_at = self.reported_at = 0.0
        attempt.waits_for = self._waits_for

    def run(self) -> Outcome:
        recorder = self.attempt.recorder
        recorder.trial(0, state=TrialState.RUNNING, started_at=time.time())
        self.pool = self._pool()
        while self.failed is None and not self.attempt.stop_requested:
            self._hand_out()
            if self.flying:
                self._take_back()
            elif not self._has_to_wait():
                break
            self._flush_when_due()
        self.book.running = 0
        self._flush(force=True)
        self._report()
        shutil.rmtree(self.scratch, ignore_errors=True)
        outcome = self.failed or self._outcome()
        recorder.trial(0, state=TrialState(outcome.state), ended_at=time.time())
        return outcome

    def _has_to_wait(self) -> bool:
        """Whether what is left waits for the first worker, or for a full disk."""
        return self.book.done < self.book.total and (self.pool.is_starting or self.book.waiting >= MOST_UNWRITTEN)

    def _pool(self) -> Pool:
        code = _code(self.spec, self.attempt, self.scratch)
        kind = ActorPool if code.is_class else TaskPool
        return kind(code, self.attempt.run_id, _options(self.spec), self.spec.concurrency, self.fits)

    # ---- out

    def _hand_out(self) -> None:
        while self.pool.has_room(len(self.flying)) and self.book.waiting < MOST_UNWRITTEN:
            todo = self.queue.next_chunk()
            if not todo:
                return
            ref = self.pool.submit([each.input for each in todo], 2 * CHUNK_SECONDS)
            self.flying[ref] = _Flight(todo, time.time())
            self.book.running += len(todo)
            if len(todo) == 1:
                self.book.begin(todo[0].number, todo[0].attempts + 1, todo[0].input, time.time())

    # ---- back

    def _take_back(self) -> None:
        ready, _ = ray.wait(list(self.flying), num_returns=1, timeout=POLL_SECONDS)
        if ready:  # and whatever else has come meanwhile
            ready, _ = ray.wait(list(self.flying), num_returns=len(self.flying), timeout=0)
        for ref in ready:
            flight = self.flying.pop(ref)
            self.book.running -= len(flight.todo)
            try:
                report = ray.get(ref)
            except RayError as error:
                self.pool.landed(ref, lost=True)
                self._died(flight, error)
            else:
                self.pool.landed(ref, lost=False)
                self._landed(flight, report)

    def _landed(self, flight: _Flight, report: ChunkReport) -> None:
        if report.cannot_load:
            message, trace = report.cannot_load
            self.failed = Outcome(RunState.FAILED, "its code cannot be loaded", message, trace)
            return
        worker = self._worker(report)
        done = len(report.seconds)
        self.queue.hand_back(flight.todo[done:])
        succeeded: list[Done] = []
        for place, each in enumerate(flight.todo[:done]):
            came = self._done(place, each, report, worker)
            if came.error is None:
                succeeded.append(came)
            else:
                self._went_wrong(each, came)
        self.book.succeed(succeeded)
        self._note(worker, report)

    def _done(self, place: int, each: Todo, report: ChunkReport, worker: int) -> Done:
        return Done(
            each.number,
            each.attempts + 1,
            each.input,
            report.started[place],
            report.seconds[place],
            worker,
            report.values[place],
            report.results[place],
            self.files.store(each.number, *report.files[place]) if place in report.files else None,
            report.errors.get(place),
            report.outputs.get(place),
        )

    def _worker(self, report: ChunkReport) -> int:
        key = (report.node, report.pid)
        if key not in self.workers:
            self.workers[key] = len(self.workers)
            self.book.summary.workers.append([*key])
        return self.workers[key]

    def _note(self, worker: int, report: ChunkReport) -> None:
        """Brings the pace and the worker's own curve up to date: when it began, and for how long it was busy."""
        busy = sum(report.seconds)
        self.queue.took(busy / len(report.seconds))
        self.attempt.recorder.report(0, float(self.book.done), {f"worker/{worker}": busy}, at=report.started[0])

    def _went_wrong(self, each: Todo, came: Done) -> None:
        """Tries a task again that raised or took too long, if it is to be; else it has failed."""
        if self.spec.retry_exceptions and came.attempts - each.before <= self.spec.max_retries:
            self.queue.again(each._replace(attempts=came.attempts))
            return
        self._failed(came)

    def _failed(self, came: Done) -> None:
        self.book.fail(came)
        if self.spec.stop_on_first_failure and came.error:
            kind, _, message, trace = came.error
            self.failed = Outcome(
                RunState.FAILED, "stopped at the first failure", f"task {came.number}: {kind}: {message}", trace
            )

    def _died(self, flight: _Flight, error: RayError) -> None:
        """The worker died.

        Of several tasks nobody knows which one did it: each goes on alone, and no attempt is counted.
        """
        if len(flight.todo) > 1:
            self.queue.again(*(each._replace(alone=True) for each in flight.todo))
            return
        (each,) = flight.todo
        attempts, took = each.attempts + 1, time.time() - flight.at
        if attempts - each.before <= self.spec.max_retries:
            self.queue.again(each._replace(attempts=attempts, alone=True))
            return
        failure = cause(error, last_words(str(self.scratch), each.input), self.spec.timeout_s)
        self._failed(Done(each.number, attempts, each.input, flight.at, took, error=failure))

    # ---- written down

    def _flush_when_due(self) -> None:
        if time.monotonic() - self.reported_at >= REPORT_SECONDS:
            self._report()
        if time.monotonic() - self.flushed_at >= FLUSH_SECONDS:
            self._flush()

    def _flush(self, force: bool = False) -> None:
        """Writes what came; a full disk is waited out, at the end as long as it takes."""
        (self.patience.until_written if force else self.patience.tried)(self._write)
        self.flushed_at = time.monotonic()

    def _write(self) -> None:
        with self.attempt.recorder.counted():
            self.book.flush()

    def _report(self) -> None:
        """Records how the whole stands, as curves."""
        self.reported_at = time.monotonic()
        summary, book = self.book.summary, self.book
        values = {"tasks_per_second": summary.rate, "tasks_done": float(book.done), "tasks_failed": float(book.failed)}
        if summary.moments.count:
            half, mean = summary.moments.half_width, summary.moments.mean
            values = {"result_mean": mean, "result_low": mean - half, "result_high": mean + half, **values}
        self.attempt.recorder.report(0, float(book.done), values)

    def _waits_for(self) -> str:
        if self.files.needs_space:
            return self.files.needs_space
        if self.queue.pace or not (self.flying or self.pool.is_starting):
            return ""
        return waits_for(work.needs(self.spec), ray.available_resources())

    def _outcome(self) -> Outcome:
        book = self.book
        if self.attempt.stop_requested and book.done < book.total:
            return Outcome(RunState.STOPPED, "stopped by you")
        if book.done < book.total:
            return Outcome(RunState.FAILED, error=f"its inputs ended after {book.done:,} of {book.total:,} tasks")
        if not book.succeeded:
            return Outcome(RunState.FAILED, error=f"all {book.total:,} tasks failed")
        return Outcome(RunState.SUCCEEDED, f"{book.failed:,} of {book.total:,} tasks failed" if book.failed else "")


def _code(spec: TaskSpec, attempt: Attempt, scratch: Path) -> Code:
    """Returns what workers run; `scratch` is where they leave word of what they are at."""
    workload = _found(spec, attempt)
    return Code(
        workload.code,
        workload.text,
        str(attempt.settings.workloads_folder),
        spec.params,
        spec.init,
        paths=tuple(each.name for each in workload.function.arguments if each.kind == "path"),
        is_class=workload.function.is_class,
        timeout_s=spec.timeout_s,
        scratch=str(scratch),
    )


def _found(spec: TaskSpec, attempt: Attempt) -> FoundFunction:
    """Returns the function with the text of the launch, whatever became of the file since."""
    text = queries.workload(attempt.database, attempt.run_id)
    return look_up(spec.function, attempt.settings.workloads_folder, text)


def _options(spec: TaskSpec) -> dict[str, object]:
    options: dict[str, object] = {
        "num_cpus": spec.num_cpus,
        "num_gpus": spec.num_gpus,
        "resources": spec.resources or None,
    }
    if spec.memory_gb:
        options["memory"] = int(spec.memory_gb * 1e9)
    return options


def _fits(spec: TaskSpec) -> int:
    """Returns how many tasks this cluster holds at a time, at least one."""
    there = ray.cluster_resources()
    most = [there.get(name, 0.0) / amount for name, amount in spec.reserved().items()]
    limit = min(most, default=float(spec.concurrency or 1))
    return max(1, min(int(limit), spec.concurrency or 10_000))
