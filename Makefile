# Raydeck: `make run` starts it, `make test` proves it, `make stop` ends the Ray head it started.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PEERS := .venv-peers
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run test quick nightly check stop bench learn lint types layers clean

run: $(VENV)/.installed
	@$(BIN)/python -m backend app

stop: $(VENV)/.installed
	@$(BIN)/python -m backend down

# On Ray in one process, all else in another: see tests/conftest.py.
test: check $(VENV)/.chromium
	$(BIN)/python -m pytest -n 2 --dist loadgroup --no-loadscope-reorder

# What needs neither Ray nor a browser.
quick: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n 2 --dist loadgroup --no-loadscope-reorder -m "not ray and not browser and not nightly"

# What trains to a solution, and what repeats thousands of times.
nightly: $(VENV)/.installed-dev $(VENV)/.chromium
	$(BIN)/python -m pytest -m nightly

check: $(VENV)/.installed-dev
	@$(MAKE) --no-print-directory -j 2 lint types layers

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev
	$(BIN)/mypy

layers: $(VENV)/.installed-dev
	$(BIN)/lint-imports --no-cache

# Trains what docs/benchmarks.md tells of, three seeds each; hours. Some of it: make learn WHAT="ppo taxi"
learn: $(VENV)/.installed-dev
	$(BIN)/python -m tests.learning $(WHAT)

bench: $(VENV)/.installed-dev $(VENV)/.chromium $(PEERS)/.installed
	$(BIN)/python -m tests.bench

$(VENV)/.installed: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "Raydeck needs Python 3.11; set PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing what Raydeck runs on; the first time takes a few minutes …"
	@$(BIN)/pip install --quiet -r requirements.txt
	@$(BIN)/pip uninstall --quiet --quiet --yes raydeck  # what the app was called before: that name is for a client
	@rm -rf raydeck.egg-info
	@$(BIN)/pip install --quiet --no-deps --editable .
	@$(BIN)/python -m pages.widgets.plotly_js
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.txt
	@$(BIN)/pip install --quiet -r requirements-dev.txt
	@touch $@

# A browser for the tests: one that is installed, else Playwright's own, else the system's package.
$(VENV)/.chromium: $(VENV)/.installed-dev
	@command -v chromium chromium-browser google-chrome >/dev/null \
		|| timeout 300 $(BIN)/python -m playwright install --with-deps chromium \
		|| { apt-get update -q && apt-get install -y -q chromium; } \
		|| { echo "No Chromium: install one, then run make test again"; exit 1; }
	@touch $@

# Whom `make bench` compares with, away from what Raydeck runs on.
$(PEERS)/.installed: tests/bench/requirements-peers.txt
	@test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/pip install --quiet -r $<
	@touch $@

clean:
	rm -rf $(VENV) $(PEERS)
