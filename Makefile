# make serve — everything needed, then http://127.0.0.1:8000
# make test  — the tests, a browser's included; make check — lint, types, contracts, wheel
# make pictures — twelve pages in light and dark, into pictures/
# make soak  — the model test of payments at length; HISTORIES=1000 SEED=7 to choose

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint requirements.lock

.PHONY: serve test check lint types contracts wheel tools lock bench soak pictures clean

serve: .stamps/run
	@$(BIN)/paidspan serve $(ARGS)

test: .stamps/dev tools
	$(BIN)/pytest -n 2 --dist worksteal $(ARGS)

check: lint types contracts wheel

lint: .stamps/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .stamps/dev
	$(BIN)/mypy

contracts: .stamps/dev
	$(BIN)/lint-imports --no-cache

wheel: .stamps/dev
	$(BIN)/python tests/wheel_check.py

bench: .stamps/dev
	$(BIN)/python bench/manuscript.py
	$(BIN)/python bench/importing.py
	PYTHONPATH=. $(BIN)/python bench/webhooks.py
	PYTHONPATH=. $(BIN)/python bench/search.py
	PYTHONPATH=. $(BIN)/python bench/exports.py

soak: .stamps/dev
	PYTHONPATH=. $(BIN)/python -m tests.model.soak

pictures: .stamps/dev tools
	PYTHONPATH=. $(BIN)/python -m tests.pictures $(ARGS)

# Chromium, LibreOffice and the like come from Debian where we may install them; elsewhere the tests say what they skip.
tools: .stamps/tools

.stamps/tools:
	@mkdir -p .stamps
	@sh .ci/tools
	@touch $@

.stamps/run: pyproject.toml requirements.lock | $(BIN)/python
	@mkdir -p .stamps
	@echo "installing paidspan (once)"
	@$(PIP) --editable .
	@touch $@

.stamps/dev: .stamps/run
	@$(PIP) --editable '.[dev]'
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "paidspan needs Python 3.11 or later; set PYTHON=")'
	@$(PYTHON) -m venv $(VENV)

# Pins what is installed now; run it after changing a dependency in pyproject.toml.
lock: .stamps/dev
	@$(BIN)/python -m pip freeze --exclude-editable > requirements.lock

clean:
	rm -rf $(VENV) .stamps build dist
