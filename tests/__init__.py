"""The tests mirror the code; `pytest` runs all of them, `pytest -m "not browser and not ray"` the fast ones."""
