"""A fan-out's driver and what it asks of the cluster, without Ray."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ray.exceptions import OutOfMemoryError, WorkerCrashedError

from backend.cluster import needs
from backend.drivers import resources
from backend.drivers.attempt import Impossible
from backend.kinds import specs, work_of
from backend.kinds.tasks.drive import _Fanout
from backend.kinds.tasks.pool import cause
from backend.kinds.tasks.result_files import ResultFiles
from backend.kinds.tasks.todo import Todo, TodoQueue
from backend.kinds.tasks.worker import last_words
from backend.model.work import Needs
from backend.store.recording import patience
from tests.conftest import CARTPOLE

FANOUT: dict[str, Any] = {"kind": "tasks", "function": "monte_carlo_pi", "inputs": {"range": 3, "argument": "seed"}}
SWEEP: dict[str, Any] = {
    "kind": "sweep",
    "trainable": "digits_mlp",
    "space": {"lr": {"loguniform": [1e-4, 0.1]}},
    "samples": 2,
}
HEAD = {"CPU": 2.0, "memory": 8e9, "raydeck_slot": 2.0}


def driver(folder: Path) -> Any:
    """A fan-out's driver that has only what these tests need."""
    made = _Fanout.__new__(_Fanout)
    made.files = ResultFiles(folder, SimpleNamespace(files=0, pictures=0))  # type: ignore[arg-type]
    made.queue = SimpleNamespace(pace=1.0)  # type: ignore[assignment]
    return made


def test_why_a_worker_died_is_said(tmp_path: Path) -> None:
    words = last_words(str(tmp_path), '{"seed": 0}')
    kind, _, message, trace = cause(
        OutOfMemoryError("Task was killed due to the node running low on memory."), words, 2
    )
    assert (kind, message) == ("OutOfMemory", "Ray ended its worker, because the machine ran out of memory")
    assert "low on memory" in trace
    assert cause(WorkerCrashedError(), words, 2)[0] == "WorkerDied"
    words.write_text("Thread 0x1: in dot")
    assert cause(WorkerCrashedError(), words, 2)[::3] == ("Timeout", "Thread 0x1: in dot")
    assert cause(WorkerCrashedError(), words, 2)[0] == "WorkerDied", "last words are of one try"


def test_a_full_disk_is_waited_out_before_a_result_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fanout, waits = driver(tmp_path), []
    blocked = tmp_path / "results"
    blocked.write_text("in the way, as a full disk is")

    def wait(_seconds: float) -> None:
        waits.append(fanout._waits_for())
        if len(waits) == 3:
            blocked.unlink()

    monkeypatch.setattr(patience.time, "sleep", wait)
    name = fanout.files.store(1234, "png", b"picture")
    assert (tmp_path / name).read_bytes() == b"picture"
    assert len(waits) == 3
    assert waits[0].startswith("space for the file of a result: ")
    assert fanout._waits_for() == "", "it no longer waits"
    assert (fanout.files.summary.files, fanout.files.summary.pictures) == (1, 1)


def queue(total: int, ended: tuple[int, ...] = (), fits: int = 2) -> TodoQueue:
    flags = [number in ended for number in range(total)]
    book: Any = SimpleNamespace(total=total, done=len(ended), running=0, ended=lambda: flags, attempts=lambda: {0: 1})
    return TodoQueue(specs.parse(FANOUT | {"inputs": {"range": total, "argument": "seed"}}), book, Path("unused"), fits)


def numbers(chunk: list[Todo]) -> list[int]:
    return [each.number for each in chunk]


def test_what_is_left_goes_out_in_order_first_what_came_back() -> None:
    todo = queue(6, ended=(1,))
    first = todo.next_chunk()
    assert numbers(first) == [0], "one alone, until it is known how long a task takes"
    assert first[0].attempts == first[0].before == 1, "tries of an earlier attempt are remembered"
    todo.took(0.1)
    assert numbers(todo.next_chunk()) == [2], "few are left, and all workers are to end together"
    todo.hand_back([Todo(2, "", 0), Todo(0, "", 1)])
    assert [numbers(todo.next_chunk()) for _ in range(6)] == [[2], [0], [3], [4], [5], []]


def test_a_chunk_of_short_tasks_is_full_and_a_suspect_goes_alone() -> None:
    todo = queue(10_000)
    todo.took(0.001)
    chunk = todo.next_chunk()
    assert numbers(chunk) == list(range(200)), "0.2 s of work"
    todo.again(chunk[0]._replace(attempts=1, alone=True), chunk[1])
    assert numbers(todo.next_chunk()) == [0]
    assert numbers(todo.next_chunk())[:2] == [1, 200]


def needs_of(spec: dict[str, Any]) -> Needs:
    return work_of(spec["kind"]).needs(specs.parse(spec))


IMPOSSIBLE = [
    (FANOUT | {"num_cpus": 64}, "a task asks for 64 CPUs, and the whole cluster has 2"),
    (FANOUT | {"num_gpus": 1}, "a task asks for 1 GPU, and the whole cluster has 0"),
    (FANOUT | {"memory_gb": 20}, "a task asks for 20 GB of memory, and the whole cluster has 8"),
    (FANOUT | {"resources": {"lab_key": 2}}, "a task asks for 2 lab_key, and the whole cluster has 0"),
    (SWEEP | {"cpus": 64}, "a trial asks for 64 CPUs, and the whole cluster has 2"),
    (CARTPOLE | {"params": {"num_env_runners": 63}}, "a trial asks for 64 CPUs, and the whole cluster has 2"),
]


@pytest.mark.parametrize(("spec", "why"), IMPOSSIBLE)
def test_what_can_never_be_ends_a_run_of_any_kind_before_it_begins(
    spec: dict[str, Any], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ray.get_runtime_context", lambda: SimpleNamespace(gcs_address="here:1"))
    attempt: Any = SimpleNamespace(gcs_address="")
    monkeypatch.setattr("ray.cluster_resources", lambda: HEAD)
    with pytest.raises(Impossible, match=f"^{why}$"):
        resources.connected(needs_of(spec), attempt)
    monkeypatch.setattr("ray.cluster_resources", lambda: {"CPU": 2.0})
    resources.connected(needs_of(spec), attempt)  # somebody else's cluster may grow
    assert attempt.gcs_address == "here:1"


@pytest.mark.parametrize("spec", [FANOUT, FANOUT | {"num_cpus": 2, "memory_gb": 8}, SWEEP, CARTPOLE])
def test_what_fits_is_not_complained_of(spec: dict[str, Any]) -> None:
    assert needs.lacking(needs_of(spec), HEAD) == {}
