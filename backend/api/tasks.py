"""What pages, the command line and notebooks may ask about fan-outs."""

import tempfile
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from backend import files
from backend.analysis import tables
from backend.api.cluster import must_fit, wake_cluster
from backend.api.house import house
from backend.catalog import functions, own_code
from backend.catalog.functions import FoundFunction
from backend.catalog.own_code import File
from backend.errors import InvalidSpec
from backend.kinds.tasks import prepare, rows
from backend.kinds.tasks.prepare import CheckedFanout
from backend.kinds.tasks.rows import KeptRows
from backend.kinds.tasks.spec import Inputs, TaskSpec
from backend.kinds.tasks.tables import InputRow
from backend.model import Failure, Task, TaskCounts
from backend.store.fanout import tasks as store
from backend.store.fanout.summary import Summary
from backend.store.fanout.tasks import Wanted

FORMATS = ("csv", "parquet", "jsonl")
LOOKED_AT = 20  # results, to see of which kind they are


def retry_failed(run_id: str) -> None:
    """Tries the failed tasks of a fan-out that is over again, and what is left with them, as the same run.

    Raises:
        UnknownRun, IllegalMove
        InvalidSpec: says what is no longer there.
    """
    house().launcher.retry_failed(run_id)
    wake_cluster()


def check(spec: TaskSpec) -> CheckedFanout:
    """Returns a fan-out checked against its function, its inputs and the cluster, as `launch` would start it.

    Raises:
        InvalidSpec: with one entry in `problems` for each field that is wrong.
    """
    ready = prepare.check(spec, house().settings.workloads_folder, house().settings.inputs_folder)
    must_fit(spec)
    return ready


def total(spec: TaskSpec) -> int:
    """Returns how many tasks a checked spec has."""
    return rows.count(spec.inputs, house().settings.inputs_folder)


def preview(spec: TaskSpec, most: int = 5) -> list[InputRow]:
    """Returns the arguments of the first tasks of a checked spec, without the params of all."""
    return list(islice(rows.rows(spec.inputs, house().settings.inputs_folder), most))


# ---- the user's own code and files


def own_files() -> list[File]:
    """Returns the files in data/workloads with their functions; one that cannot be used says why."""
    return own_code.own_files(house().settings.workloads_folder)


def own_functions() -> list[str]:
    """Returns the names of the user's own functions in data/workloads, as a spec has them."""
    return [f"{file.name}:{each.name}" for file in own_files() for each in file.functions]


def function(name: str) -> FoundFunction:
    """Returns a function by its name, as a spec has it.

    Raises:
        UnknownWorkload
    """
    return functions.look_up(name, house().settings.workloads_folder)


def save_own_file(name: str, text: str, *, overwrite: bool = True) -> Path:
    """Writes a file of the user's own functions, trainables or environments; runs that were started keep the text of
    then.

    Raises:
        InvalidSpec: the name is none for a Python file, or is taken and must not be overwritten; or the text does not
            parse.
    """
    name = name.strip().removesuffix(".py")
    if not name.isidentifier():
        raise InvalidSpec({"name": own_code.NAME_RULE.removeprefix("it ")})
    folder = house().settings.workloads_folder
    path = folder / f"{name}.py"
    try:
        file = own_code.parsed(path, text)
    except (SyntaxError, ValueError) as error:
        raise InvalidSpec({"text": f"line {getattr(error, 'lineno', '?')}: {getattr(error, 'msg', error)}"}) from None
    if not (file.functions or file.tunables or file.environments):
        raise InvalidSpec(
            {
                "text": (
                    "has no function at its top level whose name does not begin with _, no trainable and no environment"
                )
            }
        )
    folder.mkdir(parents=True, exist_ok=True)
    if path.exists() and not overwrite:
        raise InvalidSpec({"name": f"there is a {name}.py already: choose it above to change it, or take another name"})
    files.replace(path, text)
    return path


def keep_upload(content: bytes, inputs: Inputs, function_name: str) -> KeptRows:
    """Keeps the rows of an uploaded CSV or JSON Lines file, and returns what they are.

    Raises:
        InvalidSpec: it cannot be read; the message names the line.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        path.write_bytes(content)
        read = inputs.model_copy(update={inputs.source: str(path)})
        return rows.keep(read, house().settings.inputs_folder, function(function_name).function)


def kept(sha256: str) -> KeptRows:
    """Returns what is known of a file's rows that were kept.

    Raises:
        InvalidSpec: they are not there.
    """
    return rows.kept(sha256, house().settings.inputs_folder)


# ---- tasks


def overview(run_id: str) -> tuple[TaskCounts, Summary]:
    """Returns how a fan-out stands as a whole.

    Raises:
        UnknownRun
    """
    return store.summary(house().database, run_id)


def tasks(run_id: str, wanted: Wanted | None = None, offset: int = 0, limit: int = 50) -> list[Task]:
    """Returns some of a run's tasks that have begun."""
    return store.page(house().database, run_id, wanted or Wanted(), offset, limit)


def found(run_id: str, wanted: Wanted, offset: int = 0, limit: int = 50) -> tuple[list[Task], int]:
    """Returns some of the tasks that match a search, and how many do in all."""
    return store.found(house().database, run_id, wanted, offset, limit)


def count(run_id: str, wanted: Wanted) -> int:
    """Returns how many tasks that have begun match."""
    return store.count(house().database, run_id, wanted)


def task(run_id: str, number: int) -> Task | None:
    """Returns one task, or None if it has not begun."""
    return store.task(house().database, run_id, number)


def failures(run_id: str) -> list[Failure]:
    """Returns the kinds of failure, the most frequent first."""
    return store.failure_groups(house().database, run_id)


def pictures(run_id: str, offset: int, limit: int) -> list[tuple[Task, Path]]:
    """Returns tasks whose result is a picture, with its file."""
    folder = house().settings.run_folder(run_id)
    return [
        (each, folder / (each.artifact or ""))
        for each in store.artifacts(house().database, run_id, ".png", offset, limit)
    ]


def artifact(run_id: str, task_: Task) -> Path | None:
    """Returns the file of a task's result; None if it has none, or it is gone."""
    path = house().settings.run_folder(run_id) / task_.artifact if task_.artifact else None
    return path if path is not None and path.is_file() else None


def pairs(run_id: str, most: int) -> tuple[Sequence[tuple[float, float]], int]:
    """Returns the results that are two numbers, of at most `most` tasks, and how many tasks
    lie from one to the next."""
    results, stride = store.spread(house().database, run_id, most)
    return tables.pairs(results), stride


def pair_names(run_id: str) -> tuple[str, str] | None:
    """Returns what the two numbers of the results are called; None where results are no two numbers."""
    task_rows = store.page(house().database, run_id, Wanted(states=("succeeded",)), 0, LOOKED_AT)
    return next((tables.names_of_pair(each.result) for each in task_rows if tables.pairs([each.result])), None)


def save_results(run_id: str, form: str, file: BinaryIO) -> None:
    """Writes every task that has begun as a table: number, state, arguments, timing, result, error; in little memory.

    Args:
        form: csv, parquet or jsonl.

    Raises:
        UnknownRun
        InvalidSpec: there is no such format.
    """
    if form not in FORMATS:
        raise InvalidSpec({"format": f"must be one of: {', '.join(FORMATS)}"})
    store.summary(house().database, run_id)
    tables.write(store.everything(house().database, run_id), form, file)


def results(run_id: str, form: str = "csv") -> bytes:
    """Returns the same as the content of a file.

    Raises:
        UnknownRun
        InvalidSpec: there is no such format.
    """
    with tempfile.TemporaryFile() as file:
        save_results(run_id, form, file)
        file.seek(0)
        return file.read()
