"""What a checkpoint of Stable-Baselines3 needs beside the library's own: replay buffer, normaliser, random states."""

import pickle
import random
from pathlib import Path
from typing import Any

import numpy as np
import torch

BUFFER_BYTES = 2_000_000  # up to which a replay buffer is saved: 50,000 steps of Pendulum
BUFFER = ("observations", "next_observations", "actions", "rewards", "dones", "timeouts")


def save_buffer(buffer: Any, file: Path) -> None:
    """Saves what a replay buffer holds, oldest first, while it is small; several times a second a large
    one would cost too much."""
    arrays = {name: getattr(buffer, name)[: buffer.size()] for name in BUFFER}
    if sum(array.nbytes for array in arrays.values()) <= BUFFER_BYTES:
        shift = -buffer.pos if buffer.full else 0
        np.savez(file, **{name: np.roll(array, shift, axis=0) for name, array in arrays.items()})


def load_buffer(buffer: Any, file: Path) -> None:
    """Fills a replay buffer with the newest of what was saved; what other environments brought is left out."""
    saved = dict(np.load(file)) if file.exists() else {}
    if saved and all(saved[name].shape[1:] == getattr(buffer, name).shape[1:] for name in BUFFER):
        count = min(len(saved["rewards"]), buffer.buffer_size)
        for name in BUFFER:
            getattr(buffer, name)[:count] = saved[name][len(saved[name]) - count :]
        buffer.pos, buffer.full = count % buffer.buffer_size, count == buffer.buffer_size


def load_normalizer(normalizer: Any, file: Path) -> None:
    """Gives a normaliser, where there is one, the means and variances that were saved."""
    if normalizer is not None and file.exists():
        saved = pickle.loads(file.read_bytes())
        normalizer.ret_rms = saved.ret_rms
        normalizer.obs_rms = saved.obs_rms if saved.norm_obs else normalizer.obs_rms


def luck(model: Any, environments: Any) -> dict[str, Any]:
    """Returns the state of everything random in a training."""
    own = [
        random.getstate(),
        np.random.get_state(),
        torch.get_rng_state(),
        model.action_space.np_random.bit_generator.state,
    ]
    return {"random": own, "env_random": [each.bit_generator.state for each in environments.get_attr("np_random")]}


def load_luck(model: Any, environments: Any, state: dict[str, Any]) -> None:
    """Lets a training go on with the luck that `luck` returned."""
    ours, numpys, torchs, actions = state["random"]
    random.setstate(ours)
    np.random.set_state(numpys)
    torch.set_rng_state(torchs)
    model.action_space.np_random.bit_generator.state = actions
    for each, saved in zip(environments.get_attr("np_random"), state["env_random"], strict=False):
        each.bit_generator.state = saved
    environments._reset_seeds()  # or the first reset would begin the environments' luck anew
