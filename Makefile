# Guichet: everything from a bare machine with Python >= 3.11 and make.
.DEFAULT_GOAL := help
SHELL := /bin/sh
BIN := .venv/bin
STAMP := .venv/.ready

.PHONY: help setup demo run test check faults bench golden reference lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile

setup: $(STAMP) ## set everything up in .venv (command: .venv/bin/guichet)

$(STAMP): requirements-dev.txt pyproject.toml deploy/setup.sh
	@sh deploy/setup.sh

demo: $(STAMP) ## the main job, end to end, on a terminal (KEEP=1 leaves the service running)
	@$(BIN)/guichet demo $(if $(KEEP),--keep)

run: $(STAMP) ## the service with ./guichet.toml
	@$(BIN)/guichet run

test: $(STAMP) ## the whole test suite
	@$(BIN)/python -m pytest -n auto --dist loadgroup --no-loadscope-reorder $(ARGS)

check: $(STAMP) ## lint, types, import contracts, reference pages up to date
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m docs.build --check

faults: $(STAMP) ## the long fault runs, with a table of what was done (FAULT_CYCLES, _MUTANTS, _MAILS, _FILES; LONG=1: every call)
	@FAULT_CYCLES=$${FAULT_CYCLES:-600} FAULT_MUTANTS=$${FAULT_MUTANTS:-20000} FAULT_MAILS=$${FAULT_MAILS:-20000} \
	FAULT_FILES=$${FAULT_FILES:-10000} $(BIN)/python -m pytest -n auto --dist worksteal -q tests/faults $(ARGS)

bench: $(STAMP) ## side-by-side benchmarks, as ratios within one run
	@$(BIN)/python -m bench

golden: $(STAMP) ## rewrite the golden answers; read the diff
	@GUICHET_GOLDEN=rewrite $(BIN)/python -m pytest -q tests/golden

reference: $(STAMP) ## rewrite the generated reference pages
	@$(BIN)/python -m docs.build

lock: ## renew the hash-pinned requirements (needs uv)
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --upgrade -q -o requirements.txt
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url -c requirements.txt -q -o requirements-dev.txt

clean: ## forget the environment
	rm -rf .venv .tools
