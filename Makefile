# Everything from a fresh clone: Python 3.11+ and make are enough.
#
#   make demo    the whole loop on a made-up retailer         make up      Dagster UI, daemon and app
#   make install what `make demo` installs, and no demo
#   make test    all tests (make test-fast: the quick ones, in under three minutes)
#   make bench   benchmarks, each as a ratio
#   make lint    format, lint, types, SQL, imports            make lock    pin the dependencies again
#   make clean   remove everything that can be made again, except data/

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help install demo test test-fast lint format up bench lock clean

# Some machines forbid Python to keep what it compiled; then every process would compile hundreds of modules again.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# What is installed, and from which lock files; the stamps make the second call instant.
RUN    := $(VENV)/.installed-run
DEV    := $(VENV)/.installed-dev
# The Spark server that tests start; it needs Java, and no part of the product imports it.
SPARK  := .venv-spark/.installed

help:
	@sed -n '3,8s/^# *//p' Makefile

install: $(RUN)

demo: $(RUN)
	@$(BIN)/guanxi demo

up: $(RUN)
	@$(BIN)/guanxi up

# By file: the tests of one file share the servers and the builds that they need. The longest files come first.
SPREAD := -n 2 --dist loadfile --no-loadscope-reorder

test: $(DEV) $(SPARK)
	@$(BIN)/python -m pytest $(SPREAD) $(ARGS)

# What a change is tried with before each commit: no warehouse is built, no server, browser or command line is started,
# and files that were measured to be slow are left out.
test-fast: $(DEV)
	@$(BIN)/python -m pytest $(SPREAD) -m "not heavy" $(ARGS)

lint: $(DEV)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@# The templater compiles the project; it needs no warehouse for that.
	@GUANXI_WAREHOUSE=:memory: DBT_TARGET_PATH=target/lint $(BIN)/sqlfluff lint dbt_project

format: $(DEV)
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(DEV)
	@$(BIN)/python -m benchmarks $(ARGS)

lock: $(VENV)/.bootstrap
	@$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -q -o requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -q -o requirements-dev.lock
	@$(BIN)/uv pip compile --group spark-server --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -q -o requirements-spark.lock

clean:
	@rm -rf $(VENV) .venv-spark build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@rm -rf dbt_project/target dbt_project/logs logs
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.bootstrap: requirements-bootstrap.lock
	@$(PYTHON) -c 'import sys; sys.exit("Guanxi needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Set PYTHON=.") if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Preparing $(VENV)"
	@# uv installs in seconds what takes pip minutes; without it pip does the same work.
	@$(BIN)/python -m pip install -q --require-hashes -r requirements-bootstrap.lock || echo "uv is unavailable; pip takes its place"
	@touch $@

# $(1): the lock file. The project itself is installed last, in place, without looking for anything else.
define install
	@echo "Installing $(1)"
	@if [ -x $(BIN)/uv ] && VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install -q --no-deps --require-hashes -r $(1); then :; \
	 else $(BIN)/python -m pip install -q --no-deps --require-hashes -r $(1); fi
	@$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@echo "Reading the dbt project, so that the first trial of a file need not"
	-@$(BIN)/python -m orchestration.trial.first_parse
endef

$(RUN): requirements.lock pyproject.toml | $(VENV)/.bootstrap
	$(call install,requirements.lock)
	@touch $@

$(DEV): requirements-dev.lock pyproject.toml | $(VENV)/.bootstrap
	$(call install,requirements-dev.lock)
	@touch $@ $(RUN)

$(SPARK): requirements-spark.lock | $(VENV)/.bootstrap
	@echo "Installing requirements-spark.lock"
	@test -x .venv-spark/bin/python || $(PYTHON) -m venv .venv-spark
	@if [ -x $(BIN)/uv ] && VIRTUAL_ENV=.venv-spark $(BIN)/uv pip install -q --no-deps --require-hashes -r $<; then :; \
	 else .venv-spark/bin/python -m pip install -q --no-deps --require-hashes -r $<; fi
	@touch $@
