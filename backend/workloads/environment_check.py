"""Checks an environment that a person wrote: python -m backend.workloads.environment_check PICTURE, a request on
standard input.

The request is JSON: code (the file's text), name ("file:Class"), options, folder (of the files it may import) and
seconds (that it may take). The answer is JSON lines: {"stage": what is being tried} each time, and at the end problems,
notes, observation, action, ends, renders, or {"late": stage}.
"""

import json
import math
import os
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
os.environ.setdefault("SDL_AUDIODRIVER", "dummy")

import gymnasium
import numpy as np
from gymnasium.utils.env_checker import check_env

from backend.workloads import environment, spaces

STEPS = 10_000  # random ones, in which an episode must end
FIRST_STEPS = 10
SECONDS = 3.0  # for them
SUPPORTED = ("discrete", "box")


class Complaint(Exception):
    """What is wrong with the environment."""


def main(request: dict[str, Any], picture: Path) -> None:
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the environment prints is not part of the answer

    now = ["starting"]

    def stage(name: str) -> None:
        now[0] = name
        print(json.dumps({"stage": name}), file=out, flush=True)

    def give_up() -> None:
        print(json.dumps({"late": now[0]}), file=out, flush=True)
        os._exit(1)

    limit = threading.Timer(request["seconds"], give_up)
    limit.daemon = True
    limit.start()

    answer: dict[str, Any] = {"problems": [], "notes": [], "ends": False, "renders": False}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            _check(request, picture, answer, stage)
        except Complaint as complaint:
            answer["problems"].append(str(complaint))
        except BaseException as error:  # its own code may raise anything, SystemExit as well
            answer["problems"].append(_told(error, request["name"]))
    limit.cancel()
    answer["notes"] = list(
        dict.fromkeys(_plain(str(each.message)) for each in caught if issubclass(each.category, UserWarning))
    )
    print(json.dumps(answer), file=out, flush=True)


def _check(request: dict[str, Any], picture: Path, answer: dict[str, Any], stage: Callable[[str], None]) -> None:
    stage("importing the file")
    sys.path.append(request["folder"])
    made = environment.own_class(request["code"], request["name"])
    if not issubclass(made, gymnasium.Env):
        raise Complaint(f"{made.__name__} must be a subclass of gymnasium.Env")
    stage("its constructor")
    env = environment.own(request["code"], request["name"], request["options"])
    _spaces(env, answer)
    stage("first steps")
    _first_steps(env)
    stage("reset or step, as Gymnasium's check_env calls them")
    try:
        check_env(env, skip_render_check=True, skip_close_check=True)
    except (AssertionError, gymnasium.error.Error) as error:
        raise Complaint(f"Gymnasium's check_env says: {_plain(str(error))}") from error
    stage("random steps")
    answer["ends"] = _play(env, STEPS)
    stage("render")
    answer["renders"] = _pictured(request, picture)
    stage("close")
    env.close()


def _spaces(env: gymnasium.Env[Any, Any], answer: dict[str, Any]) -> None:
    for part in ("observation", "action"):
        space = getattr(env, f"{part}_space", None)
        if not isinstance(space, gymnasium.Space):
            raise Complaint(f"has no {part}_space: set self.{part}_space in __init__, to a space of gymnasium.spaces")
        answer[part] = spaces.described(space)
        if answer[part]["kind"] == "other":
            hint = (
                ": flatten it into one Box (gymnasium.wrappers.FlattenObservation does)"
                if part == "observation"
                else ""
            )
            raise Complaint(f"the {part}s are {answer[part]['text']}, which no algorithm here takes{hint}")


def _first_steps(env: gymnasium.Env[Any, Any]) -> None:
    """Looks for values that are no numbers, which check_env calls by another name; of all else it
    says more than we would."""
    try:
        _play(env, FIRST_STEPS)
    except Complaint:
        raise
    except Exception:
        return


def _play(env: gymnasium.Env[Any, Any], steps: int) -> bool:
    """Acts at random; returns whether an episode came to an end.

    Raises:
        Complaint: an observation or a reward is no finite number, or outside of its space.
    """
    until = time.monotonic() + SECONDS
    env.action_space.seed(1)
    observation, _ = env.reset(seed=1)
    for number in range(1, steps + 1):
        _sound(env, observation, 0.0, f"reset, before step {number}")
        observation, reward, terminated, truncated, _ = env.step(env.action_space.sample())
        _sound(env, observation, reward, f"step {number}")
        if terminated or truncated:
            return True
        if time.monotonic() > until:
            return False
    return False


def _sound(env: gymnasium.Env[Any, Any], observation: Any, reward: Any, where: str) -> None:
    if not math.isfinite(float(reward)):
        raise Complaint(f"step returned {float(reward)} as the reward, at random {where}")
    values = np.asarray(observation)
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise Complaint(f"an observation holds NaN or infinity, at random {where}")
    if not env.observation_space.contains(observation):
        raise Complaint(
            f"an observation is outside of the observation space, at random {where}: {str(observation)[:120]}"
        )


def _pictured(request: dict[str, Any], picture: Path) -> bool:
    """Keeps a picture of the first frame if it renders as pixels."""
    try:
        env = environment.own(request["code"], request["name"], request["options"], "rgb_array")
        if env.unwrapped.render_mode != "rgb_array":
            return False
        env.reset(seed=1)
        pixels = spaces.frame(env)
    except Exception as error:
        warnings.warn(
            f"it cannot be watched: {type(error).__name__} while rendering: {error}", UserWarning, stacklevel=1
        )
        return False
    if pixels is None:
        return False
    spaces.keep_picture(pixels, picture)
    return True


def _told(error: BaseException, name: str) -> str:
    """Returns an error of the person's own code with its line and what to do about it."""
    file = f"{name.partition(':')[0]}.py"
    frames = [each for each in traceback.extract_tb(error.__traceback__) if each.filename == file]
    where = (
        f" ({file}, line {frames[-1].lineno}, in {frames[-1].name})" if frames and frames[-1].name != "<module>" else ""
    )
    where = where or (f" ({file}, line {frames[-1].lineno})" if frames else "")
    if isinstance(error, ModuleNotFoundError):
        return (
            f"needs the package {error.name}, which is not installed{where}. Install it with: pip install {error.name}"
        )
    return f"raises {type(error).__name__}: {_plain(str(error)) or 'without a word'}{where}"


def _plain(text: str) -> str:
    """Returns a message of Gymnasium's without colours and its prefix, in one line."""
    text = text.replace("\x1b[33m", "").replace("\x1b[0m", "").removeprefix("WARN: ")
    return " ".join(text.split())[:400]


if __name__ == "__main__":
    main(json.load(sys.stdin), Path(sys.argv[1]))
