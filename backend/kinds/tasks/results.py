"""What a task returned, as it can be stored: a number, JSON, a file."""

import io
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

PNG = b"\x89PNG\r\n\x1a\n"
MOST_TEXT = 64_000  # letters of JSON that are kept in the table; more becomes a file
MOST_BYTES = 256_000_000  # of one result


class Unstorable(TypeError):
    """A result that cannot be kept."""


def storable(value: Any) -> tuple[str | None, float | None, tuple[str, bytes] | None]:
    """Returns a result as JSON, as a number if it is one, and as a file where it is none of JSON's values.

    Raises:
        Unstorable: it can be neither, or is too large.
    """
    if type(value) in (int, float, bool) or isinstance(value, np.number | np.bool_):
        plain = value if type(value) in (int, float, bool) else value.item()
        if type(plain) in (int, float, bool):  # and no complex number, no time
            return json.dumps(plain), _as_float(plain), None
    if value is None:
        return "null", None, None
    file = _as_file(value)
    if file is None:
        text = _as_json(value)
        if text is not None and len(text) <= MOST_TEXT:
            return text, None, None
        file = ("json", text.encode()) if text is not None else ("pkl", _pickled(value))
    _refuse_if_huge(len(file[1]))
    return None, None, file


def _as_float(value: complex) -> float | None:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, OverflowError):
        return None


def _as_json(value: Any) -> str | None:
    try:
        return json.dumps(value, default=_plain)
    except (TypeError, ValueError, RecursionError):
        return None


def _plain(value: Any) -> Any:
    if isinstance(value, np.number | np.bool_):
        return value.item()
    if isinstance(value, np.ndarray) and value.size <= 100:
        return value.tolist()
    raise TypeError


def _as_file(value: Any) -> tuple[str, bytes] | None:
    """Returns suffix and content of what is kept as a file: arrays, tables, pictures, bytes,
    and files by their path."""
    if isinstance(value, np.ndarray):
        _refuse_if_huge(value.nbytes)
        return (
            _saved("npy", lambda buffer: np.save(buffer, value, allow_pickle=False)) if value.dtype != object else None
        )
    if isinstance(value, bytes | bytearray):
        return ("png" if value.startswith(PNG) else "bin"), bytes(value)
    if isinstance(value, Path):
        _refuse_if_huge(value.stat().st_size)
        return value.suffix.lstrip(".")[:16] or "bin", value.read_bytes()
    kind = type(value).__module__.partition(".")[0], type(value).__name__
    if kind[0] == "PIL":
        return _saved("png", lambda buffer: value.save(buffer, "PNG"))
    if kind in (("pandas", "DataFrame"), ("pandas", "Series")):
        table = value.to_frame() if kind[1] == "Series" else value
        _refuse_if_huge(int(table.memory_usage(deep=True).sum()))
        return _saved("parquet", table.to_parquet)
    if kind == ("matplotlib", "Figure"):
        return _saved("png", value.savefig)
    return None


def _saved(suffix: str, write: Callable[[io.BytesIO], Any]) -> tuple[str, bytes]:
    buffer = io.BytesIO()
    write(buffer)
    return suffix, buffer.getvalue()


def _refuse_if_huge(size: int) -> None:
    if size > MOST_BYTES:
        message = f"the result takes {size / 1e6:,.0f} MB, and at most {MOST_BYTES / 1e6:,.0f} are kept"
        raise Unstorable(f"{message}; write it to a file and return what to know of it")


def _pickled(value: Any) -> bytes:
    try:
        return pickle.dumps(value)
    except Exception as error:
        raise Unstorable(
            f"a result of type {type(value).__name__} can be stored neither as JSON nor as a pickle: {error}"
        ) from None
