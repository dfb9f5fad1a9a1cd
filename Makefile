# Joinery. `make` alone says what there is.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help demo test lint fmt bench bench-full bench-check bench-store cluster cluster-down e2e

help: ## what can be made
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' || { \
	  echo "Joinery needs Python 3.11 to 3.14, and $(PYTHON) is `$(PYTHON) --version 2>&1`: name one that fits, as in \`make $(MAKECMDGOALS) PYTHON=python3.13\`" >&2; exit 1; }
	@echo "installing Joinery and its tools into $(VENV) (about a minute the first time)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

fmt: $(VENV)/.installed ## format the code and mend what ruff can
	@$(BIN)/ruff check --quiet --fix . ; $(BIN)/ruff format --quiet .

lint: $(VENV)/.installed ## ruff, mypy (strict) and the import rules of the rooms
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

demo: $(VENV)/.installed ## resolve the joins of examples/sweep; then in a real cluster (OFFLINE=1: not)
	@tests/demo.sh

test: $(VENV)/.installed ## everything: linters, types, import rules, all tests (builds a real API server the first time)
	@tests/run.sh

bench: $(VENV)/.installed ## measure ourselves beside MLflow, haupt, DuckDB, pandas and others, and write docs/benchmarks.md (ONLY=group)
	@$(BIN)/python benchmarks/side_by_side.py $(addprefix --only ,$(ONLY))

bench-full: $(VENV)/.installed ## the same, up to 1,000,000 runs (about an hour)
	@$(BIN)/python benchmarks/side_by_side.py --full $(addprefix --only ,$(ONLY))

bench-check: $(VENV)/.installed ## measure what we claim once more; fail when a ratio no longer holds
	@$(BIN)/python benchmarks/side_by_side.py --check

bench-store: $(VENV)/.installed ## measure the engine alone, as docs/performance.md tells it
	@$(BIN)/python benchmarks/store_speed.py

cluster: ## start a real API server (etcd, controllers) and print its KUBECONFIG
	@$(PYTHON) e2e/cluster/cluster.py up --controllers

cluster-down: ## end it and remove its data
	@$(PYTHON) e2e/cluster/cluster.py down

e2e: $(VENV)/.installed ## a kind cluster with our image and chart in it, and the end to end tests there (needs root or Docker)
	@$(BIN)/python e2e/run.py
