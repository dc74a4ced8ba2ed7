# The README's commands. Each target first makes what it lacks: a .venv from the lock, and nothing outside this folder.
PYTHON ?= python3
UV_VERSION := 0.13.8
BIN := .venv/bin
SEEDS ?= 200
KILLS ?= 50
export PREFECT_SERVER_ANALYTICS_ENABLED := false
export DO_NOT_TRACK := 1
# Each flow run, worker and server is a process of its own: without byte code on the disk each compiles what it imports.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test check docs bench simulate kills serve fmt clean help

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

.venv/.locked: uv.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { echo "No virtual environment could be made: on Debian, apt-get install python3-venv" >&2; rm -rf .venv; exit 1; }
	@$(BIN)/python -c 'import sys; sys.exit(not ((3, 11) <= sys.version_info[:2] < (3, 14)))' || { echo "tieout needs Python 3.11, 3.12 or 3.13; set PYTHON=python3.11" >&2; exit 1; }
	@$(BIN)/uv --version 2>/dev/null | grep -q '^uv $(UV_VERSION)' || $(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv==$(UV_VERSION)'
	@echo "Setting up .venv from uv.lock"
	@VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv sync --quiet --frozen --inexact
	@touch $@

demo: .venv/.locked ## run three closes on the embedded defaults and show what came of them
	@$(BIN)/tieout demo

test: .venv/.locked ## the whole test suite
	@$(BIN)/pytest -n auto --dist loadgroup $(PYTEST_ARGS)

check: .venv/.locked ## format, lint, types, imports, secrets, unused code, documentation
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/vulture
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet --site-dir .mypy_cache/site
	@git ls-files -z | xargs -0 $(BIN)/detect-secrets-hook --baseline .secrets.baseline

docs: .venv/.locked ## the documentation as a site, in site/; warnings are errors
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

bench: .venv/.locked ## what we promise about speed, each against a peer in the same run
	@VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv sync --quiet --frozen --inexact --group bench
	@$(BIN)/python -m benchmarks $(BENCH_ARGS)

simulate: .venv/.locked ## orders under SEEDS=n seeds of faults, crashes and zombies: none doubled, none lost
	@$(BIN)/python -m tests.simulation.orders --seeds $(SEEDS)

kills: .venv/.locked ## real Prefect workers under SIGKILL, KILLS=n of them: none of their orders doubled, none lost
	@$(BIN)/python -m tests.flows.worker_kills --kills $(KILLS)

serve: .venv/.locked ## a Prefect server with every deployment, until stopped
	@$(BIN)/tieout serve

fmt: .venv/.locked ## put the formatting right
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

clean: ## remove what the targets made
	@rm -rf .venv demo-out site .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache htmlcov .coverage*
