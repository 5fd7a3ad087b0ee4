# Every target sets up what it needs; a second run finds it done and works offline.
# `make PYTHON=python3.12 setup` takes another interpreter.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
INSTALLED := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench docs clean

help:  ## say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-7s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# The stamp is newer than pyproject.toml once the packages are in: nothing is asked of the network then.
# An environment that is there already is kept, unless its interpreter or its pip is broken.
$(INSTALLED): pyproject.toml
	@$(PY) -m pip --version >/dev/null 2>&1 || { \
		$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
			echo "manyfaces needs Python 3.11 or newer; '$(PYTHON)' is older, or is not there." >&2; \
			echo "Name another one, for example: make PYTHON=python3.12 setup" >&2; exit 1; } && \
		echo "Making $(VENV) ..." && $(PYTHON) -m venv --clear $(VENV) || exit 1; }
	@echo "Installing manyfaces and what it needs into $(VENV) (some minutes the first time) ..."
	@$(PY) -m pip install --disable-pip-version-check --quiet -e ".[dev]"
	@touch $@

# Asked every time: it is quick and touches no network where the files are there and whole.
setup: $(INSTALLED)  ## .venv with the package in it, and the third-party model files
	@$(PY) -m manyfaces assets fetch

demo: setup  ## set up, reconstruct examples/*.jpg and say which picture to open
	$(PY) -m manyfaces reconstruct examples/*.jpg --out demo

test: setup  ## set up, then run the tests
	$(PY) -m pytest -n 2

check: $(INSTALLED)  ## lint, format, types and the import contract: what a change must pass beside the tests
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m pyright
	$(VENV)/bin/lint-imports --no-logo

bench: setup  ## print what this machine measures, each figure with its goal
	$(PY) -m benchmarks

docs: $(INSTALLED)  ## write the generated parts of docs/ again
	@$(PY) scripts/update_docs.py

clean:  ## remove what the targets above wrote, except .venv
	rm -rf demo out build dist .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests benchmarks scripts -name __pycache__ -type d -prune -exec rm -rf {} +
