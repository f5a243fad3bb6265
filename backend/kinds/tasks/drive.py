"""Drives a fan-out: hands chunks of tasks to workers, takes back what became of each task, and writes it down."""

import shutil
import signal
import sys
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import ray
from ray.exceptions import OutOfMemoryError, RayError

from backend.catalog.functions import Found, look_up
from backend.cluster.needs import waits_for
from backend.drivers import resources
from backend.drivers.attempt import Attempt
from backend.errors import StoreUnavailable
from backend.kinds.tasks import rows
from backend.kinds.tasks.pool import ActorPool, Pool, Ref, TaskPool
from backend.kinds.tasks.spec import TaskSpec
from backend.kinds.tasks.work import work
from backend.kinds.tasks.worker import Code, Report, last_words
from backend.model import RunState, TrialState
from backend.model.outcome import Outcome
from backend.store import queries
from backend.store.fanout.book import Done, TaskBook

CHUNK_SECONDS = 0.2  # how long a chunk of short tasks is to take; a worker hands back what it cannot do in twice that
MOST_IN_CHUNK = 20_000
FLUSH_SECONDS = 0.5
REPORT_SECONDS = 0.1
MOST_UNWRITTEN = 200_000  # tasks; beyond them nothing more is begun until the database takes them
POLL_SECONDS = 0.2
PACE = 0.5  # weight of the newest chunk in the estimate of a task's duration


class Todo(NamedTuple):
    """A task that is to be run."""

    number: int
    input: str  # JSON
    attempts: int  # so far
    before: int = 0  # of them in earlier attempts of the run, which do not count against its retries
    alone: bool = False  # it was with others when their worker died: one of them did it


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
        self.again: deque[Todo] = deque()  # handed back, or to be tried again
        self.fresh = _todo(spec, self.book, attempt.settings.inputs_folder)
        self.flying: dict[Ref, _Flight] = {}
        self.workers = {(node, pid): number for number, (node, pid) in enumerate(self.book.summary.workers)}
        self.each = 0.0  # seconds a task takes, lately; 0 before the first has ended
        self.failed: Outcome | None = None
        self.flushed_at = self.reported_at = 0.0
        self.needs_space = ""  # why a result's file cannot be written
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
        found = _found(self.spec, self.attempt)
        code = Code(
            found.code, found.text, str(self.attempt.settings.workloads_folder), self.spec.params, self.spec.init,
            paths=tuple(each.name for each in found.function.arguments if each.kind == "path"), is_class=found.function.is_class,
            timeout_s=self.spec.timeout_s, scratch=str(self.scratch),
        )  # fmt: skip
        kind = ActorPool if code.is_class else TaskPool
        return kind(code, self.attempt.run_id, _options(self.spec), self.spec.concurrency, self.fits)

    # ---- out

    def _hand_out(self) -> None:
        while self.pool.has_room(len(self.flying)) and self.book.waiting < MOST_UNWRITTEN:
            todo = self._next_chunk()
            if not todo:
                return
            ref = self.pool.submit([each.input for each in todo], 2 * CHUNK_SECONDS)
            self.flying[ref] = _Flight(todo, time.time())
            self.book.running += len(todo)
            if len(todo) == 1:
                self.book.begin(todo[0].number, todo[0].attempts + 1, todo[0].input, time.time())

    def _next_chunk(self) -> list[Todo]:
        size = self._size()
        chunk: list[Todo] = []
        while len(chunk) < size:
            each = self.again.popleft() if self.again else next(self.fresh, None)
            if each is None:
                break
            if each.alone:
                if not chunk:
                    return [each]
                self.again.appendleft(each)
                break
            chunk.append(each)
        return chunk

    def _size(self) -> int:
        """Returns how many tasks make a chunk: for CHUNK_SECONDS, and fewer towards the end, so that all workers end together."""
        if not self.each:
            return 1
        left = self.book.total - self.book.done - self.book.running
        return max(1, min(int(CHUNK_SECONDS / self.each + 0.05), MOST_IN_CHUNK, left // (2 * self.fits)))

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

    def _landed(self, flight: _Flight, report: Report) -> None:
        if report.cannot_load:
            message, trace = report.cannot_load
            self.failed = Outcome(RunState.FAILED, "its code cannot be loaded", message, trace)
            return
        worker = self._worker(report)
        done = len(report.seconds)
        self.again.extendleft(reversed(flight.todo[done:]))
        succeeded: list[Done] = []
        for place, each in enumerate(flight.todo[:done]):
            came = self._done(place, each, report, worker)
            if came.error is None:
                succeeded.append(came)
            else:
                self._went_wrong(each, came)
        self.book.succeed(succeeded)
        self._note(worker, report)

    def _done(self, place: int, each: Todo, report: Report, worker: int) -> Done:
        return Done(
            each.number, each.attempts + 1, each.input, report.started[place], report.seconds[place], worker, report.values[place],
            report.results[place], self._stored(each.number, *report.files[place]) if place in report.files else None,
            report.errors.get(place), report.outputs.get(place),
        )  # fmt: skip

    def _worker(self, report: Report) -> int:
        key = (report.node, report.pid)
        if key not in self.workers:
            self.workers[key] = len(self.workers)
            self.book.summary.workers.append([*key])
        return self.workers[key]

    def _note(self, worker: int, report: Report) -> None:
        """Brings the pace and the worker's own curve up to date: when it began, and for how long it was busy."""
        busy = sum(report.seconds)
        each = max(busy / len(report.seconds), 1e-7)
        self.each = each if not self.each else (1 - PACE) * self.each + PACE * each
        self.attempt.recorder.report(0, float(self.book.done), {f"worker/{worker}": busy}, at=report.started[0])

    def _stored(self, number: int, suffix: str, content: bytes) -> str:
        name = f"results/{number // 1000:04d}/{number}.{suffix}"
        self._write(self.folder / name, content)
        self.book.summary.files += 1
        self.book.summary.pictures += suffix == "png"
        return name

    def _write(self, path: Path, content: bytes) -> None:
        """Writes a result's file; a full disk is waited out. A stop meanwhile ends the process, and the task is done again."""
        while True:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
                self.needs_space = ""
                return
            except OSError as problem:
                self.needs_space = f"space for the file of a result: {problem}"
                print(f"tasks: kept in memory, trying again: {problem}", file=sys.stderr, flush=True)
                time.sleep(FLUSH_SECONDS)

    def _went_wrong(self, each: Todo, came: Done) -> None:
        """Tries a task again that raised or took too long, if it is to be; else it has failed."""
        if self.spec.retry_exceptions and came.attempts - each.before <= self.spec.max_retries:
            self.again.append(each._replace(attempts=came.attempts))
            return
        self._failed(came)

    def _failed(self, came: Done) -> None:
        self.book.fail(came)
        if self.spec.stop_on_first_failure and came.error:
            kind, _, message, trace = came.error
            self.failed = Outcome(RunState.FAILED, "stopped at the first failure", f"task {came.number}: {kind}: {message}", trace)

    def _died(self, flight: _Flight, error: RayError) -> None:
        """The worker died. Of several tasks nobody knows which one did it: each goes on alone, and no attempt is counted."""
        if len(flight.todo) > 1:
            self.again.extend(each._replace(alone=True) for each in flight.todo)
            return
        (each,) = flight.todo
        attempts, took = each.attempts + 1, time.time() - flight.at
        if attempts - each.before <= self.spec.max_retries:
            self.again.append(each._replace(attempts=attempts, alone=True))
            return
        failure = self._cause(error, each)
        self._failed(Done(each.number, attempts, each.input, flight.at, took, error=failure))

    def _cause(self, error: RayError, each: Todo) -> tuple[str, str, str, str]:
        """Returns kind, place, message and traceback of a task whose worker died."""
        if isinstance(error, OutOfMemoryError):
            return "OutOfMemory", "", "Ray ended its worker, because the machine ran out of memory", str(error)[-4000:]
        words = last_words(str(self.scratch), each.input)
        if where := words.read_text(errors="replace") if words.exists() else "":
            words.unlink()
            told = f"took longer than {self.spec.timeout_s:g} s and did not heed it, so its worker was ended"
            return "Timeout", "native code", told, where
        return "WorkerDied", "", "its worker process ended: os._exit, a crash in native code, or ended from outside", str(error)[-4000:]

    # ---- written down

    def _flush_when_due(self) -> None:
        if time.monotonic() - self.reported_at >= REPORT_SECONDS:
            self._report()
        if time.monotonic() - self.flushed_at >= FLUSH_SECONDS:
            self._flush()

    def _flush(self, force: bool = False) -> None:
        """Writes what came; a full disk is waited out, at the end as long as it takes."""
        while True:
            try:
                with self.attempt.recorder.counted():
                    self.book.flush()
                return
            except StoreUnavailable as problem:
                print(f"tasks: kept in memory, trying again: {problem}", file=sys.stderr, flush=True)
                time.sleep(FLUSH_SECONDS)
                if not force:
                    return
            finally:
                self.flushed_at = time.monotonic()

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
        if self.needs_space:
            return self.needs_space
        if self.each or not (self.flying or self.pool.is_starting):
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


def _todo(spec: TaskSpec, book: TaskBook, inputs_folder: Path) -> Iterator[Todo]:
    ended, tried = book.ended(), book.attempts()
    for number, given in enumerate(rows.texts(spec.inputs, inputs_folder)):
        if number >= len(ended):
            return  # files that were added since the launch are no part of this run
        if not ended[number]:
            yield Todo(number, given, tried.get(number, 0), tried.get(number, 0))


def _found(spec: TaskSpec, attempt: Attempt) -> Found:
    """Returns the function with the text of the launch, whatever became of the file since."""
    text = queries.workload(attempt.database, attempt.run_id)
    return look_up(spec.function, attempt.settings.workloads_folder, text)


def _options(spec: TaskSpec) -> dict[str, object]:
    given: dict[str, object] = {"num_cpus": spec.num_cpus, "num_gpus": spec.num_gpus, "resources": spec.resources or None}
    if spec.memory_gb:
        given["memory"] = int(spec.memory_gb * 1e9)
    return given


def _fits(spec: TaskSpec) -> int:
    """Returns how many tasks this cluster holds at a time, at least one."""
    there = ray.cluster_resources()
    most = [there.get(name, 0.0) / amount for name, amount in spec.reserved().items()]
    limit = min(most, default=float(spec.concurrency or 1))
    return max(1, min(int(limit), spec.concurrency or 10_000))
