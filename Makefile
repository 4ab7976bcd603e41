# Tala: every task of a developer's day. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VENV ?= .venv
BIN := $(VENV)/bin
# Tests and commands see this tree, not another installation of Tala, and never ask a terminal.
export PIP_DISABLE_PIP_VERSION_CHECK := 1
WORKERS ?= 2

.PHONY: pictures help setup setup-dev run test test-full check lint fmt types migrate migration train bench browser lock clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

# -- set-up --------------------------------------------------------------------------------------------------

$(BIN)/python:
	@python=""; for candidate in $(PYTHON) python3.12 python3 python; do \
	  if command -v "$$candidate" >/dev/null 2>&1 && "$$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 12))' >/dev/null 2>&1; \
	  then python="$$candidate"; break; fi; done; \
	if [ -z "$$python" ]; then echo "Tala needs Python 3.12: install it (python.org, your package manager, pyenv or uv) and run make again, or name it with make PYTHON=/path/to/python3.12." >&2; exit 1; fi; \
	if ! "$$python" -m venv $(VENV) >/dev/null; then rm -rf $(VENV); echo "Python 3.12 cannot make a virtual environment: install its venv module (Debian: python3.12-venv) and run make again." >&2; exit 1; fi

$(VENV)/.installed: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing what Tala needs (a minute or two, once)…"
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@echo "Installing what the tests need…"
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	@touch $@

models/whisper-base/model.bin: models/manifest.toml | $(VENV)/.installed
	@$(BIN)/tala models fetch
	@touch $@

setup: $(VENV)/.installed models/whisper-base/model.bin ## Virtual environment, dependencies and weights, from nothing

setup-dev: setup $(VENV)/.installed-dev ## The same with what tests and checks need

# -- use -----------------------------------------------------------------------------------------------------

run: setup ## Start the whole system on this machine
	@exec $(BIN)/tala run

migrate: setup ## Bring the database up to date
	@$(BIN)/tala prepare

migration: setup-dev ## Write a migration from the tables: make migration m="why"
	@$(BIN)/alembic revision --autogenerate -m "$(m)"

train: setup ## Rebuild the language pipeline from its corpus
	@$(BIN)/python -m tala.extract.train

bench: setup-dev ## Measure this machine
	@$(BIN)/tala bench speech && $(BIN)/tala bench language

# -- checks --------------------------------------------------------------------------------------------------

browser: setup-dev ## Find or install the Chromium of the browser tests
	@$(BIN)/python tests/e2e/install_chromium.py

test: setup-dev browser ## Every rule and each main path (under 25 minutes on 2 cores)
	@$(BIN)/pytest -n $(WORKERS) --dist loadgroup -m "not slow"

test-full: setup-dev browser ## Also long faults, fuzzing, training and scale
	@$(BIN)/pytest -n $(WORKERS) --dist loadgroup

pictures: setup-dev browser ## Take the pictures of the pages anew
	@$(BIN)/python -m tests.e2e.screenshots

lint: setup-dev ## Style, import contracts
	@$(BIN)/ruff check && $(BIN)/ruff format --check && $(BIN)/lint-imports --no-cache

fmt: setup-dev ## Format and mend what can be mended
	@$(BIN)/ruff format && $(BIN)/ruff check --fix

types: setup-dev ## mypy strict
	@$(BIN)/mypy

check: lint types ## Everything that needs no running program

lock: setup-dev ## Lock the dependencies anew: hashes, no addresses
	@$(BIN)/uv pip compile pyproject.toml --quiet --extra setup --generate-hashes --no-emit-index-url --universal --python-version 3.12 --custom-compile-command "make lock" -o requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --quiet --extra setup --extra dev --generate-hashes --no-emit-index-url --universal --python-version 3.12 --custom-compile-command "make lock" -c requirements.lock -o requirements-dev.lock

clean: ## Remove what was built; data in var/ stays
	@rm -rf $(VENV) models/whisper-*/ build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
