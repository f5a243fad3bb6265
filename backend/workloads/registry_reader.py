"""Reads Gymnasium's registry: python -m backend.workloads.registry_reader PICTURES [ID…], JSON lines to standard
output.

Each environment is announced with {"begin": id} and then told of, so that whoever reads knows which one broke the
process. Those named are read, or else the latest version of each; the standard input holds ids to leave out, one a
line.
"""

import importlib
import importlib.util
import inspect
import json
import os
import re
import signal
import sys
import typing
from pathlib import Path
from types import FrameType
from typing import Any

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
os.environ.setdefault("SDL_AUDIODRIVER", "dummy")

import gymnasium
from gymnasium.envs.registration import EnvSpec, registry

from backend.workloads import spaces

SECONDS = 20  # that one environment may take
# Packages whose environments are in the registry only once they were imported.
PLUGINS = (
    "ale_py",
    "minigrid",
    "gymnasium_robotics",
    "highway_env",
    "miniworld",
    "mo_gymnasium",
    "flappy_bird_gymnasium",
    "panda_gym",
)
# module -> what pip calls it
INSTALLED_AS = {"Box2D": "box2d", "jax": "jax flax", "ale_py": "ale-py", "gym": "shimmy[gym-v26]"}
SKIPPED = {"self", "render_mode", "render_fps", "screen_size"}
PLAIN = (bool, int, float, str)


class TooSlow(Exception):
    """An environment does not answer."""


def main(pictures: Path, wanted: list[str], left_out: set[str]) -> None:
    os.nice(10)  # training and the page come first
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what environments print is not part of the answer
    signal.signal(signal.SIGALRM, _too_slow)
    for plugin in PLUGINS:
        if importlib.util.find_spec(plugin):
            gymnasium.register_envs(importlib.import_module(plugin))
    for name in [each for each in wanted if each in registry] if wanted else latest():
        if name in left_out:
            continue
        print(json.dumps({"begin": name}), file=out, flush=True)
        print(json.dumps(read(registry[name], pictures)), file=out, flush=True)


def _too_slow(_number: int, _frame: FrameType | None) -> None:
    raise TooSlow(f"did not answer within {SECONDS} s")


def latest() -> list[str]:
    """Returns the newest version of each name in the registry."""
    newest: dict[str, EnvSpec] = {}
    for spec in registry.values():
        key = f"{spec.namespace}/{spec.name}"
        if key not in newest or (spec.version or 0) > (newest[key].version or 0):
            newest[key] = spec
    return [spec.id for spec in newest.values()]


def read(spec: EnvSpec, pictures: Path) -> dict[str, Any]:
    """Returns what there is to know of an environment, or why it cannot be made and what to install."""
    signal.alarm(SECONDS)
    try:
        return {"id": spec.id, **_read(spec, pictures)}
    except Exception as error:  # anything may go wrong in there; it is told, with the environment's name
        reason, package = why(error)
        return {"id": spec.id, "reason": reason, "package": package}
    finally:
        signal.alarm(0)


def _read(spec: EnvSpec, pictures: Path) -> dict[str, Any]:
    env = gymnasium.make(spec.id, disable_env_checker=True)
    observation, action = spaces.described(env.observation_space), spaces.described(env.action_space)
    env.reset(seed=1)
    modes = env.metadata.get("render_modes", [])
    base = type(env.unwrapped)
    env.close()
    picture, renders = _pictured(spec, pictures) if "rgb_array" in modes else ("", False)
    package = str(spec.entry_point).partition(".")[0].partition(":")[0]
    return {
        "title": re.sub(r"(?<=[a-z])(?=[A-Z])", " ", spec.name), "summary": summary(base), "observation": observation,
        "action": action, "max_steps": spec.max_episode_steps, "solved_at": spec.reward_threshold, "renders": renders,
        "picture": picture, "options": options(spec, base, (observation, action)),
        "module": package if package not in ("gymnasium", "<function") else "",
    }  # fmt: skip


def _pictured(spec: EnvSpec, pictures: Path) -> tuple[str, bool]:
    """Keeps a picture of the first frame; returns the file's name, and whether the environment renders here."""
    try:
        env = gymnasium.make(spec.id, render_mode="rgb_array", disable_env_checker=True)
        env.reset(seed=1)
        pixels = spaces.frame(env)
        env.close()
    except TooSlow:
        raise
    except Exception:
        return "", False  # it acts without a display, but does not draw
    if pixels is None:
        return "", False
    name = f"{re.sub(r'[^A-Za-z0-9.-]', '_', spec.id)}.png"
    spaces.keep_picture(pixels, pictures / name)
    return name, True


def options(spec: EnvSpec, base: type, as_made: tuple[Any, Any]) -> list[dict[str, Any]]:
    """Returns what the constructor takes, as name, kind, default and choices; what changes a space is left out."""
    init: Any = base.__init__  # type: ignore[misc]
    try:
        hints = typing.get_type_hints(init)
    except Exception:
        hints = {}  # an annotation that cannot be resolved here
    entries = []
    for name, parameter in inspect.signature(init).parameters.items():
        default = spec.kwargs.get(name, parameter.default)
        choices = list(typing.get_args(hints.get(name))) if typing.get_origin(hints.get(name)) is typing.Literal else []
        if (
            name in SKIPPED
            or type(default) not in PLAIN
            or default != default
            or default in (float("inf"), float("-inf"))
        ):
            continue
        kind = "choice" if choices else "float" if hints.get(name) is float else type(default).__name__
        others = [not default] if kind == "bool" else [each for each in choices if each != default]
        if all(_same(spec, name, value, as_made) for value in others):
            entries.append({"name": name, "kind": kind, "default": default, "choices": choices})
    return entries


def _same(spec: EnvSpec, name: str, value: Any, as_made: tuple[Any, Any]) -> bool:
    """Returns whether the environment can be made with an option, and has the same spaces then."""
    try:
        env = gymnasium.make(spec.id, disable_env_checker=True, **{name: value})
    except TooSlow:
        raise
    except Exception:
        return False
    spaces_with_option = spaces.described(env.observation_space), spaces.described(env.action_space)
    env.close()
    return spaces_with_option == as_made


def summary(base: type) -> str:
    """Returns the first sentence of a class's description."""
    text = inspect.getdoc(base) or ""
    _, heading, after = text.partition("## Description")
    paragraph = " ".join((after if heading else text).strip().partition("\n\n")[0].split())
    paragraph = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", paragraph).replace("\\", "")
    sentence = re.split(r"(?<=[a-z)\]\"'])(?<!e\.g)\.\s+(?=[A-Z])", paragraph)[0].strip()[:240]
    return sentence.rstrip(".") + "." if sentence else ""


def why(error: Exception) -> tuple[str, str]:
    """Returns why an environment could not be made, and what to give to `pip install`, empty if that is not it."""
    text = " ".join(str(error).split())
    install_hint = re.search(r"pip install ([^`;]+)", text)
    missing = error if isinstance(error, ModuleNotFoundError) else error.__cause__
    if isinstance(missing, ModuleNotFoundError) and missing.name:
        module = missing.name.partition(".")[0]
        package = INSTALLED_AS.get(module) or (install_hint.group(1).strip(" '\"") if install_hint else module)
        return f"needs the package {module}, which is not installed", package
    return text[:300] or type(error).__name__, install_hint.group(1).strip(" '\"") if install_hint else ""


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:], set(sys.stdin.read().split()))
