"""rliable, whose numbers ours are held against (Agarwal et al. 2021).

It needs arch for its bootstrap alone, and the rest of that package does not load beside pandas 3.
"""

import importlib.util
import sys
import types

if "arch" not in sys.modules:
    found = importlib.util.find_spec("arch")
    assert found is not None, "rliable is not installed: pip install -r requirements-dev.txt"
    sys.modules["arch"] = types.ModuleType("arch")
    sys.modules["arch"].__path__ = list(found.submodule_search_locations or [])

from rliable import library as library
from rliable import metrics as metrics
