"""What there is to see of an environment: its spaces as plain data, and a small picture of its first frame."""

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

PICTURE_WIDTH = 320  # pixels, at most


def described(space: spaces.Space[Any]) -> dict[str, Any]:
    """Returns a space as kind (discrete, box, image or other), text, shape, size, low and high.

    `size` is how many values a discrete space has, and how many numbers a box; low and high are None where a box has no
    limit or its numbers have several.
    """
    if isinstance(space, spaces.Discrete):
        size, start = int(space.n), int(space.start)
        if start:
            return _other(f"{size} values counted from {start}; let them begin with 0")
        return {"kind": "discrete", "text": f"{size} values", "shape": [], "size": size, "low": 0, "high": size - 1}
    if isinstance(space, spaces.Box):
        shape = [int(each) for each in space.shape]
        is_image = space.dtype == np.uint8 and len(shape) in (2, 3)
        kind, size = "image" if is_image else "box", int(np.prod(shape))
        text = f"{' × '.join(map(str, shape))} pixels" if is_image else f"{size} number{'s' if size != 1 else ''}"
        low, high = _only(space.low), _only(space.high)
        limits = f", {low:g} to {high:g}" if not is_image and low is not None and high is not None else ""
        return {"kind": kind, "text": text + limits, "shape": shape, "size": size, "low": low, "high": high}
    names = {
        "Dict": "a dictionary of spaces",
        "Tuple": "a tuple of spaces",
        "MultiDiscrete": "several discrete values at once",
    }
    kind = type(space).__name__
    return _other(names.get(kind, f"a space of the kind {kind}"))


def _other(text: str) -> dict[str, Any]:
    return {"kind": "other", "text": text, "shape": [], "size": 0, "low": None, "high": None}


def _only(limits: Any) -> float | None:
    """Returns the limit that all numbers share, None if there is none."""
    first = float(np.min(limits)) if np.size(limits) else float("inf")
    return first if np.isfinite(first) and float(np.max(limits)) == first else None


def frame(env: gymnasium.Env[Any, Any]) -> np.ndarray[Any, Any] | None:
    """Returns what a reset environment looks like, height × width × 3, or None if that is no picture."""
    drawn = env.render()
    drawn = drawn[-1] if isinstance(drawn, list) and drawn else drawn
    return drawn if isinstance(drawn, np.ndarray) and drawn.ndim == 3 and drawn.shape[2] == 3 else None


def keep_picture(pixels: np.ndarray[Any, Any], path: Path) -> None:
    """Writes a frame as a small PNG file."""
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(np.ascontiguousarray(pixels, dtype=np.uint8))
    picture.thumbnail((PICTURE_WIDTH, PICTURE_WIDTH))
    picture.save(path)
