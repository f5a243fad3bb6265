"""Checkpoints that were given a name: what may be asked of them."""

import json
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from backend import files
from backend.api.house import house
from backend.api.sweeps import _trial
from backend.errors import IllegalMove, InvalidSpec
from backend.model import Run, Trial
from backend.store import checkpoints, queries
from backend.store.checkpoints import Promotable

COPIES = 5  # tries to copy a checkpoint before it is replaced


@dataclass(frozen=True)
class Model:
    """A checkpoint that was given a name."""

    name: str
    path: Path
    run_id: str
    trial: int
    value: float | None
    at: float


def promote(run_id: str, name: str, number: int | None = None) -> Model:
    """Copies a trial's best checkpoint, the best trial's when left out, to data/models under a name, with the value it
    has.

    Raises:
        UnknownRun
        IllegalMove: the trial kept no checkpoint, or replaces them faster than they can be copied.
        InvalidSpec: the name is none, or is taken.
    """
    name = name.strip()
    if not name or not name.replace("-", "").replace("_", "").replace(".", "").isalnum() or name.startswith("."):
        raise InvalidSpec({"name": "must be letters, digits, -, _ and ."})
    target = house().settings.models_folder / name
    if target.exists():
        raise InvalidSpec({"name": f"there is a model “{name}” already"})
    with files.replacing(target) as part:
        run, trial, checkpoint = _copied(run_id, number, part)
        at = time.time()
        about = {
            "run_id": run.id,
            "trial": trial.number,
            "value": checkpoint.value,
            "at": at,
            "params": checkpoint.params,
            "spec": run.spec,
        }
        (part / "model.json").write_text(json.dumps(about, indent=1))
    return Model(name, target, run.id, trial.number, checkpoint.value, at)


def _copied(run_id: str, number: int | None, part: Path) -> tuple[Run, Trial, Promotable]:
    """Copies a trial's best checkpoint into `part`; where it is replaced on the way, the one that came after it."""
    for _ in range(COPIES):
        run = queries.run(house().database, run_id)
        trial = _trial(run, number)
        checkpoint = checkpoints.promotable(house().database, house().settings, run, trial)
        shutil.rmtree(part, ignore_errors=True)
        try:
            shutil.copytree(checkpoint.folder, part / "checkpoint")
        except (FileNotFoundError, shutil.Error) as error:
            if "[Errno 2]" not in str(error):  # not that a file went away
                raise
            continue
        return run, trial, checkpoint
    raise IllegalMove(
        f"Trial {trial.number} replaces its checkpoints too fast to copy one; stop the trial or the sweep, then"
        " promote."
    )


def models() -> list[Model]:
    """Returns the checkpoints that were given a name, the newest first."""
    named_models = []
    for path in house().settings.models_folder.glob("[!.]*/model.json"):
        about = json.loads(path.read_text())
        named_models.append(
            Model(path.parent.name, path.parent, about["run_id"], about["trial"], about["value"], about["at"])
        )
    return sorted(named_models, key=lambda model: -model.at)
