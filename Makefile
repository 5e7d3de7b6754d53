# make serve — everything needed, then http://127.0.0.1:8000
# make test  — the tests, a browser's included, with coverage; make quick — those of a few minutes
#              DATABASE=postgresql make test ARGS=tests/billing — on a PostgreSQL and a Redis of its own
# make postgresql — of the tests those in which most is asked of a database, on PostgreSQL
# make check — lint, types, contracts, wheel
# make pictures — twelve pages in light and dark, into pictures/
# make stripe-live — what the sandbox and Stripe do alike, in Stripe's test mode; PAIDSPAN_STRIPE_SECRET_KEY=sk_test_…
# make bench — figures, as ratios measured in one run; make bench-minute — those of serving alone, in a minute
# make histories — the model test of payments at length; HISTORIES=1000 ORDERS=100 SEED=7 to choose
# make soak  — an hour of mixed traffic: memory, handles and sizes, at its start and end; ARGS="600 postgresql" to choose
# make dist  — wheel and source archive, into dist/, the same bytes wherever they are made
# make walk  — the walks of docs/operating.md on new systems of Debian 12 and 13; takes root, Debian's debootstrap and
#              systemd-container, half an hour, and ports 80, 443, 8000, 5432 and 6379
# make cluster — several hosts on this machine, and what can happen to them; as root
# make night — what takes hours: 20,000 histories, processes that are killed, odd requests, slow clients

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# The PostgreSQL that tests run on is started for them, and goes with them.
ON     := $(if $(filter postgresql,$(DATABASE)),$(BIN)/python -m tests.on_postgresql)
ASKING := access accounts billing library personal_data search
WHOLE  := webapp/manuscript/*,webapp/access/*,webapp/accounts/*,webapp/billing/*
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint requirements.lock

.PHONY: cluster histories serve test postgresql quick coverage check lint types contracts wheel dist tools lock bench bench-minute soak night walk stripe-live pictures clean

serve: .stamps/run
	@$(BIN)/paidspan serve $(ARGS)

# On all cores, two workers at least (tests/conftest.py). Without ARGS coverage is collected and held to what must be whole.
test: .stamps/dev tools
ifeq ($(ARGS),)
	@rm -f .coverage .coverage.*
	$(ON) $(BIN)/pytest -n auto --dist worksteal --cov --cov-report=
	$(BIN)/coverage report --include '$(WHOLE)' --fail-under 100
	@$(BIN)/coverage report --format total | sed 's/.*/coverage of lines and branches: &%/'
else
	$(ON) $(BIN)/pytest -n auto --dist worksteal $(ARGS)
endif

# Tests of other rooms and whole lives of payments run on it as well (DATABASE=postgresql make test), which takes as long
# again as on SQLite.
postgresql: .stamps/dev tools
	DATABASE=postgresql $(MAKE) test ARGS="$(addprefix tests/,$(ASKING)) --ignore tests/billing/scenarios"

# What a developer wants between two edits, within three minutes; tests/conftest.py says what is left out.
quick: .stamps/dev
	$(BIN)/pytest -n auto --dist worksteal --quick $(ARGS)

# Which lines and branches the last `make test` did not reach.
coverage: .stamps/dev
	$(BIN)/coverage report --show-missing $(ARGS)

check: lint types contracts wheel

lint: .stamps/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .stamps/dev
	$(BIN)/mypy

contracts: .stamps/dev
	$(BIN)/lint-imports --no-cache
	$(BIN)/pytest -q tests/test_code_habits.py

wheel: .stamps/dev
	$(BIN)/python -m tests.wheel_check

dist: .stamps/dev
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/python -m build --outdir dist .

bench: .stamps/dev
	$(BIN)/python bench/manuscript.py
	$(BIN)/python bench/importing.py
	PYTHONPATH=. $(BIN)/python bench/webhooks.py
	PYTHONPATH=. $(BIN)/python bench/search.py
	PYTHONPATH=. $(BIN)/python bench/exports.py
	PYTHONPATH=. $(BIN)/python bench/accounts.py
	$(BIN)/python -m bench.serving $(ARGS)

# Fails where pages are served at less than half of what they shall be, beside bare applications (bench/serving.py).
bench-minute: .stamps/dev tools
	$(BIN)/python -m bench.serving --minute

soak: .stamps/dev
	$(BIN)/python -m tests.faults.soak $(ARGS)

histories: .stamps/dev
	PYTHONPATH=. $(ON) $(BIN)/python -m tests.model.histories

cluster: .stamps/dev tools
	$(BIN)/python -m tests.cluster $(ARGS)

night: .stamps/dev tools
	$(BIN)/python -m tests.front.attack 60
	$(BIN)/python -m tests.front.kills 50
	$(BIN)/python -m tests.front.fuzz 50000
	$(BIN)/python -m tests.operations.rolling_upgrade
	$(BIN)/python -m tests.on_postgresql $(BIN)/python -m tests.operations.rolling_upgrade
	$(BIN)/python -m tests.postgresql.move_at_size 1000 2000
	$(BIN)/python -m tests.faults.soak 3600 sqlite
	$(BIN)/python -m tests.faults.soak 3600 postgresql
	$(BIN)/python -m tests.faults.killed_writers 50 sqlite
	$(BIN)/python -m tests.faults.killed_writers 50 postgresql
	HISTORIES=20000 ORDERS=10000 PYTHONPATH=. $(BIN)/python -m tests.model.histories
	HISTORIES=20000 PYTHONPATH=. $(BIN)/python -m tests.on_postgresql $(BIN)/python -m tests.model.histories

walk: .stamps/dev
	for suite in bookworm trixie; do for hosts in one several; do \
	  $(BIN)/python -m tests.deploy.walk $$suite $$hosts || exit; done; done

stripe-live: .stamps/dev
	@$(BIN)/python -m tests.contract.live $(ARGS)

pictures: .stamps/dev tools
	PYTHONPATH=. $(BIN)/python -m tests.pictures $(ARGS)

# Chromium, LibreOffice and the like come from Debian where we may install them; elsewhere the tests say what they skip.
tools: .stamps/tools

.stamps/tools: .ci/tools
	@mkdir -p .stamps
	@sh .ci/tools
	@touch $@

.stamps/run: pyproject.toml requirements.lock | $(BIN)/python
	@mkdir -p .stamps
	@echo "installing paidspan (once)"
	@$(PIP) --editable .
	@$(BIN)/python -m compileall -q webapp  # as pip does with what it installs: where nothing is written later, too
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
