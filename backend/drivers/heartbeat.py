"""What a driver and somebody's own script share: how often they beat, and what their results depend on."""

import importlib.metadata
import platform

BEAT_SECONDS = 1.0
PACKAGES = ("ray", "torch", "gymnasium", "numpy")


def versions() -> dict[str, str]:
    """Returns the versions a result depends on, read without importing the packages."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
