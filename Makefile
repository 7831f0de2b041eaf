# The commands of the project. `make build` is all that a newcomer needs.
SHELL := /bin/bash
.DEFAULT_GOAL := build
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Files of tests run side by side; `make test WORKERS=` runs them one after the other.
WORKERS ?= --numprocesses 2
export DBT_PROFILES_DIR := profiles
export DBT_SEND_ANONYMOUS_USAGE_STATS := false

.PHONY: build page picture refresh test test-all lint bench sample lock clean

$(VENV)/.installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	touch $@

$(VENV)/.installed-test: requirements-test.lock $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --requirement requirements-test.lock
	touch $@

$(VENV)/.installed-refresh: requirements-refresh.lock $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --requirement requirements-refresh.lock
	touch $@

$(VENV)/.installed-page: requirements-page.lock $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --requirement requirements-page.lock
	touch $@

.venv-warehouses/.installed: requirements-warehouses.lock
	$(PYTHON) -m venv .venv-warehouses
	.venv-warehouses/bin/python -m pip install --quiet --requirement requirements-warehouses.lock
	touch $@

.venv-schedules/.installed: requirements-schedules.lock
	$(PYTHON) -m venv .venv-schedules
	.venv-schedules/bin/python -m pip install --quiet --requirement requirements-schedules.lock
	touch $@

.venv-superset/.installed: requirements-superset.lock
	$(PYTHON) -m venv .venv-superset
	.venv-superset/bin/python -m pip install --quiet --requirement requirements-superset.lock
	touch $@

.venv-old-driver/.installed: requirements-old-driver.lock
	$(PYTHON) -m venv .venv-old-driver
	.venv-old-driver/bin/python -m pip install --quiet --requirement requirements-old-driver.lock
	touch $@

## build: the environment, the sample company's warehouse and its ten numbers on the terminal
build: $(VENV)/.installed
	$(BIN)/dbt --quiet build --target sample
	$(BIN)/scorecard show --target sample

## page: page/scorecard.html and page/scorecard.pdf of the warehouse that SCORECARD_TARGET names (docs/page.md)
page: $(VENV)/.installed-page
	$(BIN)/scorecard page

## picture: docs/pictures/scorecard.png of the sample's page, for the README; needs Chromium
picture: $(VENV)/.installed-test
	$(BIN)/scorecard page --target sample --out target/picture
	$(BIN)/python -m scorecard.page.picture target/picture/scorecard.html docs/pictures/scorecard.png

## refresh: land what refresh.yml names, build, check and publish; SCORECARD_TARGET says where, OPTIONS how (docs/refreshing.md)
refresh: $(VENV)/.installed-refresh
	$(BIN)/scorecard refresh $(OPTIONS)

## test: minutes; DuckDB in full, a smoke on Postgres
test: $(VENV)/.installed-test
	$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest $(WORKERS) -m "not slow"

## test-all: all that continuous integration runs: `make test` and what takes longer (engines, laws, random companies)
test-all: test .venv-warehouses/.installed .venv-schedules/.installed .venv-superset/.installed .venv-old-driver/.installed
	$(BIN)/python -m pytest $(WORKERS) -m slow

## lint: Python, types, SQL
lint: $(VENV)/.installed-test
	$(BIN)/ruff check scripts tests examples
	$(BIN)/ruff format --check scripts tests examples
	$(BIN)/mypy
	SCORECARD_WAREHOUSE=:memory: $(BIN)/sqlfluff lint --processes 2 models

## bench: ratios, measured in one run
bench: $(VENV)/.installed-test
	for script in scripts/bench/*.py; do $(BIN)/python $$script || exit 1; done

## sample: make seeds/sample again (the same bytes)
sample: $(VENV)/.installed
	$(BIN)/scorecard simulate --out seeds/sample

## lock: pin every dependency again after a change in pyproject.toml
lock: $(VENV)/.installed-test
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --no-emit-index-url --no-header --extra test pyproject.toml --output-file requirements-test.lock
	$(BIN)/uv pip compile --quiet --universal --no-emit-index-url --no-header --constraint requirements-test.lock pyproject.toml --output-file requirements.lock
	$(BIN)/uv pip compile --quiet --universal --no-emit-index-url --no-header --constraint requirements-test.lock --extra refresh pyproject.toml --output-file requirements-refresh.lock
	$(BIN)/uv pip compile --quiet --universal --no-emit-index-url --no-header --constraint requirements-test.lock --extra page pyproject.toml --output-file requirements-page.lock
	$(BIN)/uv pip compile --quiet --universal --no-emit-index-url --no-header --constraint requirements-test.lock --extra semantic pyproject.toml --output-file requirements-semantic.lock
	$(BIN)/uv pip compile --quiet --universal --no-emit-index-url --no-header --extra warehouses pyproject.toml --output-file requirements-warehouses.lock
	$(BIN)/uv pip compile --quiet --universal --no-emit-index-url --no-header --python-version 3.11 --group schedules --output-file requirements-schedules.lock
	$(BIN)/uv pip compile --quiet --universal --no-emit-index-url --no-header --python-version 3.11 --group superset --output-file requirements-superset.lock
	$(BIN)/uv pip compile --quiet --universal --no-emit-index-url --no-header --python-version 3.11 --group old-driver --output-file requirements-old-driver.lock

clean:
	rm -rf target logs warehouse page
