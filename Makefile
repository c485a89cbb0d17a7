# One command for each thing; `make` alone lists them.

PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help setup run test lint test-shared chaos simulate fuzz bench bench-peers translations lock

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/installed-dev  ## make .venv with immunotext and the tools of its developers in it, from the lock

run: export DEMO := 1
run: export PORT := $(PORT)
run: export PATH := $(CURDIR)/$(BIN):$(PATH)
run: $(VENV)/installed-run  ## start the demo: web and scheduler, with a phone on the screen (PORT=8000)
	@$(BIN)/immunotext migrate
	@$(BIN)/immunotext demo --fast
	@echo "Open http://127.0.0.1:$(PORT)/simulator and text SIDE EFFECTS; http://127.0.0.1:$(PORT)/ is the clinic's console. Control-C stops it."
	@$(BIN)/honcho -f Procfile start web scheduler

test: setup  ## run every test; says what this machine lacks and left out
	@$(BIN)/python -m tests.whats_here
	@$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

lint: setup  ## linter, formatter, strict types, and the linter of the content
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/immunotext content check

test-shared: setup  ## tests against the reference data in ../shared (SHARED_DIR=...)
	@$(BIN)/python -m pytest tests/shared

chaos: setup  ## kill the real processes while texts come and go, then audit (KILLS=100 on each database, SEED=1)
	@$(BIN)/python -m tests.chaos --kills $(or $(KILLS),100) $(if $(SEED),--seed $(SEED))

simulate: setup  ## play seeds of the whole program under every trouble, then audit each (SEEDS=1000 SEED=0 DATABASE=)
	@$(BIN)/python -m tests.simulation --seeds $(or $(SEEDS),1000) --seed $(or $(SEED),0) $(if $(DATABASE),--database $(DATABASE))

fuzz: setup  ## call webhooks and commands with hostile input for a while (FUZZ_SECONDS=60 SEED=1)
	@$(BIN)/python -m tests.fuzz --seconds $(or $(FUZZ_SECONDS),60) $(if $(SEED),--seed $(SEED))

bench: setup  ## the benchmarks, as JSON lines (BENCH='inbound --rounds 3')
	@$(BIN)/python -m bench $(BENCH)

bench-peers: setup  ## the same posts by APScheduler, Celery and procrastinate, beside ours (PEERS='--reminders 500')
	@$(BIN)/python -m bench.peers $(PEERS)

translations: setup  ## the console's sentences into its catalogues, and these compiled
	@$(BIN)/python -m tools.translations

lock:  ## write both locks anew from pyproject.toml (UPGRADE=--upgrade takes newer releases)
	@$(PYTHON) tools/lock.py $(UPGRADE)

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not here: install Python 3.11 or newer, or say which: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed, and $(PYTHON) is $$($(PYTHON) -V 2>&1): make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) cannot make a virtual environment: apt install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

# The project goes in editable, built by the pinned setuptools of the lock: nothing is fetched but what the lock names.
$(VENV)/installed-run: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing what requirements.lock names into $(VENV) (a minute the first time) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@# What pip does for every other package: where Python may not write beside the sources, each start would compile them.
	@$(BIN)/python -m compileall -q bot channels content scheduler store
	@touch $@

$(VENV)/installed-dev: requirements-dev.lock $(VENV)/installed-run
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
