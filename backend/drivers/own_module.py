"""Runs a user's file as it was at the launch: a module of its name, whose lines tracebacks show, and that
may import its neighbours."""

import linecache
import os
import sys
from collections.abc import Iterator
from types import ModuleType

import ray


def run(name: str, text: str, folder: str = "") -> ModuleType:
    """Returns the module that `text` makes, as NAME.py in `folder`.

    What of it goes to workers goes by value: they may not have it.
    """
    if folder and folder not in sys.path:
        sys.path.append(folder)
    # a file called random.py must not be everybody's random
    module = ModuleType(name if name not in sys.modules else f"own_{name}")
    module.__file__ = f"{name}.py"
    linecache.cache[module.__file__] = (len(text), None, text.splitlines(keepends=True), module.__file__)
    sys.modules[module.__name__] = module
    exec(compile(text, module.__file__, "exec"), module.__dict__)
    for each in (module, *_imported(folder)):
        ray.cloudpickle.register_pickle_by_value(each)
    return module


def _imported(folder: str) -> Iterator[ModuleType]:
    """Yields the modules of a folder: the neighbours."""
    for each in list(sys.modules.values()):
        file = vars(each).get("__file__") if folder and isinstance(each, ModuleType) else None
        if file and os.path.abspath(file).startswith(os.path.abspath(folder) + os.sep):
            yield each
